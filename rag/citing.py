"""From the sentences chosen to the citations that prove them, by whatever the answer is made."""

from __future__ import annotations

from collections.abc import Sequence

from corpus.article import Article
from index.article_index import ArticleIndex
from rag.answer import Citation
from rag.evidence import Candidate


def cite(candidates: Sequence[Candidate], index: ArticleIndex) -> tuple[Citation, ...]:
    """The sentences as citations, numbered from 1 in the order given, each with its exact range of its article."""
    articles = {name: index.article(name) for name in {item.article_id for item in candidates}}
    return tuple(_citation(number, item, articles[item.article_id]) for number, item in enumerate(candidates, start=1))


def in_reading_order(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Sentences of one article as they follow each other in it; the articles in the order of the first of each."""
    articles = list(dict.fromkeys(item.article_id for item in candidates))
    return sorted(candidates, key=lambda item: (articles.index(item.article_id), item.range))


def _citation(number: int, item: Candidate, article: Article) -> Citation:
    start, end = item.range
    quote = article.text[start:end]
    # The promise of the product, kept here for every citation there is.
    if quote != item.text:
        raise AssertionError(f"{article.id} [{start}:{end}] is not what its passage says")
    return Citation(number, article.id, article.title, start, end, quote, article.url)
