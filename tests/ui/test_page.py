"""The page: what it does with a chatbot, and what a reader sees of it in a real browser."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from corpus.errors import BadQuestion, RagError
from rag import Chatbot
from tests.ui.conftest import watched

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

INDIA = "Why did Russia back India's membership?"
AUSTRALIA = "What is the capital of Australia?"


@pytest.fixture(scope="module")
def chatbot(bundled_index: Path) -> Chatbot:
    return Chatbot.open(bundled_index)


@pytest.fixture(scope="module")
def address(chatbot: Chatbot) -> Iterator[str]:
    from ui.page import start

    served, address = start(chatbot)
    yield address
    served.close(verbose=False)


@pytest.fixture(params=[(1280, 800), (390, 844)], ids=["laptop", "phone"])
def page(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    """The page in a fresh profile; nothing may be asked of another machine, and no script may complain."""
    with watched(browser, request.param) as (page, asked, said):
        page.goto(address)
        page.locator(".conversation").wait_for()
        yield page
    elsewhere = [url for url in asked if not url.startswith((address, "data:", "blob:"))]
    assert not elsewhere
    assert not [text for kind, text in said if kind in ("error", "warning")]


def ask(page: Page, question: str) -> None:
    before = page.locator(".exchange").count()
    page.locator("#question textarea").fill(question)
    page.keyboard.press("Enter")
    page.locator(".exchange").nth(before).wait_for()


def in_view(page: Page, selector: str) -> bool:
    """Whether the first element for a selector lies within the article's visible part."""
    found: bool = page.locator(selector).first.evaluate(
        """mark => {
          const inner = mark.getBoundingClientRect(), outer = mark.closest(".text").getBoundingClientRect();
          return inner.top >= outer.top && inner.bottom <= Math.min(outer.bottom, innerHeight);
        }"""
    )
    return found


@pytest.mark.browser
def test_a_question_is_answered_with_a_citation_for_every_sentence(page: Page, chatbot: Chatbot) -> None:
    ask(page, INDIA)
    answer = chatbot.ask(INDIA)
    said = page.locator(".answer .said").inner_text()
    assert all(sentence.text in said for sentence in answer.sentences)
    assert page.locator(".cite").all_inner_texts() == [f"[{item.number}]" for item in answer.citations]
    assert answer.citations[0].quote in (page.locator(".cite").first.get_attribute("title") or "")
    assert page.locator("#question textarea").input_value() == ""


@pytest.mark.browser
def test_a_citation_opens_the_article_at_the_quoted_words(page: Page, chatbot: Chatbot) -> None:
    ask(page, INDIA)
    citations = chatbot.ask(INDIA).citations
    for index in (0, len(citations) - 1, 0):
        page.locator(".cite").nth(index).click()
        page.locator(f'.cite[aria-current="true"]:text-is("[{index + 1}]")').wait_for()
        page.wait_for_function(
            "quote => document.querySelector('mark.focus')?.textContent === quote", arg=citations[index].quote
        )
        assert page.locator("mark.focus").count() == 1
        assert in_view(page, "mark.focus")
    article = chatbot.index.article(citations[0].article_id)
    assert page.locator(".evidence .text").text_content() == article.text
    assert page.locator(".evidence h2").inner_text() == article.title
    assert page.locator("mark.faint").count() > 0


