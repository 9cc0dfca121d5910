"""One batch of articles as it lies on disk: never changed once written, shared by the generations that hold it."""

from __future__ import annotations

import json
import sqlite3
import weakref
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.article import Article, Passage
from corpus.errors import IndexDamaged
from index.catalogue import Entry, folded
from index.filters import Filters
from index.folder.read_in_parts import HalfVectors, ReadInParts, Rows
from index.folder.record import Record, decode, seal, sentences_seal
from index.folder.segment_writer import ARTICLES, IDS, PLACES, RECORDS, SENTENCES, TEXTS, VECTORS
from index.query import Analysis, Ids
from index.source_file import SourceFile

_ARTICLE = ", ".join(item.name for item in fields(Article) if item.name != "text")
_SOURCE = "path, digest, indexed"
_NUMBERS = "SELECT first_passage, passages FROM articles"
_LIVE = "NOT IN (SELECT value FROM json_each(?))"
_ONE_OF = "IN (SELECT value FROM json_each(?))"
_ENTRY = "id, title, source, published, words, passages, indexed, path"
# Dates are compared as far as both go, which as text they can be; nothing compares with one that is missing.
_PASSING = f"""
{_NUMBERS} WHERE id NOT IN (SELECT value FROM json_each(:gone))
AND (:sources IS NULL OR source IN (SELECT value FROM json_each(:sources)))
AND (:since IS NULL OR substr(published, 1, length(:since)) >= substr(:since, 1, length(published)))
AND (:until IS NULL OR substr(published, 1, length(:until)) <= substr(:until, 1, length(published)))
"""


