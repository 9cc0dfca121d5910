"""Where quoted words stand in an article, though it may have changed since they were quoted."""

from __future__ import annotations

import re

from corpus.article import Range


def find_quote(text: str, quote: str, near: int) -> Range | None:
    """The range of the same words nearest to where they stood, white space aside; None where they are no longer.

    Args:
        text: the article's text as it is now.
        quote: the words as they were quoted.
        near: the character at which they began.
    """
    if not quote.strip():
        return None
    if near >= 0 and text.startswith(quote, near):
        return near, near + len(quote)
    places = (found.span(1) for found in _words(quote).finditer(text))
    return min(places, key=lambda place: abs(place[0] - near), default=None)


def _words(quote: str) -> re.Pattern[str]:
    spaced = r"\s+".join(re.escape(word) for word in quote.split())
    # A look ahead, so that places that overlap are all found.
    return re.compile(f"(?=({spaced}))")
