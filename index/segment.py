"""One batch of articles as it lies on disk: never changed once written, shared by the generations that hold it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.article import Article, Passage
from index.catalogue import Entry, folded
from index.embedder import EmbeddedPassage, Vectors
from index.filters import Filters
from index.query import Ids

_TEXTS, _VECTORS, _SENTENCES = "texts.sqlite", "vectors.npy", "sentences.npy"

_ARTICLE = ", ".join(item.name for item in fields(Article))
_ARTICLES = "articles JOIN texts USING (id)"
# The texts lie apart, so that whatever lists articles runs through a few hundred bytes of each. What is sought begins
# with the title: its order is theirs.
_SCHEMA = """
CREATE TABLE articles(
    id PRIMARY KEY, title, source, author, published, url, language, path, digest, indexed, words, sought
);
CREATE INDEX articles_in_order ON articles(sought, id);
CREATE TABLE texts(id PRIMARY KEY, text);
CREATE TABLE passages(id INTEGER PRIMARY KEY, row, article_id, ordinal, start, stop, text, first_sentence, sentences);
CREATE INDEX passages_of ON passages(article_id, ordinal);
"""
_PASSAGE = "article_id, ordinal, start, stop, text, sentences"
_LIVE = "NOT IN (SELECT value FROM json_each(?))"
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


@dataclass(frozen=True, slots=True)
class SourceFile:
    """The file an article was read from, what its bytes hashed to then, and when that was: ISO 8601, UTC."""

    path: Path
    digest: str
    indexed: str = field(compare=False)


class Segment:
    """Articles, passages, and the vectors of passages and of sentences in half precision.

    Args:
        folder: where `write` put them.
        removed: ids of articles that the generation no longer holds; nothing of theirs is shown.
    """

    def __init__(self, folder: Path, removed: Collection[str] = ()) -> None:
        self.folder = folder
        self.removed = frozenset(removed)
        self._gone = json.dumps(sorted(removed))
        # The file never changes, so no locking is asked for; SQLite itself serialises threads on one connection.
        self._texts = sqlite3.connect(
            f"{(folder / _TEXTS).resolve().as_uri()}?immutable=1", uri=True, check_same_thread=False
        )
        self._vectors = np.load(folder / _VECTORS, mmap_mode="r")
        self._sentences = np.load(folder / _SENTENCES, mmap_mode="r")
        self.first_id, self.last_id = self._texts.execute("SELECT min(id), max(id) FROM passages").fetchone()

    def sources(self) -> dict[str, SourceFile]:
        """The file behind each article, by article id."""
        rows = self._texts.execute(f"SELECT id, path, digest, indexed FROM articles WHERE id {_LIVE}", (self._gone,))
        return {article_id: SourceFile(Path(path), digest, indexed) for article_id, path, digest, indexed in rows}

    def article(self, article_id: str) -> Article | None:
        """An article with its text, or None when it is not here."""
        if article_id in self.removed:
            return None
        query = f"SELECT {_ARTICLE} FROM {_ARTICLES} WHERE id = ?"
        row = self._texts.execute(query, (article_id,)).fetchone()
        return Article(*row) if row else None

    def title(self, article_id: str) -> str | None:
        """An article's title, or None when it is not here."""
        if article_id in self.removed:
            return None
        row = self._texts.execute("SELECT title FROM articles WHERE id = ?", (article_id,)).fetchone()
        return str(row[0]) if row else None

    def articles(self) -> Iterator[Article]:
        """Every article, with its text."""
        query = f"SELECT {_ARTICLE} FROM {_ARTICLES} WHERE id {_LIVE} ORDER BY id"
        return (Article(*row) for row in self._texts.execute(query, (self._gone,)))

    def count(self, search: str) -> int:
        """How many articles hold every word of a search in their title, source or id."""
        holds, words = self._holds(search)
        row = self._texts.execute(f"SELECT count(*) FROM articles WHERE {holds}", words).fetchone()
        return int(row[0])

    def in_order(self, search: str) -> Iterator[tuple[str, str]]:
        """What is sought of each of those articles, by which it is ordered, and its id."""
        holds, words = self._holds(search)
        return self._texts.execute(f"SELECT sought, id FROM articles WHERE {holds} ORDER BY sought, id", words)

    def entry(self, article_id: str) -> Entry | None:
        """An article as the catalogue lists it, or None when it is not here."""
        if article_id in self.removed:
            return None
        row = self._texts.execute(f"SELECT {_ENTRY} FROM articles WHERE id = ?", (article_id,)).fetchone()
        return replace(Entry(*row), path=Path(row[-1])) if row else None

    def origins(self) -> Iterator[tuple[str | None, str | None]]:
        """The source and the date of publication of the articles, each pair once."""
        query = f"SELECT DISTINCT source, published FROM articles WHERE id {_LIVE}"
        return self._texts.execute(query, (self._gone,))

    def passage(self, passage_id: int) -> Passage:
        """A passage by its number; KeyError when it is not here."""
        row = self._texts.execute(f"SELECT {_PASSAGE} FROM passages WHERE id = ?", (passage_id,)).fetchone()
        if row is None:
            raise KeyError(passage_id)
        return _passage(row)

    def passages(self) -> Iterator[tuple[int, int, Passage]]:
        """Every passage with its number and the row of its vector, by number."""
        query = f"SELECT id, row, {_PASSAGE} FROM passages WHERE article_id {_LIVE} ORDER BY id"
        return ((row[0], row[1], _passage(row[2:])) for row in self._texts.execute(query, (self._gone,)))

    def passage_ids(self, article_ids: Iterable[str]) -> list[int]:
        """The numbers of the passages of some articles."""
        wanted = json.dumps(sorted(set(article_ids) - self.removed))
        query = "SELECT id FROM passages WHERE article_id IN (SELECT value FROM json_each(?))"
        return [passage_id for (passage_id,) in self._texts.execute(query, (wanted,))]

    def passing(self, filters: Filters) -> Ids:
        """The numbers of the passages whose articles pass."""
        values = {
            "gone": self._gone,
            "sources": json.dumps(sorted(filters.sources)) if filters.sources else None,
            "since": filters.since,
            "until": filters.until,
        }
        return np.array([number for (number,) in self._texts.execute(_PASSING, values)], dtype=np.int64)

    def vectors(self) -> tuple[Ids, Vectors]:
        """The number of every passage, and their vectors, shape (passages, dim)."""
        query = f"SELECT id, row FROM passages WHERE article_id {_LIVE} ORDER BY id"
        numbers = np.array(self._texts.execute(query, (self._gone,)).fetchall(), dtype=np.int64).reshape(-1, 2)
        return numbers[:, 0], np.asarray(self._vectors[numbers[:, 1]], dtype=np.float32)

    def sentence_vectors(self, passage_id: int) -> Vectors:
        """The vectors of a passage's sentences, shape (sentences, dim); KeyError when the passage is not here."""
        query = "SELECT first_sentence, sentences FROM passages WHERE id = ?"
        row = self._texts.execute(query, (passage_id,)).fetchone()
        if row is None:
            raise KeyError(passage_id)
        first, packed = row
        return np.asarray(self._sentences[first : first + len(_unpack(packed))], dtype=np.float32)

    def embedded(self) -> Iterator[tuple[int, EmbeddedPassage]]:
        """Every passage as `write` takes it."""
        for passage_id, row, passage in self.passages():
            vector = np.asarray(self._vectors[row], dtype=np.float32)
            yield passage_id, EmbeddedPassage(passage, vector, self.sentence_vectors(passage_id))

    def _holds(self, search: str) -> tuple[str, list[str]]:
        """The SQL for articles that hold every word of a search, and its parameters."""
        words = folded(search).split()
        return " AND ".join([f"id {_LIVE}", *["instr(sought, ?)"] * len(words)]), [self._gone, *words]


