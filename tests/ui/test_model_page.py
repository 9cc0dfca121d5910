"""Answers that a language model writes, as a reader sees them in a real browser; its server is real, and scripted."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import product
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, Literal

import httpx
import pytest

from rag import Answer, Settings
from rag.answer import ModelUse, Sentence
from rag.current import CurrentChatbot
from tests.rag.llm.model_server import Completion, ModelServer, Said, refusal
from tests.ui.browsing import LAPTOP, PHONE, ask, opened, turn_to

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Locator, Page

    from ui.serving.server import Served

INDIA = "Why did Russia back India's membership?"
JOINING = "When did India and Pakistan join the SCO?"
BACKED = "Russia backed India because India's entry balanced China's dominance."
JOINED = "India and Pakistan both joined the SCO in 2017."
WRONG_YEAR = "India and Pakistan both joined the SCO in 2015."
MADE_UP = "Napoleon Bonaparte invented the telephone in Vienna."
HOSTILE = (
    "<script>window.broken = 1</script><img src=x onerror='window.broken = 1'> **Read** [this](javascript:alert(1)), "
    "&lt;b&gt; <svg onload='window.broken = 1'"
)
READ = "window.broken = 1 Read [this](javascript:alert(1)), &lt;b&gt; <svg onload='window.broken = 1'"
REWRITTEN = "When did Pakistan join the SCO?"


class Script:
    """What the model says: to a question what a test has written down, and to a follow-up the whole question."""

    says: Said = ""

    def __call__(self, messages: list[dict[str, str]]) -> Said:
        return REWRITTEN if "Last question:" in messages[-1]["content"] else self.says


@pytest.fixture(scope="module")
def script() -> Script:
    return Script()


@pytest.fixture(scope="module")
def model(script: Script) -> Iterator[ModelServer]:
    with ModelServer(script) as server:
        yield server


@contextmanager
def serving(index: Path, folder: Path, **settings: Any) -> Iterator[Served]:
    from ui.serving.server import start

    served = start(CurrentChatbot(Path(shutil.copytree(index, folder / "index")), Settings(**settings)))
    try:
        yield served
    finally:
        served.close()


@pytest.fixture(scope="module")
def strict(model: ModelServer, own_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(own_index, tmp_path_factory.mktemp("strict"), llm=model.address, llm_model="scripted") as served:
        yield served


@pytest.fixture(scope="module")
def flag(model: ModelServer, own_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("flag")
    with serving(own_index, folder, llm=model.address, llm_model="scripted", verification="flag") as served:
        yield served


@pytest.fixture(scope="module")
def doubtful(flag: Served) -> str:
    """The id of a conversation with sentences of every standing, and an answer in the place of a model's."""
    answer = flag.site.chatbot().ask(INDIA, answerer="extractive")
    one, two = answer.sentences[:2]
    made_up = Sentence(MADE_UP, (), 0.1)
    use = ModelUse("scripted", sentences=3, weak=1, unsupported=1, unknown_citations=1, prompt_tokens=1200)
    written = replace(
        answer,
        sentences=(one, replace(two, support=0.4), made_up),
        model=use,
        answered_by="scripted",
        standalone=JOINING,
    )
    failure = "http://127.0.0.1:11434/v1/" + "long/" * 30 + " cannot be reached: check that it is running"
    for reply in (written, replace(answer, model=ModelUse("scripted", failure))):
        flag.site.conversations.add("doubtful", INDIA, reply)
    return "doubtful"


@pytest.fixture(scope="module")
def strict_window(profile: BrowserContext, strict: Served) -> Iterator[Page]:
    with opened(profile, strict.address) as page:
        yield page


@pytest.fixture(scope="module")
def flag_window(profile: BrowserContext, flag: Served) -> Iterator[Page]:
    with opened(profile, flag.address) as page:
        yield page


@pytest.fixture
def strict_page(strict_window: Page) -> Page:
    """A new conversation where what is not supported gives way."""
    return anew(strict_window)


@pytest.fixture
def flag_page(flag_window: Page) -> Page:
    """A new conversation where what is not supported is marked."""
    return anew(flag_window)


CONVERSATION = "#conversation [data-conversation]"


