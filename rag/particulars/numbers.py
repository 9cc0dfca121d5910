"""The numbers in a text, in figures or in words, with their unit where that changes what they say."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from corpus.article import Range
from rag.particulars.dates import dates
from rag.particulars.particular import Particular

_CARDINALS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_ORDINALS = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SCALES = {"hundred": 100, "dozen": 12, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_SHORT_SCALES = {"k": 1000, "m": 10**6, "mn": 10**6, "b": 10**9, "bn": 10**9, "tn": 10**12}
SMALL = {word: number for words in (_CARDINALS, _ORDINALS) for number, word in enumerate(words.split())} | {
    form: 10 * ten for ten, word in enumerate(_TENS.split(), start=2) for form in (word, f"{word[:-1]}ieth")
}
# Letters that only look like these when case is ignored, such as the old long s, are others: hence the `a`.
_MULTIPLE = rf"(?ai:{'|'.join(_SCALES)})"
_DIGIT = "|".join(word for word, number in SMALL.items() if 0 < number < 10)
_PIECE = rf"(?:(?ai:{_TENS.replace(' ', '|')})[\s-](?ai:{_DIGIT})|(?ai:{'|'.join(SMALL)}))"
_WORDS = re.compile(
    rf"\b(?:{_PIECE}|an?(?=\s{_MULTIPLE}\b))(?:(?:[\s-]{_MULTIPLE})+(?:\s(?:and\s)?{_PIECE})?)*\b", re.IGNORECASE
)
_LETTERS = re.compile(r"[a-z]+")
# Alone, they mean too much else.
_VAGUE = frozenset({"one", "first", "second"})

_FIGURES = re.compile(
    r"(?<![\w.,])(?P<minus>[-−](?<![^\s(][-−]))?(?P<symbol>(?:US|A|C)?\$|€|£|¥)?\s?"
    r"(?P<figures>\d{1,3}(?:[,\u00a0\u202f]\d{3})+(?!\d)(?:\.\d+)?|\d+(?:[.,:]\d+)*)"
)
_SCALE = re.compile(
    rf"[\s-]?(?P<scale>(?ai:{'|'.join([*_SCALES, 'mn', 'bn', 'tn'])}))\b|(?P<short>(?ai:[kmb]))\b", re.IGNORECASE
)
_UNIT = re.compile(
    r"\s?(?P<percent>%)|[\s-](?P<said>per\s?cent|percentage)\b|(?:st|nd|rd|th)?\s?(?P<bc>B\.?C\b)"
    r"|[\s-](?:(?:US|U\.S\.)\s)?(?P<money>(?ai:dollar|euro|pound|yen))s?\b",
    re.IGNORECASE,
)
_SYMBOLS = {"dollar": "$", "euro": "€", "pound": "£", "yen": "¥"}
# Each with its other forms; those of what is often said loosely, such as tons and tonnes, are one.
_MEASURES = (
    "metre meter m, kilometre kilometer km kph, centimetre centimeter cm, millimetre millimeter mm, mile mph, "
    "foot feet ft, inch inches, yard, tonne ton, kilogram kilogramme kilo kg, gram gramme, ounce, litre liter, gallon, "
    "hectare, acre, hour, minute, day, week, month, year, decade, century centuries, "
    "cent, franc, rupee, yuan, rouble ruble, peso, krona kronor, lira"
)
_MEASURED = {form: forms.split()[0] for forms in _MEASURES.split(", ") for form in forms.split()}
_MEASURE = re.compile(
    rf"[\s\u00a0-]?(?P<power>(?:square|cubic)[\s-])?(?P<measure>(?ai:{'|'.join(_MEASURED)}))s?\b", re.IGNORECASE
)
_FRACTION = re.compile(
    r"\b(?P<over>one|two|three|four|an?)[\s-](?P<under>(?ai:third|quarter|fourth|fifth|sixth|tenth))s?\b(?= of\b)"
    r"|\b(?P<half>half)(?= (?:of|the|its|their|his|her|as)\b)",
    re.IGNORECASE,
)
_UNDER = {"third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "tenth": 10}
_RANGE = re.compile(r"(?:st|nd|rd|th)?\s*(?:[-–—]|to|and|or)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Number:
    """A number before it is written down: figures such as 10:30 or 3.11.2 have no value, only their looks."""

    place: Range
    looks: str
    value: Decimal | None = None
    scale: int = 1
    unit: str = ""
    measure: str = ""

    def particular(self) -> Particular:
        if self.value is None:
            return Particular("number", self.looks, self.place, self.measure)
        plain = f"{(self.value * self.scale).normalize():f}"
        said = {"%": f"{plain}%", "BC": f"{plain} BC"}.get(self.unit, f"{self.unit}{plain}")
        return Particular("number", said, self.place, self.measure)


def numbers(text: str) -> list[Particular]:
    """The numbers in a text, in reading order; years and other parts of dates are none, nor "one" and "first" alone."""
    rest = _without(text, (date.place for date in dates(text)))
    fractions = [_fraction(match) for match in _FRACTION.finditer(rest)]
    rest = _without(rest, (fraction.place for fraction in fractions))
    found = [_in_figures(match) for match in _FIGURES.finditer(rest)]
    rest = _without(rest, (number.place for number in found))
    found += [_in_words(match) for match in _WORDS.finditer(rest) if match[0].lower() not in _VAGUE]
    found = _with_shared_units(text, sorted(found, key=lambda number: number.place))
    return sorted([*fractions, *(number.particular() for number in found)], key=lambda number: number.place)


def _without(text: str, places: Iterable[Range]) -> str:
    for start, end in places:
        text = f"{text[:start]}{'|' * (end - start)}{text[end:]}"
    return text


def _in_figures(match: re.Match[str]) -> _Number:
    figures, symbol, (start, end) = match["figures"], match["symbol"], match.span()
    scale = _SCALE.match(match.string, end)
    # "5 m" may be metres.
    if scale and scale["short"] and not symbol:
        scale = None
    by = (_SCALES | _SHORT_SCALES)[(scale["scale"] or scale["short"]).lower()] if scale else 1
    unit, end = _unit(match.string, scale.end() if scale else end)
    value = _decimal(figures)
    if value is not None and match["minus"]:
        value = -value
    return _Number((start, end), figures, value, by, symbol[-1] if symbol else unit, _measure(match.string, end))


def _decimal(figures: str) -> Decimal | None:
    if re.fullmatch(r"\d{1,3}(?:[,\u00a0\u202f]\d{3})+(?:\.\d+)?", figures):
        figures = re.sub(r"[,\u00a0\u202f]", "", figures)
    elif re.fullmatch(r"\d{1,3}(?:\.\d{3}){2,}", figures):
        figures = figures.replace(".", "")
    elif re.fullmatch(r"\d+,\d+", figures):
        figures = figures.replace(",", ".")
    return Decimal(figures) if re.fullmatch(r"\d+(?:\.\d+)?", figures, re.ASCII) else None


def _in_words(match: re.Match[str]) -> _Number:
    total = current = 0
    for word in _LETTERS.findall(match[0].lower()):
        scale = _SCALES.get(word)
        if scale is None:
            current += SMALL.get(word, 0)
        elif scale < 1000:
            current = max(current, 1) * scale
        else:
            total, current = total + max(current, 1) * scale, 0
    unit, end = _unit(match.string, match.end())
    measure = _measure(match.string, end)
    return _Number((match.start(), end), match[0], Decimal(total + current), unit=unit, measure=measure)


def _fraction(match: re.Match[str]) -> Particular:
    over = 1 if match["half"] else SMALL.get(match["over"].lower(), 1)
    share = Fraction(over, 2 if match["half"] else _UNDER[match["under"].lower()])
    percent = share * 100
    return Particular("number", f"{percent}%" if percent.denominator == 1 else str(share), match.span())


def _unit(text: str, end: int) -> tuple[str, int]:
    """The unit that follows a number, and where it ends."""
    found = _UNIT.match(text, end)
    if not found:
        return "", end
    unit = _SYMBOLS[found["money"].lower()] if found["money"] else "BC" if found["bc"] else "%"
    return unit, found.end()


def _measure(text: str, end: int) -> str:
    """The measure in which a number counts, if one follows it: "43-metre", "43 m", "43 square metres"."""
    found = _MEASURE.match(text, end)
    return f"{found['power'] or ''}{_MEASURED[found['measure'].lower()]}".lower() if found else ""


def _with_shared_units(text: str, found: list[_Number]) -> list[_Number]:
    """The numbers, where "5 to 10 %" means 5 % too, and "5 to 10 million" five million."""
    for position in range(len(found) - 2, -1, -1):
        number, then = found[position], found[position + 1]
        if _RANGE.fullmatch(text[number.place[1] : then.place[0]]):
            scale = then.scale if number.scale == 1 and not number.unit else number.scale
            found[position] = replace(
                number, scale=scale, unit=number.unit or then.unit, measure=number.measure or then.measure
            )
    return found
