"""Questions with their answers as statements, as claims are and what language models write."""

from __future__ import annotations

import re
from collections.abc import Callable

_AUXILIARY = "is|are|was|were|has|have|had|can|could|will|would|should|may|might|must"
_DOES = "do|does|did"
_ASKS = "who|whom|what|which|whose"
_OF = "in|on|at|to|for|from|by"
_KIND = "year|country|city|state|person|name"

_Rewrite = Callable[[re.Match[str], str], str]


def stated(question: str, answer: str) -> str | None:
    """The question as the statement that is its answer; None for one that is not asked in one of the usual ways.

    Without an answer, only what can be answered with yes. What comes out is telegraphic: what is said matters here, and
    not in which order (a small part of what arXiv:1809.02922 does with a parser).
    """
    asked = " ".join(question.split()).rstrip(" ?.")
    for pattern, rewrite in _WAYS if answer else _WAYS[:1]:
        if match := pattern.match(asked):
            said = rewrite(match, " ".join(answer.split()).rstrip("."))
            return f"{said[0].upper()}{said[1:]}."
    return None


def _is_it(match: re.Match[str], answer: str) -> str:
    # "Is the liver affected by X" and "Does X affect the liver": the auxiliary carries nothing.
    return match["rest"]


def _what_is(match: re.Match[str], answer: str) -> str:
    return f"{match['rest']} {match['is']} {answer}"


def _who_did(match: re.Match[str], answer: str) -> str:
    return f"{answer} {match['rest']}"


def _at_the_end(match: re.Match[str], answer: str) -> str:
    return f"{match['rest']} {answer}"


def _in_its_place(match: re.Match[str], answer: str) -> str:
    return f"{match['before']}{answer}{match['rest']}"


_WAYS: tuple[tuple[re.Pattern[str], _Rewrite], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), rewrite)
    for pattern, rewrite in (
        (rf"(?:{_AUXILIARY}|{_DOES})\s+(?P<rest>.{{8,}})", _is_it),
        (rf"(?:{_ASKS})\s+(?P<is>is|are|was|were)\s+(?P<rest>(?-i:the|an?|[A-Z]).+)", _what_is),
        (rf"(?:(?:{_OF}) )?(?:when|where|why|how|what|which)\b.*?\b(?:{_DOES})\s+(?P<rest>.+)", _at_the_end),
        (rf"(?:when|where|why|how)\s+(?:{_AUXILIARY})\s+(?P<rest>.+)", _at_the_end),
        (r"(?P<before>)how (?:many|much|long|old|far|large|big|tall)(?P<rest>\s.+)", _in_its_place),
        (rf"(?:{_ASKS})\s+(?P<rest>.+)", _who_did),
        (rf"(?P<before>.*?\b)(?:what (?:{_KIND})|what|which|who|whom)\b(?P<rest>.*)", _in_its_place),
    )
)
