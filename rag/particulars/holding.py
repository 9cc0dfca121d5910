"""Whether particulars are the same, and whether a text holds them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product, takewhile

from rag.particulars.dates import dates
from rag.particulars.names import acronyms, names, words
from rag.particulars.numbers import numbers
from rag.particulars.particular import Particular

# Said in one word, where others count.
_COUNTED = {"both": "2", "twice": "2", "double": "2", "doubled": "2", "once": "1", "single": "1", "half": "50%"}
_CURRENCY = re.compile(r"[$€£¥]")
# A country, and those who live there: Russia, Russian; Japan, Japanese; Poland, Polish.
_COUNTRY = re.compile(r"(?:|a|e|y|o|ia|al|en|ain|and|land|ey|ay)")
_PEOPLE = re.compile(r"(?:n|an|ian|ean|i|ic|ish|tish|nish|ese|uese|er|egian)")
_STEM = 3
# Those that share too little.
_COUNTRIES = {
    "china": "chinese sino", "denmark": "danish danes dane", "england": "english anglo", "france": "french franco",
    "germany": "german germans", "greece": "greek greeks", "india": "indian indians indo", "ireland": "irish",
    "netherlands": "dutch", "poland": "poles", "russia": "russian russians russo", "scotland": "scots",
    "spain": "spanish spaniard spaniards", "switzerland": "swiss", "turkey": "turk turks", "wales": "welsh",
}  # fmt: skip
_IRREGULAR = {people: country for country, peoples in _COUNTRIES.items() for people in peoples.split()}


@dataclass(frozen=True, slots=True)
class Held:
    """What a text holds, in the forms in which particulars are looked up in it."""

    words: frozenset[str]
    numbers: dict[str, set[str]]
    dates: tuple[str, ...]
    acronyms: frozenset[str]
    initials: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Held:
        """What is held by a text."""
        spoken, said = words(text), [date.value for date in dates(text)]
        found = numbers(text)
        # "1,200" holds no 200, and "500 pounds" nothing but pounds.
        loose = (word for word in words(_without(text, found)) if word.isdigit())
        named = [name.value.split() for name in names(text, frozenset(spoken))]
        return cls(
            words=frozenset(spoken).union(*named),
            numbers=_by_amount(
                [
                    *map(_amount, found),
                    *((plain, "") for plain in (*loose, *_parts(said))),
                    *((_COUNTED[word], "") for word in spoken if word in _COUNTED),
                ]
            ),
            dates=tuple(said),
            acronyms=acronyms(text),
            initials=tuple("".join(word[0] for word in name) for name in named),
        )

    def lacks(self, particular: Particular) -> bool:
        """Whether it does not hold a particular, or only less exactly."""
        if particular.kind == "name":
            return not self._holds_name(particular.value.split())
        if particular.kind == "date" and self._holds_date(particular.value):
            return False
        return not self._holds_number(particular)

    def _holds_number(self, number: Particular) -> bool:
        plain, unit = _amount(number)
        units = self.numbers.get(plain)
        # Where one of them does not say what it counts in, they may be the same.
        return units is not None and (not unit or not units - {""} or unit in units)

    def _holds_date(self, value: str) -> bool:
        years = {_parsed(reading)[0] for held in self.dates for reading in held.split("|")}
        for year, month, day in map(_parsed, value.split("|")):
            for held in self.dates:
                for held_year, held_month, held_day in map(_parsed, held.split("|")):
                    exact = month in ("", held_month) and day in ("", held_day)
                    # "On 17 July …" is of the year that stands beside it.
                    when = years if not held_year else {held_year}
                    if exact and any(other.startswith(year.rstrip("X")) for other in when):
                        return True
        return False

    def _holds_name(self, name: Sequence[str]) -> bool:
        missing = [word for word in name if not self._holds_word(word)]
        short = "".join(word[0] for word in missing)
        return not missing or (len(short) > 1 and short in self.acronyms)

    def _holds_word(self, word: str) -> bool:
        if word in self.words or any(_alike(word, other) for other in self.words):
            return True
        return len(word) > 1 and any(word in initials for initials in self.initials)


def lacking(said: Iterable[Particular], text: str) -> list[Particular]:
    """Those of the particulars that a text does not hold, or only less exactly."""
    held = Held.of(text)
    return [particular for particular in said if held.lacks(particular)]


def same(one: Particular, other: Particular) -> bool:
    """Whether two particulars may be the same thing, one of them said more exactly perhaps."""
    if one.kind == "name" or other.kind == "name":
        few, many = sorted((one.value.split(), other.value.split()), key=len)
        initials = ["".join(word[0] for word in name) for name in (few, many)]
        return (one.kind == other.kind and all(any(_alike(a, b) for b in many) for a in few)) or (
            few[0] == initials[1] and len(few) == 1 < len(many)
        )
    if one.kind == other.kind == "number" or "number" in (one.kind, other.kind):
        (plain, unit), (other_plain, other_unit) = _amount(one), _amount(other)
        return plain == other_plain and (not unit or not other_unit or unit == other_unit)
    return any(
        all(a == b or not a or not b or "X" in a + b for a, b in zip(first, second, strict=True))
        and (first[0].rstrip("X").startswith(second[0].rstrip("X")) or second[0].startswith(first[0].rstrip("X")))
        for first, second in product(*(map(_parsed, date.value.split("|")) for date in (one, other)))
    )


def _amount(number: Particular) -> tuple[str, str]:
    """A number without its currency or measure, and that."""
    currency = _CURRENCY.match(number.value)
    return (number.value[1:], currency[0]) if currency else (number.value, number.unit)


def _by_amount(amounts: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    units: dict[str, set[str]] = {}
    for plain, unit in amounts:
        units.setdefault(plain, set()).add(unit)
    return units


def _without(text: str, found: Iterable[Particular]) -> str:
    for item in found:
        start, end = item.place
        text = f"{text[:start]}{' ' * (end - start)}{text[end:]}"
    return text


def _parsed(reading: str) -> tuple[str, str, str]:
    """Year, month and day of a date; empty where it does not say."""
    year, month, day = (*reading.split("-"), "", "")[:3]
    return year.replace("XXXX", ""), month, day


def _parts(values: Iterable[str]) -> set[str]:
    """The years and days of dates, which a text may also take for numbers."""
    parsed = [_parsed(reading) for value in values for reading in value.split("|")]
    return {str(int(part)) for year, _, day in parsed for part in (year, day) if part.isdigit()}


def _alike(one: str, other: str) -> bool:
    """Whether two words of names are forms of one: Russia, Russian and Russians; Organisation and Organization."""
    if _IRREGULAR.get(one, one) == _IRREGULAR.get(other, other):
        return True
    if one[:_STEM] != other[:_STEM]:
        return False
    one, other = (word.replace("z", "s").removesuffix("s") for word in (one, other))
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    # "Poland" and "Polish" share a letter of the ending.
    return one == other or any(
        _COUNTRY.fullmatch(country, at) and _PEOPLE.fullmatch(people, at)
        for at in range(_STEM, shared + 1)
        for country, people in ((one, other), (other, one))
    )
