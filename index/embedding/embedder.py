"""The seam between text and vectors, and what every embedder of one model agrees on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from corpus.article import Passage
from index.home import home

Vectors = NDArray[np.float32]

DEFAULT_MODEL = "all-MiniLM-L6-v2"


@dataclass(frozen=True, slots=True)
class EmbeddedPassage:
    """A passage with its vector, shape (dim,), and one for each of its sentences, shape (sentences, dim)."""

    passage: Passage
    vector: Vectors
    sentence_vectors: Vectors


class Embedder(Protocol):
    """Turns texts into vectors whose inner product is their likeness."""

    name: str
    dim: int

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (len(texts), dim), each row of length one."""
        ...


class PassageEmbedder(Protocol):
    """Turns passages into vectors, and their sentences; `digest` tells the weights from others of the same name."""

    digest: str
    dim: int

    def embed_passages(self, passages: Sequence[Passage], titles: Sequence[str]) -> Iterator[EmbeddedPassage]:
        """Passages with their vectors, in batches of like length, so not in the order given."""
        ...


def encoder_folder(model: str, digest: str) -> Path:
    """Where the light encoder of a model with these weights lies once it has been exported."""
    readable = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(model).name)
    return home() / "encoders-2" / f"{readable}-{digest[:16]}"


def alike(lengths: Sequence[int], batch: int) -> Iterator[list[int]]:
    """Row numbers in batches of like length, longest first, so that little is padded and lack of memory shows early."""
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    for start in range(0, len(order), batch):
        yield order[start : start + batch]
