"""Dates as files write them, to ISO 8601, never more precise than they were and never guessed."""

from __future__ import annotations

import re
from datetime import date, datetime

_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ].*)?)?)?", re.ASCII)
# Only forms that can be read one way: 05/08/2024 is May in one country and August in another.
_WRITTEN = {
    "%Y/%m/%d": "YYYY-MM-DD",
    "%B %d, %Y": "YYYY-MM-DD",
    "%b %d, %Y": "YYYY-MM-DD",
    "%d %B %Y": "YYYY-MM-DD",
    "%d %b %Y": "YYYY-MM-DD",
    "%B %Y": "YYYY-MM",
    "%b %Y": "YYYY-MM",
}


def iso_date(written: str | None) -> str | None:
    """`2024`, `2024-08` or `2024-08-05`, as precise as it was written; None for what is not a date."""
    words = " ".join((written or "").split())
    if match := _ISO.fullmatch(words):
        return _checked([part for part in match.groups() if part])
    for form, precision in _WRITTEN.items():
        try:
            # Not by strftime, which writes the year 99 with two digits.
            return datetime.strptime(words, form).date().isoformat()[: len(precision)]
        except ValueError:
            continue
    return None


def _checked(parts: list[str]) -> str | None:
    """The year, month and day joined if the calendar has such a date."""
    try:
        date(*[int(part) for part in (*parts, "1", "1")[:3]])
    except ValueError:
        return None
    return "-".join(parts)
