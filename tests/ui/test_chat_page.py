"""The chat page: what a reader sees of it and does with it in a real browser."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event
from time import sleep
from typing import TYPE_CHECKING, Any

import pytest

from corpus.gold import load_gold
from index.filters import Filters
from rag import Answer, Chatbot, Settings
from rag.answerer import OnToken
from rag.current import CurrentChatbot
from rag.extractive import ExtractiveAnswerer
from rag.question import Question
from rag.reading import Reading
from rag.suggestions import suggest
from tests.ui.browsing import ask, opened, turn_to
from tests.ui.serving import asked_by
from ui.conversations import Conversations
from ui.pages.chat import ChatDesk, Shown

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Request, Route

    from ui.serving.server import Served

INDIA = "Why did Russia back India's membership?"
AUSTRALIA = "What is the capital of Australia?"
PAKISTAN = "And who supported Pakistan's?"
FOUNDED = "When was the Shanghai Cooperation Organisation founded?"


@pytest.fixture(scope="module")
def chatbot(own_index: Path) -> Chatbot:
    return Chatbot.open(own_index)


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
    assert page.locator("#question textarea").input_value() == ""


@pytest.mark.browser
def test_a_citation_opens_the_article_at_the_quoted_words(any_page: Page, chatbot: Chatbot) -> None:
    page = any_page
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
def test_the_short_answer_is_bold_in_the_answer_and_in_the_article(page: Page, chatbot: Chatbot) -> None:
    ask(page, FOUNDED)
    short = chatbot.ask(FOUNDED).short
    assert short
    assert page.locator(".said strong").all_inner_texts() == [short.text]
    home = next(item for item in chatbot.ask(FOUNDED).citations if short.is_in(item))
    page.locator(".cite").nth(home.number - 1).click()
    page.locator("mark.focus").wait_for()
    assert page.locator("#evidence strong").all_inner_texts() == [short.text]


@pytest.mark.browser
def test_the_article_stands_beside_the_chat_or_on_a_phone_below_it(any_page: Page) -> None:
    page = any_page
    ask(page, INDIA)
    page.locator(".cite").first.click()
    page.locator(".evidence").wait_for()
    chat, article = page.locator("#scroll").bounding_box(), page.locator("#evidence").bounding_box()
    assert chat and article and page.viewport_size
    if page.viewport_size["width"] > 760:
        assert article["x"] >= chat["x"] + chat["width"]
    else:
        assert article["y"] >= chat["y"] + chat["height"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.browser
def test_a_refusal_looks_like_one_and_its_nearest_passages_open(any_page: Page, chatbot: Chatbot) -> None:
    page = any_page
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
def test_pointing_at_a_citation_shows_its_quote(page: Page, chatbot: Chatbot) -> None:
    ask(page, INDIA)
    citation = chatbot.ask(INDIA).citations[1]
    page.locator(".cite").nth(1).hover()
    page.locator("#peek").wait_for()
    assert page.locator("#peek q").text_content() == " ".join(citation.quote.split())
    assert page.locator("#peek span").text_content() == citation.title
    page.mouse.move(5, 5)
    page.locator("#peek").wait_for(state="hidden")


@pytest.mark.browser
def test_arrows_step_through_the_quotes_of_an_answer(page: Page, chatbot: Chatbot) -> None:
    ask(page, INDIA)
    citations = chatbot.ask(INDIA).citations
    page.locator(".cite").first.click()
    for place, press in enumerate(("", ".evidence .next", ".evidence .previous", "ArrowRight")):
        if press.startswith("."):
            page.locator(press).click()
        elif press:
            page.keyboard.press(press)
        expected = citations[place % 2].quote
        page.wait_for_function("words => document.querySelector('mark.focus')?.textContent === words", arg=expected)
        assert page.locator(".steps .place").inner_text() == f"{place % 2 + 1} of {len(citations)}"


@pytest.mark.browser
def test_an_example_is_asked_when_clicked_and_comes_back_in_a_new_conversation(page: Page) -> None:
    example = page.locator(".example").first
    question = example.inner_text()
    example.click()
    page.locator(".answer .actions, .exchange .actions").first.wait_for()
    assert page.locator("#conversation .asked").inner_text() == question
    page.locator("#fresh").click()
    page.locator(".welcome").wait_for()
    assert page.locator(".exchange").count() == 0


@pytest.mark.browser
def test_a_new_conversation_begins_from_any_page(page: Page) -> None:
    ask(page, INDIA)
    turn_to(page, "Library")
    assert not page.locator("#side-toggle").is_visible()
    page.locator("#fresh").click()
    page.locator(".welcome").wait_for()
    page.locator("#question textarea:focus").wait_for()


@pytest.mark.browser
def test_questions_to_go_on_with_are_answered(page: Page) -> None:
    ask(page, INDIA)
    following = page.locator("#live .example").first
    following.wait_for()
    question = following.inner_text()
    following.click()
    page.locator("#conversation .exchange").nth(1).wait_for()
    assert page.locator("#conversation .asked").nth(1).inner_text() == question
    assert page.locator("#conversation .exchange").nth(1).locator(".cite").count() > 0


@pytest.mark.browser
def test_a_question_asked_while_ways_to_go_on_are_looked_for_stays_answered(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_end, ended = Event(), Event(), Event()

    def slow_at_first(*arguments: Any, **named: Any) -> list[str]:
        if not begun.is_set():
            begun.set()
            may_end.wait(30)
        return suggest(*arguments, **named)

    def note_end(sent: Request) -> None:
        if "queue/data" in sent.url:
            ended.set()

    monkeypatch.setattr("ui.pages.chat.suggest", slow_at_first)
    # Which of the two it is depends on whether the page or the server is the first to close the stream.
    page.on("requestfinished", note_end)
    page.on("requestfailed", note_end)
    ask(page, INDIA)
    ask(page, PAKISTAN)
    may_end.set()
    for _ in range(300):
        if not ended.is_set():
            page.wait_for_timeout(100)
    assert ended.is_set()
    assert page.locator("#conversation .asked").all_inner_texts() == [INDIA, PAKISTAN]


@pytest.mark.browser
def test_the_last_question_can_be_asked_again_changed_and_taken_back(page: Page) -> None:
    ask(page, INDIA)
    ask(page, AUSTRALIA)
    last = page.locator("#conversation .exchange").nth(1)
    before = last.get_attribute("data-exchange")
    last.locator(".retry").click()
    page.wait_for_function("id => !document.querySelector(`[data-exchange='${id}']`)", arg=before)
    assert page.locator("#conversation .asked").all_inner_texts() == [INDIA, AUSTRALIA]
    last.locator(".edit").click()
    page.locator(".editing").fill("What is the Shanghai Spirit?")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelectorAll('#conversation .answer').length === 2")
    assert page.locator("#conversation .asked").all_inner_texts() == [INDIA, "What is the Shanghai Spirit?"]
    last.locator(".undo").click()
    page.wait_for_function("document.querySelectorAll('#conversation .exchange').length === 1")
    assert page.locator("#question textarea").input_value() == "What is the Shanghai Spirit?"


@pytest.mark.browser
def test_what_another_window_asked_is_neither_replaced_nor_taken_back(
    page: Page, profile: BrowserContext, served: Served
) -> None:
    ask(page, INDIA)
    page.wait_for_url(re.compile(r"\?conversation="))
    path = page.url.removeprefix(served.address)
    for button in (".retry", ".undo"):
        with opened(profile, served.address, path=path) as other:
            other.locator("#conversation .exchange").first.wait_for()
            ask(other, AUSTRALIA)
        before = page.locator("#conversation .exchange").count()
        page.locator(f"#conversation {button}").click()
        page.locator("#conversation .exchange").nth(before).wait_for()
    assert page.locator("#conversation .asked").all_inner_texts() == [INDIA, AUSTRALIA, AUSTRALIA]


@pytest.mark.browser
def test_a_blank_question_changes_nothing(page: Page) -> None:
    ask(page, INDIA)
    page.locator("#live .example").first.wait_for()
    page.locator("#question textarea").fill("   ")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('#question textarea').value === ''")
    assert page.locator("#conversation .asked").all_inner_texts() == [INDIA]
    assert page.locator("#live .example").count() > 0


@pytest.mark.browser
def test_asking_again_twice_at_once_asks_once(page: Page) -> None:
    ask(page, INDIA)
    page.locator("#conversation .retry").dblclick()
    page.wait_for_timeout(1_500)
    assert page.locator("#conversation .asked").all_inner_texts() == [INDIA]


@pytest.mark.browser
def test_a_link_to_an_answer_that_is_no_longer_kept_says_so(profile: BrowserContext, served: Served) -> None:
    with opened(profile, served.address, path="/?answer=gone") as page:
        page.locator("#live .notice", has_text="no longer kept").wait_for()


@pytest.mark.browser
def test_an_answer_is_not_given_up_for_an_error(page: Page) -> None:
    ask(page, INDIA)
    page.locator("#scope button").first.click()
    page.get_by_label("Published from").fill("last spring")
    page.locator(".retry").click()
    page.locator("#live .notice", has_text="last spring").wait_for()
    assert page.locator("#conversation .cite").count() > 0


@pytest.mark.browser
def test_what_comes_late_of_an_older_question_hides_nothing(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = Event()

    def suggest_late(*of_what: Any, **scope: Any) -> list[str]:
        failed.wait(30)
        return suggest(*of_what, **scope)

    monkeypatch.setattr("ui.pages.chat.suggest", suggest_late)
    ask(page, INDIA)
    page.locator("#scope button").first.click()
    page.get_by_label("Published from").fill("last spring")
    page.locator(".retry").click()
    page.locator("#live .notice", has_text="last spring").wait_for()
    failed.set()
    page.wait_for_timeout(1_500)
    assert "last spring" in page.locator("#live .notice").inner_text()


@pytest.mark.browser
def test_what_is_asked_while_a_conversation_is_begun_belongs_to_it(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    def show_late(desk: ChatDesk, kept: Conversations, opened: str = "") -> Shown:
        if not opened:
            sleep(0.7)
        return show(desk, kept, opened)

    show = ChatDesk.show
    ask(page, AUSTRALIA)
    monkeypatch.setattr(ChatDesk, "show", show_late)
    page.locator("#fresh").click()
    page.locator("#question textarea").fill(INDIA)
    page.keyboard.press("Enter")
    page.locator("#conversation .cite").first.wait_for()
    assert page.locator("#conversation .asked").all_inner_texts() == [INDIA]


@pytest.mark.browser
def test_leaving_the_changed_question_with_escape_changes_nothing(page: Page) -> None:
    ask(page, INDIA)
    page.locator(".edit").click()
    page.locator(".editing").fill("Something else?")
    page.keyboard.press("Escape")
    assert page.locator("#conversation .asked").inner_text() == INDIA


@pytest.mark.browser
def test_an_answer_is_copied_with_its_sources(page: Page, chatbot: Chatbot) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(page, INDIA)
    page.locator(".copy").click()
    page.locator(".copy.done").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == str(chatbot.ask(INDIA))


@pytest.mark.browser
def test_a_link_leads_to_one_answer_of_its_conversation(page: Page, profile: BrowserContext, served: Served) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    for question in (INDIA, "What is the Shanghai Spirit?", AUSTRALIA, "Who dominates the Interbank Consortium?"):
        ask(page, question)
    page.locator(".link").first.click()
    page.locator(".link.done").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    with opened(profile, served.address, path=link.removeprefix(served.address)) as other:
        other.locator("#conversation .exchange").nth(3).wait_for()
        top = "() => document.querySelector('#conversation .exchange').getBoundingClientRect().top"
        other.wait_for_function(f"({top})() > 0")
        assert other.evaluate(top) < 200


@pytest.mark.browser
def test_a_conversation_stays_when_the_page_is_loaded_again(page: Page) -> None:
    ask(page, INDIA)
    page.wait_for_url(re.compile(r"\?conversation="))
    page.reload()
    page.locator("#conversation .exchange").wait_for()
    ask(page, PAKISTAN)
    assert "China supported Pakistan's membership" in page.locator(".exchange").nth(1).locator(".said").inner_text()


def side(page: Page) -> None:
    """Have the list of conversations in sight."""
    if not page.locator(".history").is_visible():
        page.locator("#side-toggle").click()
    page.locator(".history").wait_for()


def leave_side(page: Page) -> None:
    """Have it out of the way again on a phone, where it lies over the page."""
    assert page.viewport_size
    page.mouse.click(page.viewport_size["width"] - 4, 300)


@pytest.mark.browser
def test_conversations_are_listed_opened_renamed_and_deleted(any_page: Page) -> None:
    page = any_page
    ask(page, "What is the Shanghai Spirit?")
    page.locator("#fresh").click()
    page.locator(".welcome").wait_for()
    ask(page, INDIA)
    side(page)
    first = page.locator(".history li[aria-current]")
    assert first.locator(".open").inner_text() == INDIA
    first.hover()
    first.locator(".rename").click()
    page.locator(".naming").fill("India <b>2017</b>")
    page.keyboard.press("Enter")
    page.locator(".history .open", has_text="India <b>2017</b>").wait_for()
    first.hover()
    first.locator(".rename").click()
    page.keyboard.press("Enter")
    page.locator(".naming").wait_for(state="detached")
    page.locator(".history .open", has_text="What is the Shanghai Spirit?").first.click()
    page.locator("#conversation .asked", has_text="Shanghai Spirit").wait_for()
    side(page)
    renamed = page.locator(".history li", has_text="India <b>2017</b>")
    renamed.hover()
    renamed.locator(".delete").click()
    page.locator(".sure").click()
    renamed.wait_for(state="detached")
    assert page.locator("#conversation .asked").inner_text() == "What is the Shanghai Spirit?"


@pytest.mark.browser
def test_of_many_conversations_all_can_be_listed_and_stay_so(
    any_page: Page, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.render.history._MOST", 3)
    page, listed = any_page, any_page.locator(".history li")
    for number in range(5):
        served.site.conversations.add(f"of old {number}", f"Question {number}?", "An answer.")
    page.reload()
    page.locator(".welcome").wait_for()
    side(page)
    page.locator(".history .more").click()
    page.locator(".history .more").wait_for(state="detached")
    listed.nth(3).locator(".open:focus").wait_for()
    assert listed.count() >= 5
    before = listed.count()
    listed.last.hover()
    listed.last.locator(".delete").click()
    page.locator(".sure").click()
    page.wait_for_function("count => document.querySelectorAll('.history li').length === count", arg=before - 1)
    ask(page, AUSTRALIA)
    page.locator(".history .more").wait_for(state="attached")
    assert listed.count() == 3


@pytest.mark.browser
def test_an_answer_is_judged_with_a_reason_and_comes_out_as_a_gold_question(
    any_page: Page, served: Served, tmp_path: Path
) -> None:
    page = any_page
    question = f"Who is Santa Claus, {page.viewport_size}?"
    ask(page, question)
    page.locator(".dislike").click()
    page.locator(".reason", has_text="should have refused").click()
    page.locator(".history .gold").wait_for(state="attached")
    page.wait_for_url(re.compile(r"\?conversation="))
    page.reload()
    page.locator('.dislike[aria-pressed="true"]').wait_for()
    assert page.locator('.reason[aria-pressed="true"]').inner_text() == "should have refused"
    page.locator(".correction").fill("Nobody")
    page.keyboard.press("Enter")
    page.locator(".correction.done").wait_for()
    side(page)
    with page.expect_download() as download:
        page.locator(".history .gold").click()
    file = tmp_path / "judged.jsonl"
    download.value.save_as(file)
    (gold,) = (item for item in load_gold(file) if item.question == question)
    assert gold.answers == ("Nobody",)
    leave_side(page)
    page.locator(".dislike").click()
    page.locator('.dislike[aria-pressed="false"]').wait_for()


@pytest.mark.browser
def test_a_receipt_and_the_conversation_can_be_downloaded(page: Page, chatbot: Chatbot, tmp_path: Path) -> None:
    ask(page, INDIA)
    with page.expect_download() as download:
        page.locator(".receipt").click()
    receipt = json.loads(Path(download.value.path()).read_text("utf-8"))
    assert [item["quote"] for item in receipt["quotes"]] == [item.quote for item in chatbot.ask(INDIA).citations]
    for kind, mark in ((".markdown", "## Why did Russia"), (".page", "<h2>Why did Russia")):
        side(page)
        page.locator(".history li[aria-current]").hover()
        with page.expect_download() as download:
            page.locator(f".history li[aria-current] {kind}").click()
        assert mark in Path(download.value.path()).read_text("utf-8")


@pytest.mark.browser
def test_only_articles_of_some_dates_are_asked_and_the_page_says_so(any_page: Page, chatbot: Chatbot) -> None:
    page = any_page
    page.locator("#scope button").first.click()
    page.get_by_label("Published from").fill("2025")
    page.locator("#scope", has_text="Search only in articles from 2025").wait_for()
    ask(page, INDIA)
    assert chatbot.ask(INDIA, filters=Filters(since="2025")).abstained
    assert page.locator(".refusal").count() == 1
    page.get_by_label("Published from").fill("last spring")
    ask(page, INDIA)
    assert "2024-06-15" in page.locator(".exchange").nth(1).locator(".notice").inner_text()
    page.get_by_label("Published from").fill("")
    page.locator("#scope", has_text="Search in all articles").wait_for()
    ask(page, INDIA)
    assert page.locator(".exchange").nth(2).locator(".cite").count() > 0


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


class SlowAnswerer(ExtractiveAnswerer):
    """The same answers, written as slowly as a language model does."""

    name = "slow"

    def answer(self, question: Question, readings: Sequence[Reading], *, on_token: OnToken | None = None) -> Answer:
        answer = super().answer(question, readings)
        for word in re.findall(r"\S+\s*", answer.text):
            sleep(0.05)
            if on_token:
                on_token(word)
        return answer


class SlowChatbot(CurrentChatbot):
    """A chatbot to which a second answerer was given."""

    def __call__(self) -> Chatbot:
        chatbot = super().__call__()
        return Chatbot(chatbot.index, self.settings, answerer=SlowAnswerer(chatbot.index, self.settings))


@pytest.fixture(scope="module")
def slow(own_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    from ui.serving.server import start

    index = Path(shutil.copytree(own_index, tmp_path_factory.mktemp("slow") / "index"))
    served = start(SlowChatbot(index, Settings()))
    yield served
    served.close()


@pytest.mark.browser
def test_an_answer_is_shown_as_it_is_written(profile: BrowserContext, slow: Served, chatbot: Chatbot) -> None:
    with opened(profile, slow.address) as page:
        page.locator("#question textarea").fill(INDIA)
        page.keyboard.press("Enter")
        page.locator(".pending .said", has_text="Russia backed").wait_for()
        assert page.locator(".pending .asked").inner_text() == INDIA
        assert page.locator("#question textarea").input_value() == ""
        written = page.locator(".pending .said").inner_text()
        whole = chatbot.ask(INDIA).text
        assert whole.startswith(written.strip()) and len(written) < len(whole)
        page.locator("#conversation .cite").first.wait_for()
        assert page.locator(".pending").count() == 0


def begin(page: Page) -> None:
    """Have an answer that is still being written."""
    page.locator("#question textarea").fill(INDIA)
    page.keyboard.press("Enter")
    page.locator(".pending").wait_for()


@pytest.mark.browser
def test_what_is_typed_while_an_answer_is_written_stays(profile: BrowserContext, slow: Served) -> None:
    with opened(profile, slow.address) as page:
        begin(page)
        page.keyboard.type("And then?")
        page.locator("#conversation .cite").first.wait_for()
        assert page.locator("#question textarea").input_value() == "And then?"


@pytest.mark.browser
def test_an_answer_comes_into_no_other_conversation_and_is_kept_in_its_own(
    profile: BrowserContext, slow: Served
) -> None:
    def cancelled_late(route: Route) -> None:
        sleep(0.3)
        route.continue_()

    with opened(profile, slow.address) as page:
        page.route("**/cancel", cancelled_late)
        begin(page)
        page.locator("#fresh").click()
        page.locator(".pending").wait_for(state="detached")
        page.wait_for_timeout(3_000)
        assert page.locator(".exchange").count() == 0
        (kept, *_) = slow.site.conversations.all()
        assert kept.name == INDIA
        assert isinstance(slow.site.conversations.exchanges(kept.id)[-1].reply, Answer)


@pytest.mark.browser
def test_an_answer_that_the_page_does_not_hear_of_is_shown_all_the_same(
    profile: BrowserContext, served: Served
) -> None:
    with opened(profile, served.address) as page:
        page.route("**/queue/data*", lambda _: None)
        ask(page, INDIA)
        assert page.locator("#question textarea").input_value() == ""


@pytest.mark.browser
def test_an_error_that_the_page_does_not_hear_of_is_told_all_the_same(page: Page) -> None:
    def ended(route: Route) -> None:
        route.fulfill(body=f"data: {json.dumps({'msg': 'close_stream'})}\n\n", content_type="text/event-stream")

    ask(page, INDIA)
    page.locator("#live .example").first.wait_for()
    page.locator("#scope button").first.click()
    page.get_by_label("Published from").fill("last spring")
    page.route("**/queue/data*", ended, times=1)
    page.locator(".retry").click()
    page.locator("#live .notice", has_text="last spring").wait_for()


@pytest.mark.browser
def test_what_was_answered_is_not_looked_for_in_the_next_conversation(profile: BrowserContext, served: Served) -> None:
    with opened(profile, served.address) as page:
        ask(page, INDIA)
        page.locator("#fresh").click()
        page.locator(".welcome").wait_for()
        begun = page.locator("#conversation .conversation").get_attribute("data-conversation")
        page.wait_for_timeout(3_500)
        assert page.locator("#conversation .conversation").get_attribute("data-conversation") == begun


@pytest.mark.browser
@pytest.mark.parametrize("heard", [0, 4])
def test_an_answer_of_which_only_the_beginning_is_heard_is_found(
    profile: BrowserContext, served: Served, heard: int
) -> None:
    def cut_off(route: Route) -> None:
        # It is estimated, begun, and then comes in pieces.
        messages = route.fetch().text().split("\n\n")
        route.fulfill(body="".join(f"{message}\n\n" for message in messages[:heard]), content_type="text/event-stream")

    with opened(profile, served.address) as page:
        page.route("**/queue/data*", cut_off)
        ask(page, INDIA)
        assert page.locator("#conversation .cite").count() > 0
        assert page.locator("#live .pending").count() == 0


@pytest.mark.browser
def test_what_is_asked_in_vain_is_given_back(profile: BrowserContext, served: Served) -> None:
    with opened(profile, served.address) as page:
        page.clock.install()
        page.route(re.compile("/(queue|run)/"), lambda _: None)
        page.locator("#question textarea").fill(INDIA)
        page.keyboard.press("Enter")
        page.wait_for_function("document.querySelector('#question textarea').value === ''")
        for _ in range(5):
            page.clock.run_for(3_000)
        page.wait_for_function("text => document.querySelector('#question textarea').value === text", arg=INDIA)


@pytest.mark.browser
def test_where_there_are_two_answerers_one_is_chosen(profile: BrowserContext, slow: Served) -> None:
    with opened(profile, slow.address) as page:
        page.locator("#scope button").first.click()
        page.get_by_label("extractive").check()
        ask(page, INDIA)
        exchange = page.locator("#conversation .exchange").get_attribute("data-exchange") or ""
        kept = slow.site.conversations.exchange(exchange)
        assert kept and isinstance(kept.reply, Answer) and kept.reply.answered_by == "extractive"


@pytest.mark.browser
def test_conversations_outlive_server_and_browser(profile: BrowserContext, own_index: Path, tmp_path: Path) -> None:
    from ui.serving.server import start

    chatbot = CurrentChatbot(Path(shutil.copytree(own_index, tmp_path / "index")), Settings())
    first = start(chatbot)
    with opened(profile, first.address) as page:
        ask(page, INDIA)
        page.locator(".like").click()
        page.locator(".history .gold").wait_for()
    first.close()
    second = start(CurrentChatbot(chatbot.location, Settings()))
    with opened(profile, second.address) as page:
        page.locator(".history .open", has_text=INDIA).click()
        page.locator("#conversation .cite").first.click()
        page.locator("mark.focus").wait_for()
        assert page.locator('.like[aria-pressed="true"]').count() == 1
    second.close()


@pytest.mark.browser
def test_a_citation_of_an_article_that_changed_since_is_found_or_said_to_be_gone(
    profile: BrowserContext, tmp_path: Path
) -> None:
    from index.build import build
    from ui.serving.server import start

    file, index = tmp_path / "articles" / "lamp.txt", tmp_path / "index"
    file.parent.mkdir()
    file.write_text("The lighthouse\n\nThe lamp was given up because ships carry radio beacons.\n")
    build([file.parent], index)
    served = start(CurrentChatbot(index, Settings()))
    with opened(profile, served.address) as page:
        ask(page, "Why was the lamp given up?")
        file.write_text("The lighthouse\n\nIt is white. The lamp was given up because ships carry radio beacons.\n")
        build([file.parent], index)
        page.locator(".cite").click()
        page.locator("mark.focus").wait_for()
        assert page.locator("mark.focus").inner_text().startswith("The lamp was given up")
        page.keyboard.press("Escape")
        file.write_text("The lighthouse\n\nIt is white, and it stands on a rock.\n")
        build([file.parent], index)
        page.locator(".cite").click()
        assert "no longer in it: “The lamp was given up" in page.locator(".evidence .notice").inner_text()
    served.close()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_shut_out_by_how_the_page_is_made(any_page: Page, scheme: Any) -> None:
    page = any_page
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page.emulate_media(color_scheme=scheme)

    def violations() -> list[str]:
        found = axe.run(page).response["violations"]
        return [f"{item['id']}: {item['help']}: {item['nodes'][0]['html']}" for item in found]

    assert violations() == []
    ask(page, INDIA)
    ask(page, AUSTRALIA)
    page.locator(".dislike").last.click()
    page.locator(".reason").last.wait_for()
    page.locator("#scope button").first.click()
    page.get_by_label("Published from").wait_for()
    assert violations() == []
    page.locator(".cite").first.click()
    page.locator("mark.focus").wait_for()
    assert violations() == []


@pytest.mark.parametrize(
    "wanted",
    [{}, {"exchange": "x", "quote": "cite-1"}, {"exchange": None, "quote": {}}],
)
def test_a_quote_that_is_none_is_answered_with_one_plain_line(served: Served, wanted: Any) -> None:
    from ui.pages.evidence import EvidenceDesk

    assert 'role="alert"' in EvidenceDesk(served.site.chatbot, served.site.conversations).open(wanted, asked_by())
