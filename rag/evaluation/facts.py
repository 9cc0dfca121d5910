"""Where the articles of an index state what a gold question asks for."""

from __future__ import annotations

from dataclasses import dataclass

from corpus.article import Passage
from corpus.gold import GoldQuestion, locate
from index.article_index import ArticleIndex

Place = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Facts:
    """For each fact of the gold evidence the places that state it, as article and characters; none if not indexed.

    `grades` say how much each fact matters, and `are_quotes` whether places are quotes or whole articles.
    """

    places: tuple[tuple[Place, ...], ...]
    grades: tuple[int, ...]
    are_quotes: bool

    @classmethod
    def of(cls, gold: GoldQuestion, index: ArticleIndex) -> Facts:
        """The facts of a gold question, looked up in an index."""
        places: dict[int, list[Place]] = {}
        grades: dict[int, int] = {}
        for quote in gold.evidence:
            text = _text_of(quote.article, index)
            found = (0, len(text)) if quote.quote is None else locate(quote.quote, text)
            places.setdefault(quote.fact, []).extend([(quote.article, *found)] if text and found else [])
            grades[quote.fact] = quote.grade
        are_quotes = any(quote.quote is not None for quote in gold.evidence)
        return cls(tuple(map(tuple, places.values())), tuple(grades.values()), are_quotes)

    def stated_in(self, passage: Passage) -> list[int]:
        """The facts, by number, that a passage states: it holds half of a place, or lies half in one."""
        return [
            number
            for number, places in enumerate(self.places)
            if any(_holds(passage, article, start, end) for article, start, end in places)
        ]


def _holds(passage: Passage, article: str, start: int, end: int) -> bool:
    shared = min(passage.end, end) - max(passage.start, start)
    return passage.article_id == article and 2 * shared >= min(passage.end - passage.start, end - start)


def _text_of(article_id: str, index: ArticleIndex) -> str:
    try:
        return index.article(article_id).text
    except KeyError:
        return ""
