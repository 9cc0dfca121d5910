"""The library page: how it is written as HTML, and what a reader sees of it and does with it in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr
import pytest

from index.build import Progress
from index.catalogue import Catalogue, Entry
from rag.current import CurrentChatbot
from rag.settings import Settings
from tests.index.manifests import rewrite
from tests.ui.browsing import LAPTOP, PHONE, ask, opened, turn_to
from tests.ui.serving import asked_by
from tests.ui.test_librarian import MILL, WHY, sent
from ui.door.accounts import Account
from ui.librarian import Change, Librarian, Outcome
from ui.pages.library import LibraryDesk
from ui.render import library as render
from ui.serving.server_settings import ServerSettings
from ui.uploads import Uploads
from ui.working import Step

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

    from ui.serving.server import Served

SIZES = [LAPTOP, PHONE]
NOW = datetime(2024, 7, 5, 12, tzinfo=UTC)


MILL_ENTRY = Entry("mill", "The mill", "Gazette", "2024-07", 1_200, 1, NOW.isoformat(), Path("mill.txt"))


@contextmanager
def serving(index: Path, *, read_only: bool = False) -> Iterator[Served]:
    from ui.serving.server import start

    served = start(CurrentChatbot(index, Settings()), ServerSettings(read_only=read_only))
    try:
        yield served
    finally:
        served.close()


@contextmanager
def library(profile: BrowserContext, address: str, size: tuple[int, int] = LAPTOP) -> Iterator[Page]:
    """The library in a fresh profile."""
    with opened(profile, address, size) as page:
        turn_to(page, "Library")
        page.locator("#library-head :is(.quiet, .trouble)").first.wait_for()
        yield page


@pytest.fixture(scope="module")
def address(bundled_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site over a copy of the bundled index."""
    with serving(Path(shutil.copytree(bundled_index, tmp_path_factory.mktemp("library") / "index"))) as served:
        yield served.address


@pytest.fixture(params=SIZES, ids=["laptop", "phone"])
def page(request: pytest.FixtureRequest, profile: BrowserContext, address: str) -> Iterator[Page]:
    with library(profile, address, request.param) as page:
        yield page


def upload(page: Page, *files: Path) -> list[str]:
    """Choose files, and what the page says of each in the end."""
    # What was said of earlier files is no longer what is waited for.
    page.evaluate("document.querySelectorAll('.change').forEach(change => change.classList.add('earlier'))")
    page.locator("#drop input[type=file]").set_input_files(files)
    return results(page)


def results(page: Page) -> list[str]:
    """What the page says of each file, once it is done."""
    page.locator(".change:not(.earlier) li").first.wait_for()
    return [" ".join(line.split()) for line in page.locator(".change li").all_inner_texts()]


def search(page: Page, words: str) -> None:
    page.get_by_label("Search the articles").fill(words)


def remove(page: Page, title: str) -> None:
    page.get_by_role("button", name=f"Remove “{title}”").click()
    page.locator(".confirm .sure").click()
    page.get_by_text(f"“{title}” was removed.").wait_for()


@pytest.mark.browser
def test_an_article_that_is_added_is_asked_at_once_updated_and_removed(page: Page, tmp_path: Path) -> None:
    mill = sent(tmp_path, "mill of orva.txt", MILL)
    said = upload(page, mill, sent(tmp_path, "tool.exe", "MZ"), sent(tmp_path, "empty.txt", ""))
    assert said[0].startswith("refused tool.exe: unknown format .exe; known: .txt")
    assert said[1:] == ["refused empty.txt: is empty", "added mill of orva"]
    page.get_by_text("17 articles, 46 passages, all-MiniLM-L6-v2, indexed just now").wait_for()
    assert upload(page, mill) == ["unchanged mill of orva"]
    assert upload(page, sent(tmp_path, mill.name, MILL + "It made paper.\n")) == ["updated mill of orva"]
    turn_to(page, "Chat")
    ask(page, WHY)
    assert "because the river had dried up" in page.locator(".answer .said").inner_text()
    turn_to(page, "Library")
    search(page, "orva")
    page.get_by_text("1 article found").wait_for()
    remove(page, "mill of orva")
    turn_to(page, "Chat")
    page.locator(".cite").first.click()
    page.locator("#evidence .notice").wait_for()
    page.keyboard.press("Escape")
    ask(page, WHY)
    page.locator(".refusal").wait_for()


@pytest.mark.browser
def test_files_may_be_dropped_anywhere_on_the_page(profile: BrowserContext, address: str) -> None:
    with library(profile, address) as page:
        held = page.evaluate_handle(
            """text => {
              const held = new DataTransfer();
              held.items.add(new File([text], "dropped.txt"));
              return held;
            }""",
            MILL,
        )
        page.locator("#library").dispatch_event("drop", {"dataTransfer": held})
        page.locator(".change li").wait_for()
        assert results(page) == ["added dropped"]
        remove(page, "dropped")


