"""The figures mean what they say."""

from __future__ import annotations

import numpy as np
import pytest

from corpus.gold import GoldQuestion, GoldQuote
from index.article_index import ArticleIndex
from index.build import build
from index.query import Hit
from index.store import store_at
from rag.evaluation.bootstrap import interval, paired, randomised
from rag.evaluation.facts import Facts, Place
from rag.evaluation.metrics import citation_precision, citation_recall, exact_match, f1, matches
from rag.evaluation.ranking import measure_ranking
from rag.evaluation.summary import (
    METRICS,
    aurc,
    auroc,
    calibration_error,
    mean,
    reliability,
    risk_coverage,
    summarise,
    thresholds_by_errors,
    thresholds_by_refusals,
)


def facts(*places: tuple[Place, ...]) -> Facts:
    return Facts(places, (1,) * len(places), are_quotes=True)


@pytest.mark.parametrize(
    ("text", "answers", "right"),
    [
        ("It joined in 2017.", ["2017"], True),
        ("It joined in 20171.", ["2017"], False),
        ("The dominance of China grew", ["dominance of china"], True),
        ("A “golden period”, he said", ["a golden period"], True),
        ("Beijing—the host—said so", ["Beijing"], True),
        ("It lasted 2001–2005.", ["2001"], True),
        ("India’s entry", ["India's entry"], True),
        ("Nothing of the kind", ["2017", "Belarus"], False),
    ],
)
def test_an_answer_matches_as_whole_words(text: str, answers: list[str], right: bool) -> None:
    assert matches(text, answers) is right


def test_exact_match_and_f1_compare_as_squad_does() -> None:
    assert exact_match("The  Normans!", ["normans", "Vikings"]) == 1
    assert exact_match("The Normans of France", ["Normans"]) == 0
    assert f1("The Normans of France", ["Vikings", "Normans in France"]) == pytest.approx(2 / 3)
    assert f1("Rouen", ["Paris"]) == 0


def test_citation_recall_is_the_share_of_facts_covered_where_alternatives_count_once() -> None:
    asked = facts((("a", 0, 10), ("b", 0, 10)), (("a", 20, 30),))
    assert citation_recall([("b", 0, 10)], asked) == 0.5
    assert citation_recall([("a", 0, 5), ("a", 20, 30)], asked) == 0.75
    assert citation_recall([], asked) == 0


def test_a_fact_that_is_not_indexed_is_not_recalled() -> None:
    assert citation_recall([("a", 0, 10)], facts((("a", 0, 10),), ())) == 0.5


def test_citation_precision_is_the_share_of_the_cited_characters_that_are_evidence() -> None:
    asked = facts((("a", 4, 9), ("a", 6, 12)))
    assert citation_precision([("a", 0, 8), ("c", 0, 8)], asked) == 0.25
    assert citation_precision([("a", 5, 11)], asked) == 1
    assert citation_precision([], asked) == 0


@pytest.fixture(scope="module")
def animals(_own_home: None, tmp_path_factory: pytest.TempPathFactory) -> ArticleIndex:
    """Three articles of one passage each, and one of several."""
    folder = tmp_path_factory.mktemp("animals")
    for name in ("cats", "dogs", "owls"):
        (folder / f"{name}.txt").write_text(f"About {name}\n\nThe {name} sleep by day. They eat at night.\n", "utf-8")
    long = "\n\n".join(f"Whale {number} swims {number} miles. " + "It is blue. " * 60 for number in range(3))
    (folder / "whales.txt").write_text(f"About whales\n\n{long}\n", "utf-8")
    target = tmp_path_factory.mktemp("index")
    build([folder], target)
    return store_at(target).open()


def hits(index: ArticleIndex, *articles: str) -> list[Hit]:
    """The passages of some articles, as if found in this order."""
    found = [item for article in articles for item in index.passages_of(article)]
    return [Hit(number, passage, 1 / (rank + 1), 0, 0) for rank, (number, passage) in enumerate(found)]


def asked_of(index: ArticleIndex, *evidence: GoldQuote) -> Facts:
    return Facts.of(GoldQuestion("q", "Why?", evidence=evidence), index)


def test_recall_is_the_share_of_facts_found_so_far(animals: ArticleIndex) -> None:
    asked = asked_of(
        animals, GoldQuote("dogs", "The dogs sleep by day.", 0), GoldQuote("owls", "The owls sleep by day.", 1)
    )
    values = measure_ranking(asked, hits(animals, "dogs", "cats", "owls"), animals)
    assert (values["recall@1"], values["recall@5"], values["mrr@10"]) == (0.5, 1, 1)
    assert values["ndcg@10"] == pytest.approx((1 + 1 / 2) / (1 + 1 / np.log2(3)))


def test_either_of_two_quotes_that_say_the_same_is_recall(animals: ArticleIndex) -> None:
    asked = asked_of(
        animals, GoldQuote("dogs", "The dogs sleep by day.", 0), GoldQuote("owls", "The owls sleep by day.", 0)
    )
    assert measure_ranking(asked, hits(animals, "cats", "owls"), animals)["recall@5"] == 1


def test_what_the_index_lacks_is_asked_for_and_never_found(animals: ArticleIndex) -> None:
    asked = asked_of(animals, GoldQuote("dogs", "The dogs sleep by day.", 0), GoldQuote("bats", "Bats hang.", 1))
    values = measure_ranking(asked, hits(animals, "dogs"), animals)
    assert (values["recall@100"], values["mrr@10"]) == (0.5, 1)
    assert values["ndcg@10"] == pytest.approx(1 / (1 + 1 / np.log2(3)))


