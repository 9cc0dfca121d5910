"""The evaluation page: what a reader sees of it and does with it in a real browser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from corpus.gold import GoldQuestion, load_gold
from rag import Chatbot, Settings
from rag.current import CurrentChatbot
from rag.evaluation import Comparison, evaluate
from rag.evaluation.compare import Difference
from rag.library import BUNDLED_ARTICLES
from tests.ui.browsing import LAPTOP, PHONE, ask, opened, serving, turn_to
from tests.ui.serving import built
from ui.pages.evaluation import BUNDLED, JUDGED
from ui.render.evaluation import comparison, run_frame, run_heading, runs_list
from ui.running import STOPPED
from ui.runs import Run, Runs

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, FrameLocator, Page

    from ui.serving.server import Served

GOLD = load_gold(BUNDLED_ARTICLES.with_name("gold.jsonl"))
WRONG = GoldQuestion("wrong", "When was the SCO founded?", ("in the year <b>1815</b>",))
FEW = [*GOLD[:5], GOLD[-1], WRONG]
ENOUGH = 60_000  # milliseconds for a run, on a machine that does other things as well


@pytest.fixture(scope="module")
def served(own_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The site over the bundled articles, without the reader: the page shows the runs of either."""
    with serving(own_index, tmp_path_factory.mktemp("served"), Settings(reader="none")) as served:
        yield served


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    return written(tmp_path / "few.jsonl", FEW)


@pytest.fixture
def runs(served: Served) -> Iterator[Runs]:
    """The runs of the site, none at first."""
    runs = served.site.runs
    for run in runs.all():
        runs.delete(run.id)
    yield runs


@pytest.fixture(params=[LAPTOP, PHONE], ids=["laptop", "phone"])
def bench(request: pytest.FixtureRequest, profile: BrowserContext, served: Served, runs: Runs) -> Iterator[Page]:
    """The evaluation page, at either width."""
    with evaluation(profile, served.address, request.param) as page:
        yield page


@contextmanager
def evaluation(
    profile: BrowserContext, address: str, size: tuple[int, int] = LAPTOP, path: str = "/"
) -> Iterator[Page]:
    """The evaluation page in a fresh profile."""
    with opened(profile, address, size, path) as page:
        turn_to(page, "Evaluation")
        page.locator(".opened, .nothing").wait_for()
        yield page


def written(file: Path, questions: list[GoldQuestion]) -> Path:
    file.write_text("\n".join(json.dumps(asdict(question)) for question in questions), "utf-8")
    return file


def drop(page: Page, file: Path) -> None:
    """Choose a gold file, and wait until its questions are what is going to be run."""
    page.locator("#gold-file input").set_input_files(file)
    page.locator(f"#gold input[value='{file.name}']:checked").wait_for()


def run(page: Page, file: Path | None = None) -> FrameLocator:
    """Run a file, or else what is chosen; its report."""
    before = page.locator("#runs li").count()
    if file:
        drop(page, file)
    page.get_by_role("button", name="Run", exact=True).click()
    page.locator("#runs li").nth(before).wait_for(timeout=ENOUGH)
    return report(page)


def report(page: Page) -> FrameLocator:
    frame = page.frame_locator("iframe.report")
    frame.locator("#shown:not(:empty)").wait_for()
    return frame


def test_the_name_of_a_file_is_no_markup() -> None:
    name = '<img src=x onerror="run()">\'.jsonl'
    run = Run("<id>", name, "2026-11-22T09:00:00+00:00", 1_200, 1, {"<b>": 0.5})
    shown = [runs_list([run], run.id), run_heading(run), run_frame(run)]
    changed: dict[str, tuple[Any, Any]] = {"reranker": ("", name)}
    shown.append(comparison(Comparison({"aurc": Difference(0.1, 0.2, (0, 0.2), 0.01, 9, -1, "")}, 9, 0, changed)))
    assert not [html for html in shown if "<img" in html or "<id>" in html or "<b>:" in html or '"run()' in html]
    assert all(escape(name) in html for html in shown)
    assert "1 of 1,200 right" in shown[0]
    assert '<td class="verdict">worse</td>' in shown[-1]


