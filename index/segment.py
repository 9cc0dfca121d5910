"""One batch of articles as it lies on disk: never changed once written, shared by the generations that hold it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from struct import calcsize, iter_unpack
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.article import Article, Passage
from corpus.errors import IndexDamaged
from index.catalogue import Entry, folded
from index.filters import Filters
from index.query import Analysis, Ids
from index.segment_writer import FIRST_SENTENCE, IDS, NUMBER, RANGE, RANGES, SENTENCES, TEXTS, VECTORS, seal
from index.source_file import SourceFile

_ARTICLE = ", ".join(item.name for item in fields(Article))
_ARTICLES = "articles JOIN texts USING (id)"
_SOURCE = "path, digest, indexed"
_LIVE = "NOT IN (SELECT value FROM json_each(?))"
_ONE_OF = "IN (SELECT value FROM json_each(?))"
_ENTRY = (
    "id, title, source, published, words, (SELECT count(*) FROM passages WHERE article_id = articles.id), indexed, path"
)
# Dates are compared as far as both go, which as text they can be; nothing compares with one that is missing.
_PASSING = """
SELECT passages.id FROM articles JOIN passages ON article_id = articles.id
WHERE articles.id NOT IN (SELECT value FROM json_each(:gone))
AND (:sources IS NULL OR source IN (SELECT value FROM json_each(:sources)))
AND (:since IS NULL OR substr(published, 1, length(:since)) >= substr(:since, 1, length(published)))
AND (:until IS NULL OR substr(published, 1, length(:until)) <= substr(:until, 1, length(published)))
"""


class Segment:
    """Articles, passages, and the vectors of passages and of sentences in half precision.

    What is read of a passage is held to the checksum that was written with it: an index of a million passages is not
    read whole when it is opened.

    Args:
        folder: where a `SegmentWriter` put them.
        removed: ids of articles that the generation no longer holds; nothing of theirs is shown.

    Attributes:
        ids: the numbers of all passages, ascending, of shape (passages,).
        vectors: theirs, of shape (passages, dim), mapped into memory.
        sentences: those of their sentences, of shape (sentences, dim), likewise.
    """

    def __init__(self, folder: Path, removed: Collection[str] = ()) -> None:
        self.folder = folder
        self.removed = frozenset(removed)
        self._gone = json.dumps(sorted(removed))
        # The file never changes, so no locking is asked for; SQLite itself serialises threads on one connection.
        self._texts = sqlite3.connect(
            f"{(folder / TEXTS).resolve().as_uri()}?immutable=1", uri=True, check_same_thread=False
        )
        self.ids: Ids = np.fromfile(folder / IDS, dtype=np.int64)
        self.vectors = _rows(folder / VECTORS, _width(folder / VECTORS, len(self.ids)))
        self.sentences = _rows(folder / SENTENCES, self.vectors.shape[1])

    @property
    def first_id(self) -> int:
        """The lowest number of a passage."""
        return int(self.ids[0])

    @property
    def last_id(self) -> int:
        """The highest number of a passage."""
        return int(self.ids[-1])

    def close(self) -> None:
        """Let go of the files."""
        self._texts.close()

    # Articles

    def sources(self) -> dict[str, SourceFile]:
        """The file behind each article, by article id."""
        rows = self._select(f"SELECT id, {_SOURCE} FROM articles WHERE id {_LIVE}", (self._gone,))
        return {article_id: SourceFile(Path(path), digest, indexed) for article_id, path, digest, indexed in rows}

    def holding(self, article_ids: Collection[str]) -> set[str]:
        """Those of some articles that are here."""
        wanted = json.dumps(sorted(set(article_ids) - self.removed))
        return {name for (name,) in self._select(f"SELECT id FROM articles WHERE id {_ONE_OF}", (wanted,))}

    def article(self, article_id: str) -> Article | None:
        """An article with its text, or None when it is not here."""
        if article_id in self.removed:
            return None
        query = f"SELECT {_ARTICLE}, seal FROM {_ARTICLES} WHERE id = ?"
        row = next(self._select(query, (article_id,)), None)
        return Article(*self._checked(row)) if row else None

    def title(self, article_id: str) -> str | None:
        """An article's title, or None when it is not here."""
        if article_id in self.removed:
            return None
        row = next(self._select("SELECT title FROM articles WHERE id = ?", (article_id,)), None)
        return str(row[0]) if row else None

    def articles(self) -> Iterator[Article]:
        """Every article, with its text."""
        query = f"SELECT {_ARTICLE}, seal FROM {_ARTICLES} WHERE id {_LIVE} ORDER BY id"
        return (Article(*self._checked(row)) for row in self._select(query, (self._gone,)))

    def count(self, search: str = "") -> int:
        """How many articles hold every word of a search in their title, source or id."""
        holds, words = self._holds(search)
        return int(next(self._select(f"SELECT count(*) FROM articles WHERE {holds}", words))[0])

    def in_order(self, search: str) -> Iterator[tuple[str, str]]:
        """What is sought of each of those articles, by which it is ordered, and its id."""
        holds, words = self._holds(search)
        return self._select(f"SELECT sought, id FROM articles WHERE {holds} ORDER BY sought, id", words)

    def entry(self, article_id: str) -> Entry | None:
        """An article as the catalogue lists it, or None when it is not here."""
        if article_id in self.removed:
            return None
        row = next(self._select(f"SELECT {_ENTRY} FROM articles WHERE id = ?", (article_id,)), None)
        return replace(Entry(*row), path=Path(row[-1])) if row else None

    def origins(self) -> Iterator[tuple[str | None, str | None]]:
        """The source and the date of publication of the articles, each pair once."""
        query = f"SELECT DISTINCT source, published FROM articles WHERE id {_LIVE}"
        return self._select(query, (self._gone,))

    # Passages

    def passages(self, ids: Collection[int]) -> dict[int, tuple[Passage, Analysis]]:
        """Passages by number, and what is known of them; those that are not here are left out."""
        wanted = json.dumps([int(number) for number in ids])
        rows = self._select(f"SELECT * FROM passages WHERE id {_ONE_OF}", (wanted,))
        found = list(rows)
        vectors = self.vectors[np.searchsorted(self.ids, [row[NUMBER] for row in found])]
        return {row[NUMBER]: self._passage(row, vector) for row, vector in zip(found, vectors, strict=True)}

    def passage_ids(self, article_ids: Iterable[str]) -> list[int]:
        """The numbers of the passages of some articles, ascending."""
        wanted = json.dumps(sorted(set(article_ids) - self.removed))
        query = f"SELECT id FROM passages WHERE article_id {_ONE_OF} ORDER BY id"
        return [passage_id for (passage_id,) in self._select(query, (wanted,))]

    def removed_rows(self) -> NDArray[np.int64]:
        """The rows of `ids` and `vectors` whose passages the generation no longer holds."""
        query = f"SELECT id FROM passages WHERE article_id {_ONE_OF}"
        gone = [passage_id for (passage_id,) in self._select(query, (self._gone,))]
        return np.searchsorted(self.ids, np.array(sorted(gone), dtype=np.int64))

    def passing(self, filters: Filters) -> Ids:
        """The numbers of the passages whose articles pass."""
        values = {
            "gone": self._gone,
            "sources": json.dumps(sorted(filters.sources)) if filters.sources else None,
            "since": filters.since,
            "until": filters.until,
        }
        return np.array([number for (number,) in self._select(_PASSING, values)], dtype=np.int64)

    def documents(self) -> Iterator[tuple[int, str]]:
        """Every passage's number and its words, its title's among them, as BM25 takes them."""
        query = f"SELECT id, title_words || ' ' || words FROM passages WHERE article_id {_LIVE} ORDER BY id"
        return self._select(query, (self._gone,))

    def stored_articles(self) -> Iterator[tuple[tuple[Any, ...], str]]:
        """Every article's row as it was written, and its text."""
        query = f"SELECT articles.*, texts.text FROM {_ARTICLES} WHERE articles.id {_LIVE} ORDER BY first_passage"
        return ((row[:-1], row[-1]) for row in self._select(query, (self._gone,)))

    def stored_passages(self) -> Iterator[tuple[tuple[Any, ...], bytes, bytes]]:
        """Every passage's row as it was written, by number, with the bytes of its vector and of its sentences'."""
        rows = self._select(f"SELECT * FROM passages WHERE article_id {_LIVE} ORDER BY id", (self._gone,))
        for row in rows:
            first, count = row[FIRST_SENTENCE], len(row[RANGES]) // calcsize(RANGE)
            vector = self.vectors[np.searchsorted(self.ids, row[NUMBER])]
            yield row, vector.tobytes(), self.sentences[first : first + count].tobytes()

    def _select(self, query: str, parameters: Sequence[object] | Mapping[str, object]) -> Iterator[Any]:
        """The rows of a query; IndexDamaged where the file is no database any more."""
        try:
            yield from self._texts.execute(query, parameters)
        except sqlite3.DatabaseError as error:
            raise self._damaged(TEXTS) from error

    def _passage(self, row: tuple[Any, ...], vector: NDArray[np.float16]) -> tuple[Passage, Analysis]:
        first, *sealed = row
        _, article_id, ordinal, start, end, text, packed, title, words, *seals = self._checked(sealed)
        ranges = tuple(iter_unpack(RANGE, packed))
        vectors = self.sentences[first : first + len(ranges)]
        for array, expected, file in zip((vector, vectors), seals, (VECTORS, SENTENCES), strict=True):
            if seal(array.tobytes()) != expected:
                raise self._damaged(file)
        analysis = Analysis(
            f" {title} ", tuple(f" {line} " for line in words.split("\n")[1:]), vectors.astype(np.float32)
        )
        return Passage(article_id, ordinal, start, end, text, ranges), analysis

    def _checked(self, row: Sequence[Any]) -> tuple[Any, ...]:
        """The row without its checksum, which it has to have."""
        *values, expected = row
        if seal(*values) != expected:
            raise self._damaged(TEXTS)
        return tuple(values)

    def _damaged(self, file: str) -> IndexDamaged:
        return IndexDamaged(self.folder.parents[1], self.folder / file, "is not what was written")

    def _holds(self, search: str) -> tuple[str, list[str]]:
        """The SQL for articles that hold every word of a search, and its parameters."""
        words = folded(search).split()
        return " AND ".join([f"id {_LIVE}", *["instr(sought, ?)"] * len(words)]), [self._gone, *words]


def _rows(file: Path, dim: int) -> NDArray[np.float16]:
    """The rows of a file of half-precision numbers, mapped into memory."""
    if not file.stat().st_size:
        return np.zeros((0, dim), dtype=np.float16)
    # As an array like any other: numpy's own kind of it is slow to take rows of.
    return np.memmap(file, dtype=np.float16, mode="r").reshape(-1, dim).view(np.ndarray)


def _width(file: Path, rows: int) -> int:
    return file.stat().st_size // (2 * max(rows, 1))
