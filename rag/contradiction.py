"""Whether a sentence speaks of something else than the question, in ways that likeness of words does not show."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from index.words import terms

_NEGATED = re.compile(
    r"\b(?:no(?!\.)|not|none|never|nor|neither|without|cannot|non)\b|n['’]t\b"
    # As it is often typed.
    r"|\b(?:is|are|was|were|do|does|did|has|had|have|ca|wo|could|would|should)nt\b",
    re.IGNORECASE,
)
_PAIRS = (
    "first last, before after, most least, more less, largest smallest, highest lowest, oldest youngest, early late, "
    "earliest latest, best worst, old new, large small, high low, upper lower, north south, east west, inside outside, "
    "northern southern, eastern western, open closed, public private, majority minority, men women, male female, "
    "increase decrease, increased decreased, former current, summer winter, began ended, accepted rejected, "
    "legal illegal"
)


def both_ways(pairs: Iterable[str]) -> dict[str, str]:
    """Each word of pairs such as "first last" with the other."""
    return {word: other for pair in pairs for word, other in (pair.split(), reversed(pair.split()))}


_OPPOSITE = both_ways(_PAIRS.split(", "))
_WORD = re.compile(r"[a-z]+")


def contradicts(question: str, sentence: str, passage: AbstractSet[str]) -> bool:
    """Whether only the question is negated, or the sentence has the opposite of its word, or a number in its place.

    Such are most of the questions that people wrote to be unanswerable: "Which city was not taken?" (Rajpurkar et al.
    2018, arXiv:1806.03822).

    Args:
        passage: the terms of the sentence's passage, in which a number of the question may stand elsewhere.
    """
    if _NEGATED.search(question) and not _NEGATED.search(sentence):
        return True
    asked, said = (set(_WORD.findall(text.lower())) for text in (question, sentence))
    return any(_OPPOSITE.get(word) in said for word in asked - said) or _has_another_number(question, sentence, passage)


def _has_another_number(question: str, sentence: str, passage: AbstractSet[str]) -> bool:
    """Whether the passage lacks a number of the question, and the sentence has one as long: another year, say."""
    wanted = {term for term in terms(question) if term.isdigit()}
    lengths = {len(term) for term in terms(sentence) if term.isdigit() and term not in wanted}
    return any(len(number) in lengths for number in wanted - passage)
