"""What a sentence gives as the answer to a question: the number, date or name of the kind that is asked for."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

from index.words import terms
from rag.answer_type import AnswerType
from rag.evidence import Candidate
from rag.particulars import Particular, dates, lacking, names, numbers, same
from rag.question import Question, content_terms, names_and_numbers

# Several right answers: what is asked for may be more than one thing.
_SEVERAL = re.compile(
    r"\b(?:who|where) (?:are|were)\b|\b(?:which|what)(?: \w+)? \w+s (?:are|were|have|had|do|did)\b"
    r"|\b(?:names|examples?|some|other|others|besides|one of|list)\b|\b(?:not|never)\b|n['’]t\b",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"\bhow (?:many|much) ([\w-]+(?: [\w-]+)?)", re.IGNORECASE)
_FOLLOWING = re.compile(r"[\s-]*((?:[\w'’]+[\s-]+){0,2}[\w'’]+)")
_ROUGHLY = re.compile(
    r"(?:\b(?:about|around|nearly|almost|some|roughly|approximately|estimated|least|over|than|up to|under|between|and"
    r"|to|or|circa|c\.)|[-–—≈~<>])\s*$",
    re.IGNORECASE,
)
# How much two numbers may differ of which one is said to be rough.
_ROUGH = 0.1
_PLACED = re.compile(r"\b(?:in|at|on|to|from|near|around|into|through|during)(?: the)?\s*$", re.IGNORECASE)
_WHERE = re.compile(r"\bwhere\b", re.IGNORECASE)
_WHO = re.compile(r"\bwho(?:m|se)?\b", re.IGNORECASE)
# What follows in the same clause is what a sentence says not to be so.
_DENIED = re.compile(
    r"(?:\b(?:not|never|nor|neither|unlike|instead of|rather than)\b|n['’]t\b)(?! only)(?:(?!\bbut\b)[^,;:])*$",
    re.IGNORECASE,
)
# "A Scottish actor", "the British group".
_MODIFIER = re.compile(r"\b(?:an?|the)\s$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Value:
    """A particular as a sentence says it, with the words that say what is counted, where it is a number."""

    particular: Particular
    said: str
    counted: frozenset[str]
    is_rough: bool

    def compares(self, other: Value) -> bool:
        """Whether both are of one kind, and count the same."""
        return self.particular.kind != "number" or not self.counted.isdisjoint(other.counted)

    def agrees(self, other: Value) -> bool:
        """Whether both may be the same, one of them said more exactly perhaps."""
        if same(self.particular, other.particular):
            return True
        if self.particular.kind != "number" or not (self.is_rough or other.is_rough):
            return False
        one, two = (_size(value.particular) for value in (self, other))
        return abs(one - two) <= _ROUGH * max(one, two)


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence, what it may give as the answer, the likeliest first, and the times that it speaks of besides."""

    candidate: Candidate
    values: tuple[Value, ...]
    times: tuple[Particular, ...]

    def agrees(self, other: Claim) -> bool | None:
        """Whether they have a value in common; None where their values cannot be compared, or are of other times."""
        if self.times and other.times and not any(same(one, two) for one, two in product(self.times, other.times)):
            return None
        pairs = [(one, two) for one, two in product(self.values, other.values) if one.compares(two)]
        return any(one.agrees(two) for one, two in pairs) if pairs else None

    def holds(self, value: Value) -> bool:
        """Whether one of its values may be this one."""
        return any(own.compares(value) and own.agrees(value) for own in self.values)


def asked_for(question: str) -> AnswerType | None:
    """The kind of the one thing that a question asks for; None where it may be several, or of no such kind."""
    found = [(match.start(), kind) for kind in AnswerType if (match := kind.asked_for.search(question))]
    if not found or _SEVERAL.search(question) or set(content_terms(question)) <= set(names_and_numbers(question)):
        return None
    return min(found, key=lambda item: item[0])[1]


def claim(question: Question, kind: AnswerType, candidate: Candidate) -> Claim:
    """What a sentence may give as the answer, without what the question names itself and what the sentence denies."""
    text = candidate.text
    found = {AnswerType.TIME: dates, AnswerType.NUMBER: numbers, AnswerType.NAME: names}[kind](text)
    values = [_value(item, text) for item in lacking(found, question.text) if not _DENIED.search(text[: item.place[0]])]
    if kind is AnswerType.NUMBER and (counted := _COUNTED.search(question.text)):
        wanted = frozenset(terms(counted[1]))
        values = [value for value in values if value.counted & wanted]
    if kind is AnswerType.NAME:
        values = [value for value in values if _may_name(value, question.text, text)]
    times = () if kind is AnswerType.TIME else tuple(dates(text))
    return Claim(candidate, tuple(sorted(values, key=_by_likelihood(question, text))), times)


def _may_name(value: Value, question: str, text: str) -> bool:
    """Whether a name may be the one asked for: not one of what is asked about, nor a place or country besides."""
    before, after = text[: value.particular.place[0]], text[value.particular.place[1] :]
    if not set(terms(question)).isdisjoint(terms(value.said)):
        return False
    if " " not in value.said and _MODIFIER.search(before) and re.match(r"\s[a-z]", after):
        return False
    return not (_WHO.search(question) and _PLACED.search(before))


def _value(item: Particular, text: str) -> Value:
    start, end = item.place
    following = _FOLLOWING.match(text, end)
    unit = frozenset(item.value) & frozenset("%$€£¥")
    counted = frozenset(terms(following[1])) if following else frozenset()
    return Value(item, text[start:end], counted | unit, bool(_ROUGHLY.search(text[:start])))


def _by_likelihood(question: Question, text: str) -> Callable[[Value], tuple[bool, int]]:
    """An order of a sentence's values: by whether they look like what is asked for, and by how near its words stand."""
    stems = "|".join(map(re.escape, content_terms(question.text)))
    asked = [match.span() for match in re.finditer(rf"\b(?:{stems})", text, re.IGNORECASE)] if stems else []

    def order(value: Value) -> tuple[bool, int]:
        start, end = value.particular.place
        gap = min((max(start - last, first - end) for first, last in asked), default=0)
        looks = True
        if _WHERE.search(question.text):
            looks = _PLACED.search(text[:start]) is not None
        elif _WHO.search(question.text):
            looks = " " in value.said
        return not looks, gap

    return order


def _size(number: Particular) -> float:
    try:
        return float(number.value.strip("%$€£¥"))
    except ValueError:
        return math.nan
