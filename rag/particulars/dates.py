"""The dates in a text."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator

from rag.particulars.particular import Particular

_MONTHS = {name: f"{number:02}" for number, name in enumerate(calendar.month_abbr)}
# Only with a capital: "may" and "march" are verbs too.
_MONTH = (
    r"(?P<month>Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?\.?|July?\.?|Aug(?:ust|\.)?"
    r"|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)(?![\w-]*[A-Za-z])"
)
_DAY = r"(?P<day>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?(?!\d)"
# "17–20 July", "July 17 and 18": each is a day of that month.
_LAST_DAY = r"(?:(?:\s*[-–—/]\s*|\s(?:to|and)\s)(?P<last>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?(?!\d))?"
_YEAR = r"(?P<year>1\d{3}|20\d\d)(?!\w|%|[.,]\d)"
_ISO = r"(?<![\d.-])(?P<year>\d{4})[-/](?P<month>0[1-9]|1[0-2])(?:[-/](?P<day>0[1-9]|[12]\d|3[01]))?(?![\d-])"
_FIGURES = r"(?<![\d./])(?P<first>\d{1,2})(?P<mark>[./])(?P<second>\d{1,2})(?P=mark)(?P<year>\d{4})(?!\d)"
# "1500 soldiers" are no year, but "in 1998 elections" and "the 1998 elections" are.
_COUNTED = re.compile(r"\s+(?:people|men|women|[a-z]{2,}s)\b")
_BEFORE_YEAR = re.compile(
    r"\b(?:the|its|their|his|her|in|since|by|from|until|after|before|of|year|and|to)$", re.IGNORECASE
)
_ORDINALS = (
    "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|"
    "sixteenth|seventeenth|eighteenth|nineteenth|twentieth|twenty-first"
)
_CENTURY = (
    rf"\b(?P<ordinal>\d\d?(?=st|nd|rd|th)|(?ai:{_ORDINALS}))(?:st|nd|rd|th)?[\s-]+centur(?:y|ies)\b"
    r"(?!\s+B\.?C)"
)

_Values = Callable[[re.Match[str]], list[str]]


def dates(text: str) -> list[Particular]:
    """The dates in a text, in reading order: days, months, years, decades and centuries."""
    taken: set[int] = set()
    found: list[Particular] = []
    for pattern, values in _FORMS:
        for match in pattern.finditer(text):
            if taken.isdisjoint(range(*match.span())):
                said = [Particular("date", value, match.span()) for value in values(match)]
                taken.update(range(*match.span()) if said else ())
                found += said
    return sorted(found, key=lambda date: date.place)


def years(value: str) -> Iterator[str]:
    """The years of a date's value, in each way in which it can be read; none where it names none."""
    return (reading[:4] for reading in value.split("|") if not reading.startswith("XXXX"))


def _written(match: re.Match[str]) -> list[str]:
    parts = match.groupdict()
    month, day = _MONTHS[parts["month"][:3]], parts.get("day")
    beginning = f"{parts.get('year') or 'XXXX'}-{month}"
    if not day:
        return [beginning]
    days = {int(day): None, int(parts.get("last") or day): None}
    return [f"{beginning}-{number:02}" for number in days]


def _iso(match: re.Match[str]) -> list[str]:
    return ["-".join(part for part in match.group("year", "month", "day") if part)]


def _figures(match: re.Match[str]) -> list[str]:
    first, second = int(match["first"]), int(match["second"])
    # The day comes first in one country and the month in another.
    readings = {f"{match['year']}-{m:02}-{d:02}" for d, m in ((first, second), (second, first)) if 0 < m <= 12 and d}
    return ["|".join(sorted(readings))] if readings else []


def _decade(match: re.Match[str]) -> list[str]:
    year = match["year"] or f"19{match['short']}"
    return [f"{year[:2]}XX" if year.endswith("00") else f"{year[:3]}X"]


def _century(match: re.Match[str]) -> list[str]:
    said = match["ordinal"].lower()
    number = int(said) if said.isdigit() else _ORDINALS.split("|").index(said) + 1
    return [f"{number - 1:02}XX"]


def _two_years(match: re.Match[str]) -> list[str]:
    return [match["year"], match["year"][:2] + match["last"]]


def _year(match: re.Match[str]) -> list[str]:
    text, (start, end) = match.string, match.span()
    return [match["year"]] if not _COUNTED.match(text, end) or _BEFORE_YEAR.search(text[:start].rstrip()) else []


# The longer come first: what is part of one date is no other.
_FORMS: tuple[tuple[re.Pattern[str], _Values], ...] = (
    (re.compile(_FIGURES), _figures),
    (re.compile(rf"\b{_DAY}{_LAST_DAY}\s+(?:of\s+)?{_MONTH}(?:,?\s+(?:of\s+)?{_YEAR})?"), _written),
    (re.compile(rf"\b{_MONTH}\s+(?:the\s+)?{_DAY}{_LAST_DAY}(?:,?\s+{_YEAR})?"), _written),
    (re.compile(rf"\b{_MONTH},?\s+(?:of\s+)?{_YEAR}"), _written),
    (re.compile(_ISO), _iso),
    # At the beginning of a sentence it may be "May I …", or a name.
    (re.compile(rf"(?<=[a-z,(] )\b{_MONTH}(?!\s+[A-Z])"), _written),
    (re.compile(_CENTURY, re.IGNORECASE), _century),
    (
        re.compile(r"(?<![\d.,$€£¥])(?:(?P<year>1\d\d0|20\d0)|(?P<short>(?<=the )[2-9]0|(?<=['’])[2-9]0))['’]?s\b"),
        _decade,
    ),
    (re.compile(r"(?<![\d.,$€£¥-])(?P<year>1\d{3}|20\d\d)\s?[-–—/]\s?(?P<last>\d\d)(?![\d%]|[.,]\d)"), _two_years),
    (re.compile(rf"(?<![\d.,$€£¥])\b{_YEAR}"), _year),
)
