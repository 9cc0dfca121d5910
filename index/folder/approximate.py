"""Vectors of large segments: too many to compare a question with each, and too many to hold in memory.

Inverted lists of 8-bit codes (Jégou et al. 2011, Product quantization for nearest neighbor search; the codes are
FAISS's `SQ8`), mapped into memory. At 1,000,000 of 384 dimensions 400 MB; what a search finds is scored again exactly.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from index.embedding.late_chunking import unit
from index.folder.read_in_parts import Rows
from index.manifest import Approximation
from index.query import Ids

if TYPE_CHECKING:
    import faiss

    from index.folder.segment import Segment

FILE = "dense.faiss"

# Up to here every vector is compared: two milliseconds.
EXACT_UP_TO = 100_000
# Lists by the square root of the passages: more make a search faster, and the training slower.
_LISTS_PER_ROOT = 4
_TRAINED_ON_PER_LIST = 40
_BLOCK = 100_000
# The least number of lists to look into is taken at which so much of the nearest ten is found: of 1,000,000, 256 lists,
# at which .997 of them is found with real questions.
_RECALL = 0.995
_NEAREST = 10
_TRIED = 300


def approximate(segment: Segment) -> Approximation:
    """Write what finds a segment's vectors faster into its folder."""
    import faiss

    vectors = segment.vectors
    lists = 1 << round(np.log2(_LISTS_PER_ROOT * np.sqrt(len(vectors))))
    kind = f"IVF{lists},SQ8"
    index = faiss.index_factory(vectors.width, kind, faiss.METRIC_INNER_PRODUCT)
    sample = np.random.default_rng(0).permutation(len(vectors))[: lists * _TRAINED_ON_PER_LIST]
    index.train(vectors.take(np.sort(sample)).astype(np.float32))
    for start in range(0, len(vectors), _BLOCK):
        index.add(vectors.between(start, start + _BLOCK).astype(np.float32))
    faiss.write_index(index, str(segment.folder / FILE))
    return _measured(index, kind, lists, vectors, _questions(segment))


def open_index(folder: Path) -> faiss.Index:
    """What `approximate` wrote, mapped into memory."""
    import faiss

    return faiss.read_index(str(folder / FILE), faiss.IO_FLAG_MMAP_IFC)


def looking_into(nprobe: int) -> faiss.SearchParameters:
    """How FAISS is told into how many lists to look."""
    import faiss

    parameters = faiss.SearchParametersIVF()
    parameters.nprobe = nprobe
    return parameters


def _questions(segment: Segment) -> NDArray[np.float32]:
    """Means of ten sentences drawn from all over the segment: as hard to find neighbours of as questions are.

    Sentences alone are too near to their passages. At 1,000,000, by the lists looked into, so much is found of their
    neighbours and of real questions': 16 .999 and .864, 64 1.0 and .954; of the means' .881 and .972.
    """
    rows = np.random.default_rng(1).integers(0, len(segment.sentences), (_TRIED, 10))
    sentences = segment.sentences.take(rows.ravel()).reshape(*rows.shape, -1)
    return unit(sentences.astype(np.float32).mean(axis=1))


def _measured(
    index: faiss.Index, kind: str, lists: int, vectors: Rows, questions: NDArray[np.float32]
) -> Approximation:
    """The approximation with the fewest lists looked into that finds enough."""
    nearest = _nearest(vectors, questions)
    nprobe, recall = 1, 0.0
    while recall < _RECALL and nprobe < lists:
        nprobe *= 2
        # As many as the hybrid search takes, each scored again.
        _, rows = index.search(questions, 20 * _NEAREST, params=looking_into(nprobe))
        exact = np.einsum("qkd,qd->qk", _rows(vectors, rows), questions)
        hits = np.sort(np.where(rows < 0, -np.inf, exact))[:, -_NEAREST:]
        # By their cosines: of vectors that are alike to the last digit, any will do.
        recall = float(np.mean(hits >= nearest[:, :1] - 1e-6))
    return Approximation(kind, nprobe, round(recall, 4))


def _nearest(vectors: Rows, questions: NDArray[np.float32]) -> NDArray[np.float32]:
    """The cosines of the nearest ten of all, ascending, shape (questions, 10)."""
    best = np.full((len(questions), _NEAREST), -np.inf, dtype=np.float32)
    for start in range(0, len(vectors), _BLOCK):
        cosines = questions @ vectors.between(start, start + _BLOCK).astype(np.float32).T
        best = np.sort(np.concatenate([best, np.partition(cosines, -_NEAREST)[:, -_NEAREST:]], axis=1))[:, -_NEAREST:]
    return best


def _rows(vectors: Rows, places: Ids) -> NDArray[np.float32]:
    """The vectors of some rows, of the places' shape and one more; of row 0 where there is none."""
    found = vectors.take(np.maximum(places.ravel(), 0)).astype(np.float32)
    return found.reshape(*places.shape, vectors.width)
