"""The evidence: which sentences of the passages read hold the answer."""

from __future__ import annotations

from functools import partial

import numpy as np

from index.article_index import ArticleIndex
from rag import evidence
from rag.question import Question
from rag.reader.reader import Reader
from rag.reading import Reading
from rag.reranker import SentenceReranker
from rag.retrieval import retrieve
from rag.settings import Settings
from tests.benchmarks.data import Asked
from tests.benchmarks.listwise import Judged, judge_all, report
from tests.benchmarks.listwise import fit as fit_ranker


def fit(reader: Reader | None = None) -> dict[str, float]:
    """The weights under which the right sentences of both sets come before the wrong ones, with a reader or without."""
    sets = judge_all("Reading", partial(_judge, reader), unread=reader is not None)
    fitted = fit_ranker(list(sets.values()))
    for name, judged in sets.items():
        report(f"{name}, evidence", judged, fitted, (1, 3, 5))
    return dict(zip(evidence.READ_FEATURES if reader else evidence.FEATURES, fitted, strict=True))


def _judge(reader: Reader | None, index: ArticleIndex, asked: Asked, held_out: bool) -> Judged:
    """The sentences read for a question."""
    question = Question.understand(asked.question, "", index)
    (readings,) = retrieve([question], Settings().passages, index, SentenceReranker(), reader)
    features = evidence.read_features if reader else evidence.features
    table = np.concatenate([features(question, reading) for reading in readings])
    right = np.concatenate([answering(reading, asked) for reading in readings])
    # A sentence elsewhere that holds the answer's words may be right as well.
    holds = [bool(asked.answer) and asked.answer in sentence for reading in readings for sentence in reading.sentences]
    return Judged(table, right, ~right & ~np.array(holds), held_out)


def answering(reading: Reading, asked: Asked) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which sentences of a passage overlap a place that answers."""
    passage = reading.hit.passage
    places = [(start, end) for article_id, start, end in asked.places if article_id == passage.article_id]
    return np.array([any(start < last and first < end for start, end in places) for first, last in passage.sentences])
