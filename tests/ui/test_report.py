"""The report of a run: what an engineer reads in it, and that nothing of an article becomes part of the page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from corpus.gold import GoldQuestion, GoldQuote, load_gold
from index.build import build
from rag import Chatbot
from rag.evaluation import Evaluation, evaluate
from rag.evaluation.failures import Failure
from rag.evaluation.summary import METRICS
from rag.library import BUNDLED_ARTICLES
from rag.settings import Settings
from tests.ui.browsing import watched
from ui.charts import STAGES
from ui.report import MEANINGS, SECTIONS, report, stage_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page

BREAKING = "</script><script>window.run = 1</script><!-- <img src=x onerror=\"window.run = 1\"> & 'x' ${1} {{1}}"
TITLE = "Zebras </title><script>window.run = 1</script>"
FIRST = f"The treaty of the zebras \U0001f993\U0001f993 {BREAKING} was signed in Lima."
QUOTE = "The stripe tax of the zebras was abolished in 1931 \U0001f993."
HOSTILE = (
    GoldQuestion(
        "<b>id</b>",
        "When was the stripe tax of the zebras abolished? </script><img src=x onerror=window.run=1>",
        answers=("1931", "<i>never</i>"),
        evidence=(GoldQuote("zebras", QUOTE, 0), GoldQuote("<u>gone</u>", "not <s>here</s>", 1)),
        history=(("<b>Before?</b>", "</script>Yes."),),
        kind="$x^ <b>kind</b>",
    ),
    GoldQuestion("half", "Who signed the treaty of the zebras \ud800?", unanswerable=True),
)


@pytest.fixture(scope="module")
def bundled(bundled_index: Path) -> tuple[Chatbot, Evaluation]:
    """A dozen gold questions of every kind, one of each failure among them where the articles allow."""
    chatbot = Chatbot.open(bundled_index, Settings(reader="none"))
    questions = load_gold(BUNDLED_ARTICLES.with_name("gold.jsonl"))
    unheard = GoldQuestion(
        "odd", "Who won the cup?", ("Nobody",), (GoldQuote("no-such", "Nobody won.", 0),), kind="who"
    )
    return chatbot, evaluate([*questions[::4], unheard], chatbot)


@pytest.fixture(scope="module")
def hostile(bundled_index: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Chatbot, Evaluation]:
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "articles").mkdir()
    (folder / "articles" / "zebras.txt").write_text(f"{TITLE}\n\n{FIRST} {QUOTE} Nobody minded.\n", "utf-8")
    build([folder / "articles"], folder / "index")
    chatbot = Chatbot.open(folder / "index", Settings(threshold=0.0))
    return chatbot, evaluate(HOSTILE, chatbot)


@pytest.fixture(params=[(1280, 800), (375, 800)], ids=["laptop", "phone"])
def page(request: pytest.FixtureRequest, profile: BrowserContext) -> Iterator[Page]:
    """An empty page that may ask for nothing but the file it opens, and whose scripts may not complain."""
    with watched(profile, request.param) as (page, asked, said):
        yield page
    assert len(asked) == 1
    assert asked[0].startswith("file:")
    assert not said


def opened(page: Page, run: tuple[Chatbot, Evaluation], folder: Path) -> Page:
    chatbot, evaluation = run
    file = folder / "report.html"
    file.write_text(report(evaluation, chatbot.index), "utf-8")
    page.goto(file.as_uri())
    return page


def question(page: Page, number: int) -> Locator:
    """A question of the list, opened from the keyboard."""
    row = page.locator("#questions > li").nth(number)
    row.locator("summary").first.focus()
    page.keyboard.press("Enter")
    row.locator(".inside").wait_for()
    return row


def island(html: str) -> dict[str, Any]:
    """What the page's script is given."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def untimed(evaluation: Evaluation) -> Evaluation:
    metrics = {name: figure for name, figure in evaluation.metrics.items() if METRICS[name].unit != "ms"}
    return replace(evaluation, metrics=metrics)


def test_every_metric_and_every_stage_is_explained() -> None:
    assert sorted(name for names in SECTIONS.values() for name in names) == sorted(METRICS)
    assert list(MEANINGS) == list(STAGES)


def test_the_same_run_gives_the_same_page(bundled: tuple[Chatbot, Evaluation]) -> None:
    chatbot, evaluation = bundled
    again = evaluate([outcome.gold for outcome in evaluation.outcomes], chatbot)
    assert report(untimed(evaluation), chatbot.index) == report(untimed(again), chatbot.index)


