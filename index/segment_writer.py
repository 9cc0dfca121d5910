"""A segment as it is written: article by article, so that one of any size takes little memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import BinaryIO

import numpy as np
import xxhash

from corpus.article import Article
from index.catalogue import folded
from index.embedder import EmbeddedPassage
from index.engine import EmbeddedArticle
from index.words import passage_words, terms

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
    id INTEGER PRIMARY KEY, article_id, ordinal, start, stop, text, sentences, first_sentence, title_words, words,
    vector_seal, sentences_seal, seal
);
CREATE INDEX passages_of ON passages(article_id, ordinal);
"""
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
        self._texts.execute(
            "INSERT INTO articles VALUES (:id, :title, :source, :author, :published, :url, :language, :path, "
            ":digest, :indexed, :words, :sought, :first_passage, :seal)",
            {
                **asdict(article),
                **asdict(source),
                "path": str(source.path),
                "words": len(article.text.split()),
                "sought": folded("\n".join([article.title, article.source or "", article.id])),
                "first_passage": next(iter(numbers), None),
                "seal": seal(repr([getattr(article, name) for name in _ARTICLE]).encode()),
            },
        )
        self._texts.execute("INSERT INTO texts VALUES (?, ?)", (article.id, article.text))
        title = " ".join(terms(article.title))
        for number, passage in zip(numbers, embedded.passages, strict=True):
            self._add(number, passage, title)

    def _add(self, number: int, embedded: EmbeddedPassage, title: str) -> None:
        passage = embedded.passage
        packed = np.array(passage.sentences, dtype="<i4").tobytes()
        vector = embedded.vector.astype(np.float16).tobytes()
        sentences = embedded.sentence_vectors.astype(np.float16).tobytes()
        row = [number, passage.article_id, passage.ordinal, passage.start, passage.end, passage.text, packed]
        row += [self._written_sentences, title, "\n".join(passage_words(passage)), seal(vector), seal(sentences)]
        self._texts.execute(
            "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, seal(repr(row).encode()))
        )
        self._ids.write(np.int64(number).tobytes())
        self._vectors.write(vector)
        self._sentences.write(sentences)
        self._written_sentences += len(passage.sentences)
        self.passages += 1


def seal(content: bytes) -> bytes:
    """A checksum of what is read by itself, so that it need not be read with all the rest to be trusted."""
    return xxhash.xxh3_64_digest(content)
