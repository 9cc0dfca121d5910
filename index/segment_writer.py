"""A segment as it is written: article by article, so that one of any size takes little memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from struct import calcsize, pack
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import xxhash

from corpus.article import Article
from index.catalogue import folded
from index.embedder import EmbeddedPassage
from index.engine import EmbeddedArticle
from index.words import passage_words, terms

if TYPE_CHECKING:
    from index.segment import Segment

TEXTS, IDS, VECTORS, SENTENCES = "texts.sqlite", "ids.i64", "vectors.f16", "sentences.f16"

# The texts lie apart, so that whatever lists articles runs through a few hundred bytes of each. What is sought begins
# with the title: its order is theirs.
_SCHEMA = """
CREATE TABLE articles(
    id PRIMARY KEY, title, source, author, published, url, language, path, digest, indexed, words, sought,
    first_passage, seal
);
CREATE INDEX articles_in_order ON articles(sought, id);
CREATE TABLE texts(id PRIMARY KEY, text);
CREATE TABLE passages(
    first_sentence, id INTEGER PRIMARY KEY, article_id, ordinal, start, stop, text, sentences, title_words, words,
    vector_seal, sentences_seal, seal
);
CREATE INDEX passages_of ON passages(article_id, ordinal);
"""
# Columns of a passage. The first, which is not sealed, is another in another segment; the rest is copied as it is.
FIRST_SENTENCE, NUMBER, RANGES = 0, 1, 7
# A sentence's first character and the one after its last.
RANGE = "<ii"
_INSERT_ARTICLE = f"INSERT INTO articles VALUES ({', '.join('?' * 14)})"
_INSERT_PASSAGE = f"INSERT INTO passages VALUES ({', '.join('?' * 13)})"
_ARTICLE = tuple(item.name for item in fields(Article))


class SegmentWriter:
    """Writes articles, and their passages under ascending numbers."""

    def __init__(self, texts: sqlite3.Connection, ids: BinaryIO, vectors: BinaryIO, sentences: BinaryIO) -> None:
        self.passages = 0
        self._texts = texts
        self._ids, self._vectors, self._sentences = ids, vectors, sentences
        self._written_sentences = 0

    @classmethod
    @contextmanager
    def open(cls, folder: Path) -> Iterator[SegmentWriter]:
        """A writer into an empty folder, which holds a segment when the context ends."""
        texts = sqlite3.connect(folder / TEXTS, isolation_level=None)
        try:
            # Nothing points to the segment before all of it has been synced, so SQLite need not.
            texts.execute("PRAGMA journal_mode = OFF")
            texts.execute("PRAGMA synchronous = OFF")
            texts.executescript(_SCHEMA)
            texts.execute("BEGIN")
            with (
                (folder / IDS).open("wb") as ids,
                (folder / VECTORS).open("wb") as vectors,
                (folder / SENTENCES).open("wb") as sentences,
            ):
                yield cls(texts, ids, vectors, sentences)
            texts.execute("COMMIT")
        finally:
            texts.close()

    def add(self, embedded: EmbeddedArticle, numbers: Sequence[int]) -> None:
        """Write an article, and its passages under these numbers."""
        article, source = embedded.article, embedded.source
        row = [getattr(article, name) for name in _ARTICLE if name != "text"]
        row += [str(source.path), source.digest, source.indexed, len(article.text.split())]
        row += [folded("\n".join([article.title, article.source or "", article.id])), next(iter(numbers), None)]
        row += [seal(*(getattr(article, name) for name in _ARTICLE))]
        self._write_article(row, article.text)
        title = " ".join(terms(article.title))
        for number, passage in zip(numbers, embedded.passages, strict=True):
            self._add(number, passage, title)

    def copy(self, segment: Segment) -> None:
        """Write all that a segment holds: as it is, for its checksums come with it."""
        for row, text in segment.stored_articles():
            self._write_article(row, text)
        for (_, *values), vector, sentences in segment.stored_passages():
            self._write_passage(values, vector, sentences)

    def _add(self, number: int, embedded: EmbeddedPassage, title: str) -> None:
        passage = embedded.passage
        packed = b"".join(pack(RANGE, *place) for place in passage.sentences)
        vector = embedded.vector.astype(np.float16).tobytes()
        sentences = embedded.sentence_vectors.astype(np.float16).tobytes()
        row = [number, passage.article_id, passage.ordinal, passage.start, passage.end, passage.text, packed]
        row += [title, "\n".join(passage_words(passage)), seal(vector), seal(sentences)]
        self._write_passage([*row, seal(*row)], vector, sentences)

    def _write_article(self, row: Sequence[Any], text: str) -> None:
        self._texts.execute(_INSERT_ARTICLE, row)
        self._texts.execute("INSERT INTO texts VALUES (?, ?)", (row[0], text))

    def _write_passage(self, values: Sequence[Any], vector: bytes, sentences: bytes) -> None:
        """Write a passage's row but for its first column, and its vectors."""
        row = (self._written_sentences, *values)
        self._texts.execute(_INSERT_PASSAGE, row)
        self._ids.write(np.int64(row[NUMBER]).tobytes())
        self._vectors.write(vector)
        self._sentences.write(sentences)
        self._written_sentences += len(row[RANGES]) // calcsize(RANGE)
        self.passages += 1


def seal(*values: object) -> bytes:
    """A checksum of what is read by itself, so that it need not be read with all the rest to be trusted."""
    return xxhash.xxh3_64_digest(
        b"\0".join([value if isinstance(value, bytes) else str(value).encode() for value in values])
    )