def test_whole_articles_are_ranked_by_their_best_passage_and_weighed_by_grade(animals: ArticleIndex) -> None:
    asked = asked_of(animals, GoldQuote("whales", None, 0, grade=1), GoldQuote("owls", None, 1, grade=2))
    values = measure_ranking(asked, hits(animals, "whales", "owls"), animals)
    assert len(animals.passages_of("whales")) > 1
    assert (values["recall@1"], values["recall@5"]) == (0.5, 1)
    assert values["ndcg@10"] == pytest.approx((1 + 2 / np.log2(3)) / (2 + 1 / np.log2(3)))


def test_where_nothing_is_found_nothing_is_recalled(animals: ArticleIndex) -> None:
    asked = asked_of(animals, GoldQuote("dogs", "The dogs sleep by day.", 0))
    assert set(measure_ranking(asked, [], animals).values()) == {0}


def test_a_question_without_evidence_has_no_ranking(animals: ArticleIndex) -> None:
    assert set(measure_ranking(asked_of(animals), hits(animals, "cats"), animals).values()) == {None}


def test_auroc_is_how_often_the_answerable_is_surer() -> None:
    table = np.array([(0.9, 1), (0.4, 1), (0.4, 0), (0.1, 0)])
    assert auroc(table) == pytest.approx(3.5 / 4)
    assert np.isnan(auroc(table[:2]))


def test_the_risk_coverage_curve_answers_the_surest_first() -> None:
    table = np.array([(0.2, 0), (0.9, 1), (0.5, 0), (0.7, 1)])
    coverage, risk = risk_coverage(table)
    assert coverage.tolist() == [0.25, 0.5, 0.75, 1]
    assert risk.tolist() == [0, 0, 1 / 3, 0.5]
    assert aurc(table) == pytest.approx((1 / 3 + 1 / 2) / 4)


def test_the_calibration_error_is_how_far_confidence_is_from_what_is_right() -> None:
    assert calibration_error(np.array([(0.75, 1), (0.75, 1), (0.75, 1), (0.75, 0)])) == 0
    assert calibration_error(np.array([(1.0, 0), (0.05, 0)])) == pytest.approx((1 + 0.05) / 2)
    bins = reliability(np.array([(1.0, 0), (0.05, 0), (0.01, 1)]))
    assert bins == pytest.approx(np.array([[0.03, 0.5, 2], [1, 0, 1]]))


def test_equally_sure_questions_count_alike_whatever_their_order() -> None:
    right_first = np.array([(0.5, 1)] * 3 + [(0.5, 0)] * 3 + [(0.1, 0)] * 2)
    assert aurc(right_first) == pytest.approx(aurc(right_first[::-1]))
    assert risk_coverage(right_first)[1][:6].tolist() == pytest.approx([0.5] * 6)


def sure(confidence: float, *, answerable: bool = True, right: bool = True) -> dict[str, float | None]:
    return {"confidence": confidence, "answerable": float(answerable), "right": float(right)}


def test_a_threshold_refuses_no_more_of_the_answerable_than_is_wanted() -> None:
    questions = [sure(number / 20) for number in range(20)] + [sure(0, answerable=False)]
    for share, threshold in thresholds_by_refusals(questions, (0.01, 0.1, 0.25, 1.0)).items():
        refused = sum((question["confidence"] or 0) < threshold for question in questions[:20])
        assert refused <= share * 20 < refused + 1 or threshold == 0.95


def test_a_threshold_gives_no_more_wrong_answers_than_are_wanted() -> None:
    questions = [sure(0.9), sure(0.8), sure(0.7, right=False), sure(0.7), sure(0.2, right=False)]
    assert thresholds_by_errors(questions, (0.1, 0.25, 0.3, 1.0)) == {0.1: 0.8, 0.25: 0.7, 0.3: 0.7, 1.0: 0.2}
    assert thresholds_by_errors([sure(0.9, right=False)], (0.1,)) == {}
    assert thresholds_by_refusals([], (0.1,)) == {}


def test_an_interval_is_as_wide_as_chance_makes_it() -> None:
    table = np.repeat([0.0, 1.0], 50)[:, None]
    assert list(interval(mean, table)) == pytest.approx([0.402, 0.598], abs=0.015)
    assert interval(mean, np.ones((5, 1))) == (1, 1)


def test_a_change_is_seen_where_many_questions_change_and_not_where_a_few_do() -> None:
    before = np.linspace(0, 1, 200)[:, None]
    few, many = before.copy(), before.copy()
    few[:4] += 0.01
    many[:150] += 0.01
    assert randomised(mean, before, few) == pytest.approx(2 / 2**4, abs=0.03)
    assert randomised(mean, before, many) < 0.002
    low, high = paired(mean, before, many)
    assert low < 0.0075 < high
    assert paired(mean, before, before) == (0, 0)


def test_every_figure_is_there_and_counts_its_questions() -> None:
    random = np.random.default_rng(1)
    questions = [
        {name: float(random.random() < 0.7) for metric in METRICS.values() for name in metric.columns}
        for _ in range(60)
    ]
    questions[0]["refusal_recall"] = None  # type: ignore[assignment]
    figures = summarise(questions)
    assert figures.keys() == METRICS.keys()
    assert figures["refusal_recall"].n == 59


def test_a_figure_that_no_question_has_is_left_out() -> None:
    figures = summarise([{"recall@1": 1.0, "confidence": 0.5, "answerable": 1.0}])
    assert figures.keys() == {"recall@1"}
