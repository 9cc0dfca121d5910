"""Signing in and out as it is seen in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from rag import Settings
from rag.current import CurrentChatbot
from tests.ui.browsing import LAPTOP, PHONE, ask, turn_to, watched
from tests.ui.test_door import ANNA, BERT, written
from ui.serving.server import start
from ui.serving.server_settings import ServerSettings

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

    from tests.ui.browsing import Watched
    from ui.serving.server import Served

pytestmark = pytest.mark.browser
INDIA = "Why did Russia back India's membership?"


@pytest.fixture(scope="module")
def closed(own_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The site for two accounts."""
    settings = ServerSettings(auth=written(tmp_path_factory.mktemp("closed")))
    served = start(CurrentChatbot(own_index, Settings()), settings)
    yield served
    served.close()


@pytest.fixture(params=[LAPTOP, PHONE], ids=["laptop", "phone"])
def front(request: pytest.FixtureRequest, profile: BrowserContext, closed: Served) -> Iterator[Watched]:
    """The page of the site, come to without being signed in."""
    with watched(profile, request.param) as found:
        found.page.goto(closed.address)
        yield found


def enter(page: Page, name: str, password: str) -> None:
    """Fill in the form and send it."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_who_signs_in_asks_and_signs_out_again(front: Watched, closed: Served) -> None:
    page = front.page
    enter(page, "anna", "not hers at all")
    assert "not right" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("Name").input_value() == "anna"
    assert page.get_by_label("Password").input_value() == ""
    enter(page, *ANNA)
    page.locator(".conversation").wait_for()
    ask(page, INDIA)
    page.locator(".cite").first.click()
    page.locator("mark.focus").wait_for()
    leaving = page.get_by_role("button", name="Sign out")
    assert leaving.get_attribute("title") == "Sign out anna"
    overlapping = "a => { const r = a.getBoundingClientRect(); return r.right > innerWidth || r.left < 0; }"
    assert not leaving.evaluate(overlapping)
    # Whatever is still asked for when a page is left is an error to the browser.
    page.get_by_label("Questions to go on with").wait_for()
    leaving.click()
    page.get_by_label("Password").wait_for()
    page.go_back()
    page.get_by_label("Password").wait_for()
    elsewhere = [url for url in front.asked if not url.startswith((closed.address, "data:", "blob:"))]
    assert not elsewhere
    assert not [said for kind, said in front.said if kind == "error" and "401" not in said]


def test_a_reader_finds_nothing_to_change_and_no_conversation_but_their_own(
    profile: BrowserContext, closed: Served
) -> None:
    kept = closed.site.conversations.of("anna")
    kept.add("hers", "What did anna ask?", "nothing")
    with watched(profile, LAPTOP) as (page, _, _):
        page.goto(f"{closed.address}/?conversation=hers")
        enter(page, *BERT)
        page.locator(".welcome").wait_for()
        assert page.get_by_text("What did anna ask?").count() == 0
        turn_to(page, "Library")
        page.locator(".library tbody tr").first.wait_for()
        assert page.locator("#drop").count() == page.locator(".remove").count() == 0
        turn_to(page, "Evaluation")
        page.locator(".nothing, .opened").wait_for()
        assert page.locator("#run").count() == page.locator("#gold-file").count() == page.locator("#gold").count() == 0
    with watched(profile, LAPTOP) as (page, _, _):
        page.goto(f"{closed.address}/?conversation=hers")
        enter(page, *ANNA)
        page.locator("#conversation").get_by_text("What did anna ask?").wait_for()
        turn_to(page, "Library")
        page.locator("#drop").wait_for()
        page.locator(".remove").first.wait_for()
        turn_to(page, "Evaluation")
        page.locator("#run").wait_for()
    kept.delete("hers")


def test_whoever_is_signed_out_meanwhile_comes_to_sign_in_and_back_to_where_they_were(
    profile: BrowserContext, closed: Served
) -> None:
    closed.site.conversations.of("anna").add("mine", "What was said?", "nothing")
    with watched(profile, LAPTOP) as (page, _, _):
        page.goto(f"{closed.address}/?conversation=mine")
        enter(page, *ANNA)
        page.locator("#conversation").get_by_text("What was said?").wait_for()
        cookies = {str(cookie.get("name")): str(cookie.get("value")) for cookie in page.context.cookies()}
        assert httpx.post(f"{closed.address}/logout", cookies=cookies).status_code == 303
        page.locator("#question textarea").fill(INDIA)
        page.keyboard.press("Enter")
        page.get_by_label("Password").wait_for()
        enter(page, *ANNA)
        page.locator("#conversation").get_by_text("What was said?").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_to_sign_in_is_accessible(front: Watched, scheme: str) -> None:
    page = front.page
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()

    def violations() -> list[str]:
        found = axe.run(page).response["violations"]
        return [f"{item['id']}: {item['help']}: {item['nodes'][0]['html']}" for item in found]

    assert violations() == []
    enter(page, "anna", "not hers at all")
    page.get_by_role("alert").wait_for()
    assert violations() == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
