"""Runs of the evaluation: kept as files, served at addresses, made in the background."""

from __future__ import annotations

import json
import os
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING

import httpx
import pytest
from fastapi import FastAPI

from corpus.errors import RunError
from corpus.gold import GoldQuestion, load_gold
from rag import Chatbot
from rag.evaluation import Evaluation, evaluate
from rag.library import BUNDLED_ARTICLES
from tests.ui.serving import served
from ui.running import STOPPED, Runner
from ui.runs import Run, Runs, router

if TYPE_CHECKING:
    from collections.abc import Iterator

GOLD = load_gold(BUNDLED_ARTICLES.with_name("gold.jsonl"))
FEW = [*GOLD[:3], GOLD[-1]]


@pytest.fixture(scope="module")
def chatbot(bundled_index: Path) -> Chatbot:
    return Chatbot.open(bundled_index)


@pytest.fixture(scope="module")
def evaluation(chatbot: Chatbot) -> Evaluation:
    return evaluate(FEW, chatbot)


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "runs")


@pytest.fixture
def address(runs: Runs) -> Iterator[str]:
    app = FastAPI()
    app.include_router(router(runs))
    with served(app) as address:
        yield address


def ended(runner: Runner) -> Run | str:
    while runner.progress:
        sleep(0.01)
    return runner.ended


def test_a_run_is_kept_for_whoever_opens_the_folder_next(
    runs: Runs, evaluation: Evaluation, chatbot: Chatbot, tmp_path: Path
) -> None:
    assert runs.all() == []
    first = runs.keep("gold.jsonl", evaluation, chatbot.index)
    second = runs.keep("other.jsonl", evaluation, chatbot.index)
    again = Runs(tmp_path / "runs")
    assert again.all() == [second, first]
    assert again.get(first.id) == first
    assert (first.gold, first.questions) == ("gold.jsonl", len(FEW))
    assert first.right == sum(outcome.failure is None for outcome in evaluation.outcomes)
    assert first.figures["answer_match"] == evaluation.metrics["answer_match"].value
    again.delete(first.id)
    assert runs.all() == [second]
    assert runs.get(first.id) is None


def test_the_file_of_a_run_is_the_one_that_is_compared(runs: Runs, evaluation: Evaluation, chatbot: Chatbot) -> None:
    first, second = (runs.keep("gold.jsonl", evaluation, chatbot.index) for _ in range(2))
    found = runs.compare(first.id, second.id)
    assert found.questions == len(FEW)
    assert not found.is_worse
    other = runs.keep("other.jsonl", evaluate(GOLD[4:6], chatbot), chatbot.index)
    with pytest.raises(RunError, match="share no question"):
        runs.compare(first.id, other.id)
    runs.delete(first.id)
    with pytest.raises(RunError, match="no longer kept"):
        runs.compare(first.id, second.id)


def test_what_is_no_whole_run_is_not_listed(
    runs: Runs, evaluation: Evaluation, chatbot: Chatbot, tmp_path: Path
) -> None:
    run = runs.keep("gold.jsonl", evaluation, chatbot.index)
    for name, text in {"broken": "{", "empty": "{}", ".unfinished": (json.dumps({}))}.items():
        (tmp_path / "runs" / name).mkdir()
        (tmp_path / "runs" / name / "about.json").write_text(text, "utf-8")
    (tmp_path / "runs" / "file").write_text("", "utf-8")
    assert runs.all() == [run]


def test_half_a_character_in_a_question_does_not_lose_the_run(runs: Runs, chatbot: Chatbot) -> None:
    question = GoldQuestion("a", "When was the SCO \ud800 founded?", ("2001",))
    run = runs.keep("gold \ud800.jsonl", evaluate([question], chatbot), chatbot.index)
    assert [item.id for item in runs.all()] == [run.id]
    assert "2001" in (runs.report_file(run.id) or Path()).read_text("utf-8")


def test_a_folder_that_cannot_be_written_is_an_error(evaluation: Evaluation, chatbot: Chatbot, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(RunError, match="cannot be kept"):
        Runs(tmp_path / "file").keep("gold.jsonl", evaluation, chatbot.index)


def test_a_run_is_served_as_a_page_without_an_origin_and_as_a_file(
    runs: Runs, evaluation: Evaluation, chatbot: Chatbot, address: str
) -> None:
    run = runs.keep("gold.jsonl", evaluation, chatbot.index)
    page = httpx.get(f"{address}/runs/{run.id}.html")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "allow-same-origin" not in page.headers["content-security-policy"]
    assert page.headers["content-security-policy"].startswith("sandbox ")
    assert f"{run.right} of {run.questions} answers right" in page.text
    file = httpx.get(f"{address}/runs/{run.id}.json")
    assert file.headers["content-disposition"].startswith("attachment")
    assert file.text == evaluation.to_json() + "\n"


@pytest.mark.parametrize("name", ["none", ".", "..", "%2e%2e%2fsecret", "..%2fsecret", "%00", "x" * 5_000])
def test_no_name_reaches_a_file_outside_the_runs(runs: Runs, address: str, tmp_path: Path, name: str) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "secret").mkdir()
    for ending in ("html", "json"):
        (tmp_path / f"report.{ending}").write_text("secret", "utf-8")
        (tmp_path / "secret" / f"run.{ending}").write_text("secret", "utf-8")
        assert httpx.get(f"{address}/runs/{name}.{ending}").status_code == 404
    runs.delete("../secret")
    assert (tmp_path / "secret").is_dir()


def test_questions_are_run_in_the_background_and_the_run_is_kept(runs: Runs, chatbot: Chatbot) -> None:
    runner = Runner(runs)
    runner.start("gold.jsonl", FEW, chatbot)
    assert runner.progress
    assert runner.progress.total == len(FEW)
    run = ended(runner)
    assert runs.all() == [run]


def test_one_run_is_made_at_a_time(runs: Runs, chatbot: Chatbot) -> None:
    runner = Runner(runs)
    runner.start("gold.jsonl", GOLD, chatbot)
    with pytest.raises(RunError, match=r"gold\.jsonl"):
        runner.start("other.jsonl", FEW, chatbot)
    runner.stop()
    assert ended(runner) == STOPPED
    runner.start("other.jsonl", FEW, chatbot)
    ended(runner)
    assert [run.gold for run in runs.all()] == ["other.jsonl"]


def test_a_run_that_is_stopped_leaves_nothing(runs: Runs, chatbot: Chatbot, tmp_path: Path) -> None:
    runner = Runner(runs)
    runner.start("gold.jsonl", GOLD, chatbot)
    runner.stop()
    assert ended(runner) == STOPPED
    assert not (tmp_path / "runs").exists()


def test_a_run_that_fails_says_why_in_a_line(runs: Runs, chatbot: Chatbot) -> None:
    runner = Runner(runs)
    runner.start("gold.jsonl", [FEW[0], FEW[0]], chatbot)
    assert "give each question its own" in str(ended(runner))
    assert runs.all() == []


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux's /proc")
def test_a_run_is_on_disk_before_it_is_listed(
    runs: Runs, evaluation: Evaluation, chatbot: Chatbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    sync = os.fsync

    def noted(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").resolve().name)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    runs.keep("gold.jsonl", evaluation, chatbot.index)
    assert {"about.json", "run.json", "report.html"} <= set(synced)
    assert synced[-1] == "runs"
