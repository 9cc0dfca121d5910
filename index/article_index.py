"""The seam above what is stored: articles, their passages, and the search over them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from corpus.article import Article, Passage
from index.catalogue import Catalogue, Entry
from index.embedding.embedder import Embedder
from index.filters import Filters
from index.manifest import Manifest
from index.query import Analysis, Found, Query

# On SciFact, nDCG@10 by dense weight at depth 200: .4 .729, .5 .734, .6 .736, .7 .726.
DENSE_WEIGHT = 0.6
# At weight .6, by candidates from each side: 100 .7315, 200 .7356, 1,000 .7358 at twenty times the time.
DEPTH = 200


class ArticleIndex(Protocol):
    """An opened index, read only, shared by any number of threads; a folder's and Milvus's are both one.

    A folder's keeps the generation it opened. Passage numbers are never used again for another passage, but by an index
    that is made anew.
    """

    @property
    def manifest(self) -> Manifest:
        """What the index says of itself."""
        ...

    @property
    def embedder(self) -> Embedder:
        """What makes vectors of questions."""
        ...

    def search(self, queries: Sequence[Query], k: int, filters: Filters | None = None) -> list[list[Found]]:
        """The k best passages for each query, best first, of the articles that pass the filters."""
        ...

    def frequencies(self, words: Sequence[str]) -> list[int]:
        """In how many passages each word stands; the words as `index.words.terms` gives them."""
        ...

    def analyses(self, passage_ids: Sequence[int]) -> list[Analysis]:
        """What is known of some passages, in the order given.

        Raises:
            KeyError: the index does not hold one of them.
        """
        ...

    def passages_of(self, article_id: str) -> list[tuple[int, Passage]]:
        """The passages of an article with their numbers, in reading order; none when the index does not hold it."""
        ...

    def article(self, article_id: str) -> Article:
        """An article with its text.

        Raises:
            KeyError: the index does not hold it.
        """
        ...

    def title(self, article_id: str) -> str:
        """The title of an article; KeyError when the index does not hold it."""
        ...

    def articles(self) -> list[Article]:
        """Every article, by id."""
        ...

    def entry(self, article_id: str) -> Entry | None:
        """An article as the catalogue lists it, or None when the index does not hold it."""
        ...

    def catalogue(self, search: str = "", offset: int = 0, limit: int = 100) -> Catalogue:
        """The articles in order of title, from the `offset`-th on, without their texts.

        Args:
            search: words that must all stand in an article's title, source or id, in upper or lower case.
        """
        ...

    def sources(self) -> list[str]:
        """Every source that an article names, in order of the alphabet."""
        ...
