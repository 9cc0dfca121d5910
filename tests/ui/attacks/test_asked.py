"""Strings through what takes one at a time: files, questions, names, searches, dates, models and addresses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import httpx
import pytest
import yaml

from corpus.readers.tidying import tidy
from corpus.readers.titles import clean
from index.build import build
from rag import Settings
from rag.current import CurrentChatbot
from tests.rag.llm.model_server import ModelServer, Said, refusal
from tests.ui.attacks.strings import OWN, some
from tests.ui.attacks.trap import ENOUGH, Trap, trap
from tests.ui.browsing import ask, turn_to
from ui.render.text import flat

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FilePayload

    from ui.serving.server import Served

LAMP = "Why was the lamp given up?"
IMAGE = "<img src=x onerror=alert(1)>"
MODEL = f"writer {IMAGE} [x](javascript:alert(1))"
LAMPS = (
    f"The lamp {IMAGE} was given up because ships carry {{{{7*7}}}} radio beacons </script><script>alert(1)</script>."
)
# The strings that the slow routes take, each a second or so: ours that differ most.
FEW = (OWN[0], OWN[2], OWN[4], OWN[16], OWN[20])


class Script:
    """What the model says next."""

    says: Said = ""

    def __call__(self, _: list[dict[str, str]]) -> Said:
        return self.says


@pytest.fixture(scope="module")
def script() -> Script:
    return Script()


@pytest.fixture(scope="module")
def model(script: Script) -> Iterator[ModelServer]:
    with ModelServer(script, models=[MODEL]) as model:
        yield model


@pytest.fixture(scope="module")
def hostile(model: ModelServer, tmp_path_factory: pytest.TempPathFactory, _own_home: None) -> Iterator[Served]:
    """A site over a few articles that attack, with a model that does."""
    from ui.serving.server import start

    folder = tmp_path_factory.mktemp(f"asked {IMAGE}".replace("/", " "))
    for number, string in enumerate(FEW):
        write(folder / "articles" / f"{number}.md", string, f"{LAMPS} It was lamp number {number}.")
    build([folder / "articles"], folder / "index")
    settings = Settings(llm=model.address, llm_model=MODEL, verification="flag")
    served = start(CurrentChatbot(folder / "index", settings))
    yield served
    served.close()


@pytest.fixture(scope="module")
def window(browser: Browser, hostile: Served) -> Iterator[Trap]:
    """The page, opened once: each test begins a conversation of its own."""
    with trap(browser, hostile.address) as trapped:
        trapped.page.goto(hostile.address)
        trapped.page.locator(".conversation").wait_for(timeout=ENOUGH)
        yield trapped


@pytest.fixture
def trapped(window: Trap) -> Trap:
    window.page.locator("#fresh").click()
    window.page.locator(".welcome").wait_for()
    return window


def write(file: Path, string: str, body: str) -> None:
    """An article of which everything that is told of it is a string."""
    fields = {"title": string, "source": string, "author": string, "url": f"https://example.org/{string}"}
    file.parent.mkdir(parents=True, exist_ok=True)
    escaped = "".join(f"\\{letter}" if letter in "\\`*_<>[]{}#&$" else letter for letter in body)
    file.write_text(f"---\n{yaml.safe_dump(fields, allow_unicode=True)}---\n{escaped}\n", "utf-8")


@pytest.mark.browser
def test_what_a_model_says_is_text_while_it_comes_and_after(trapped: Trap, script: Script) -> None:
    page = trapped.page
    script.says = [f"{string} [1] " for string in some(20)]
    ask(page, LAMP)
    trapped.untouched("#conversation .conversation", "#history .history")
    assert MODEL in page.locator("#conversation .work").last.inner_text()
    # What it says and the articles do not is shown as it is, but for the marks and the layout of a reply.
    assert "{% for x in y %}" in page.locator("#conversation .said").last.inner_text()


@pytest.mark.browser
def test_a_quote_opens_its_article_and_both_are_text(trapped: Trap, script: Script) -> None:
    page = trapped.page
    script.says = refusal(400, f"No {IMAGE}")
    ask(page, LAMP)
    assert LAMPS in page.locator("#conversation .said").last.inner_text()
    assert IMAGE in page.locator("#conversation .fallback").last.inner_text()
    for cite in page.locator("#conversation .cite").all()[:3]:
        title, words = (cite.get_attribute(f"data-{name}") or "" for name in ("title", "words"))
        cite.hover()
        assert page.locator("#peek span").inner_text() == title
        cite.click()
        page.locator("#evidence mark.focus", has_text=words).wait_for()
        assert page.locator("#evidence h2").inner_text() == title
        trapped.untouched("#evidence .evidence", "#peek", "#conversation .conversation")


@pytest.mark.browser
@pytest.mark.parametrize("string", FEW)
def test_a_question_a_name_and_a_correction_are_text(trapped: Trap, script: Script, string: str) -> None:
    page = trapped.page
    script.says = "It was given up because ships carry radio beacons. [1]"
    ask(page, f"{LAMP} {string}")
    assert page.locator("#conversation .asked").inner_text() == flat(f"{LAMP} {string}")
    trapped.untouched("#conversation .conversation")
    if page.locator("#conversation .dislike").count():
        page.locator("#conversation .dislike").click()
        page.locator(".correction").fill(string)
        page.locator(".correction").press("Enter")
    name = page.locator(".history li[aria-current]")
    name.hover()
    name.locator(".rename").click()
    page.locator(".naming").fill(string[:50])
    page.locator(".naming").press("Enter")
    page.locator(".history .open", has_text=flat(string[:50])).first.wait_for()
    page.reload()
    page.locator("#conversation .asked").wait_for(timeout=ENOUGH)
    assert page.locator(".correction").input_value() in ("", flat(string), string)
    trapped.untouched("#conversation .conversation", "#history .history")


@pytest.mark.browser
def test_what_went_wrong_with_a_date_and_the_sources_to_choose_from_are_text(trapped: Trap) -> None:
    page = trapped.page
    page.reload()
    page.locator(".welcome").wait_for(timeout=ENOUGH)
    page.locator("#scope button").first.click()
    page.get_by_label("Sources").click()
    choices = page.get_by_role("option")
    choices.first.wait_for()
    assert {flat(clean(words) or "") for words in FEW} >= set(map(flat, choices.all_inner_texts()))
    choices.last.click()
    page.get_by_label("Published from").fill(IMAGE)
    page.get_by_label("Published from").press("Tab")
    page.locator("#scope", has_text=f"from {IMAGE}").wait_for()
    page.locator("#question textarea").fill(LAMP)
    page.keyboard.press("Enter")
    page.locator(".notice", has_text=IMAGE).first.wait_for()
    assert page.locator("#scope img").count() == 0
    trapped.untouched("#conversation .conversation")
    page.goto(page.url.split("?")[0])
    page.locator(".welcome").wait_for(timeout=ENOUGH)


@pytest.mark.browser
@pytest.mark.parametrize("where", ["?answer={}", "?conversation={}", "?__theme={}", "?view={}", "?deep_link={}", "#{}"])
def test_an_address_is_no_markup(window: Trap, hostile: Served, where: str) -> None:
    window.page.goto("about:blank")  # or else another fragment is no other page
    window.page.goto(hostile.address + "/" + where.format(quote(" ".join(FEW))))
    window.page.locator(".conversation").wait_for(timeout=ENOUGH)
    window.untouched("#conversation .conversation", "#history .history")


@pytest.mark.browser
def test_files_that_are_uploaded_and_searched_for_are_text(trapped: Trap, tmp_path: Path) -> None:
    page = trapped.page
    turn_to(page, "Library")
    strings = some(4)
    files: list[FilePayload] = []
    for number, string in enumerate(strings):
        write(tmp_path / f"{number}.md", string, f"Lamp {number} says {string}")
        content = (tmp_path / f"{number}.md").read_bytes()
        ending = (".md", ".md", ".exe", ".pdf")[number % 4]  # the last two are refused, by name
        files.append({"name": f"{number} {string[:90]}{ending}", "mimeType": "text/plain", "buffer": content})
    page.locator("#drop input[type=file]").set_input_files(files)
    page.locator("#library-news .change li").nth(len(files) - 1).wait_for(timeout=ENOUGH)
    trapped.untouched("#library-news .change", "#library .library")
    titles = trapped.texts("#library .opens")
    missing = [words for number, words in enumerate(strings) if number % 4 < 2 and clean(words) not in titles]
    assert not missing
    for string in FEW:
        page.locator("#library-search :is(input, textarea)").fill(f"nowhere {string}")
        page.locator(".none", has_text=flat(string)).wait_for()
        trapped.untouched("#library .library")
    page.locator("#library-search :is(input, textarea)").fill("")
    page.locator("#library .opens").first.click()
    page.locator("#reader .text").wait_for()
    page.locator("#library .remove").first.click()
    trapped.untouched("#reader .evidence", "#library .library")
    turn_to(page, "Chat")


@pytest.mark.browser
def test_gold_questions_runs_and_their_names_are_text(trapped: Trap, script: Script) -> None:
    page = trapped.page
    script.says = ""
    turn_to(page, "Evaluation")
    page.locator(".nothing").wait_for()
    name = f"{IMAGE} {OWN[16]}".replace("/", " ")
    lines = [
        json.dumps({"id": f"{number} {words}", "question": f"{LAMP} {words}", "answers": [words], "kind": words[:30]})
        for number, words in enumerate(FEW)
    ]
    for content, ending in ((IMAGE, "txt"), ("\n".join(lines), "jsonl")):
        file: FilePayload = {"name": f"{name}.{ending}", "mimeType": "text/plain", "buffer": content.encode()}
        page.locator("#gold-file input").set_input_files(file)
        told = page.locator("#run-told .notice") if ending == "txt" else page.locator("#gold input:checked")
        told.wait_for(state="attached", timeout=ENOUGH)
    page.get_by_role("button", name="Run", exact=True).click()
    page.locator("#runs li").first.wait_for(timeout=ENOUGH)
    page.frame_locator("iframe.report").locator("#questions > li").first.wait_for(timeout=ENOUGH)
    trapped.untouched("#runs .runs", "#run-heading .opened")
    assert page.locator("#gold img").count() == 0
    frame = page.locator("iframe.report").element_handle().content_frame()
    assert frame
    assert not frame.evaluate("() => window.__ran")
    turn_to(page, "Chat")


@pytest.mark.parametrize("string", FEW)
def test_programs_get_strings_as_json_that_no_browser_shows(hostile: Served, script: Script, string: str) -> None:
    script.says = f"Ships carry radio beacons {string} [1]"
    body = {"model": "ask-the-articles", "messages": [{"role": "user", "content": f"{LAMP} {string}"}]}
    replies = [
        httpx.post(f"{hostile.address}/v1/chat/completions", json=body, timeout=60),
        httpx.post(f"{hostile.address}/v1/chat/completions", json={**body, "model": string}),
        httpx.post(f"{hostile.address}/gradio_api/run/ask", json={"data": [f"{LAMP} {string}"]}, timeout=60),
        httpx.post(f"{hostile.address}/gradio_api/run/article", json={"data": [string]}),
        httpx.get(f"{hostile.address}/v1/models/{quote(string, safe='')}"),
        httpx.get(f"{hostile.address}/{quote(string, safe='')}"),
        httpx.get(f"{hostile.address}/conversations/{quote(string, safe='')}.html"),
    ]
    for reply in replies:
        assert reply.headers["content-type"].startswith("application/json")
        assert reply.headers["x-content-type-options"] == "nosniff"
        reply.json()
    assert tidy(string) in replies[1].json()["error"]["message"]
