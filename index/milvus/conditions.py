"""What must hold of a row, as Milvus reads it."""

from __future__ import annotations

import json
from collections.abc import Iterable

from index.filters import Filters


def one_of(field: str, values: Iterable[str | int]) -> str:
    """The condition that a field has one of some values."""
    return f"{field} in {json.dumps(list(values), ensure_ascii=False)}"


def both(first: str, second: str) -> str:
    """The condition that two others hold."""
    return f"({first}) and ({second})"


def passing(filters: Filters) -> list[str]:
    """The conditions that articles of some sources meet, published in some time.

    Dates are compared as far as both go, which as text they can be; nothing compares with one that is missing.
    """
    conditions = []
    if filters.sources:
        conditions.append(one_of("source", sorted(filters.sources)))
    if since := filters.since:
        # Shorter dates that the first one begins with come before it as text, and lie in it as far as they go.
        shorter = one_of("published", [since[:length] for length in (4, 7) if length < len(since)])
        conditions.append(f'published >= "{since}" or {shorter}' if len(since) > 4 else f'published >= "{since}"')
    if until := filters.until:
        # As text, "~" comes after all that a date may go on with.
        conditions.append(f'published <= "{until}~"')
    return conditions
