"""Articles and passages as rows of Milvus, and back."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.article import Article, Passage
from index.catalogue import Entry
from index.embedding.embedder import EmbeddedPassage, Vectors
from index.engines.engine import EmbeddedArticle
from index.manifest import Recipe
from index.milvus.connection import Row
from index.milvus.schema import NO_VECTOR
from index.query import Analysis
from index.source_file import SourceFile
from index.words import passage_words, terms

# Characters of a text in one row: they never take more bytes than a string of Milvus may have.
_PART = 16_000
_PARTS = 1 << 20
_SEALED = re.compile(r"\b_([0-9a-f]+)\b")

ENTRY = ("name", "title", "source", "published", "words", "passages", "indexed", "path")
SOURCE = ("name", "path", "digest", "indexed")
ARTICLE = ("part", "text", "title", "source", "author", "published", "url", "language")
PASSAGE = ("id", "name", "ordinal", "start", "stop", "text", "sentences")
ANALYSIS = ("id", "words", "sentence_vectors")
WHOLE_PASSAGE = (*PASSAGE, *ANALYSIS[1:], "article", "source", "published", "vector")


def article_rows(embedded: EmbeddedArticle, number: int, recipe: Recipe) -> list[Row]:
    """An article's rows: its text in parts, the first last, which has everything else and says that all are there."""
    article, source = embedded.article, embedded.source
    head = {
        **asdict(article),
        "path": str(source.path),
        "digest": source.digest,
        "indexed": source.indexed,
        "recipe": json.dumps(asdict(recipe)),
        "words": len(article.text.split()),
        "passages": len(embedded.passages),
    }
    del head["id"], head["text"]
    parts = [article.text[start : start + _PART] for start in range(0, len(article.text), _PART)] or [""]
    common = {"article": number, "name": article.id, **NO_VECTOR}
    rows = [
        {"id": number * _PARTS + part, "part": part, "text": text, **dict.fromkeys(head), **common}
        for part, text in enumerate(parts)
    ]
    rows[0] |= head
    return rows[::-1]


def passage_rows(embedded: EmbeddedArticle, number: int) -> list[Row]:
    """The rows of an article's passages, which are numbered on from the article's own number."""
    article = embedded.article
    common = {"article": number, "name": article.id, "source": article.source, "published": article.published}
    title = terms(article.title)
    return [
        {"id": number + place, **common, **_passage_row(passage, title)}
        for place, passage in enumerate(embedded.passages)
    ]


def _passage_row(embedded: EmbeddedPassage, title: Sequence[str]) -> Row:
    passage = embedded.passage
    lines = [" ".join(title), *passage_words(passage)]
    return {
        "ordinal": passage.ordinal,
        "start": passage.start,
        "stop": passage.end,
        "text": passage.text,
        "sentences": [place for sentence in passage.sentences for place in sentence],
        "sentence_vectors": [base64.b64encode(row.tobytes()).decode() for row in _half(embedded.sentence_vectors)],
        "words": "\n".join(sealed(line.split()) for line in lines),
        # A folder's index has it in half precision too.
        "vector": _half(embedded.vector).astype(np.float32).tolist(),
    }


def article_of(article_id: str, rows: Iterable[Row]) -> Article:
    """An article from its rows, in whatever order."""
    head, *_ = parts = sorted(rows, key=lambda row: int(row["part"]))
    fields = {name: head[name] for name in ARTICLE if name not in ("part", "text")}
    return Article(id=article_id, text="".join(row["text"] for row in parts), **fields)


def entry_of(row: Row) -> Entry:
    """An article as the catalogue lists it."""
    fields = {name: row[name] for name in ENTRY if name not in ("name", "path")}
    return Entry(id=row["name"], path=Path(row["path"]), **fields)


def source_of(row: Row) -> SourceFile:
    """The file behind an article."""
    return SourceFile(Path(row["path"]), row["digest"], row["indexed"])


def passage_of(row: Row) -> Passage:
    """A passage from its row."""
    places = [int(place) for place in row["sentences"]]
    sentences = tuple(zip(places[::2], places[1::2], strict=True))
    return Passage(row["name"], int(row["ordinal"]), int(row["start"]), int(row["stop"]), row["text"], sentences)


def analysis_of(row: Row, dim: int) -> Analysis:
    """What is known of a passage, from its row."""
    title, _, *sentences = (f" {opened(line)} " for line in row["words"].split("\n"))
    packed = b"".join(base64.b64decode(vector) for vector in row["sentence_vectors"])
    vectors = np.frombuffer(packed, dtype="<f2").reshape(-1, dim).astype(np.float32)
    return Analysis(title, tuple(sentences), vectors)


def sealed(words: Iterable[str]) -> str:
    """Words joined so that any analyzer of Milvus takes them apart where we did, whatever the language."""
    return " ".join(word if word.isascii() else f"_{word.encode().hex()}" for word in words)


def opened(words: str) -> str:
    """The words that `sealed` joined, as they were."""
    return _SEALED.sub(lambda word: bytes.fromhex(word[1]).decode(), words)


def _half(vectors: Vectors) -> NDArray[np.float16]:
    return vectors.astype("<f2")
