"""How what was found by meaning and by words becomes one ranking, whatever found it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from index.query import Ids, Ranking, Scores


@dataclass(frozen=True, slots=True)
class HybridRanking(Ranking):
    """A ranking that keeps what each part said: a cosine and a BM25 score (0 where BM25 did not find the passage)."""

    dense: Scores
    lexical: Scores


def mixed(ids: Ids, dense: Scores, by_words: Ranking, dense_weight: float, k: int) -> HybridRanking:
    """The k best of some passages, by sorted `ids` with their cosines, and by what BM25 found; scores in [0, 1]."""
    lexical = _spread(by_words, ids)
    scores = dense_weight * _min_max(dense) + (1 - dense_weight) * _min_max(lexical)
    # Ties are settled by passage number, so that the same question always gets the same answer.
    best = np.lexsort((ids, -scores))[:k]
    return HybridRanking(ids[best], scores[best], dense[best], lexical[best])


def _spread(ranking: Ranking, ids: Ids) -> Scores:
    """The ranking's scores laid out along sorted `ids`, 0 where it has none."""
    scores = np.zeros(len(ids), dtype=np.float32)
    scores[np.searchsorted(ids, ranking.ids)] = ranking.scores
    return scores


def _min_max(scores: Scores) -> Scores:
    if not len(scores):
        return scores
    low, high = scores.min(), scores.max()
    scaled: Scores = (scores - low) / (high - low) if high > low else np.full_like(scores, float(high > 0))
    return scaled
