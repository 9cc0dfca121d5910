"""Passages by meaning and by words together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from index.folder.dense import DenseIndex
from index.folder.lexical import LexicalIndex
from index.hybrid import HybridRanking, mixed
from index.query import Ids, Query, Ranking


class HybridIndex:
    """Dense and BM25 candidates, each min-max normalised for the query, mixed by a weight.

    A convex combination of normalised scores beats reciprocal-rank fusion (Bruch et al. 2023, arXiv:2210.11934).
    """

    def __init__(self, dense: DenseIndex, lexical: LexicalIndex, *, dense_weight: float, depth: int) -> None:
        self.dense = dense
        self.lexical = lexical
        self._dense_weight = dense_weight
        self._depth = depth

    def within(self, ids: Ids) -> HybridIndex:
        """The same index over these passages alone: the others are neither found nor part of the normalisation."""
        return HybridIndex(
            self.dense.within(ids), self.lexical.within(ids), dense_weight=self._dense_weight, depth=self._depth
        )

    def search(self, queries: Sequence[Query], k: int) -> list[HybridRanking]:
        """See `PassageIndex.search`; the scores are in [0, 1]."""
        depth = max(k, self._depth)
        both = zip(queries, self.dense.search(queries, depth), self.lexical.search(queries, depth), strict=True)
        return [self.mixed(query, by_meaning, by_words, k) for query, by_meaning, by_words in both]

    def mixed(self, query: Query, by_meaning: Ranking, by_words: Ranking, k: int) -> HybridRanking:
        """The k best of what was found by meaning and by words."""
        ids = np.union1d(by_meaning.ids, by_words.ids)
        # Every candidate's cosine is known exactly; BM25 says nothing of those below its own depth, so they get none.
        return mixed(ids, self.dense.scores(query, ids), by_words, self._dense_weight, k)
