"""A page that notices when text has become more than text: a script that ran, an element, a request, a dialog."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.ui.browsing import LAPTOP

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Frame, Page, Request, Route

ENOUGH = 60_000  # milliseconds for what is long, on a machine that does other things as well
_HERE = Path(__file__).parent


class Trap(NamedTuple):
    """A page, and everything that happened in it that text may not make happen."""

    page: Page
    happened: list[str]

    def untouched(self, *places: str, frame: Frame | None = None) -> None:
        """Nothing has run or been asked for, and in these places of the page is only what the project writes."""
        held = frame or self.page.main_frame
        for place in places:
            assert held.locator(place).count(), place
        look = (_HERE / "look.js").read_text("utf-8")
        found = [f"{place} {wrong}" for place in places for wrong in held.locator(place).evaluate_all(look)]
        found += held.evaluate("() => window.__ran")
        assert not [*found, *self.happened], [*found, *self.happened][:20]

    def texts(self, place: str, name: str = "") -> list[str]:
        """The text of each of some elements, or what a data attribute of each holds."""
        one = f"one.dataset.{name}" if name else "one.textContent"
        found: list[str] = self.page.locator(place).evaluate_all(f"(all) => all.map((one) => {one})")
        return found


@contextmanager
def trap(browser: Browser, *allowed: str, policy: bool = False) -> Iterator[Trap]:
    """An empty page in a fresh profile, from which nothing leaves this machine.

    Args:
        allowed: how the addresses begin that may be asked for.
        policy: leave the content security policy in force; without it, only escaping keeps text from running.
    """
    context = browser.new_context(viewport={"width": LAPTOP[0], "height": LAPTOP[1]}, bypass_csp=not policy)
    context.add_init_script(path=_HERE / "watch.js")
    trapped = Trap(context.new_page(), [])

    def asked(sent: Request) -> None:
        if not sent.url.startswith((*allowed, "data:", "blob:")):
            trapped.happened.append(sent.url)

    def told(shown: Dialog) -> None:
        trapped.happened.append(shown.message)
        shown.dismiss()

    def stop(route: Route) -> None:
        route.abort()

    context.route(lambda url: not url.startswith(allowed), stop)
    context.on("request", asked)
    context.on("dialog", told)
    context.on("page", lambda opened: trapped.happened.append(f"a window: {opened.url}"))
    context.on("weberror", lambda said: trapped.happened.append(str(said.error)))
    try:
        yield trapped
    finally:
        context.close()
