"""The order of the passages read: how what the reader says of each is weighed."""

from __future__ import annotations

import numpy as np

from index.article_index import ArticleIndex
from rag.question import Question
from rag.reader import order
from rag.reranker import SentenceReranker
from rag.retrieval import retrieve
from tests.benchmarks.data import Asked
from tests.benchmarks.fit_reranking import judged_passages
from tests.benchmarks.listwise import Judged, judge_all, report
from tests.benchmarks.listwise import fit as fit_ranker
from tests.benchmarks.remembering import remembering_reader


def fit() -> dict[str, float]:
    """The weights under which the right passages come before the wrong ones, for questions as for statements."""
    sets = judge_all("Reading", _judge, unread=True, stated=True)
    fitted = fit_ranker(list(sets.values()))
    for name, judged in sets.items():
        report(f"{name}, as found", judged, np.eye(len(fitted))[0], (1, 5))
        report(f"{name}, read", judged, fitted, (1, 5))
    return dict(zip(order.FEATURES, fitted, strict=True))


def _judge(index: ArticleIndex, asked: Asked, held_out: bool) -> Judged:
    """The passages read for a question."""
    question = Question.understand(asked.question, "", index)
    (found,) = retrieve([question], order.READ, index, SentenceReranker())
    read = order.viewed(question, found, index, remembering_reader())
    return judged_passages(order.features(read), [reading.hit for reading in read], asked, held_out)
