"""An index in Milvus, opened to be asked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cached_property, lru_cache, partial, reduce

import numpy as np

from corpus.article import Article, Passage
from index.article_index import DENSE_WEIGHT, DEPTH
from index.catalogue import Catalogue, Entry, folded, sought_of
from index.embedding.embedder import Embedder
from index.filters import Filters
from index.hybrid import HybridRanking, mixed
from index.milvus import rows
from index.milvus.conditions import both, one_of, passing
from index.milvus.connection import MOST_FOUND, Connection, Row
from index.milvus.frequencies import Frequencies
from index.milvus.records import Record
from index.query import Analysis, Found, Hit, Ids, Query, Ranking
from index.words import terms

# Queries that are asked together: their candidates' cosines are had in one more search.
_QUERIES = 16
# Rows that are fetched together.
_ROWS = 500
_KEPT_ARTICLES = 256


class MilvusIndex:
    """See `ArticleIndex`.

    Another process may have put another generation in force since: of this one everything is still there until the
    generation after that, and the index made anew.
    """

    def __init__(self, connection: Connection, record: Record, embedder: Embedder) -> None:
        self.manifest = record.manifest
        self.embedder = embedder
        self._connection = connection
        self._record = record
        self._collections = record.collections
        self._visible = record.visible
        self._frequencies = Frequencies(connection, record.collections.passages, record.visible)
        self._article_rows = lru_cache(_KEPT_ARTICLES)(partial(_article_rows, connection, record))

    def search(self, queries: Sequence[Query], k: int, filters: Filters | None = None) -> list[list[Found]]:
        """See `ArticleIndex.search`."""
        visible = reduce(both, passing(filters), self._visible) if filters else self._visible
        several = [queries[start : start + _QUERIES] for start in range(0, len(queries), _QUERIES)]
        rankings = [ranking for some in several for ranking in self._rank(some, k, visible)]
        numbers = {int(number) for ranking in rankings for number in ranking.ids}
        found = self._passages(numbers, {*rows.PASSAGE, *rows.ANALYSIS})
        return [self._found(ranking, found) for ranking in rankings]

    def frequencies(self, words: Sequence[str]) -> list[int]:
        """See `ArticleIndex.frequencies`."""
        return self._frequencies.of(words)

    def analyses(self, passage_ids: Sequence[int]) -> list[Analysis]:
        """See `ArticleIndex.analyses`."""
        found = self._passages(set(passage_ids), rows.ANALYSIS)
        return [rows.analysis_of(found[number], self.manifest.recipe.dim) for number in passage_ids]

    def passages_of(self, article_id: str) -> list[tuple[int, Passage]]:
        """See `ArticleIndex.passages_of`."""
        head = self._head(article_id)
        if head is None:
            return []
        article = both(self._visible, one_of("article", [head["article"]]))
        found = self._connection.every(self._collections.passages, article, rows.PASSAGE)
        return [(int(row["id"]), rows.passage_of(row)) for row in sorted(found, key=lambda row: int(row["id"]))]

    def article(self, article_id: str) -> Article:
        """See `ArticleIndex.article`."""
        parts = self._article_rows(article_id)
        if not parts:
            raise KeyError(article_id)
        return rows.article_of(article_id, parts)

    def title(self, article_id: str) -> str:
        """See `ArticleIndex.title`."""
        return self.article(article_id).title

    def articles(self) -> list[Article]:
        """See `ArticleIndex.articles`."""
        parts: dict[str, list[Row]] = {}
        for row in self._connection.every(self._collections.articles, self._visible, [*rows.ARTICLE, "name"]):
            parts.setdefault(row["name"], []).append(row)
        return [rows.article_of(name, parts[name]) for name in sorted(parts)]

    def entry(self, article_id: str) -> Entry | None:
        """See `ArticleIndex.entry`."""
        head = self._head(article_id)
        return rows.entry_of(head) if head else None

    def catalogue(self, search: str = "", offset: int = 0, limit: int = 100) -> Catalogue:
        """See `ArticleIndex.catalogue`."""
        words = folded(search).split()
        entries = [entry for sought, entry in self._shelf if all(word in sought for word in words)]
        return Catalogue(len(entries), tuple(entries[offset : offset + limit]))

    def sources(self) -> list[str]:
        """See `ArticleIndex.sources`."""
        return sorted({entry.source for _, entry in self._shelf if entry.source})

    def _rank(self, queries: Sequence[Query], k: int, visible: str) -> list[HybridRanking]:
        """The k best for each query, as `HybridIndex` has them."""
        depth = min(max(k, DEPTH), MOST_FOUND)
        searching = self._connection.at_once.submit(self._by_meaning, queries, visible, depth)
        by_words = self._by_words(queries, visible, depth)
        # Every candidate's cosine is known; those that only their words found are looked up, in lots a search may find.
        found = sorted(set().union(*(ranking.ids.tolist() for ranking in by_words)))
        lots = [found[start : start + MOST_FOUND] for start in range(0, len(found), MOST_FOUND)]
        cosines = [self._by_meaning(queries, one_of("id", lot), len(lot)) for lot in lots]
        by_meaning = zip(searching.result(), *cosines, strict=True)
        return [_mixed(known, words, k) for known, words in zip(by_meaning, by_words, strict=True)]

    def _by_meaning(self, queries: Sequence[Query], condition: str, k: int) -> list[Ranking]:
        vectors = [query.vector for query in queries]
        return self._connection.search(self._collections.passages, "vector", vectors, condition, k)

    def _by_words(self, queries: Sequence[Query], condition: str, k: int) -> list[Ranking]:
        texts = [rows.sealed(dict.fromkeys(terms(query.text))) for query in queries]
        asked = [text for text in texts if text]
        passages = self._collections.passages
        found = iter(self._connection.search(passages, "bm25", asked, condition, k) if asked else [])
        # Milvus Lite has these scores below zero, a server above it.
        return [_above_zero(next(found)) if text else _NOTHING for text in texts]

    def _found(self, ranking: HybridRanking, found: dict[int, Row]) -> list[Found]:
        dim = self.manifest.recipe.dim
        table = zip(ranking.ids.tolist(), ranking.scores, ranking.dense, ranking.lexical, strict=True)
        return [
            Found(
                Hit(number, rows.passage_of(found[number]), float(score), float(dense), float(lexical)),
                rows.analysis_of(found[number], dim),
            )
            for number, score, dense, lexical in table
            # Two generations later, what was found may be gone before it is fetched.
            if number in found
        ]

    def _passages(self, numbers: Collection[int], fields: Iterable[str]) -> dict[int, Row]:
        """Some fields of passages, by number."""
        ordered, fields, found = sorted(numbers), [*fields, "article"], []
        for start in range(0, len(ordered), _ROWS):
            # By ids alone, which is how Milvus Lite does not look at all the others.
            some = one_of("id", ordered[start : start + _ROWS])
            found += self._connection.query(self._collections.passages, some, fields)
        return {int(row["id"]): row for row in found if self._record.holds(row)}

    def _head(self, article_id: str) -> Row | None:
        return next((row for row in self._article_rows(article_id) if row["part"] == 0), None)

    @cached_property
    def _shelf(self) -> list[tuple[str, Entry]]:
        """Every article with what is sought of it, which begins with the title, in that order; Milvus sorts nothing."""
        heads = self._connection.every(self._collections.articles, both(self._visible, "part == 0"), rows.ENTRY)
        entries = [rows.entry_of(row) for row in heads]
        sought = [sought_of(entry.title, entry.source, entry.id) for entry in entries]
        return sorted(zip(sought, entries, strict=True), key=lambda item: (item[0], item[1].id))


_NOTHING = Ranking(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32))


def _above_zero(ranking: Ranking) -> Ranking:
    return Ranking(ranking.ids, np.abs(ranking.scores))


def _mixed(by_meaning: Sequence[Ranking], by_words: Ranking, k: int) -> HybridRanking:
    """One query's candidates, mixed as `HybridIndex` does."""
    cosines = dict(
        pair for ranking in by_meaning for pair in zip(ranking.ids.tolist(), ranking.scores.tolist(), strict=True)
    )
    ids: Ids = np.union1d(by_meaning[0].ids, by_words.ids)
    # An approximate search may miss one that it was told to look at; it is then not near.
    least = min(cosines.values(), default=0.0)
    dense = np.array([cosines.get(number, least) for number in ids.tolist()], dtype=np.float32)
    return mixed(ids, dense, by_words, DENSE_WEIGHT, k)


def _article_rows(connection: Connection, record: Record, article_id: str) -> list[Row]:
    """All rows of an article; none where the generation does not hold it."""
    named = both(record.visible, one_of("name", [article_id]))
    fields = sorted({"article", *rows.ARTICLE, *rows.ENTRY})
    return list(connection.every(record.collections.articles, named, fields))