def test_the_page_says_what_was_measured_and_every_figure(bundled: tuple[Chatbot, Evaluation]) -> None:
    chatbot, evaluation = bundled
    html = report(evaluation, chatbot.index)
    quiet = unescape(html).replace("\u00a0", " ")
    manifest = chatbot.index.manifest
    assert f"{manifest.articles} articles · {manifest.passages} passages · {manifest.recipe.model}" in quiet
    assert f"threshold {evaluation.settings['threshold']}" in quiet
    for name, figure in evaluation.metrics.items():
        value, low, high = (
            f"{number:.0f} {METRICS[name].unit}" if METRICS[name].unit else f"{number:.3f}"
            for number in (figure.value, *figure.ci95)
        )
        row = re.search(rf'<th scope="row">{name}<.*?<td>{figure.n}</td>', html, re.DOTALL)
        assert row
        assert value in row[0]
        assert f"{low} – {high}" in row[0]


def test_a_passage_is_stored_once_however_many_questions_read_it(bundled: tuple[Chatbot, Evaluation]) -> None:
    chatbot, evaluation = bundled
    data = island(report(evaluation, chatbot.index))
    read = [hit for outcome in evaluation.outcomes for hit in outcome.answer.hits]
    assert len(data["passages"]) == len({hit.id for hit in read}) < len(read)
    for hit in read:
        assert data["passages"][str(hit.id)]["text"] == hit.passage.text


def test_the_charts_have_words_for_those_who_cannot_see_them(bundled: tuple[Chatbot, Evaluation]) -> None:
    chatbot, evaluation = bundled
    labels = [
        unescape(label) for label in re.findall(r'role="img" aria-label="([^"]*)"', report(evaluation, chatbot.index))
    ]
    assert len(labels) == 3
    for stage in map(stage_of, evaluation.outcomes):
        assert re.search(rf"all: [^.]*\d {stage}", labels[0])
    assert "threshold of 0.2," in labels[1]
    assert "Mean confidence" in labels[2]


def test_a_run_of_one_question_says_why_it_has_no_curves(bundled: tuple[Chatbot, Evaluation]) -> None:
    chatbot, evaluation = bundled
    one = evaluate([evaluation.outcomes[0].gold], chatbot)
    html = report(one, chatbot.index)
    assert html.count('role="img"') == 1
    assert html.count("it takes two questions or more") == 2


def test_a_run_of_no_questions_is_a_page_too(bundled: tuple[Chatbot, Evaluation]) -> None:
    chatbot, evaluation = bundled
    html = report(replace(evaluation, metrics={}, outcomes=()), chatbot.index)
    assert "no question was asked" in html
    assert island(html)["questions"] == []


def test_whole_articles_as_evidence_are_found_and_not_marked(bundled: tuple[Chatbot, Evaluation]) -> None:
    chatbot, _ = bundled
    gold = GoldQuestion("whole", "Why has Turkmenistan stayed out?", evidence=(GoldQuote("sco-members", None, 0),))
    [shown] = island(report(evaluate([gold], chatbot), chatbot.index))["questions"]
    [evidence] = shown["evidence"]
    assert evidence["quote"] is None
    assert evidence["rank"] == next(n for n, hit in enumerate(shown["hits"], start=1) if hit["gold"])


def test_text_of_gold_and_articles_is_no_markup(hostile: tuple[Chatbot, Evaluation]) -> None:
    chatbot, evaluation = hostile
    html = report(evaluation, chatbot.index)
    assert html.count("<script") == html.count("</script") == 2
    assert not re.search(r"<!--|<img|<[ius]>|<b>\D", html)
    asked, half = island(html)["questions"]
    assert asked["question"] == HOSTILE[0].question
    assert half["question"] == "Who signed the treaty of the zebras ??"


@pytest.mark.browser
def test_hostile_text_is_shown_as_it_is_and_runs_nothing(
    page: Page, hostile: tuple[Chatbot, Evaluation], tmp_path: Path
) -> None:
    opened(page, hostile, tmp_path)
    row = question(page, 0)
    seen = row.inner_text()
    assert HOSTILE[0].question in seen
    for text in (TITLE, QUOTE, "<i>never</i>", "<b>Before?</b>", "</script>Yes.", "<u>gone</u>", "not <s>here</s>"):
        assert text in seen
    assert FIRST in " ".join(row.locator(".text").all_text_contents())
    assert page.locator("main :is(img, script, b:not(fieldset b), i, u, s)").count() == 0
    assert page.locator("script").count() == 2
    assert page.evaluate("window.run") is None


@pytest.mark.browser
def test_marks_stand_at_exact_characters_beyond_the_basic_plane(
    page: Page, hostile: tuple[Chatbot, Evaluation], tmp_path: Path
) -> None:
    opened(page, hostile, tmp_path)
    row = question(page, 0)
    assert "".join(row.locator("mark.gold").all_text_contents()) == QUOTE
    assert row.locator(".gold .badge").all_inner_texts() == ["read at rank 1, cited", "not in the index"]


