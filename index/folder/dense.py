"""Passages by meaning: FAISS over the vectors of the segments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from index.folder.approximate import FILE, looking_into, open_index
from index.folder.read_in_parts import Rows
from index.folder.segment_writer import IDS
from index.manifest import Approximation
from index.query import Ids, Query, Ranking, Scores

if TYPE_CHECKING:
    import faiss

    from index.folder.segment import Segment

_NONE = -1


class DensePart:
    """One segment's vectors.

    Args:
        ids: the passages' numbers, ascending, of shape (passages,).
        vectors: theirs, by which cosines are told exactly.
        index: finds rows of `vectors`.
        nprobe: how many of its lists are looked into; 0 where it has none.
        kept: which rows may be found, of shape (passages,); all where it is None.
    """

    def __init__(
        self,
        ids: Ids,
        vectors: Rows,
        index: faiss.Index,
        *,
        nprobe: int = 0,
        kept: NDArray[np.bool_] | None = None,
    ) -> None:
        self.ids = ids
        self._vectors = vectors
        self._index = index
        self._nprobe = nprobe
        self._kept = kept
        self._count = len(ids) if kept is None else int(kept.sum())
        self._parameters = self._search_parameters()

    @classmethod
    def of(cls, segment: Segment, search: Approximation | None) -> DensePart:
        """The part of a segment: exact where it is small, else what lies beside it on disk."""
        index = open_index(segment.folder) if search else _exact(segment.vectors)
        kept = segment.kept if segment.removed else None
        return cls(segment.ids, segment.vectors, index, nprobe=search.nprobe if search else 0, kept=kept)

    def within(self, ids: Ids) -> DensePart:
        """The same part, in which only passages of these numbers are found."""
        kept = np.isin(self.ids, ids)
        if self._kept is not None:
            kept &= self._kept
        return DensePart(self.ids, self._vectors, self._index, nprobe=self._nprobe, kept=kept)

    def search(self, queries: NDArray[np.float32], k: int) -> tuple[NDArray[np.float32], Ids]:
        """Scores and passage numbers, both of shape (queries, at most k); `_NONE` where nothing more was found."""
        k = min(k, self._count)
        if k < 1:
            return np.zeros((len(queries), 0), dtype=np.float32), np.zeros((len(queries), 0), dtype=np.int64)
        scores, rows = self._index.search(queries, k, params=self._parameters)
        if (rows >= len(self.ids)).any():
            raise self._vectors.damaged(FILE)
        return scores, np.where(rows < 0, _NONE, self.ids[rows])

    def cosines(self, query: Query, ids: Ids) -> Scores:
        """The cosines of passages that are here; IndexDamaged where one is not."""
        rows = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        if (self.ids[rows] != ids).any():
            raise self._vectors.damaged(IDS)
        # An index that compares every vector has them in memory, as they are stored.
        vectors = self._vectors.take(rows).astype(np.float32) if self._nprobe else self._index.reconstruct_batch(rows)
        cosines: Scores = vectors @ query.vector
        return cosines

    def _search_parameters(self) -> faiss.SearchParameters:
        import faiss

        # The fewer rows of a list may be found, the more lists it takes to find as many; FAISS stops at all.
        nprobe = self._nprobe * len(self.ids) // max(self._count, 1)
        parameters = looking_into(nprobe) if nprobe else faiss.SearchParameters()
        if self._kept is not None:
            bits = np.packbits(self._kept, bitorder="little")
            selector = faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))
            # FAISS points to both and owns neither.
            self._pointed_to = bits, selector
            parameters.sel = selector
        return parameters


class DenseIndex:
    """Inner-product search over parts whose passages' numbers do not overlap, in their order."""

    def __init__(self, parts: Sequence[DensePart]) -> None:
        self._parts = list(parts)
        self._first_ids = np.array([part.ids[0] for part in self._parts], dtype=np.int64)

    def within(self, ids: Ids) -> DenseIndex:
        """The same index, in which only passages of these numbers are found."""
        return DenseIndex([part.within(ids) for part in self._parts])

    def search(self, queries: Sequence[Query], k: int) -> list[Ranking]:
        """See `PassageIndex.search`; the scores are cosines, rounded where a part is approximate."""
        if not queries:
            return []
        matrix = np.stack([query.vector for query in queries])
        found = [part.search(matrix, k) for part in self._parts]
        scores = np.concatenate([scores for scores, _ in found], axis=1)
        ids = np.concatenate([ids for _, ids in found], axis=1)
        return [_best(row, numbers, k) for row, numbers in zip(scores, ids, strict=True)]

    def scores(self, query: Query, ids: Ids) -> Scores:
        """The exact cosines of given passages, ascending by number, whether or not a search would have found them."""
        places = np.searchsorted(self._first_ids, ids, side="right") - 1
        cosines = np.zeros(len(ids), dtype=np.float32)
        for place in np.unique(places):
            here = places == place
            cosines[here] = self._parts[place].cosines(query, ids[here])
        return cosines


def _exact(vectors: Rows) -> faiss.Index:
    """Every vector compared, as it is stored: half a millisecond at 20,000, a third of what single precision takes."""
    import faiss

    flat = faiss.IndexScalarQuantizer(vectors.width, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    flat.add(vectors.between(0, len(vectors)).astype(np.float32))
    return flat


def _best(scores: Scores, ids: Ids, k: int) -> Ranking:
    order = np.argsort(-scores, kind="stable")
    order = order[ids[order] != _NONE][:k]
    return Ranking(ids[order], scores[order])
