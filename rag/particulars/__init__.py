"""The particulars of a text, by which a statement can be held to its source: its numbers, dates and names."""

from collections.abc import Set as AbstractSet

from rag.particulars.dates import dates
from rag.particulars.holding import Held, lacking, same
from rag.particulars.names import fold, names
from rag.particulars.numbers import numbers
from rag.particulars.particular import Particular

__all__ = ["Held", "Particular", "dates", "fold", "lacking", "names", "numbers", "particulars", "same"]


def particulars(text: str, known: AbstractSet[str] = frozenset()) -> list[Particular]:
    """All of a text's numbers, dates and names; `known` as `names` has it."""
    return [*numbers(text), *dates(text), *names(text, known)]
