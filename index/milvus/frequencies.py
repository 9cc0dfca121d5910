"""In how many passages a word stands, as Milvus counts them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property

from index.milvus.conditions import both
from index.milvus.connection import Connection
from index.milvus.rows import opened, sealed


class Frequencies:
    """Words are counted once; the passages that are counted do not change."""

    def __init__(self, connection: Connection, passages: str, visible: str) -> None:
        self._connection = connection
        self._passages = passages
        self._visible = visible
        self._known: dict[str, int] = {}

    def of(self, words: Sequence[str]) -> list[int]:
        """In how many passages each word stands."""
        if self._connection.lite:
            return [self._all[word] for word in words]
        unknown = [word for word in dict.fromkeys(words) if word not in self._known]
        self._known.update(zip(unknown, self._connection.at_once.map(self._count, unknown), strict=True))
        return [self._known[word] for word in words]

    def _count(self, word: str) -> int:
        """A server has an index for this: milliseconds, whatever the number of passages."""
        matches = f'text_match(words, "{sealed([word])}")'
        return self._connection.count(self._passages, both(self._visible, matches))

    @cached_property
    def _all(self) -> Counter[str]:
        """Milvus Lite has none, and goes through every passage for one word as for all (12,000 passages: 1 s)."""
        rows = self._connection.every(self._passages, self._visible, ["words"])
        return Counter(word for row in rows for word in set(opened(row["words"]).split()))