class Segment:
    """Articles, passages, and the vectors of passages and of sentences in half precision.

    What is read of a passage, its vector or an article is held to the checksum that was written with it: an index of a
    million passages is not read whole when it is opened.

    Args:
        folder: where a `SegmentWriter` put them.
        removed: ids of articles that the generation no longer holds; nothing of theirs is shown.

    Attributes:
        ids: the numbers of all passages, ascending, of shape (passages,).
        vectors: theirs, in the same order.
        sentences: those of their sentences.
    """

    def __init__(self, folder: Path, removed: Collection[str] = ()) -> None:
        self.folder = folder
        self.removed = frozenset(removed)
        self._gone = json.dumps(sorted(removed))
        # The file never changes, so no locking is asked for; SQLite itself serialises threads on one connection.
        self._articles = sqlite3.connect(
            f"{(folder / ARTICLES).resolve().as_uri()}?immutable=1", uri=True, check_same_thread=False
        )
        # It and the statements it keeps refer to each other (CPython 3.11): it would stay open until a full collection.
        weakref.finalize(self, self._articles.close)
        self.ids: Ids = np.fromfile(folder / IDS, dtype=np.int64)
        # Where each record and its sentences begin, and the last ones end; beside them the checksums of the vectors.
        places = np.fromfile(folder / PLACES, dtype=np.int64).reshape(-1, 3)
        self._places, seals = places[:, :2], places[:-1, 2].astype(np.uint64)
        self._texts, self._records = ReadInParts(folder / TEXTS), ReadInParts(folder / RECORDS)
        width = (folder / VECTORS).stat().st_size // (2 * max(len(self.ids), 1))
        self.vectors = Rows(folder / VECTORS, width, seals)
        self.sentences = Rows(folder / SENTENCES, width)

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
        for file in (self._articles, self._texts, self._records, self.vectors, self.sentences):
            file.close()

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
        query = f"SELECT text_start, text_end, seal, {_ARTICLE} FROM articles WHERE id = ?"
        row = next(self._select(query, (article_id,)), None)
        return self._article(row) if row else None

    def title(self, article_id: str) -> str | None:
        """An article's title, or None when it is not here."""
        if article_id in self.removed:
            return None
        row = next(self._select("SELECT title FROM articles WHERE id = ?", (article_id,)), None)
        return str(row[0]) if row else None

    def articles(self) -> Iterator[Article]:
        """Every article, with its text."""
        query = f"SELECT text_start, text_end, seal, {_ARTICLE} FROM articles WHERE id {_LIVE} ORDER BY id"
        return (self._article(row) for row in self._select(query, (self._gone,)))

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

    def named_sources(self) -> set[str]:
        """Every source that an article names."""
        query = f"SELECT DISTINCT source FROM articles WHERE source IS NOT NULL AND id {_LIVE}"
        return {source for (source,) in self._select(query, (self._gone,))}

    # Passages

    def passages(self, ids: Collection[int]) -> dict[int, tuple[Passage, Analysis]]:
        """Passages by number, and what is known of them; those that are not here are left out."""
        numbers = np.fromiter(ids, dtype=np.int64, count=len(ids))
        rows = np.searchsorted(self.ids, numbers)
        rows = rows[self.ids[np.minimum(rows, len(self.ids) - 1)] == numbers]
        if self.removed:
            rows = rows[self.kept[rows]]
        return dict(map(self._passage, rows.tolist()))

    def passage_ids(self, article_ids: Iterable[str]) -> list[int]:
        """The numbers of the passages of some articles, ascending."""
        return sorted(self._numbers(f"{_NUMBERS} WHERE id {_ONE_OF}", set(article_ids) - self.removed).tolist())

    @cached_property
    def kept(self) -> NDArray[np.bool_]:
        """Which rows of `ids` and `vectors` the generation holds, of shape (passages,)."""
        kept = np.ones(len(self.ids), dtype=np.bool_)
        kept[np.searchsorted(self.ids, self._numbers(f"{_NUMBERS} WHERE id {_ONE_OF}", self.removed))] = False
        return kept

    def passing(self, filters: Filters) -> Ids:
        """The numbers of the passages whose articles pass."""
        values = {
            "gone": self._gone,
            "sources": json.dumps(sorted(filters.sources)) if filters.sources else None,
            "since": filters.since,
            "until": filters.until,
        }
        return _numbered(self._select(_PASSING, values))

    def documents(self) -> Iterator[tuple[int, str]]:
        """Every passage's number and its words, its title's among them, as BM25 takes them."""
        for row in self._live_rows():
            record = self._record(row)
            yield record.number, f"{record.title} {record.words}"

    def stored_articles(self) -> Iterator[tuple[tuple[Any, ...], bytes]]:
        """Every article's row as it was written but for where its text lies, and its text."""
        for *row, start, end in self._select(
            f"SELECT * FROM articles WHERE id {_LIVE} ORDER BY first_passage", (self._gone,)
        ):
            yield tuple(row), self._text(start, end, row[-1])

    def stored_passages(self) -> Iterator[tuple[int, bytes, HalfVectors, HalfVectors]]:
        """Every passage's number, its record as it was written, its vector, and its sentences'."""
        for row in self._live_rows():
            (start, first), (end, last) = self._places[row : row + 2].tolist()
            record = self._records.read(start, end)
            if (expected := sentences_seal(record)) is None:
                raise self._damaged(RECORDS)
            sentences = self._sentences(first, last, expected)
            yield int(self.ids[row]), record, self.vectors.between(row, row + 1), sentences

    def _live_rows(self) -> list[int]:
        rows: list[int] = np.flatnonzero(self.kept).tolist()
        return rows

    def _select(self, query: str, parameters: Sequence[object] | Mapping[str, object]) -> Iterator[Any]:
        """The rows of a query; IndexDamaged where the file is no database any more."""
        try:
            yield from self._articles.execute(query, parameters)
        except sqlite3.DatabaseError as error:
            raise self._damaged(ARTICLES) from error

    def _numbers(self, query: str, article_ids: Collection[str]) -> Ids:
        return _numbered(self._select(query, (json.dumps(sorted(article_ids)),)))

    def _passage(self, row: int) -> tuple[int, tuple[Passage, Analysis]]:
        record = self._record(row)
        first, last = self._places[row : row + 2, 1].tolist()
        vectors = self._sentences(first, last, record.sentences_seal)
        sentences = tuple(f" {line} " for line in record.words.split("\n")[1:])
        analysis = Analysis(f" {record.title} ", sentences, vectors.astype(np.float32))
        return record.number, (record.passage, analysis)

    def _sentences(self, first: int, last: int, expected: bytes) -> HalfVectors:
        """The vectors of a passage's sentences, which have the checksum they were written with."""
        vectors = self.sentences.between(first, last)
        if seal(vectors.tobytes()) != expected:
            raise self._damaged(SENTENCES)
        return vectors

    def _record(self, row: int) -> Record:
        start, end = self._places[row : row + 2, 0].tolist()
        record = decode(self._records.read(start, end))
        if record is None or record.number != self.ids[row]:
            raise self._damaged(RECORDS)
        return record

    def _article(self, row: Sequence[Any]) -> Article:
        start, end, expected, article_id, title, *rest = row
        return Article(article_id, title, self._text(start, end, expected).decode(), *rest)

    def _text(self, start: int, end: int, expected: bytes) -> bytes:
        text = self._texts.read(start, end)
        if seal(text) != expected:
            raise self._damaged(TEXTS)
        return text

    def _damaged(self, file: str) -> IndexDamaged:
        return IndexDamaged(self.folder.parents[1], self.folder / file, "is not what was written")

    def _holds(self, search: str) -> tuple[str, list[str]]:
        """The SQL for articles that hold every word of a search, and its parameters."""
        words = folded(search).split()
        return " AND ".join([f"id {_LIVE}", *["instr(sought, ?)"] * len(words)]), [self._gone, *words]


def _numbered(ranges: Iterable[tuple[int, int]]) -> Ids:
    """The numbers of passages from the first one and the count of each article."""
    each = [np.arange(first, first + count, dtype=np.int64) for first, count in ranges]
    return np.concatenate(each) if each else np.zeros(0, dtype=np.int64)
