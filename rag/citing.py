"""From the sentences chosen to the citations that prove them, by whatever the answer is made."""

from __future__ import annotations

from collections.abc import Sequence

from corpus.article import Article
from index.article_index import ArticleIndex
from rag.answer import Citation, ShortAnswer
from rag.evidence import Candidate


def cite(candidates: Sequence[Candidate], index: ArticleIndex) -> tuple[Citation, ...]:
    """The sentences as citations, numbered from 1 in the order given, each with its exact range of its article."""
    articles = {name: index.article(name) for name in {item.article_id for item in candidates}}
    return tuple(_citation(number, item, articles[item.article_id]) for number, item in enumerate(candidates, start=1))


def short_answer(candidates: Sequence[Candidate], index: ArticleIndex) -> ShortAnswer | None:
    """The words among the sentences that the reader is surest of; None where it read none of them."""
    surest = max(candidates, key=lambda item: item.certainty, default=None)
    if surest is None or surest.best_words is None:
        return None
    start, end = surest.best_words
    return ShortAnswer(surest.article_id, start, end, index.article(surest.article_id).text[start:end])


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
