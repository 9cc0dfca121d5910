"""A gold question: what is asked, what is right, and where in the articles it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass

from corpus.article import Range


@dataclass(frozen=True, slots=True)
class GoldQuote:
    """Words of an article that prove an answer. Quotes with one `fact` say the same, and citing any of them proves it.

    Without a quote it is the whole article that should be found, as in BEIR, and `grade` is how much it matters.
    """

    article: str
    quote: str | None
    fact: int
    grade: int = 1


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """A question with its right answers, any of which will do, and the quotes that prove them.

    `history` are the turns before, each a question and its answer; an unanswerable question has neither answers nor
    evidence.
    """

    id: str
    question: str
    answers: tuple[str, ...] = ()
    evidence: tuple[GoldQuote, ...] = ()
    unanswerable: bool = False
    history: tuple[tuple[str, str], ...] = ()
    kind: str | None = None


def locate(quote: str, text: str) -> Range | None:
    """Where a quote stands in an article's text, line breaks and spaces counting alike; None where it does not."""
    start = text.find(quote)
    if start >= 0:
        return start, start + len(quote)
    found = re.search(r"\s+".join(map(re.escape, quote.split())), text)
    return found.span() if found else None
