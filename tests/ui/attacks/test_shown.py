"""Every string through what shows many at once: an article, the library, a conversation, the list of conversations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from corpus.article import Article
from corpus.readers.tidying import tidy
from rag import Settings
from rag.current import CurrentChatbot
from tests.ui.attacks.hostile import index_of, refused, said_of, titled, told
from tests.ui.attacks.strings import lots, packed, strings
from tests.ui.attacks.trap import ENOUGH, Trap, trap
from tests.ui.browsing import turn_to
from ui.render.text import flat

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from ui.serving.server import Served

LONGEST_TITLE = 190  # characters, of the 200 that are shown
_TOGETHER = 40  # strings in one answer


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, _own_home: None) -> Iterator[Served]:
    """A site over all strings as articles' titles, and as one article's paragraphs."""
    from ui.serving.server import start

    folder = tmp_path_factory.mktemp("hostile")
    articles = [told(strings()), *titled(packed(strings(), LONGEST_TITLE))]
    served = start(CurrentChatbot(index_of(articles, folder / "index"), Settings()))
    yield served
    served.close()


@pytest.fixture(scope="module")
def article(hostile: Served) -> Article:
    return hostile.site.chatbot().index.article("all")


@pytest.fixture
def trapped(browser: Browser, hostile: Served) -> Iterator[Trap]:
    with trap(browser, hostile.address) as trapped:
        trapped.page.goto(hostile.address)
        trapped.page.locator(".conversation").wait_for(timeout=ENOUGH)
        yield trapped


@pytest.fixture
def conversation(hostile: Served, article: Article) -> Iterator[str]:
    """A conversation in which every string is asked, answered, quoted, refused and told as an error."""
    kept = hostile.site.conversations
    for lot in lots(strings(), _TOGETHER):
        kept.add("c", "\n".join(lot), said_of(article, lot))
    for lot in lots(strings(), 3):
        kept.add("c", lot[0], refused(article, lot))
    kept.add("c", "Why?", "\n".join(strings()))
    yield "c"
    kept.delete("c")


def titles() -> list[str]:
    """Every string, as many in a title as it holds."""
    return packed(strings(), LONGEST_TITLE)


@pytest.mark.browser
def test_the_library_lists_every_title_and_source_as_it_is(trapped: Trap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.render.library.PAGE", 10_000)
    turn_to(trapped.page, "Library")
    trapped.page.locator("#library tbody tr").first.wait_for(timeout=ENOUGH)
    titles = {item.title for item in titled(packed(strings(), LONGEST_TITLE))}
    assert titles - set(trapped.texts("#library .opens")) == set()
    assert titles - set(trapped.texts("#library .source")) == set()
    trapped.untouched(".library")


@pytest.mark.browser
def test_an_article_of_every_string_is_read_as_it_is(trapped: Trap, article: Article) -> None:
    page = trapped.page
    turn_to(page, "Library")
    page.locator("#library-search :is(input, textarea)").fill("The strings")
    page.locator("#library [data-article='all'].opens").click(timeout=ENOUGH)
    page.locator("#reader .text").wait_for(timeout=ENOUGH)
    assert trapped.texts("#reader .text") == [article.text]
    missing = [words for words in map(tidy, strings()) if words not in article.text]
    assert not missing
    trapped.untouched("#reader .evidence", ".library")


@pytest.mark.browser
def test_a_conversation_of_every_string_shows_it_as_it_is(
    trapped: Trap, hostile: Served, article: Article, conversation: str
) -> None:
    page = trapped.page
    page.goto(f"{hostile.address}/?conversation={conversation}")
    page.locator("#conversation .exchange").first.wait_for(timeout=ENOUGH)
    asked = trapped.texts(".asked")
    assert [lot for lot in lots(strings(), _TOGETHER) if "\n".join(lot) not in asked] == []
    quoted = {flat(words) for words in map(tidy, strings()) if words}
    for place, what in ((".cite", "words"), (".cite", "title")):
        assert quoted - {flat(words) for words in trapped.texts(place, what)} == set()
    said = " ".join(trapped.texts(".answer .said"))
    assert [words for words in map(tidy, strings()) if words not in said] == []
    trapped.untouched("#conversation .conversation", "#history .history")
