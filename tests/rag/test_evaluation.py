"""Runs over gold questions: their figures, why answers went wrong, and whether one run is better than another."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from corpus.errors import RunError
from corpus.gold import GoldQuestion, GoldQuote, load_gold
from index.filters import Filters
from index.folder.folder_index import FolderIndex
from index.query import Found, Query
from rag import Chatbot, Settings
from rag.evaluation import Evaluation, compare, evaluate
from rag.evaluation.failures import Failure
from rag.library import BUNDLED_ARTICLES
from tests.conftest import SHARED


@pytest.fixture(scope="module")
def bundled(bundled_index: Path) -> tuple[Chatbot, Evaluation]:
    chatbot = Chatbot.open(bundled_index)
    return chatbot, evaluate(load_gold(BUNDLED_ARTICLES.with_name("gold.jsonl")), chatbot)


@pytest.fixture(scope="module")
def quick(bundled_index: Path) -> tuple[Chatbot, Evaluation]:
    """The same questions without the reader, for what does not depend on who reads."""
    chatbot = Chatbot.open(bundled_index, Settings(reader="none"))
    return chatbot, evaluate(load_gold(BUNDLED_ARTICLES.with_name("gold.jsonl")), chatbot)


@pytest.fixture(scope="module")
def silent(quick: tuple[Chatbot, Evaluation]) -> Evaluation:
    """The same again, all refused."""
    chatbot, evaluation = quick
    refusing = Chatbot(chatbot.index, replace(chatbot.settings, threshold=1))
    return evaluate([outcome.gold for outcome in evaluation.outcomes], refusing)


@pytest.fixture(scope="module")
def original(original_index: Path) -> tuple[Chatbot, Evaluation]:
    chatbot = Chatbot.open(original_index)
    return chatbot, evaluate(load_gold(SHARED / "gold" / "articles.jsonl"), chatbot)


@pytest.mark.parametrize(("run", "match", "recall"), [("bundled", 0.85, 0.82), ("original", 0.95, 0.95)])
def test_answers_match_and_are_cited(run: str, match: float, recall: float, request: pytest.FixtureRequest) -> None:
    _, evaluation = request.getfixturevalue(run)
    assert evaluation.metrics["answer_match"].value >= match
    assert evaluation.metrics["citation_recall"].value >= recall


@pytest.mark.parametrize("run", ["bundled", "original"])
def test_every_citation_of_every_answer_is_exact(run: str, request: pytest.FixtureRequest) -> None:
    chatbot, evaluation = request.getfixturevalue(run)
    citations = [citation for outcome in evaluation.outcomes for citation in outcome.answer.citations]
    assert citations
    for citation in citations:
        assert chatbot.index.article(citation.article_id).text[citation.start : citation.end] == citation.quote


def test_what_the_originals_do_not_hold_is_refused_and_little_else(original: tuple[Chatbot, Evaluation]) -> None:
    _, evaluation = original
    assert evaluation.metrics["refusal_recall"].value == 1.0
    assert sum(outcome.answer.abstained and not outcome.gold.unanswerable for outcome in evaluation.outcomes) <= 1


def test_a_run_is_the_same_twice_but_for_the_time(bundled: tuple[Chatbot, Evaluation]) -> None:
    chatbot, evaluation = bundled
    asked = [outcome.gold for outcome in evaluation.outcomes[::8]]
    run, again = (evaluate(asked, chatbot) for _ in range(2))
    for name, metric in run.metrics.items():
        if not name.startswith("latency"):
            assert again.metrics[name] == metric


def test_the_json_holds_metrics_settings_index_and_questions(bundled: tuple[Chatbot, Evaluation]) -> None:
    _, evaluation = bundled
    written = json.loads(evaluation.to_json())
    assert set(written) == {"metrics", "settings", "index", "questions"}
    assert set(written["metrics"]["answer_match"]) == {"value", "ci95", "n"}
    low, high = written["metrics"]["answer_match"]["ci95"]
    assert low <= written["metrics"]["answer_match"]["value"] <= high


def test_a_gold_question_without_evidence_in_the_index_is_still_counted(bundled: tuple[Chatbot, Evaluation]) -> None:
    chatbot, _ = bundled
    odd = GoldQuestion("x", "When was the SCO founded?", ("June 2001",), (), unanswerable=False, history=())
    metrics = evaluate([odd], chatbot).metrics
    assert metrics["answer_match"].n == 1
    assert "citation_recall" not in metrics


def test_gold_may_be_named_by_its_file_and_the_chatbot_left_out(bundled_index: Path, tmp_path: Path) -> None:
    file = tmp_path / "gold.jsonl"
    file.write_text('{"id": "a", "question": "When was the SCO founded?", "answers": ["2001"]}', "utf-8")
    assert evaluate(str(file)).metrics["answer_match"].value == 1


@pytest.mark.parametrize(
    ("gold", "failure"),
    [
        (GoldQuestion("a", "When was the SCO founded?", ("2001",)), None),
        (GoldQuestion("b", "When was the SCO founded?", unanswerable=True), Failure.WRONGLY_ANSWERED),
        (GoldQuestion("c", "What is the capital of Australia?", unanswerable=True), None),
        (GoldQuestion("d", "What is the capital of Australia?", ("Canberra",)), Failure.WRONGLY_REFUSED),
        (GoldQuestion("e", "When was the SCO founded?", ("1066",)), Failure.MISREAD),
        (GoldQuestion("f", "When was the SCO founded?", ("1066",), (GoldQuote("-", "-", 0),)), Failure.NOT_INDEXED),
    ],
    ids=lambda item: item.id if isinstance(item, GoldQuestion) else str(item),
)
def test_a_wrong_answer_is_put_down_to_the_stage_that_lost_it(
    bundled: tuple[Chatbot, Evaluation], gold: GoldQuestion, failure: Failure | None
) -> None:
    (outcome,) = evaluate([gold], bundled[0]).outcomes
    assert outcome.failure == failure


def test_evidence_that_was_not_read_was_ranked_too_low_or_not_found(
    bundled: tuple[Chatbot, Evaluation], bundled_index: Path
) -> None:
    chatbot, _ = bundled
    one = Chatbot(chatbot.index, replace(chatbot.settings, passages=1))
    read = one.search("When was the SCO founded?", 100)
    text = read[-1].passage.text
    quote = GoldQuote(read[-1].passage.article_id, text, 0)
    (outcome,) = evaluate([GoldQuestion("a", "When was the SCO founded?", ("1066",), (quote,))], one).outcomes
    assert outcome.failure == Failure.RANKED_TOO_LOW
    blind = Chatbot(_Shallow.open(bundled_index, one.index.manifest, one.index.embedder), one.settings)
    (outcome,) = evaluate([GoldQuestion("a", "Quark?", ("1066",), (quote,))], blind).outcomes
    assert outcome.failure == Failure.NOT_RETRIEVED


class _Shallow(FolderIndex):
    """An index that finds nothing but the best passage."""

    def search(self, queries: Sequence[Query], k: int, filters: Filters | None = None) -> list[list[Found]]:
        return super().search(queries, min(k, 1), filters)


def test_what_a_refusal_withheld_is_judged_as_if_it_had_been_said(
    quick: tuple[Chatbot, Evaluation], silent: Evaluation
) -> None:
    _, evaluation = quick
    assert silent.metrics["aurc"] == evaluation.metrics["aurc"]
    assert silent.metrics["calibration_error"] == evaluation.metrics["calibration_error"]


def test_questions_of_one_id_are_an_error(bundled: tuple[Chatbot, Evaluation]) -> None:
    question = GoldQuestion("a", "When was the SCO founded?")
    with pytest.raises(RunError, match="the id a is there 2 times"):
        evaluate([question, question], bundled[0])


def test_a_question_as_long_as_a_document_is_asked_by_its_beginning(bundled: tuple[Chatbot, Evaluation]) -> None:
    question = GoldQuestion("a", "When was the SCO founded? " + "It is a club of states. " * 200, ("2001",))
    assert evaluate([question], bundled[0]).metrics["answer_match"].n == 1


def test_a_right_answer_that_cites_other_words_is_mis_cited(bundled: tuple[Chatbot, Evaluation]) -> None:
    chatbot, _ = bundled
    found = chatbot.ask("When was the SCO founded?")
    away = chatbot.index.article(found.citations[0].article_id).text[-60:]
    gold = GoldQuestion(
        "a", "When was the SCO founded?", ("2001",), (GoldQuote(found.citations[0].article_id, away, 0),)
    )
    (outcome,) = evaluate([gold], chatbot).outcomes
    assert outcome.failure == Failure.MIS_CITED


def test_a_comparison_with_itself_finds_nothing(bundled: tuple[Chatbot, Evaluation], tmp_path: Path) -> None:
    _, evaluation = bundled
    file = tmp_path / "run.json"
    file.write_text(evaluation.to_json(), "utf-8")
    comparison = compare(evaluation, file)
    assert comparison.differences.keys() == evaluation.metrics.keys()
    assert {item.verdict for item in comparison.differences.values()} == {""}
    assert not comparison.is_worse


def test_a_run_that_refuses_everything_is_significantly_worse(
    quick: tuple[Chatbot, Evaluation], silent: Evaluation
) -> None:
    _, evaluation = quick
    comparison = compare(evaluation, silent)
    assert comparison.is_worse
    verdicts = {name: item.verdict for name, item in comparison.differences.items()}
    assert (verdicts["answer_match"], verdicts["recall@5"]) == ("worse", "")
    assert verdicts["refusal_precision"] == "worse"
    assert compare(silent, evaluation).differences["answer_match"].verdict == "better"


def test_times_are_shown_and_not_judged(bundled: tuple[Chatbot, Evaluation]) -> None:
    _, evaluation = bundled
    slower = replace(
        evaluation,
        outcomes=tuple(
            replace(outcome, values={**outcome.values, "latency_ms": 1000.0}) for outcome in evaluation.outcomes
        ),
    )
    difference = compare(evaluation, slower).differences["latency_ms_p50"]
    assert difference.after == 1000
    assert difference.verdict == ""


def test_yes_and_no_are_judged_by_mcnemar(bundled: tuple[Chatbot, Evaluation]) -> None:
    _, evaluation = bundled
    answered = [outcome for outcome in evaluation.outcomes if outcome.values["answered"]]
    lost = {outcome.gold.id for outcome in answered[:5]}
    changed = tuple(
        replace(outcome, values={**outcome.values, "answered": 0.0}) if outcome.gold.id in lost else outcome
        for outcome in evaluation.outcomes
    )
    difference = compare(evaluation, replace(evaluation, outcomes=changed)).differences["answered"]
    assert difference.p == 2 * 0.5**5
    assert difference.verdict == ""


def test_runs_that_cannot_be_compared_are_errors(bundled: tuple[Chatbot, Evaluation], tmp_path: Path) -> None:
    _, evaluation = bundled
    other = replace(
        evaluation,
        outcomes=tuple(
            replace(outcome, gold=replace(outcome.gold, question="Why?")) for outcome in evaluation.outcomes
        ),
    )
    with pytest.raises(RunError, match="has other gold"):
        compare(evaluation, other)
    with pytest.raises(RunError, match="share no question"):
        compare(evaluation, replace(evaluation, outcomes=()))
    with pytest.raises(RunError, match="cannot be read"):
        compare(evaluation, tmp_path / "nowhere.json")
    file = tmp_path / "odd.json"
    for text in ("{}", "[]", "no", '{"questions": [3]}'):
        file.write_text(text, "utf-8")
        with pytest.raises(RunError, match="is not a run"):
            compare(file, evaluation)