@pytest.mark.browser
def test_a_search_narrows_the_list_as_it_is_typed(profile: BrowserContext, address: str) -> None:
    with library(profile, address) as page:
        rows = page.locator(".library tbody tr")
        page.get_by_text("16 articles", exact=True).wait_for()
        assert rows.count() == 16
        search(page, "india pakistan")
        page.get_by_text("1 article found").wait_for()
        assert rows.locator(".opens").all_inner_texts() == ["Why India and Pakistan were let in together"]
        search(page, "<b>&")
        page.get_by_text("No article has “<b>&” in its title, source or name.").wait_for()
        search(page, "")
        page.get_by_text("16 articles", exact=True).wait_for()


@pytest.mark.browser
def test_an_article_opens_beside_the_list_or_on_a_phone_over_it(page: Page, bundled_index: Path) -> None:
    title = page.locator(".library .opens").first
    title.focus()
    page.keyboard.press("Enter")
    page.locator("#reader .evidence:focus").wait_for()
    assert page.locator("#reader h2").inner_text() == title.inner_text()
    index = CurrentChatbot(bundled_index, Settings())().index
    article = index.article(title.get_attribute("data-article") or "")
    assert page.locator("#reader .text").text_content() == article.text
    listed, reader = page.locator("#stock").bounding_box(), page.locator("#reader").bounding_box()
    assert listed and reader and page.viewport_size
    beside = page.viewport_size["width"] > 760
    assert reader["x"] >= listed["x"] + listed["width"] if beside else reader["width"] == page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.keyboard.press("Escape")
    page.locator("#reader .evidence").wait_for(state="detached")
    page.locator(".library .opens:focus").wait_for()


@pytest.mark.browser
def test_a_long_list_comes_page_by_page(profile: BrowserContext, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "PAGE", 6)
    with library(profile, address) as page:
        page.get_by_text("1 to 6 of 16 articles").wait_for()
        page.get_by_role("button", name="The next articles").click()
        page.get_by_text("7 to 12 of 16 articles").wait_for()
        page.locator(".turn.next:focus").press("Enter")
        page.get_by_text("13 to 16 of 16 articles").wait_for()
        assert page.locator(".library tbody tr").count() == 4
        page.get_by_role("button", name="The articles before").click()
        page.get_by_text("7 to 12 of 16 articles").wait_for()


@pytest.mark.browser
def test_removing_is_still_offered_when_the_list_is_shown_anew(page: Page) -> None:
    page.get_by_role("button", name="Remove “").first.click()
    warning = page.locator(".confirm p").inner_text()
    search(page, "s")
    page.locator(".library[data-search=s]").wait_for()
    assert page.locator(".confirm p").inner_text() == warning
    assert page.get_by_label("Search the articles").evaluate("field => field === document.activeElement")
    page.locator(".confirm .keep").click()
    search(page, "")
    page.locator(".library[data-search='']").wait_for()
    assert page.locator(".confirm").count() == 0


@pytest.mark.browser
def test_removing_takes_a_second_click_that_can_be_taken_back(profile: BrowserContext, address: str) -> None:
    with library(profile, address) as page:
        button = page.locator(".remove").first
        button.click()
        assert "Its file stays where it is." in page.locator(".confirm").inner_text()
        page.keyboard.press("Escape")
        page.locator(".confirm").wait_for(state="detached")
        page.locator(".remove:focus").wait_for()
        assert page.locator(".library tbody tr").count() == 16


@pytest.mark.browser
def test_where_only_reading_is_allowed_nothing_is_offered(
    profile: BrowserContext, bundled_index: Path, tmp_path: Path
) -> None:
    index = Path(shutil.copytree(bundled_index, tmp_path / "index"))
    with serving(index, read_only=True) as served:
        with library(profile, served.address) as page:
            page.locator(".library tbody tr").first.wait_for()
            assert page.locator("#drop").count() == page.locator(".remove").count() == 0
            page.locator(".opens").first.click()
            page.locator("#reader .evidence").wait_for()
        rewrite(index, format=1)
        with library(profile, served.address) as page:
            page.get_by_text("Whoever runs this page can mend it.").wait_for()
            assert page.locator(".rebuild").count() == 0