def anew(page: Page) -> Page:
    before = page.locator(CONVERSATION).get_attribute("data-conversation")
    page.locator("#fresh").click()
    # Its welcome may be that of the one before, which is still there.
    page.locator(f'{CONVERSATION}:not([data-conversation="{before}"]) .welcome').wait_for()
    return page


def said(page: Page) -> Locator:
    return page.locator("#conversation .said").last


def work(page: Page) -> str:
    return " | ".join(page.locator("#conversation .exchange").last.locator(".work").all_inner_texts())


def kept(page: Page, served: Served) -> Answer:
    """The last answer, as the server keeps it."""
    name = page.locator("#conversation .exchange").last.get_attribute("data-exchange") or ""
    exchange = served.site.conversations.exchange(name)
    assert exchange and isinstance(exchange.reply, Answer)
    return exchange.reply


@pytest.mark.browser
def test_sentences_are_shown_as_they_are_checked(strict_page: Page, script: Script) -> None:
    page, go_on = strict_page, Event()
    pieces = [f"{BACKED} [1] {MADE_UP} [1] India and ", "Pakistan both joined the SCO in 2017. [1]"]
    script.says = Completion(pieces, gate=go_on, usage=(1200, 40))
    page.locator("#question textarea").fill(INDIA)
    page.keyboard.press("Enter")
    page.locator(".pending .said", has_text=BACKED).wait_for()
    assert page.locator(".pending .said").inner_text().strip() == BACKED
    go_on.set()
    page.locator("#conversation .exchange").wait_for()
    assert JOINED in said(page).inner_text()
    assert MADE_UP not in page.locator("#chat").inner_text()
    assert "written by scripted, 1,240 tokens, 1 of 3 sentences dropped" in work(page)
    assert page.locator(".doubt").count() == 0


@pytest.mark.browser
def test_what_is_not_supported_gives_way_to_the_articles_words(strict_page: Page, script: Script) -> None:
    page = strict_page
    script.says = f"{WRONG_YEAR} [1][98][99]"
    ask(page, JOINING)
    assert "2015" not in page.locator("#chat").inner_text()
    assert "2017" in said(page).inner_text()
    assert "1 of 1 sentence replaced, 2 citations of unknown passages" in work(page)
    page.locator(".cite").first.click()
    page.locator("mark.focus").wait_for()
    assert page.locator("mark.focus").inner_text() in said(page).inner_text()


@pytest.mark.browser
def test_what_is_not_supported_is_kept_and_told_apart(flag_page: Page, flag: Served, script: Script) -> None:
    page = flag_page
    script.says = f"{BACKED} [1] {WRONG_YEAR} [1] {MADE_UP}"
    ask(page, JOINING)
    assert page.locator(".said .unsupported").all_inner_texts() == [WRONG_YEAR, MADE_UP]
    assert page.locator(".said .doubt").all_inner_texts() == ["(not supported)"] * 2
    look = "sentence => getComputedStyle(sentence).textDecorationLine"
    assert page.locator(".unsupported").first.evaluate(look) == "underline"
    answer = kept(page, flag)
    assert not answer.sentences[2].citations
    number = answer.sentences[1].citations[0]
    page.get_by_role("button", name=f"Quote {number}, from").click()
    quote = answer.citations[number - 1].quote
    page.wait_for_function("quote => document.querySelector('mark.focus')?.textContent === quote", arg=quote)


@pytest.mark.browser
def test_a_receipt_of_a_models_answer_holds_its_sentences_and_quotes(
    flag_page: Page, flag: Served, script: Script
) -> None:
    page = flag_page
    script.says = f"{BACKED} [1] {MADE_UP}"
    ask(page, INDIA)
    written = httpx.get(f"{flag.address}{page.locator('a.receipt').get_attribute('href')}").json()
    answer = kept(page, flag)
    assert [item["text"] for item in written["sentences"]] == [BACKED, MADE_UP]
    assert [item["support"] for item in written["sentences"]] == [item.support for item in answer.sentences]
    assert [item["quote"] for item in written["quotes"]] == [item.quote for item in answer.citations]
    assert (written["decided"]["llm_model"], written["decided"]["verification"]) == ("scripted", "flag")
    assert "127.0.0.1" not in json.dumps(written)


