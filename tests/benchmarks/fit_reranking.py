"""The reranking: which of the passages that the search finds hold an answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from index.article_index import ArticleIndex
from index.query import Hit
from rag import reranker
from rag.question import Question
from rag.reading import read
from rag.retrieval import POOL
from tests.benchmarks.data import Asked
from tests.benchmarks.listwise import Floats, Judged, judge_all, report
from tests.benchmarks.listwise import fit as fit_ranker


def fit() -> dict[str, float]:
    """The weights under which the right passages of both sets come before the wrong ones."""
    sets = judge_all("Reranking", _judge)
    fitted = fit_ranker(list(sets.values()))
    for name, judged in sets.items():
        report(f"{name}, as found", judged, np.eye(len(fitted))[0], (1, 5, 20))
        report(f"{name}, reranked", judged, fitted, (1, 5, 20))
    return dict(zip(reranker.FEATURES, fitted, strict=True))


def _judge(index: ArticleIndex, asked: Asked, held_out: bool) -> Judged:
    """The passages found for a question."""
    question = Question.understand(asked.question, "", index)
    (found,) = index.search([question.query], POOL)
    table = reranker.features(question, [read(question, one) for one in found])
    return judged_passages(table, [one.hit for one in found], asked, held_out)


def judged_passages(table: Floats, hits: Sequence[Hit], asked: Asked, held_out: bool) -> Judged:
    """Passages found for a question, with a row of features for each."""
    right = np.array([answers(hit, asked) for hit in hits])
    wrong = np.array([_is_wrong(hit, asked) for hit in hits]) & ~right
    return Judged(table, right, wrong, held_out)


def answers(hit: Hit, asked: Asked) -> bool:
    """Whether a passage holds the whole of a place that answers."""
    return any(_holds(hit, *place) for place in asked.places)


def _holds(hit: Hit, article_id: str, start: int, end: int) -> bool:
    return hit.passage.article_id == article_id and hit.passage.start <= start and end <= hit.passage.end


def _is_wrong(hit: Hit, asked: Asked) -> bool:
    """Whether a passage surely does not answer: it lacks the answer's words, or is of an article that does not."""
    if asked.answer:
        return asked.answer not in hit.passage.text
    return hit.passage.article_id not in {place[0] for place in asked.places}