@pytest.mark.browser
def test_an_opened_question_shows_answer_citations_gold_and_passages(
    page: Page, bundled: tuple[Chatbot, Evaluation], tmp_path: Path
) -> None:
    opened(page, bundled, tmp_path)
    for number, outcome in enumerate(bundled[1].outcomes[:6]):
        row = question(page, number)
        seen, answer = row.inner_text(), outcome.answer
        assert MEANINGS[stage_of(outcome)] in seen
        said = [answer.text] if answer.abstained else [sentence.text for sentence in answer.sentences]
        assert all(text in row.locator(".said").inner_text() for text in said)
        shown = answer.withheld if answer.abstained else answer.citations
        assert row.locator(".answer q").all_text_contents() == [citation.quote for citation in shown]
        assert row.locator(".answers li").all_inner_texts() == list(outcome.gold.answers)
        assert row.locator(".gold q").all_text_contents() == [quote.quote for quote in outcome.gold.evidence]
        assert row.locator(".text").all_text_contents() == [hit.passage.text for hit in answer.hits]
        marked = "".join(row.locator("mark.cited").all_text_contents())
        assert all(citation.quote in marked for citation in shown[:1])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.browser
def test_a_follow_up_shows_the_turns_before_and_what_was_searched(
    page: Page, bundled: tuple[Chatbot, Evaluation], tmp_path: Path
) -> None:
    outcomes = bundled[1].outcomes
    number = next(n for n, item in enumerate(outcomes) if item.answer.standalone != item.answer.question)
    opened(page, bundled, tmp_path)
    row = question(page, number)
    asked, said = outcomes[number].gold.history[0]
    assert asked in row.locator(".before").inner_text()
    assert said in row.locator(".before").inner_text()
    assert row.locator(".standalone p").inner_text() == outcomes[number].answer.standalone


@pytest.mark.browser
def test_evidence_that_the_index_lacks_is_said_to_be_lacking(
    page: Page, bundled: tuple[Chatbot, Evaluation], tmp_path: Path
) -> None:
    opened(page, bundled, tmp_path)
    row = question(page, len(bundled[1].outcomes) - 1)
    assert row.locator(".stage").inner_text() == Failure.NOT_INDEXED
    assert row.locator(".gold .badge").inner_text() == "not in the index"


@pytest.mark.browser
def test_evidence_below_what_was_read_is_shown_with_its_rank(
    page: Page, bundled: tuple[Chatbot, Evaluation], tmp_path: Path
) -> None:
    chatbot, evaluation = bundled
    outcome = evaluation.outcomes[0]
    upside_down = tuple(reversed(outcome.hits))
    worse = replace(outcome, hits=upside_down, answer=replace(outcome.answer, hits=upside_down[:1]))
    opened(page, (chatbot, replace(evaluation, outcomes=(worse,))), tmp_path)
    badge = question(page, 0).locator(".gold .badge").inner_text()
    rank = re.fullmatch(r"found at rank (\d+), not read", badge)
    assert rank
    [quote] = outcome.gold.evidence
    assert quote.quote
    assert quote.quote in upside_down[int(rank[1]) - 1].passage.text
    assert not any(quote.quote in hit.passage.text for hit in upside_down[: int(rank[1]) - 1])


@pytest.mark.browser
def test_the_list_is_narrowed_by_outcome_and_by_words(
    page: Page, bundled: tuple[Chatbot, Evaluation], tmp_path: Path
) -> None:
    outcomes = bundled[1].outcomes
    opened(page, bundled, tmp_path)
    rows = page.locator("#questions > li:visible")
    assert rows.count() == len(outcomes)
    for name, wanted in {
        "wrong": [item for item in outcomes if item.failure],
        "not indexed": [item for item in outcomes if item.failure is Failure.NOT_INDEXED],
        "refused": [item for item in outcomes if item.answer.abstained],
    }.items():
        page.locator(f'input[value="{name}"] + span').click()
        assert rows.locator(".asked").all_text_contents() == [item.gold.question for item in wanted]
        assert page.locator("#shown").inner_text() == f"{len(wanted)} of {len(outcomes)} questions"
    page.keyboard.press("Tab")
    page.keyboard.type("  WHO won the CUP ")
    assert rows.locator(".asked").all_text_contents() == (["Who won the cup?"] if outcomes[-1].answer.abstained else [])


@pytest.mark.browser
def test_figures_and_charts_need_no_script(
    browser: Browser, bundled: tuple[Chatbot, Evaluation], tmp_path: Path
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = opened(context.new_page(), bundled, tmp_path)
    assert page.locator("figure svg").count() == 3
    assert page.locator("tbody tr").count() == len(bundled[1].metrics)
    assert page.locator("noscript").inner_text()
    context.close()
