"""The best passages found, read beside the question and put in their final order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from index.article_index import ArticleIndex
from rag.question import Question
from rag.reader.reader import Reader
from rag.reading import Reading
from rag.weights import weights

# How many of the passages found are read.
READ = 16
# The score that the passage was found with; and the reader's logits for the passage, for its best sentence, and for the
# best words in it.
FEATURES = ("score", "relevance", "evidence", "certainty")


def viewed(question: Question, readings: Sequence[Reading], index: ArticleIndex, reader: Reader) -> list[Reading]:
    """Passages with what the reader says of them."""
    passages = [reading.hit.passage for reading in readings]
    titles = [index.title(passage.article_id) for passage in passages]
    views = reader.read(question.standalone, passages, titles)
    return [replace(reading, view=view) for reading, view in zip(readings, views, strict=True)]


def in_order_read(
    question: Question, readings: Sequence[Reading], index: ArticleIndex, reader: Reader
) -> list[Reading]:
    """The first `READ` passages in their better order, with their new scores in [0, 1], and the rest below them."""
    read = viewed(question, readings[:READ], index, reader)
    scores = 1 / (1 + np.exp(-features(read) @ weights("reading", FEATURES)))
    order = np.argsort(-scores, kind="stable")
    best = [read[place].scored(float(scores[place])) for place in order]
    least = best[-1].hit.score if best else 0.0
    return [*best, *(reading.scored(reading.hit.score * least) for reading in readings[READ:])]


def features(readings: Sequence[Reading]) -> NDArray[np.float64]:
    """A row of `FEATURES` for each passage; all must have been read."""
    table = [
        (reading.hit.score, view.relevance, view.best_evidence, view.best_certainty)
        for reading in readings
        if (view := reading.view)
    ]
    return np.array(table, dtype=np.float64).reshape(-1, len(FEATURES))
