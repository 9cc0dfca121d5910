"""`rag check`: what has become of a receipt's quotes, in lines and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from textwrap import shorten

from rag.receipt import QuoteCheck, Verdict

_SHOWN = 70


def as_text(checks: Sequence[QuoteCheck]) -> str:
    """A line for each quote, and one for all of them."""
    counts = Counter(check.verdict for check in checks)
    parts = [_counted(counts[verdict], verdict) for verdict in Verdict if counts[verdict]]
    quotes = "1 quote" if len(checks) == 1 else f"{len(checks)} quotes"
    return "\n".join([*map(_line, checks), f"{quotes}: {', '.join(parts)}" if parts else quotes])


def as_json(checks: Sequence[QuoteCheck]) -> str:
    """The same for programs; `now` is the range of the words in the article as it is, or null."""
    found = [
        {
            "number": check.quote.number,
            "article_id": check.quote.article_id,
            "quote": check.quote.quote,
            "verdict": check.verdict,
            "then": [check.quote.start, check.quote.end],
            "now": check.place,
        }
        for check in checks
    ]
    return json.dumps({"holds": all(check.is_said for check in checks), "quotes": found}, indent=1, ensure_ascii=False)


def _line(check: QuoteCheck) -> str:
    quote = check.quote
    now = f", now {check.place[0]}-{check.place[1]}" if check.verdict is Verdict.MOVED and check.place else ""
    words = shorten(quote.quote, _SHOWN, placeholder=" …")
    line = f"{check.verdict:8} [{quote.number}] {quote.article_id} {quote.start}-{quote.end}{now}: “{words}”"
    # A receipt comes from somebody else, and a terminal takes some characters for orders.
    return "".join(letter if letter.isprintable() else " " for letter in line)


def _counted(count: int, verdict: Verdict) -> str:
    return f"{count} hold" if verdict is Verdict.HOLDS and count > 1 else f"{count} {verdict}"
