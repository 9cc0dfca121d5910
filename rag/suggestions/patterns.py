"""Questions that a sentence answers, made of its own words by patterns of English that keep them grammatical.

After Heilman and Smith 2010, "Good question! Statistical ranking for question generation", which turns sentences into
questions by rules over parse trees and makes many to choose from. Here there is no parser, so the rules are few and
narrow, and whatever could be read in another way is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from rag.suggestions import events, identity, speech
from rag.suggestions.clause import Clause, IsName, clause_of
from rag.suggestions.standing_alone import stands_alone

_LONGEST = 16
_SHORTEST_SENTENCE, _LONGEST_SENTENCE = 5, 60
_NOT_PROSE = re.compile(r"[\[\]{}|<>=*_#\\/]|\.\.|n['’]t\b|\bhttps?\b")
_ENGLISH = re.compile(r"\b(?:the|of|and|to|by|for|with|from|that|its|on|an?|has|had|as|in|is|was|at)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Suggestible:
    """A question that a sentence answers, and the pattern it was made by."""

    text: str
    pattern: str


def questions_in(sentence: str, is_name: IsName) -> Iterator[Suggestible]:
    """The questions that a sentence answers, those most worth asking first; none where it is not plain English.

    Args:
        is_name: whether a word that begins a sentence, and is followed by another, has its capital within one too.
    """
    flat = " ".join(sentence.split())
    if not _is_plain(flat):
        return
    clause = clause_of(flat, is_name)
    made = [(pattern, ask(clause)) for pattern, ask in _OF_CLAUSES.items() if clause]
    made += [(pattern, ask(flat, is_name)) for pattern, ask in _OF_SENTENCES.items()]
    for pattern, questions in made:
        for question in questions:
            if len(question.split()) <= _LONGEST and stands_alone(question):
                yield Suggestible(question, pattern)


def _is_plain(sentence: str) -> bool:
    return (
        sentence.endswith(".")
        and sentence.lstrip('“"')[:1].isupper()
        and _SHORTEST_SENTENCE <= len(sentence.split()) <= _LONGEST_SENTENCE
        and not _NOT_PROSE.search(sentence)
        and len(_ENGLISH.findall(sentence)) >= 2
    )


_OF_CLAUSES: dict[str, Callable[[Clause], Iterable[str]]] = {
    "why": events.why,
    "says": speech.says,
    "who": events.who,
    "who by": events.who_by,
    "when": events.when,
    "what": events.what,
    "what on": events.what_on,
    "what is": identity.what_is,
    "which aspect": identity.which_aspect,
    "how many": events.how_many,
    "how long": events.how_long,
    "where": events.where,
}
_OF_SENTENCES: dict[str, Callable[[str, IsName], Iterable[str]]] = {
    "says": speech.said_after,
    "who is": identity.who_is,
}
