"""The figures mean what they say, and the bundled and original articles reach theirs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from corpus.gold import GoldQuestion, load_gold
from rag import Chatbot
from rag.evaluation import Evaluation, evaluate
from rag.evaluation.metrics import citation_precision, citation_recall, matches
from rag.library import BUNDLED_ARTICLES
from tests.conftest import SHARED


@pytest.fixture(scope="module")
def bundled(bundled_index: Path) -> tuple[Chatbot, Evaluation]:
    chatbot = Chatbot.open(bundled_index)
    return chatbot, evaluate(load_gold(BUNDLED_ARTICLES.with_name("gold.jsonl")), chatbot)


@pytest.fixture(scope="module")
def original(original_index: Path) -> tuple[Chatbot, Evaluation]:
    chatbot = Chatbot.open(original_index)
    return chatbot, evaluate(load_gold(SHARED / "gold" / "articles.jsonl"), chatbot)


@pytest.mark.parametrize(("run", "match", "recall"), [("bundled", 0.87, 0.83), ("original", 0.95, 0.95)])
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
    again = evaluate([outcome.gold for outcome in evaluation.outcomes], chatbot)
    for name, metric in evaluation.metrics.items():
        if not name.startswith("latency"):
            assert again.metrics[name] == metric


def test_the_json_holds_metrics_settings_index_and_questions(bundled: tuple[Chatbot, Evaluation]) -> None:
    _, evaluation = bundled
    written = json.loads(evaluation.to_json())
    assert set(written) == {"metrics", "settings", "index", "questions"}
    assert set(written["metrics"]["answer_match"]) == {"value", "ci95", "n"}
    low, high = written["metrics"]["answer_match"]["ci95"]
    assert low <= written["metrics"]["answer_match"]["value"] <= high


@pytest.mark.parametrize(
    ("text", "answers", "right"),
    [
        ("It joined in 2017.", ["2017"], True),
        ("It joined in 20171.", ["2017"], False),
        ("The dominance of China grew", ["dominance of china"], True),
        ("A “golden period”, he said", ["a golden period"], True),
        ("Nothing of the kind", ["2017", "Belarus"], False),
    ],
)
def test_an_answer_matches_as_whole_words(text: str, answers: list[str], right: bool) -> None:
    assert matches(text, answers) is right


def test_citation_recall_is_the_share_of_facts_covered_where_alternatives_count_once() -> None:
    facts = [[("a", 0, 10), ("b", 0, 10)], [("a", 20, 30)]]
    assert citation_recall([("b", 0, 10)], facts) == 0.5
    assert citation_recall([("a", 0, 5), ("a", 20, 30)], facts) == 0.75
    assert citation_recall([], facts) == 0


def test_citation_precision_is_the_share_of_citations_that_touch_the_evidence() -> None:
    assert citation_precision([("a", 0, 5), ("c", 0, 5)], [[("a", 4, 9)]]) == 0.5


def test_a_gold_question_without_evidence_in_the_index_is_still_counted(bundled: tuple[Chatbot, Evaluation]) -> None:
    chatbot, _ = bundled
    odd = GoldQuestion("x", "When was the SCO founded?", ("June 2001",), (), unanswerable=False, history=())
    metrics = evaluate([odd], chatbot).metrics
    assert metrics["answer_match"].n == 1
    assert "citation_recall" not in metrics