@pytest.mark.browser
def test_a_gold_file_is_run_and_its_figures_charts_and_wrong_answers_are_shown(
    bench: Page, gold: Path, served: Served, runs: Runs
) -> None:
    shown = run(bench, gold)
    (kept,) = runs.all()
    right = f"{kept.right} of {len(FEW)}"
    assert shown.locator("h1").inner_text() == f"{right} answers right"
    assert shown.locator(".charts svg").count() == 3
    assert re.fullmatch(r"0\.\d{3}|1\.000", shown.locator("tr:has-text('answer_match') .value").inner_text())
    shown.get_by_text(re.compile(r"^wrong \d")).click()
    wrong = shown.locator("#questions > li:visible")
    assert wrong.count() == kept.questions - kept.right
    # By key: the frame that grows to the report's height moves what a pointer aims at.
    wrong.last.locator("summary").first.press("Enter")
    assert "<b>1815</b>" in wrong.last.locator(".gold").first.inner_text()
    assert f"{right} right" in bench.locator("#runs li").inner_text()
    assert gold.name in bench.locator(".opened h2").inner_text()
    for link in bench.locator(".opened a").all():
        assert httpx.get(served.address + (link.get_attribute("href") or "")).status_code == 200


@pytest.mark.browser
def test_the_report_stands_in_the_page_without_a_scrollbar_of_its_own(bench: Page, gold: Path) -> None:
    shown = run(bench, gold)
    shown.locator("#questions summary").first.click()
    frame = bench.locator("iframe.report").element_handle()
    assert frame
    inside = frame.content_frame()
    assert inside
    # A function: what is given as a string is evaluated, which the report's own policy forbids.
    inside.wait_for_function("() => innerHeight === document.documentElement.scrollHeight && innerHeight > 1000")
    inside.wait_for_function("() => document.querySelector('main').offsetHeight === innerHeight")
    assert bench.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert inside.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.browser
def test_the_report_is_dark_where_the_page_is(profile: BrowserContext, served: Served, runs: Runs, gold: Path) -> None:
    grounds = []
    for theme in ("light", "dark"):
        with evaluation(profile, served.address, path=f"/?__theme={theme}") as page:
            # As a reader's browser is: it is not told which theme to like.
            page.emulate_media(color_scheme="null")
            shown = run(page, gold) if theme == "light" else report(page)
            colour = "element => getComputedStyle(element).backgroundColor"
            ground = shown.locator("body").evaluate(colour)
            assert ground == page.locator(".gradio-container").first.evaluate(colour)
            grounds.append(ground)
    assert len(set(grounds)) == 2


@pytest.mark.browser
def test_a_bar_moves_while_a_run_goes_on_and_the_run_can_be_stopped(
    profile: BrowserContext, served: Served, runs: Runs, tmp_path: Path
) -> None:
    many = [
        GoldQuestion(f"{gold.id}-{time}", gold.question, gold.answers or ("no",)) for time in range(30) for gold in GOLD
    ]
    with evaluation(profile, served.address) as page:
        drop(page, written(tmp_path / "many.jsonl", many))
        page.get_by_role("button", name="Run", exact=True).click()
        page.wait_for_function("document.querySelector('progress')?.value > 0")
        before = page.locator("progress").evaluate("bar => bar.value")
        page.wait_for_function("before => document.querySelector('progress').value > before", arg=before)
        assert re.search(r"of 2,610 questions · [\d.]+ a second", page.locator("#run-progress").inner_text())
        turn_to(page, "Chat")
        ask(page, "What is the Shanghai Spirit?")
        assert page.locator("#conversation .answer").count() == 1
        turn_to(page, "Evaluation")
        page.get_by_role("button", name="Stop").click()
        page.get_by_text(STOPPED).wait_for(timeout=ENOUGH)
        assert page.locator("progress").count() == 0
        assert runs.all() == []


@pytest.mark.browser
def test_a_second_run_is_told_of_the_first_and_shown_how_far_it_is(
    profile: BrowserContext, served: Served, runs: Runs, gold: Path
) -> None:
    with evaluation(profile, served.address) as one, evaluation(profile, served.address) as two:
        one.get_by_role("button", name="Run", exact=True).click()
        one.locator("progress").wait_for()
        two.get_by_role("button", name="Run", exact=True).click()
        assert BUNDLED in two.locator("#run-told [role=alert]").inner_text()
        for page in (one, two):
            report(page)
            page.get_by_role("button", name="Run", exact=True).wait_for()
        assert len(runs.all()) == 1


