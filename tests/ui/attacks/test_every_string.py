"""Every string through what takes long: asked, said by a model, quoted, opened, a name, read of a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from corpus.article import Article
from corpus.readers import read_file
from corpus.readers.tidying import tidy
from corpus.readers.titles import clean
from index.build import build
from rag import Settings
from rag.current import CurrentChatbot
from tests.rag.llm.model_server import ModelServer
from tests.ui.attacks.hostile import index_of, said_of, told
from tests.ui.attacks.strings import lots, packed, strings
from tests.ui.attacks.trap import ENOUGH, Trap, trap
from tests.ui.browsing import ask
from ui.render.text import flat

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from ui.serving.server import Served

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LAMP = "Why was the lamp given up?"
_QUESTION = 1_500  # characters, of the 2,000 that a question may have
# Opens each quote of the page and waits until it is marked; gives those that are not what was said.
_OPEN_EACH = """
async (cites) => {
  const wrong = [];
  for (const cite of cites) {
    cite.click();
    const flat = (text) => text.split(/\\s+/).join(" ").trim();
    const marks = () => [...document.querySelectorAll("#evidence mark.focus")].map((mark) => mark.textContent);
    const isOpen = () => cite.getAttribute("aria-current") && flat(marks().join(" ")) === flat(cite.dataset.words);
    const end = performance.now() + 20000;
    while (!isOpen() && performance.now() < end) await new Promise((go) => setTimeout(go, 5));
    if (!isOpen()) wrong.push(cite.dataset.words);
  }
  return wrong;
}
"""


@contextmanager
def at(browser: Browser, served: Served, path: str = "/") -> Iterator[Trap]:
    """The page of a site at a path, which is closed with it."""
    with trap(browser, served.address) as trapped:
        trapped.page.goto(served.address + path)
        trapped.page.locator(".conversation").wait_for(timeout=ENOUGH)
        yield trapped
    served.close()


def started(articles: list[Article], folder: Path) -> Served:
    from ui.serving.server import start

    return start(CurrentChatbot(index_of(articles, folder / "index"), Settings()))


def test_every_string_is_asked_and_said_by_a_model(browser: Browser, tmp_path: Path) -> None:
    from ui.serving.server import start

    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "lamp.txt").write_text("The lamp was given up because ships carry radio beacons.", "utf-8")
    build([tmp_path / "articles"], tmp_path / "index")
    said = [""]
    with ModelServer(lambda _: said[0]) as model:
        settings = Settings(llm=model.address, llm_model="scripted", verification="flag")
        with at(browser, start(CurrentChatbot(tmp_path / "index", settings))) as trapped:
            for lot in packed(strings(), _QUESTION):
                question, said[0] = f"{LAMP} {lot}"[:1990], f"It was given up because ships carry beacons. [1] {lot}"
                trapped.page.locator("#fresh").click()
                trapped.page.locator(".welcome").wait_for()
                ask(trapped.page, question)
                assert flat(trapped.texts("#conversation .asked")[0]) == flat(question)
                trapped.untouched("#conversation .conversation", "#history .history")


def test_every_string_is_quoted_and_opened_at_its_place(browser: Browser, tmp_path: Path) -> None:
    groups = list(lots(strings(), 40))
    articles = [told(lot, f"all-{number}") for number, lot in enumerate(groups)]
    served = started(articles, tmp_path)
    for number, (article, lot) in enumerate(zip(articles, groups, strict=True)):
        served.site.conversations.add(f"c{number // 10}", f"Part {number}", said_of(article, lot))
    with at(browser, served) as trapped:
        opened = 0
        for name in dict.fromkeys(f"c{number // 10}" for number in range(len(groups))):
            trapped.page.goto(f"{served.address}/?conversation={name}")
            trapped.page.locator(".cite").first.wait_for(timeout=ENOUGH)
            assert trapped.page.locator(".cite").evaluate_all(_OPEN_EACH) == []
            opened += trapped.page.locator(".cite").count()
            trapped.untouched("#conversation .conversation", "#evidence .evidence")
    assert opened == sum(bool(words) for words in map(tidy, strings()))


def test_every_string_is_the_name_of_a_conversation(browser: Browser, tmp_path: Path) -> None:
    served = started([told(["Nothing."])], tmp_path)
    kept = served.site.conversations
    for number, string in enumerate(strings()):
        kept.add(f"c{number}", string, "It could not be answered.")
        kept.rename(f"c{number}", string)
    wanted = {item.name for item in kept.all()}
    with at(browser, served) as trapped:
        trapped.page.locator(".history .open").nth(len(strings()) - 1).wait_for(timeout=ENOUGH)
        assert {flat(name) for name in wanted} - {flat(name) for name in trapped.texts(".history .open")} == set()
        trapped.untouched("#history .history")


def test_every_string_is_read_of_a_file(tmp_path: Path) -> None:
    for number, string in enumerate(strings()):
        file = tmp_path / f"{number}.md"
        fields = dict.fromkeys(("title", "source", "author"), string)
        file.write_text(f"---\n{yaml.safe_dump(fields, allow_unicode=True)}---\nIt is short.\n", "utf-8")
        article = read_file(file, str(number))
        if title := clean(string):
            assert (article.title, article.author) == (title, title)
        file.unlink()
