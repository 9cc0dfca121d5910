"""How well the evidence is found: recall, reciprocal rank and nDCG of a ranking, computed by ir-measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from index.article_index import ArticleIndex
from index.query import Hit
from rag.evaluation.facts import Facts
from rag.evaluation.metrics import Values

DEPTHS = (1, 5, 10, 20, 100)
RANKING_METRICS = (*(f"recall@{depth}" for depth in DEPTHS), "mrr@10", "ndcg@10")

Grades = Mapping[str, int]


def measure_ranking(facts: Facts, hits: Sequence[Hit], index: ArticleIndex) -> Values:
    """The ranking metrics of one question whose evidence is known; nothing for another.

    What is ranked are passages, or articles by their best passage where the gold names whole articles. `recall@k` is
    the share of the facts that one of the first k states, `mrr@10` one over the rank of the first that states any, and
    `ndcg@10` weighs all that state any. A fact that the index does not hold is never found, but asked for.
    """
    if not facts.places:
        return dict.fromkeys(RANKING_METRICS)
    import ir_measures
    from ir_measures import RR, Success, nDCG

    wanted = _wanted(facts, index)
    topics = {"any": _any(wanted)} | {str(number): grades for number, grades in enumerate(wanted)}
    names = dict.fromkeys(str(hit.id) if facts.are_quotes else hit.passage.article_id for hit in hits)
    run = {name: -float(rank) for rank, name in enumerate(names)}
    depths = {Success @ depth: f"recall@{depth}" for depth in DEPTHS}
    named = {**depths, RR @ 10: "mrr@10", nDCG @ 10: "ndcg@10"}
    values: dict[str, list[float]] = {name: [] for name in RANKING_METRICS}
    for row in ir_measures.iter_calc(list(named), topics, dict.fromkeys(topics, run)):
        if (row.query_id == "any") != (row.measure in depths):
            values[named[row.measure]].append(row.value)
    return {name: fmean(found) if found else 0.0 for name, found in values.items()}


def _wanted(facts: Facts, index: ArticleIndex) -> list[Grades]:
    """For each fact the names of what states it, with its grade; a name that nothing has where nothing does."""
    wanted: list[dict[str, int]] = [{} for _ in facts.places]
    for article in sorted({place[0] for places in facts.places for place in places}):
        for passage_id, passage in index.passages_of(article):
            for number in facts.stated_in(passage):
                name = str(passage_id) if facts.are_quotes else article
                wanted[number][name] = facts.grades[number]
    return [grades or {f"not indexed: {number}": facts.grades[number]} for number, grades in enumerate(wanted)]


def _any(wanted: Sequence[Grades]) -> Grades:
    return {name: grade for grades in wanted for name, grade in grades.items()}
