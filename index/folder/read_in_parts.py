"""Files of which a question needs a little.

They are read, not mapped into memory: a mapped file counts as the process's memory for as much as the system likes to
bring in with each byte (of 1,000,000 passages, 1.5 GB after 300 questions), and one that has become shorter ends the
process.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from mmap import ACCESS_READ, mmap
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.errors import IndexDamaged
from index.folder.record import seal_number

HalfVectors = NDArray[np.float16]


class ReadInParts:
    """A file that is read from any place, by any number of threads."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("rb", buffering=0)
        # Windows has no reading from a place that threads could share.
        self._mapped = None if hasattr(os, "pread") else mmap(self._file.fileno(), 0, access=ACCESS_READ)

    def read(self, start: int, end: int) -> bytes:
        """The bytes of a range; fewer where the file ends before."""
        if self._mapped is not None:
            return self._mapped[start:end]
        return os.pread(self._file.fileno(), end - start, start)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


class Rows:
    """Vectors in half precision, as many after each other as the file holds.

    Args:
        width: how many numbers a vector has.
        seals: the checksum of each, of shape (rows,), to which what is read is held; none where whoever reads knows
            better.
    """

    def __init__(self, file: Path, width: int, seals: NDArray[np.uint64] | None = None) -> None:
        self.width = width
        self._bytes = 2 * max(width, 1)
        self._count = file.stat().st_size // self._bytes
        self._path = file
        self._file = ReadInParts(file)
        self._seals = seals

    def __len__(self) -> int:
        return self._count

    def between(self, start: int, end: int) -> HalfVectors:
        """Neighbouring vectors, shape (end - start, width); IndexDamaged where they are not what was written."""
        end, each = min(end, self._count), self._bytes
        content = self._file.read(start * each, end * each)
        if self._seals is not None:
            rows = [content[place : place + each] for place in range(0, len(content), each)]
            self._check(rows, self._seals[start:end])
        return self._vectors(content, end - start)

    def take(self, rows: NDArray[np.int64]) -> HalfVectors:
        """Vectors from anywhere, shape (rows, width); IndexDamaged where they are not what was written."""
        read, each = self._file.read, self._bytes
        content = [read(row * each, (row + 1) * each) for row in rows.tolist()]
        if self._seals is not None:
            self._check(content, self._seals[rows])
        return self._vectors(b"".join(content), len(rows))

    def _check(self, rows: Sequence[bytes], seals: NDArray[np.uint64]) -> None:
        if list(map(seal_number, rows)) != seals.tolist():
            raise self.damaged(self._path.name)

    def _vectors(self, content: bytes, count: int) -> HalfVectors:
        if len(content) != count * self._bytes:
            raise self.damaged(self._path.name)
        return np.frombuffer(content, dtype=np.float16).reshape(-1, self.width)

    def damaged(self, name: str) -> IndexDamaged:
        """That a file of the folder that the vectors lie in is not what was written."""
        return IndexDamaged(self._path.parents[2], self._path.with_name(name), "is not what was written")

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