@pytest.mark.browser
@pytest.mark.parametrize(
    ("failing", "why"),
    [
        (refusal(500, "out of <b>memory</b>", x_should_retry="false"), "(out of <b>memory</b>)"),
        (Completion([f"{BACKED} [1] And ", "so "], cut_after=1), "broke off"),
    ],
)
def test_where_the_model_fails_one_line_says_why_and_what_is_shown_instead(
    strict_page: Page, strict: Served, script: Script, failing: Completion, why: str
) -> None:
    page = strict_page
    script.says = failing
    ask(page, INDIA)
    line = page.locator(".answer .fallback").inner_text()
    assert line.startswith("This is the extractive answer, because http://127.0.0.1:")
    assert why in line
    assert said(page).inner_text().startswith("Russia backed India's membership of the Shanghai Cooperation")
    assert "written by" not in work(page)
    page.locator(".cite").first.click()
    page.locator("mark.focus").wait_for()
    exported = httpx.get(f"{strict.address}/conversations/{page.url.split('=')[-1]}.md").text
    assert "*This is the extractive answer, because http://" in exported


@pytest.mark.browser
def test_a_model_that_is_gone_costs_no_answer(profile: BrowserContext, own_index: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
    with serving(own_index, tmp_path, llm=address) as served, opened(profile, served.address) as page:
        ask(page, INDIA)
        assert f"because {address} cannot be reached" in page.locator(".fallback").inner_text()
        assert page.locator(".cite").count() > 0


@pytest.mark.browser
def test_the_extractive_answer_can_be_chosen_and_stays_chosen(
    strict_page: Page, strict: Served, model: ModelServer, script: Script
) -> None:
    page = strict_page
    script.says = f"{BACKED} [1]"
    page.locator("#scope button").first.click()
    assert page.get_by_label("written by scripted").is_checked()
    page.get_by_label("extractive").check()
    before = len(model.asked)
    ask(page, INDIA)
    turn_to(page, "Library")
    page.locator(".library .opens").first.wait_for()
    turn_to(page, "Chat")
    page.wait_for_timeout(500)
    assert page.get_by_label("extractive").is_checked()
    ask(page, JOINING)
    assert len(model.asked) == before
    assert kept(page, strict).answered_by == "extractive"
    assert "scripted" not in work(page)
    page.get_by_label("written by scripted").check()
    ask(page, INDIA)
    assert "written by scripted" in work(page)


@pytest.mark.browser
def test_a_follow_up_is_shown_as_the_model_rewrote_it(strict_page: Page, script: Script) -> None:
    page = strict_page
    script.says = f"{JOINED} [1]"
    ask(page, "When did India join the SCO?")
    assert page.locator(".searched").count() == 0
    ask(page, "And Pakistan?")
    assert page.locator(".searched").inner_text() == f"Searched for: {REWRITTEN}"
    assert page.locator(".asked").last.inner_text() == "And Pakistan?"
    assert "written by scripted, 24 tokens" in work(page)


@pytest.mark.browser
def test_nothing_that_a_model_writes_is_more_than_text(flag_page: Page, script: Script) -> None:
    page, go_on = flag_page, Event()
    script.says = Completion([f"{BACKED} [1]\n\n{HOSTILE}\n\nAnd then ", "no more."], gate=go_on)
    page.locator("#question textarea").fill(INDIA)
    page.keyboard.press("Enter")
    page.locator(".pending .said", has_text="javascript:alert(1)").wait_for()
    assert page.locator(".pending .said > *:not(.caret)").count() == 0
    go_on.set()
    page.locator("#conversation .exchange").wait_for()
    assert READ in said(page).inner_text()
    assert page.locator("#conversation .said :is(script, img, a, strong, b)").count() == 0
    assert page.evaluate("window.broken") is None


@pytest.mark.browser
def test_what_is_in_doubt_can_be_read_by_everybody(profile: BrowserContext, flag: Served, doubtful: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    with opened(profile, flag.address, LAPTOP, f"/?conversation={doubtful}") as page:
        page.locator(".fallback").wait_for()
        assert page.locator(".doubt").all_inner_texts() == ["(weakly supported)", "(not supported)"]
        for (width, height), scheme in product((LAPTOP, PHONE), schemes):
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme=scheme)
            violations = axe.run(page, ".conversation").response["violations"]
            assert [f"{scheme}: {item['id']}: {item['nodes'][0]['html']}" for item in violations] == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
