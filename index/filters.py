"""Which articles a question is asked of."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from corpus.errors import BadFilter
from corpus.readers.dates import iso_date


@dataclass(frozen=True, slots=True)
class Filters:
    """Articles of some sources, published in some time; one that does not say when is in no time.

    Args:
        sources: as the articles name them, one or several; none for every source.
        since: the first date, ISO 8601, as precise as wanted: `2024`, `2024-06` or `2024-06-15`.
        until: the last one. Dates are compared as far as both go: an article of 2024 lies in what begins in 2024-06.

    Raises:
        BadFilter: a date is none, or the time ends before it begins.
    """

    sources: Collection[str] = frozenset()
    since: str | None = None
    until: str | None = None

    def __post_init__(self) -> None:
        # Filters are keys of a cache, and a set or a list, which are at hand, could not be.
        sources = frozenset([self.sources] if isinstance(self.sources, str) else self.sources)
        object.__setattr__(self, "sources", sources)
        for name, date in (("since", self.since), ("until", self.until)):
            if date is not None and iso_date(date) != date:
                raise BadFilter(f"{name} is {date[:40]!r}: give a date such as 2024, 2024-06 or 2024-06-15")
        if self.since and self.until and self.since[: len(self.until)] > self.until[: len(self.since)]:
            raise BadFilter(f"{self.since} comes after {self.until}: give the earlier date first")

    def __bool__(self) -> bool:
        """Whether any article is left out."""
        return bool(self.sources or self.since or self.until)
