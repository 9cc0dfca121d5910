"""Which of the passages found come first: judged by their sentences, not only as wholes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rag.question import Question
from rag.reading import Reading
from rag.weights import weights

# The hybrid's score; the cosine of the passage's nearest sentence; and the share of the question's words, by rarity,
# that its best sentence, and that all of it covers. With SQuAD's answerable gold questions over 490 articles,
# recall@1/5/20 goes from .70/.88/.94 to .78/.92/.96.
FEATURES = ("mixed", "nearest_sentence", "covered_by_sentence", "covered_by_passage")


class Reranker(Protocol):
    """Says how well each of the passages found answers."""

    def scores(self, question: Question, readings: Sequence[Reading]) -> NDArray[np.float64]:
        """A score in [0, 1] for each passage, shape (readings,)."""
        ...


class SentenceReranker:
    """A fitted weighted mean of a few features, each in [0, 1] and of the same meaning for articles of any number."""

    def scores(self, question: Question, readings: Sequence[Reading]) -> NDArray[np.float64]:
        """See `Reranker.scores`."""
        fitted = weights("reranking", FEATURES)
        scores: NDArray[np.float64] = features(question, readings) @ (fitted / fitted.sum())
        return scores


def features(question: Question, readings: Sequence[Reading]) -> NDArray[np.float64]:
    """A row of `FEATURES` for each passage."""
    table = [
        (reading.hit.score, reading.cosines.max(initial=0.0), *_covered(question.rarity, reading))
        for reading in readings
    ]
    return np.array(table, dtype=np.float64).reshape(-1, len(FEATURES))


def _covered(rarity: Mapping[str, float], reading: Reading) -> tuple[float, float]:
    """The share of the wanted words' rarity in the best sentence, and in all; see `rag.question.covered`.

    Both at once and without sets of their own: it is done for each passage that is found.
    """
    total = sum(rarity.values())
    if not total:
        return 1.0, 1.0
    title, held = reading.analysis.title, reading.analysis.sentences
    sentences = [0.0] * len(held)
    everywhere = anywhere = 0.0
    for word, weight in rarity.items():
        spaced = f" {word} "
        if spaced in title:
            everywhere += weight
            continue
        is_here = False
        for number, words in enumerate(held):
            if spaced in words:
                sentences[number] += weight
                is_here = True
        anywhere += weight if is_here else 0.0
    return (everywhere + max(sentences, default=0.0)) / total, (everywhere + anywhere) / total
