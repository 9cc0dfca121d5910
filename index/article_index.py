"""An opened index: one generation, read only, shared by any number of threads."""

from __future__ import annotations

import heapq
import sqlite3
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path

import numpy as np

from corpus.article import Article, Passage
from corpus.errors import IndexDamaged
from index import store
from index.catalogue import Catalogue
from index.dense import DenseIndex
from index.embedder import Vectors
from index.filters import Filters
from index.generation import open_segments
from index.hybrid import HybridIndex
from index.lexical import LexicalIndex
from index.manifest import Manifest
from index.onnx_embedder import OnnxEmbedder, open_question_embedder
from index.query import Hit, Query
from index.segment import Segment


class ArticleIndex:
    """The articles, their passages, and the search over them. It keeps the generation it opened."""

    # On SciFact, nDCG@10 by dense weight at depth 200: .4 .729, .5 .734, .6 .736, .7 .726.
    DENSE_WEIGHT = 0.6
    # At weight .6, by candidates from each side: 100 .7315, 200 .7356, 1,000 .7358 at twenty times the time.
    DEPTH = 200
    # How many choices of articles are kept ready; to make one takes a tenth of a second among 100,000 articles.
    CHOICES = 16

    def __init__(
        self, manifest: Manifest, segments: Sequence[Segment], hybrid: HybridIndex, embedder: OnnxEmbedder
    ) -> None:
        self.manifest = manifest
        self.embedder = embedder
        self.hybrid = hybrid
        self.segments = list(segments)
        # Not a method of its own: a cache that held the index would keep it open when nobody uses it any more.
        self._narrowed = lru_cache(self.CHOICES)(partial(_narrowed, hybrid, self.segments))
        self._first_ids = [segment.first_id for segment in segments]

    @classmethod
    def open(cls, folder: Path) -> ArticleIndex:
        """The generation in force, every file of it checked.

        Raises:
            IndexNotFound, IndexDamaged, IndexMismatch: see `index.store`.
            ModelError: see `open_question_embedder`.
        """
        manifest = store.current(folder)
        # The slow part first, so that few generations are replaced while they are being opened.
        embedder = open_question_embedder(manifest.recipe.model, manifest.recipe.digest)
        try:
            return cls._open(folder, manifest, embedder)
        except (IndexDamaged, OSError, RuntimeError, ValueError, sqlite3.Error) as error:
            # One that was replaced is not damaged.
            if store.current(folder).generation != manifest.generation:
                return cls.open(folder)
            if isinstance(error, IndexDamaged):
                raise
            raise IndexDamaged(folder, folder, f"cannot be opened ({error})") from error

    @classmethod
    def _open(cls, folder: Path, manifest: Manifest, embedder: OnnxEmbedder) -> ArticleIndex:
        store.verify(folder, manifest)
        generation = store.generation_folder(folder, manifest.generation)
        hybrid = HybridIndex(
            DenseIndex.open(generation), LexicalIndex.open(generation), dense_weight=cls.DENSE_WEIGHT, depth=cls.DEPTH
        )
        return cls(manifest, open_segments(folder, manifest), hybrid, embedder)

    def search(self, query: Query, k: int, filters: Filters | None = None) -> list[Hit]:
        """The k best passages for a query, best first, of the articles that pass the filters."""
        hybrid = self._narrowed(filters) if filters else self.hybrid
        ranking = hybrid.search(query, k)
        rows = zip(ranking.ids, ranking.scores, ranking.dense, ranking.lexical, strict=True)
        return [
            Hit(int(number), self.passage(int(number)), float(score), float(dense), float(lexical))
            for number, score, dense, lexical in rows
        ]

    def passage(self, passage_id: int) -> Passage:
        """A passage by its number."""
        return self._holding(passage_id).passage(passage_id)

    def passages_of(self, article_id: str) -> list[tuple[int, Passage]]:
        """The passages of an article with their numbers, in reading order; none when the index does not hold it."""
        ids = [number for segment in self.segments for number in segment.passage_ids([article_id])]
        return [(number, self.passage(number)) for number in sorted(ids)]

    def sentence_vectors(self, passage_id: int) -> Vectors:
        """The vectors of a passage's sentences, shape (sentences, dim)."""
        return self._holding(passage_id).sentence_vectors(passage_id)

    def article(self, article_id: str) -> Article:
        """An article with its text.

        Raises:
            KeyError: the index does not hold it.
        """
        for segment in self.segments:
            if article := segment.article(article_id):
                return article
        raise KeyError(article_id)

    def title(self, article_id: str) -> str:
        """The title of an article; KeyError when the index does not hold it."""
        for segment in self.segments:
            if (title := segment.title(article_id)) is not None:
                return title
        raise KeyError(article_id)

    def articles(self) -> list[Article]:
        """Every article, by id."""
        every = (article for segment in self.segments for article in segment.articles())
        return sorted(every, key=lambda article: article.id)

    def catalogue(self, search: str = "", offset: int = 0, limit: int = 100) -> Catalogue:
        """The articles in order of title, from the `offset`-th on, without their texts.

        Args:
            search: words that must all stand in an article's title, source or id, in upper or lower case.
        """
        ordered = heapq.merge(*(segment.in_order(search) for segment in self.segments))
        ids = [article_id for _, article_id in islice(ordered, offset, offset + limit)]
        entries = [entry for name in ids for segment in self.segments if (entry := segment.entry(name))]
        return Catalogue(sum(segment.count(search) for segment in self.segments), tuple(entries))

    def sources(self) -> list[str]:
        """Every source that an article names, in order of the alphabet."""
        return sorted({source for segment in self.segments for source, _ in segment.origins() if source})

    def _holding(self, passage_id: int) -> Segment:
        return self.segments[bisect_right(self._first_ids, passage_id) - 1]


def _narrowed(hybrid: HybridIndex, segments: Sequence[Segment], filters: Filters) -> HybridIndex:
    return hybrid.within(np.concatenate([segment.passing(filters) for segment in segments]))