@pytest.mark.browser
@pytest.mark.parametrize("size", SIZES, ids=["laptop", "phone"])
def test_an_index_of_another_format_is_explained_and_made_anew_by_a_button(
    profile: BrowserContext, bundled_index: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    index = Path(shutil.copytree(bundled_index, tmp_path / "index"))
    with serving(index) as served:
        rewrite(index, format=1)
        with library(profile, served.address, size) as page:
            assert "written in a format that this version does not read" in page.locator(".trouble").inner_text()
            assert page.locator("#drop").count() == 0
            page.get_by_role("button", name="Rebuild the index").click()
            page.locator("#stock .progress").wait_for()
            page.get_by_text("The index was made anew from 16 articles.").wait_for(timeout=120_000)
            page.locator(".trouble").wait_for(state="detached")
            page.locator("#drop").wait_for()
            turn_to(page, "Chat")
            ask(page, "Why did Russia back India's membership?")
            page.locator(".cite").first.wait_for()


@pytest.mark.parametrize(("name", "why"), [("", "started with --read-only"), ("anna", "anna is a reader")])
def test_a_reader_changes_nothing_whatever_is_sent(own_index: Path, tmp_path: Path, name: str, why: str) -> None:
    uploads = Uploads(tmp_path / "uploads")
    desk = LibraryDesk(Librarian(CurrentChatbot(own_index, Settings()), uploads))
    before, reader = (own_index / "CURRENT").read_text(), asked_by(Account(name, "reader"))
    removed = gr.EventData(None, {"article": "sco-expansion", "offset": 0})
    for shown in (
        desk.add([str(sent(tmp_path, "mill.txt", MILL))], "", reader),
        desk.retry("", reader),
        desk.rebuild("", reader),
        desk.remove("", removed, reader),
    ):
        (last,) = shown
        assert why in last.news
        assert not last.drop.visible
    assert not uploads.folder.exists()
    assert (own_index / "CURRENT").read_text() == before


def test_a_change_that_breaks_off_is_said_and_the_page_goes_on(bundled_index: Path, tmp_path: Path) -> None:
    class Broken(Librarian):
        def rebuild(self, progress: Progress) -> Change:
            raise ZeroDivisionError

    desk = LibraryDesk(Broken(CurrentChatbot(bundled_index, Settings()), Uploads(tmp_path)))
    shown = desk.rebuild("", asked_by())
    assert "broke off" in next(shown).news
    with pytest.raises(ZeroDivisionError):
        next(shown)


def test_what_is_shown_is_escaped() -> None:
    nasty = '<img src=x onerror=alert(1)> & “quoted"'
    found = Catalogue(1, (replace(MILL_ENTRY, id=nasty, title=nasty, source=nasty, published=nasty),))
    row = render.listing(found, nasty, 0, {}, read_only=False)
    line = render.change(Change(nasty, (Outcome(nasty, "refused", nasty, nasty),), OSError(nasty)))
    assert "<img" not in row + line + render.failure(nasty) + render.progress(Step(nasty, 1, 2))
    assert 'data-article="&lt;img' in row


def test_a_row_tells_what_is_known_of_an_article_and_what_becomes_of_its_file() -> None:
    found = Catalogue(1, (MILL_ENTRY,))
    html = render.listing(found, "", 0, {"mill"}, read_only=False)
    assert all(part in html for part in ("The mill", "Gazette", "July 2024", "1,200", "copy that was uploaded"))
    assert "stays where it is" in render.listing(found, "", 0, {}, read_only=False)
    assert "Remove" not in render.listing(found, "", 0, {}, read_only=True)


@pytest.mark.parametrize(
    "step, said",
    [
        (Step("Reading", 1, 3), "Reading articles … 1 of 3"),
        (Step("Reading", 3, 3), "Loading the model …"),
        (Step("Embedding", 1_000, 2_000), "Embedding passages … 1,000 of 2,000"),
        (Step("Waiting for another change to finish", 0, 0), "Waiting for another change to finish …"),
    ],
)
def test_a_bar_says_what_is_being_done(step: Step, said: str) -> None:
    html = render.progress(step)
    assert f"<p>{said}</p>" in html
    assert ("aria-valuenow" in html) == (" of " in said)


@pytest.mark.parametrize(
    "passed, said",
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=5), "5 hours ago"),
        (timedelta(days=45), "1 month ago"),
        (timedelta(days=800), "2 years ago"),
    ],
)
def test_a_moment_is_told_as_how_long_ago_it_was(passed: timedelta, said: str) -> None:
    assert render.ago((NOW - passed).isoformat(), NOW) == said


def test_a_moment_that_is_none_is_told_as_it_is_written() -> None:
    assert render.ago("some day", NOW) == "some day"


def test_a_part_of_the_list_behind_its_end_is_its_last(bundled_index: Path, tmp_path: Path) -> None:
    desk = LibraryDesk(Librarian(CurrentChatbot(bundled_index, Settings()), Uploads(tmp_path)))
    behind = gr.EventData(None, {"offset": 10**6})
    assert desk.turn("", behind, asked_by()) == desk.listing("", asked_by())
    assert desk.turn("no such article", behind, asked_by()) == desk.listing("no such article", asked_by())