@pytest.mark.browser
def test_the_article_stands_beside_the_chat_or_on_a_phone_below_it(page: Page) -> None:
    ask(page, INDIA)
    page.locator(".cite").first.click()
    page.locator(".evidence").wait_for()
    chat, article = page.locator("#conversation").bounding_box(), page.locator("#evidence").bounding_box()
    assert chat and article and page.viewport_size
    if page.viewport_size["width"] > 760:
        assert article["x"] >= chat["x"] + chat["width"]
    else:
        assert article["y"] >= chat["y"] + chat["height"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.browser
def test_a_refusal_looks_like_one_and_its_nearest_passages_open(page: Page, chatbot: Chatbot) -> None:
    ask(page, AUSTRALIA)
    assert "The articles do not hold the answer" in page.locator(".refusal").inner_text()
    assert page.locator(".cite").count() == 0
    page.locator(".nearest").first.click()
    page.locator("mark.focus").first.wait_for()
    marked = "".join(page.locator("mark.focus").all_text_contents())
    assert "".join(marked.split()) == "".join(chatbot.ask(AUSTRALIA).hits[0].passage.text.split())


@pytest.mark.browser
def test_a_follow_up_is_understood_from_the_turns_before(page: Page, chatbot: Chatbot) -> None:
    ask(page, INDIA)
    ask(page, "And who supported Pakistan's?")
    assert "China supported Pakistan's membership" in page.locator(".exchange").nth(1).locator(".said").inner_text()


@pytest.mark.browser
def test_examples_are_asked_when_clicked_and_come_back_in_a_new_conversation(page: Page) -> None:
    example = page.locator(".example").first
    question = example.inner_text()
    example.click()
    page.locator(".answer").wait_for()
    assert page.locator(".asked").inner_text() == question
    page.locator(".cite").first.click()
    page.locator(".evidence").wait_for()
    page.locator("#fresh").click()
    page.locator(".welcome").wait_for()
    assert page.locator(".exchange").count() == 0
    assert page.locator(".evidence").count() == 0


@pytest.mark.browser
def test_the_keyboard_reaches_the_box_and_leaves_the_article(page: Page) -> None:
    page.locator("#question textarea:focus").wait_for()
    ask(page, INDIA)
    page.locator(".cite").first.focus()
    page.keyboard.press("Enter")
    page.locator(".evidence:focus").wait_for()
    page.keyboard.press("Escape")
    page.locator(".evidence").wait_for(state="detached")
    page.locator(".cite:focus").wait_for()
    page.keyboard.press("/")
    page.locator("#question textarea:focus").wait_for()
    assert page.locator("#question textarea").input_value() == ""


@pytest.mark.browser
def test_a_citation_says_so_when_its_article_cannot_be_fetched(page: Page) -> None:
    ask(page, INDIA)
    page.route(
        re.compile("/component_server"), lambda route: route.fulfill(body="null", content_type="application/json")
    )
    page.locator(".cite").first.click()
    assert "does not reach its server" in page.locator(".evidence [role=alert]").inner_text()
    page.locator(".evidence .close").click()
    page.locator(".evidence").wait_for(state="detached")


@pytest.mark.browser
def test_a_question_with_markup_is_shown_as_it_was_typed(page: Page) -> None:
    question = "Who is <img src=x onerror=\"console.error('run')\"> ${1 + 1} {{value}}?"
    ask(page, question)
    assert page.locator(".asked").inner_text() == question


def test_an_error_becomes_part_of_the_conversation_and_not_of_the_history(chatbot: Chatbot) -> None:
    from ui.page import Desk

    desk = Desk(chatbot, examples=[])
    exchanges, html, box = desk.ask("x" * 2_001, ())
    assert isinstance(exchanges[0].reply, BadQuestion)
    assert "ask in at most 2000" in html
    assert box == ""
    exchanges, html, _ = desk.ask(INDIA, exchanges)
    assert 'class="answer"' in html


def test_an_empty_question_asks_nothing(chatbot: Chatbot) -> None:
    from ui.page import Desk

    assert Desk(chatbot, examples=[]).ask("  ", ())[0] == ()


def test_only_examples_that_the_articles_answer_are_offered(chatbot: Chatbot) -> None:
    from ui.page import EXAMPLES, Desk

    html = Desk(chatbot, examples=[*EXAMPLES, AUSTRALIA]).shown()
    assert re.findall(r'class="example"', html) == ['class="example"'] * len(EXAMPLES)
    assert AUSTRALIA not in html


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"article": "no-such-article", "focus": [0, 1], "others": []},
        {"article": "sco-members", "focus": "nonsense", "others": []},
        {"article": "sco-members", "focus": [0, float("inf")], "others": []},
        {"article": "sco-members", "focus": [0, 1], "others": [[1, 2, 3]]},
    ],
)
def test_a_place_that_is_none_is_answered_with_one_plain_line(chatbot: Chatbot, wanted: dict[str, Any]) -> None:
    from ui.page import Desk

    assert 'role="alert"' in Desk(chatbot, examples=[]).evidence(wanted)


def test_a_number_that_is_no_port_is_an_error(chatbot: Chatbot) -> None:
    from ui.page import start

    with pytest.raises(RagError, match="no port"):
        start(chatbot, port=99999)


def test_without_a_port_the_next_free_one_is_taken_and_a_named_one_that_is_taken_is_an_error(chatbot: Chatbot) -> None:
    from ui.page import start

    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with pytest.raises(RagError, match=f"port {taken} is taken"):
            start(chatbot, port=taken)
    first, one = start(chatbot)
    second, two = start(chatbot)
    first.close(verbose=False)
    second.close(verbose=False)
    assert one != two


def test_serving_says_one_line_and_ends_quietly_on_interrupt(bundled_index: Path) -> None:
    program = "import sys; from rag import Chatbot; from ui.page import serve; serve(Chatbot.open(sys.argv[1]))"
    # A proxy that nobody answers at: the page is the machine's own affair.
    environment = {**os.environ, "HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}
    command = [sys.executable, "-c", program, str(bundled_index)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout
        line = server.stdout.readline()
        server.send_signal(signal.SIGINT)
        rest, complaints = server.communicate(timeout=30)
    assert re.fullmatch(r"Ask your articles at http://127\.0\.0\.1:\d+\n", line), complaints
    assert (rest, complaints, server.returncode) == ("", "", 0)