def write(
    folder: Path,
    articles: Iterable[tuple[Article, SourceFile]],
    passages: Iterable[tuple[int, EmbeddedPassage]],
    dim: int,
) -> None:
    """Write a segment into an empty folder: articles with their files, and their passages with their numbers."""
    vectors: list[NDArray[np.float16]] = []
    sentences = [np.zeros((0, dim), dtype=np.float16)]
    first_sentence = 0
    texts = sqlite3.connect(folder / _TEXTS, isolation_level=None)
    try:
        # Nothing points to the segment before all of it has been synced, so SQLite need not.
        texts.execute("PRAGMA journal_mode = OFF")
        texts.execute("PRAGMA synchronous = OFF")
        texts.executescript(_SCHEMA)
        texts.execute("BEGIN")
        for article, source in articles:
            row = {
                **asdict(article),
                **asdict(source),
                "path": str(source.path),
                "words": len(article.text.split()),
                "sought": folded("\n".join([article.title, article.source or "", article.id])),
            }
            texts.execute(
                "INSERT INTO articles VALUES (:id, :title, :source, :author, :published, :url, :language, :path, "
                ":digest, :indexed, :words, :sought)",
                row,
            )
            texts.execute("INSERT INTO texts VALUES (:id, :text)", row)
        for row_number, (passage_id, embedded) in enumerate(passages):
            passage = embedded.passage
            place = (passage.article_id, passage.ordinal, passage.start, passage.end, passage.text)
            packed = np.array(passage.sentences, dtype="<i4").tobytes()
            texts.execute(
                "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (passage_id, row_number, *place, first_sentence, packed),
            )
            vectors.append(embedded.vector.astype(np.float16))
            sentences.append(embedded.sentence_vectors.astype(np.float16))
            first_sentence += len(passage.sentences)
        texts.execute("COMMIT")
    finally:
        texts.close()
    np.save(folder / _VECTORS, np.array(vectors, dtype=np.float16).reshape(-1, dim))
    np.save(folder / _SENTENCES, np.concatenate(sentences))


def _passage(row: tuple[Any, ...]) -> Passage:
    article_id, ordinal, start, end, text, packed = row
    return Passage(article_id, ordinal, start, end, text, _unpack(packed))


def _unpack(packed: bytes) -> tuple[tuple[int, int], ...]:
    return tuple((int(start), int(end)) for start, end in np.frombuffer(packed, dtype="<i4").reshape(-1, 2))
