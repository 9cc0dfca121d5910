"""One particular: what all of numbers, dates and names have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from corpus.article import Range


@dataclass(frozen=True, slots=True)
class Particular:
    """A number, date or name in a text: the same `value` for the same thing, and `text[slice(*place)]` as it was said.

    A number's value is written plainly, with its unit where that changes what it says: `5600`, `10%`, `$5000000`,
    `44 BC`. A date's is in the Extended Date/Time Format (ISO 8601-2): `2017-07-17`, `2017-07`, `2017`, `199X`, `18XX`,
    `XXXX-07-17`; one that can be read two ways has both, with a stroke between. A name's are its words in lower case,
    without accents, titles of honour and small words: `martin luther king`. What a number counts in, as far as it is a
    measure, is its `unit`: `metre`.
    """

    kind: Literal["number", "date", "name"]
    value: str
    place: Range
    unit: str = ""
