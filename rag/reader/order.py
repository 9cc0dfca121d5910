"""The best passages found, read beside the question and put in their final order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from index.article_index import ArticleIndex
from rag.question import Question
from rag.reader.reader import Reader
from rag.reading import Reading, below
from rag.weights import weights

# How many of the passages found are read at first, then at a time, and at most. Of 700 questions, as many have the
# answer in the first passage and in the first five, within .002, as if 16 were read for each.
_FIRST, _MORE, READ = 6, 2, 12
# One is clearly the best when it is so far, in logits, before the next that was not read.
_CLEAR = 3.0
# The score that the passage was found with; and the reader's logits for the passage, and for its best sentence. Those
# for the best words in it told nothing more.
FEATURES = ("score", "relevance", "evidence")


def in_order_read(
    question: Question, readings: Sequence[Reading], index: ArticleIndex, reader: Reader
) -> list[Reading]:
    """Passages with those that were read first, in their better order, with their new scores in [0, 1]."""
    read = _first_read(question, readings[:READ], index, reader)
    logits = _logits(read)
    order = np.argsort(-logits, kind="stable")
    best = [read[place].scored(1 / (1 + math.exp(-logits[place]))) for place in order]
    return [*best, *below(best, readings[len(read) :])]


def viewed(question: Question, readings: Sequence[Reading], index: ArticleIndex, reader: Reader) -> list[Reading]:
    """Passages with what the reader says of them."""
    passages = [reading.hit.passage for reading in readings]
    titles = [index.title(passage.article_id) for passage in passages]
    views = reader.read(question.standalone, passages, titles)
    return [replace(reading, view=view) for reading, view in zip(readings, views, strict=True)]


def _first_read(question: Question, readings: Sequence[Reading], index: ArticleIndex, reader: Reader) -> list[Reading]:
    """As many of the first passages as it takes until one is clearly the best."""
    read = viewed(question, readings[:_FIRST], index, reader)
    while others := readings[len(read) :]:
        if _logits(read).max() >= _logits(others[:1])[0] + _CLEAR:
            break
        read += viewed(question, others[:_MORE], index, reader)
    return read


def _logits(readings: Sequence[Reading]) -> NDArray[np.float64]:
    return features(readings) @ weights("reading", FEATURES)


def features(readings: Sequence[Reading]) -> NDArray[np.float64]:
    """A row of `FEATURES` for each passage; of one that was not read, nothing is said for or against it."""
    table = [
        (reading.hit.score, reading.view.relevance, reading.view.best_evidence)
        if reading.view
        else (reading.hit.score, 0.0, 0.0)
        for reading in readings
    ]
    return np.array(table, dtype=np.float64).reshape(-1, len(FEATURES))
