"""Passages by meaning: FAISS over the passages' vectors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from index.embedder import Vectors
from index.query import Ids, Query, Ranking, Scores

if TYPE_CHECKING:
    import faiss


class DenseIndex:
    """Exact inner-product search (`IndexFlatIP`): two milliseconds at 20,000 passages.

    Args:
        only: the numbers of the passages that are found; all where they are not given.
    """

    FILE = "dense.faiss"

    def __init__(self, flat: faiss.Index, only: Ids | None = None) -> None:
        self._flat = flat
        self._count = flat.ntotal if only is None else len(only)
        self._parameters = None if only is None else self._passing_only(only)

    @classmethod
    def build(cls, ids: Ids, vectors: Vectors) -> DenseIndex:
        """An index of unit vectors of shape (len(ids), dim)."""
        import faiss

        flat = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1]))
        flat.add_with_ids(np.ascontiguousarray(vectors, dtype=np.float32), ids)
        return cls(flat)

    @classmethod
    def open(cls, folder: Path) -> DenseIndex:
        """The index that `save` wrote to a folder."""
        import faiss

        return cls(faiss.read_index(str(folder / cls.FILE)))

    def save(self, folder: Path) -> None:
        """Write the index to a folder."""
        import faiss

        faiss.write_index(self._flat, str(folder / self.FILE))

    def within(self, ids: Ids) -> DenseIndex:
        """The same index, in which only passages of these numbers are found."""
        return DenseIndex(self._flat, ids)

    def search(self, query: Query, k: int) -> Ranking:
        """See `PassageIndex.search`; the scores are cosines."""
        k = min(k, self._count)
        if k < 1:
            return Ranking(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32))
        scores, ids = self._flat.search(query.vector[None, :], k, params=self._parameters)
        return Ranking(ids[0], scores[0])

    def scores(self, query: Query, ids: Ids) -> Scores:
        """The cosines of given passages, whether or not a search would have found them."""
        if not len(ids):
            return np.zeros(0, dtype=np.float32)
        vectors: Vectors = self._flat.reconstruct_batch(ids)
        return vectors @ query.vector

    def _passing_only(self, ids: Ids) -> faiss.SearchParameters:
        """What has a search pass over all passages but these, by a bit for each number."""
        import faiss

        passes = np.zeros(ids.max(initial=0) + 1, dtype=np.bool_)
        passes[ids] = True
        bits = np.packbits(passes, bitorder="little")
        selector = faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))
        # FAISS points to both and owns neither.
        self._kept = bits, selector
        parameters = faiss.SearchParameters()
        parameters.sel = selector
        return parameters
