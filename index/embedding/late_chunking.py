"""Passages and their sentences embedded in one pass ("late chunking", Günther et al. 2024, arXiv:2409.04701).

A sentence's vector is the mean of its token vectors inside the passage, so it costs no encoding of its own and a "this"
in it still knows what it stands for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus.article import Passage, Range
from index.embedding.embedder import EmbeddedPassage, Vectors, alike


@dataclass(frozen=True, slots=True)
class Encoded:
    """Some texts as a model sees them.

    `vectors` of shape (texts, dim) are theirs, `tokens` of shape (texts, tokens, dim) those of their tokens, and
    `offsets` of shape (texts, tokens, 2) each token's range of characters, empty for what stands for no character.
    """

    vectors: Vectors
    tokens: Vectors
    offsets: NDArray[np.int64]


def embed_passages(
    passages: Sequence[Passage],
    titles: Sequence[str],
    encode: Callable[[list[str]], Encoded],
    *,
    prompt: str,
    batch: int,
) -> Iterator[EmbeddedPassage]:
    """Passages with their vectors, in batches of like length, so not in the order given.

    Args:
        titles: those of the passages' articles.
        prompt: what the model wants before a document; empty for most.
    """
    for rows in alike([len(passage.text) for passage in passages], batch):
        # The title tells a passage of "The Alps" that says only "the mountains" what it is about.
        heads = [f"{prompt}{titles[row]}\n" for row in rows]
        encoded = encode([head + passages[row].text for head, row in zip(heads, rows, strict=True)])
        vectors = unit(encoded.vectors)
        for place, row in enumerate(rows):
            passage = passages[row]
            shift = len(heads[place]) - passage.start
            ranges = [(start + shift, end + shift) for start, end in passage.sentences]
            pooled = _pool(encoded.tokens[place], encoded.offsets[place], ranges, otherwise=vectors[place])
            yield EmbeddedPassage(passage, vectors[place], pooled)


def unit(vectors: Vectors) -> Vectors:
    """Rows of length one; in half precision they come out up to a quarter of a percent off."""
    scaled: Vectors = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return scaled


def _pool(tokens: Vectors, offsets: NDArray[np.int64], ranges: Sequence[Range], *, otherwise: Vectors) -> Vectors:
    """The mean token vector of each range of characters, of length one; `otherwise` for what the window cut off."""
    pooled = np.tile(otherwise, (len(ranges), 1))
    starts, ends = offsets[:, 0], offsets[:, 1]
    for row, (start, end) in enumerate(ranges):
        inside = (starts >= start) & (ends <= end) & (ends > starts)
        if inside.any():
            pooled[row] = unit(tokens[inside].mean(axis=0))
    return pooled
