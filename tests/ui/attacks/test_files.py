"""Every string in what leaves the page as a file: conversations as a page and as Markdown, and reports of runs."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from corpus.gold import GoldQuestion
from corpus.gold.question import GoldQuote
from corpus.readers.tidying import tidy
from rag import Chatbot, Settings
from rag.evaluation import evaluate
from tests.ui.attacks.hostile import said_of, told
from tests.ui.attacks.strings import OWN, lots, strings
from tests.ui.attacks.trap import Trap, trap
from ui.conversations import Exchange
from ui.exports import as_markdown, as_page
from ui.render.text import flat
from ui.report import report

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_KINDS = OWN[:12]
_TOGETHER = 40  # strings in one answer, or one gold question
# What Markdown makes of a conversation that holds no hostile string, with raw HTML and every extension there is.
_ELEMENTS = {"h1", "h2", "p", "em", "a", "blockquote"}
# CommonMark, and with tables and struck-out text.
_READERS = ("commonmark", "default")


class Elements(HTMLParser):
    """The elements and the words of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.links: set[str] = set()
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names |= {tag, *(f"{tag} {name}" for name, _ in attrs)}
        self.links |= {value or "" for name, value in attrs if name == "href"}

    def handle_data(self, data: str) -> None:
        self.words += data

    def handle_comment(self, data: str) -> None:
        self.names.add("comment")


@pytest.fixture(scope="module")
def exchanges() -> list[Exchange]:
    """Every string asked and answered, and told as what went wrong."""
    article = told(strings())
    asked = enumerate(lots(strings(), _TOGETHER))
    answered = [Exchange(f"x{number}", "\n".join(lot), said_of(article, lot)) for number, lot in asked]
    return [*answered, Exchange("e", "Why?", "\n".join(strings()))]


@pytest.fixture
def trapped(browser: Browser, tmp_path: Path) -> Iterator[Trap]:
    with trap(browser, tmp_path.as_uri()) as trapped:
        yield trapped


@pytest.mark.browser
def test_an_exported_page_says_every_string_and_runs_none(
    trapped: Trap, exchanges: list[Exchange], tmp_path: Path
) -> None:
    (tmp_path / "page.html").write_text(as_page(" ".join(OWN), exchanges), "utf-8")
    trapped.page.goto((tmp_path / "page.html").as_uri())
    quotes = trapped.page.locator("q").evaluate_all("all => all.map((one) => one.textContent)")
    assert {tidy(words) for words in strings()} - {"", *quotes} == set()
    asked = trapped.page.locator("h2").evaluate_all("all => all.map((one) => one.textContent)")
    assert [lot for lot in lots(strings(), _TOGETHER) if "\n".join(lot) not in asked] == []
    trapped.untouched("main")


@pytest.mark.parametrize("reader", _READERS)
def test_exported_markdown_says_every_string_and_has_no_element_of_one(reader: str, exchanges: list[Exchange]) -> None:
    for exchange in exchanges:
        shown = Elements(MarkdownIt(reader, {"html": True}).render(as_markdown(exchange.question, [exchange])))
        assert shown.names <= {*_ELEMENTS, "a href"}, exchange.question
        assert all(link.startswith("https://example.org/") for link in shown.links)
        assert flat(exchange.question) in flat(shown.words)


@pytest.mark.parametrize("string", OWN)
def test_a_line_that_markdown_would_take_for_a_block_stays_a_line(string: str) -> None:
    written = as_markdown(string, [Exchange("x", string, string)])
    shown = Elements(MarkdownIt("commonmark", {"html": True}).render(written))
    assert shown.names <= {"h1", "h2", "p", "em"}
    assert shown.words.count(flat(string)) == 3


@pytest.mark.browser
def test_a_report_of_every_string_says_them_and_runs_none(trapped: Trap, bundled_index: Path, tmp_path: Path) -> None:
    chatbot = Chatbot.open(bundled_index, Settings(reader="none"))
    run = evaluate(list(_gold()), chatbot)
    (tmp_path / "report.html").write_text(report(run, chatbot.index), "utf-8")
    trapped.page.goto((tmp_path / "report.html").as_uri())
    trapped.page.locator("#questions > li").first.wait_for()
    trapped.page.evaluate("() => document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    trapped.page.locator("#questions > li:last-child .inside").wait_for()
    shown = trapped.page.locator("#questions").evaluate("(list) => list.textContent")
    assert [words for words in strings() if words not in shown] == []
    trapped.untouched("#questions", ".charts svg", "header", "figcaption")


def _gold() -> Iterator[GoldQuestion]:
    """Every string as an answer, and some as a question, an id, a piece of evidence, a turn before and a kind."""
    for number, lot in enumerate(lots(strings(), 4 * _TOGETHER)):
        few = lot[:3]
        evidence = tuple(GoldQuote(words, words, fact) for fact, words in enumerate(few))
        turns = tuple((words, words) for words in few)
        kind = _KINDS[number % len(_KINDS)]
        yield GoldQuestion(f"{number} {few[0]}", few[0], tuple(lot), evidence, history=turns, kind=kind)
