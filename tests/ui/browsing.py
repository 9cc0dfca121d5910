"""A real browser, for the tests and measurements that look at what a reader sees."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

    from rag.settings import Settings
    from ui.serving.server import Served

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
LAPTOP, PHONE = (1280, 800), (390, 844)
QUIETLY = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

# What Gradio's own scripts say: of what was still on its way when a page is loaded again, and whenever an upload ends.
_GRADIO_SAYS = ("AbortError", "Unexpected error Connection errored out.", "Method not implemented.")


class Watched(NamedTuple):
    """A page: the addresses it has asked for, and what its scripts have said, by kind."""

    page: Page
    asked: list[str]
    said: list[tuple[str, str]]


def chromium() -> str | None:
    """Where a Chromium is installed."""
    return next(filter(None, map(shutil.which, CHROMIUM)), None)


@contextmanager
def launched() -> Iterator[BrowserContext]:
    """That Chromium without a window, with a new profile: what one page has fetched and compiled the next one has."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, sync_playwright() as driver:
        profile = driver.chromium.launch_persistent_context(
            folder, executable_path=chromium(), headless=True, args=list(QUIETLY)
        )
        yield profile
        profile.close()


@contextmanager
def watched(profile: BrowserContext, size: tuple[int, int]) -> Iterator[Watched]:
    """A page of some width and height, closed at the end with its cookies; what it did can be looked at even then."""
    watched = Watched(profile.new_page(), [], [])
    watched.page.set_viewport_size({"width": size[0], "height": size[1]})
    watched.page.on("request", lambda sent: watched.asked.append(sent.url))
    watched.page.on("console", lambda said: watched.said.append((said.type, said.text)))
    watched.page.on("pageerror", lambda error: watched.said.append(("error", str(error))))
    try:
        yield watched
    finally:
        watched.page.close()
        profile.clear_cookies()


@contextmanager
def opened(profile: BrowserContext, address: str, size: tuple[int, int] = LAPTOP, path: str = "/") -> Iterator[Page]:
    """The site; nothing may be asked of another machine, and no script may complain."""
    with watched(profile, size) as (page, asked, said):
        page.goto(address + path)
        page.locator(".conversation").wait_for()
        yield page
    elsewhere = [url for url in asked if not url.startswith((address, "data:", "blob:"))]
    assert not elsewhere, elsewhere
    complaints = [text for kind, text in said if kind in ("error", "warning") and not text.startswith(_GRADIO_SAYS)]
    assert not complaints, complaints


@contextmanager
def serving(index: Path, folder: Path, settings: Settings) -> Iterator[Served]:
    """The site over a copy of an index in a folder: what readers leave concerns no other."""
    from rag.current import CurrentChatbot
    from ui.serving.server import start

    served = start(CurrentChatbot(Path(shutil.copytree(index, folder / "index")), settings))
    try:
        yield served
    finally:
        served.close()


def turn_to(page: Page, name: str) -> None:
    """Open one of the pages."""
    page.get_by_role("tab", name=name).click()


def ask(page: Page, question: str) -> None:
    """Type a question, and wait for what is said to it."""
    before = page.locator("#conversation .exchange").count()
    page.locator("#question textarea").fill(question)
    page.keyboard.press("Enter")
    page.locator("#conversation .exchange").nth(before).wait_for()
