"""What is asked of an index and what comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from corpus.article import Passage
from index.embedding.embedder import Vectors

Ids = NDArray[np.int64]
Scores = NDArray[np.float32]
Words = frozenset[str]


@dataclass(frozen=True, slots=True)
class Query:
    """A question as the indexes take it: its words for BM25, its vector of shape (dim,) for FAISS."""

    text: str
    vector: Vectors


@dataclass(frozen=True, slots=True)
class Ranking:
    """Passage numbers, best first, with their scores; arrays of one length."""

    ids: Ids
    scores: Scores


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found, and why: its mixed score and the two that went into it.

    `dense` is a cosine, `lexical` a BM25 score, each as its index gave it, and `score` is in [0, 1].
    """

    id: int
    passage: Passage
    score: float
    dense: float
    lexical: float


@dataclass(frozen=True, slots=True)
class Analysis:
    """What the index knows of a passage beyond its text, so that no question has to work it out.

    Words are as `index.words.terms` gives them, each with a space before and after it: to find a few of them in many
    passages, that is faster than a set.

    Args:
        title: the words of its article's title.
        sentences: the words of each sentence.
        vectors: the sentences' own, of shape (sentences, dim).
    """

    title: str
    sentences: tuple[str, ...]
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class Found:
    """A hit, with what is known of its passage."""

    hit: Hit
    analysis: Analysis


class PassageIndex(Protocol):
    """Anything that ranks passages: dense, lexical, and their mixture, which is one too."""

    def search(self, queries: Sequence[Query], k: int) -> Sequence[Ranking]:
        """The k best passages for each query, fewer where there are fewer."""
        ...
