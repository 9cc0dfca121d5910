"""Files of which a question needs a little.

They are read, not mapped into memory: a mapped file counts as the process's memory for as much as the system likes to
bring in with each byte (of 1,000,000 passages, 1.5 GB after 300 questions), and one that has become shorter ends the
process.
"""

from __future__ import annotations

import os
from mmap import ACCESS_READ, mmap
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.errors import IndexDamaged

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
    """

    def __init__(self, file: Path, width: int) -> None:
        self.width = width
        self._bytes = 2 * max(width, 1)
        self._count = file.stat().st_size // self._bytes
        self._path = file
        self._file = ReadInParts(file)

    def __len__(self) -> int:
        return self._count

    def between(self, start: int, end: int) -> HalfVectors:
        """Neighbouring vectors, shape (end - start, width); IndexDamaged where the file has become shorter."""
        content = self._file.read(start * self._bytes, min(end, self._count) * self._bytes)
        if len(content) != (min(end, self._count) - start) * self._bytes:
            raise self.damaged()
        return np.frombuffer(content, dtype=np.float16).reshape(-1, self.width)

    def take(self, rows: NDArray[np.int64]) -> HalfVectors:
        """Vectors from anywhere, shape (rows, width); IndexDamaged where the file has become shorter."""
        content = b"".join([self._file.read(row * self._bytes, (row + 1) * self._bytes) for row in rows.tolist()])
        if len(content) != len(rows) * self._bytes:
            raise self.damaged()
        return np.frombuffer(content, dtype=np.float16).reshape(-1, self.width)

    def damaged(self) -> IndexDamaged:
        """That the file is not what was written."""
        return IndexDamaged(self._path.parents[2], self._path, "is not what was written")

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
