"""A segment as it is written: article by article, so that one of any size takes little memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from struct import Struct
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from index.catalogue import sought_of
from index.engines.engine import EmbeddedArticle
from index.folder.record import encode, renumbered, seal, seal_number
from index.words import terms

if TYPE_CHECKING:
    from index.folder.segment import Segment

# What is known of the articles, and their texts; the passages' numbers, their records, and where each one's record and
# first sentence lie, with the checksum of its vector; the vectors.
ARTICLES, TEXTS = "articles.sqlite", "texts.bin"
IDS, RECORDS, PLACES = "ids.i64", "passages.bin", "places.i64"
VECTORS, SENTENCES = "vectors.f16", "sentences.f16"

# What is sought begins with the title: its order is theirs. An article's passages are numbered one after the other. The
# seal is the text's; the table itself is small, and checked whole.
_SCHEMA = """
CREATE TABLE articles(
    id PRIMARY KEY, title, source, author, published, url, language, path, digest, indexed, words, sought,
    first_passage, passages, seal, text_start, text_end
);
CREATE INDEX articles_in_order ON articles(sought, id);
"""
_INSERT = f"INSERT INTO articles VALUES ({', '.join('?' * 17)})"
_PLACE = Struct("<qqQ")
_FILES = (TEXTS, IDS, RECORDS, PLACES, VECTORS, SENTENCES)


class SegmentWriter:
    """Writes articles, and their passages under ascending numbers."""

    def __init__(self, articles: sqlite3.Connection, files: Mapping[str, BinaryIO]) -> None:
        self.passages = 0
        self._articles = articles
        self._files = files
        self._sentences = 0

    @classmethod
    @contextmanager
    def open(cls, folder: Path) -> Iterator[SegmentWriter]:
        """A writer into an empty folder, which holds a segment when the context ends."""
        articles = sqlite3.connect(folder / ARTICLES, isolation_level=None)
        try:
            # Nothing points to the segment before all of it has been synced, so SQLite need not.
            articles.execute("PRAGMA journal_mode = OFF")
            articles.execute("PRAGMA synchronous = OFF")
            articles.executescript(_SCHEMA)
            articles.execute("BEGIN")
            with ExitStack() as stack:
                writer = cls(articles, {name: stack.enter_context((folder / name).open("wb")) for name in _FILES})
                yield writer
                writer._write_place()
            articles.execute("COMMIT")
        finally:
            articles.close()

    def add(self, embedded: EmbeddedArticle, first: int) -> None:
        """Write an article, and its passages under numbers from the first on."""
        article, source = embedded.article, embedded.source
        known = [article.title, article.source, article.author, article.published, article.url, article.language]
        row = [article.id, *known, str(source.path), source.digest, source.indexed, len(article.text.split())]
        row += [sought_of(article.title, article.source, article.id), first, len(embedded.passages)]
        text = article.text.encode()
        self._write_article([*row, seal(text)], text)
        title = " ".join(terms(article.title))
        for number, item in enumerate(embedded.passages, start=first):
            vector = item.vector.astype(np.float16).tobytes()
            sentences = item.sentence_vectors.astype(np.float16).tobytes()
            record = encode(number, item.passage, title, sentences)
            self._write_passage(number, record, vector, sentences, len(item.passage.sentences))

    def copy(self, segment: Segment, further: int = 0) -> None:
        """Write all that a segment holds: as it is, for its checksums come with it, or under further numbers."""
        for (*row, first, passages, sealed), text in segment.stored_articles():
            self._write_article([*row, first + further, passages, sealed], text)
        for number, record, vector, sentences in segment.stored_passages():
            record = renumbered(record, number + further) if further else record
            self._write_passage(number + further, record, vector.tobytes(), sentences.tobytes(), len(sentences))

    def _write_article(self, row: Sequence[Any], text: bytes) -> None:
        """Write an article's row but for its last columns, and its text."""
        start = self._files[TEXTS].tell()
        self._files[TEXTS].write(text)
        self._articles.execute(_INSERT, (*row, start, start + len(text)))

    def _write_passage(self, number: int, record: bytes, vector: bytes, sentences: bytes, count: int) -> None:
        self._write_place(seal_number(vector))
        self._files[IDS].write(np.int64(number).tobytes())
        self._files[RECORDS].write(record)
        self._files[VECTORS].write(vector)
        self._files[SENTENCES].write(sentences)
        self._sentences += count
        self.passages += 1

    def _write_place(self, vector: int = 0) -> None:
        """Where the next record begins, which is where this one ends, and the sentences' vectors likewise."""
        self._files[PLACES].write(_PLACE.pack(self._files[RECORDS].tell(), self._sentences, vector))