@pytest.mark.browser
def test_a_run_is_compared_with_an_earlier_one(bench: Page, runs: Runs, served: Served, tmp_path: Path) -> None:
    strict = Chatbot.open(served.site.chatbot.location, Settings(threshold=0.99, reader="none"))
    runs.keep("strict.jsonl", evaluate(GOLD[:12], strict), strict.index)
    runs.keep("other.jsonl", evaluate([WRONG], strict), strict.index)
    run(bench, written(tmp_path / "dozen.jsonl", GOLD[:12]))
    choose(bench, "strict.jsonl")
    row = bench.locator(".comparison tbody tr", has_text="answer_match")
    row.wait_for(timeout=ENOUGH)
    assert row.locator(".verdict").inner_text() == "better"
    cells = row.locator("td").all_inner_texts()
    before, after, change = map(float, cells[:3])
    assert (before, round(after - before, 3)) == (0, change)
    assert "answer_match" in bench.get_by_text("Significantly better").inner_text()
    assert bench.get_by_text("Significantly worse").count() == 1
    assert "threshold: 0.99 before, 0.2 after" in bench.locator(".comparison").inner_text()
    assert bench.evaluate("document.documentElement.scrollWidth <= innerWidth")
    choose(bench, "other.jsonl")
    bench.get_by_text("the two runs share no question").wait_for(timeout=ENOUGH)
    choose(bench, "nothing")
    bench.locator("#compared [role=alert]").wait_for(state="detached")


def choose(page: Page, earlier: str) -> None:
    page.get_by_label("Compare with").click()
    page.get_by_role("option", name=earlier).click()


@pytest.mark.browser
def test_a_file_that_is_no_gold_file_is_refused_in_a_line(
    profile: BrowserContext, served: Served, tmp_path: Path
) -> None:
    with evaluation(profile, served.address) as page:
        for name, text, said in (
            ("gold.jsonl", '{"id": "a", "question": "Who?"}', "gold.jsonl, line 1: has no `answers`"),
            ("gold.json", "{}", "gold.json: is not of SQuAD's format"),
            ("notes.txt", "<b>Dear</b> diary", "notes.txt, line 1: is not JSON"),
            ("empty.jsonl", " ", "empty.jsonl: there is no question in it"),
        ):
            file = tmp_path / name
            file.write_text(text, "utf-8")
            page.locator("#gold-file input").set_input_files(file)
            page.locator("#run-told [role=alert]", has_text=said).wait_for()
            assert page.get_by_label(name).count() == 0


@pytest.mark.browser
def test_squads_own_format_is_run(profile: BrowserContext, served: Served, runs: Runs, tmp_path: Path) -> None:
    context = "The SCO was founded in 2001."
    asked = {"id": "q", "question": "When was the SCO founded?", "answers": [{"text": "2001", "answer_start": 23}]}
    file = tmp_path / "dev.json"
    file.write_text(json.dumps({"data": [{"title": "sco", "paragraphs": [{"context": context, "qas": [asked]}]}]}))
    with evaluation(profile, served.address) as page:
        shown = run(page, file)
        assert shown.locator("#questions > li").count() == 1


@pytest.mark.browser
def test_answers_judged_in_the_chat_are_gold_questions(profile: BrowserContext, served: Served, runs: Runs) -> None:
    with evaluation(profile, served.address) as page:
        assert page.get_by_label(JUDGED).count() == 0
        turn_to(page, "Chat")
        ask(page, "Why did Russia back India's membership?")
        page.locator("#conversation .like").click()
        page.locator("#history .gold").wait_for()
        turn_to(page, "Evaluation")
        page.get_by_label(JUDGED).check()
        shown = run(page)
        assert shown.locator("h1").inner_text() == "1 of 1 answer right"


@pytest.mark.browser
def test_runs_outlive_the_server_and_are_deleted_after_a_second_click(
    profile: BrowserContext, served: Served, runs: Runs
) -> None:
    from ui.serving.server import start

    chatbot = served.site.chatbot()
    kept = [runs.keep(name, evaluate(FEW[:2], chatbot), chatbot.index) for name in ("first", "second")]
    again = start(CurrentChatbot(served.site.chatbot.location, Settings()))
    with evaluation(profile, again.address) as page:
        page.locator("#runs li").nth(1).wait_for()
        assert page.locator("#runs li b").all_inner_texts() == ["second", "first"]
        report(page)
        page.locator("#runs .open", has_text="first").click()
        page.locator(".opened h2:text-is('first')").wait_for()
        report(page)
        page.get_by_role("button", name="Delete", exact=True).last.click()
        assert len(runs.all()) == 2
        page.get_by_role("button", name="Delete this run for good").click()
        page.locator(".nothing").wait_for()
        assert page.locator("#runs li").count() == 1
        assert page.locator("iframe").count() == 0
        assert [item.id for item in runs.all()] == [kept[1].id]
    again.close()


@pytest.mark.browser
def test_the_bundled_questions_are_not_offered_for_other_articles(profile: BrowserContext, tmp_path: Path) -> None:
    from ui.serving.server import start

    served = start(CurrentChatbot(built(tmp_path), Settings()))
    with evaluation(profile, served.address) as page:
        page.get_by_role("button", name="Run", exact=True).click()
        page.locator("#run-told [role=alert]").wait_for()
        assert page.get_by_label(BUNDLED).count() == 0
    served.close()
