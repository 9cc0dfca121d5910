"""An opened index in a folder: one generation, read only, shared by any number of threads."""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path

import numpy as np

from corpus.article import Article, Passage
from index.article_index import DENSE_WEIGHT, DEPTH
from index.catalogue import Catalogue, Entry
from index.embedding.embedder import Embedder
from index.filters import Filters
from index.folder import files
from index.folder.dense import DenseIndex, DensePart
from index.folder.generation import open_segment
from index.folder.hybrid_index import HybridIndex
from index.folder.lexical import LexicalIndex
from index.folder.segment import Segment
from index.hybrid import HybridRanking
from index.manifest import Manifest
from index.query import Analysis, Found, Hit, Query

# How many choices of articles are kept ready; to make one takes a tenth of a second among 100,000 articles.
_CHOICES = 16


class FolderIndex:
    """See `index.article_index.ArticleIndex`. It keeps the generation it opened."""

    def __init__(
        self, manifest: Manifest, segments: Sequence[Segment], hybrid: HybridIndex, embedder: Embedder
    ) -> None:
        self.manifest = manifest
        self.embedder = embedder
        self.hybrid = hybrid
        self.segments = list(segments)
        # Not a method of its own: a cache that held the index would keep it open when nobody uses it any more.
        self._narrowed = lru_cache(_CHOICES)(partial(_narrowed, hybrid, self.segments))
        self._first_ids = [segment.first_id for segment in segments]

    @classmethod
    def open(cls, folder: Path, manifest: Manifest, embedder: Embedder) -> FolderIndex:
        """A generation of the index in a folder."""
        generation = files.generation_folder(folder, manifest.generation)
        segments = [open_segment(folder, part) for part in manifest.parts]
        dense = DenseIndex(
            [DensePart.of(segment, part.search) for segment, part in zip(segments, manifest.parts, strict=True)]
        )
        hybrid = HybridIndex(dense, LexicalIndex.open(generation), dense_weight=DENSE_WEIGHT, depth=DEPTH)
        return cls(manifest, segments, hybrid, embedder)

    def search(self, queries: Sequence[Query], k: int, filters: Filters | None = None) -> list[list[Found]]:
        """See `ArticleIndex.search`."""
        hybrid = self._narrowed(filters) if filters else self.hybrid
        return [self._found(ranking) for ranking in hybrid.search(queries, k)]

    def frequencies(self, words: Sequence[str]) -> list[int]:
        """See `ArticleIndex.frequencies`."""
        return self.hybrid.lexical.frequencies(words)

    def analyses(self, passage_ids: Sequence[int]) -> list[Analysis]:
        """See `ArticleIndex.analyses`."""
        passages = self._passages(passage_ids)
        return [passages[number][1] for number in passage_ids]

    def passages_of(self, article_id: str) -> list[tuple[int, Passage]]:
        """See `ArticleIndex.passages_of`."""
        for segment in self.segments:
            if ids := segment.passage_ids([article_id]):
                passages = segment.passages(ids)
                return [(number, passages[number][0]) for number in ids]
        return []

    def article(self, article_id: str) -> Article:
        """See `ArticleIndex.article`."""
        for segment in self.segments:
            if article := segment.article(article_id):
                return article
        raise KeyError(article_id)

    def title(self, article_id: str) -> str:
        """See `ArticleIndex.title`."""
        for segment in self.segments:
            if (title := segment.title(article_id)) is not None:
                return title
        raise KeyError(article_id)

    def articles(self) -> list[Article]:
        """See `ArticleIndex.articles`."""
        every = (article for segment in self.segments for article in segment.articles())
        return sorted(every, key=lambda article: article.id)

    def entry(self, article_id: str) -> Entry | None:
        """See `ArticleIndex.entry`."""
        return next(filter(None, (segment.entry(article_id) for segment in self.segments)), None)

    def catalogue(self, search: str = "", offset: int = 0, limit: int = 100) -> Catalogue:
        """See `ArticleIndex.catalogue`."""
        ordered = heapq.merge(*(segment.in_order(search) for segment in self.segments))
        ids = [article_id for _, article_id in islice(ordered, offset, offset + limit)]
        entries = [entry for name in ids for segment in self.segments if (entry := segment.entry(name))]
        return Catalogue(sum(segment.count(search) for segment in self.segments), tuple(entries))

    def sources(self) -> list[str]:
        """See `ArticleIndex.sources`."""
        return sorted({source for segment in self.segments for source in segment.named_sources() if source})

    def _found(self, ranking: HybridRanking) -> list[Found]:
        numbers = [int(number) for number in ranking.ids]
        passages = self._passages(numbers)
        rows = zip(numbers, ranking.scores, ranking.dense, ranking.lexical, strict=True)
        return [
            Found(Hit(number, passage, float(score), float(dense), float(lexical)), analysis)
            for number, score, dense, lexical in rows
            for passage, analysis in [passages[number]]
        ]

    def _passages(self, numbers: Iterable[int]) -> dict[int, tuple[Passage, Analysis]]:
        """Passages by their numbers, each segment asked once; KeyError for one that is not here."""
        wanted: dict[int, list[int]] = {}
        for number in numbers:
            wanted.setdefault(bisect_right(self._first_ids, number) - 1, []).append(number)
        return {
            number: found
            for place, ids in wanted.items()
            for number, found in self.segments[place].passages(ids).items()
        }


def _narrowed(hybrid: HybridIndex, segments: Sequence[Segment], filters: Filters) -> HybridIndex:
    return hybrid.within(np.concatenate([segment.passing(filters) for segment in segments]))
