"""Whether a number, date or name of a claim stands beside other words than in its evidence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import product

from index.words import terms
from rag.particulars import Particular, particulars, same

# How many terms on either side of a particular are what it is said of, and how much less each further one counts.
_NEAR = 4
_FADING = 0.6
# Another particular of the evidence must have so much more of the claim's words around it.
_MARGIN = 0.25
_TIMES = 1.2
# Particulars of a text that are compared: no sentence has so many, but a model may say one for ever.
_MOST = 50
_CLAUSE_ENDS = re.compile(r"[,;]\s|\b(?:and|but|while|whereas)\b")
_PASSIVE = re.compile(r"\b(?:is|are|was|were|been|being|be)\b[^,;.]*?\bby\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Place:
    """A particular, the terms before it and after it, nearest first, and whether its sentence is in the passive."""

    particular: Particular
    before: tuple[str, ...]
    after: tuple[str, ...]
    passive: bool

    def likeness(self, other: _Place) -> float:
        """How many terms are around both, the nearer ones more; for names on the same side, as subject and object."""
        if self.particular.kind == "name" and self.passive == other.passive:
            return _shared(self.before, other.before) + _shared(self.after, other.after)
        sides = ((one, two) for one in (self.before, self.after) for two in (other.before, other.after))
        return sum(_shared(one, two) for one, two in sides)


def misattached(claim: str, evidence: Sequence[str], known: AbstractSet[str]) -> bool:
    """Whether what the claim says of a particular is said of another one in the evidence, which holds both.

    Names must have changed places with each other, since a name that stands elsewhere is seldom another's rival, as
    another year is.

    Args:
        known: the words of the claim's names, as `rag.particulars.names` has them.
    """
    if _is_parted(claim, evidence, known):
        return True
    said = _places(claim, known)
    held = [place for sentence in evidence for place in _places(sentence, known)]
    rivals = [(place, rival) for place in said for rival in _rivals(place, held)]
    return any(
        place.particular.kind != "name"
        or any(same(other.particular, rival) and same(place.particular, own) for other, own in rivals)
        for place, rival in rivals
    )


def _is_parted(claim: str, evidence: Sequence[str], known: AbstractSet[str]) -> bool:
    """Whether a clause says of a name what the evidence says of another clause's name, and that of it."""
    clauses = [particulars(clause, known)[:_MOST] for clause in _CLAUSE_ENDS.split(claim)[:_MOST]]
    held = [particulars(sentence, known)[:_MOST] for sentence in evidence]
    for clause in clauses:
        others = [item for other in clauses if other is not clause for item in other]
        for name, figure in product(clause, clause):
            if name.kind != "name" or figure.kind == "name" or _has(others, name) or _has(others, figure):
                continue
            own = [item for sentence in held if _has(sentence, name) for item in sentence]
            its = [item for sentence in held if _has(sentence, figure) for item in sentence]
            if not _has(own, figure) and _shares(own, others, figure.kind) and _shares(its, others, "name"):
                return True
    return False


def _has(held: Sequence[Particular], item: Particular) -> bool:
    return any(other.kind == item.kind and same(other, item) for other in held)


def _shares(held: Sequence[Particular], others: Sequence[Particular], kind: str) -> bool:
    return any(item.kind == kind and _has(others, item) for item in held)


def _rivals(place: _Place, held: Sequence[_Place]) -> list[Particular]:
    """The particulars of the evidence of which is said what the claim says of one of its own."""
    own = [item.likeness(place) for item in held if same(item.particular, place.particular)]
    others = [
        item
        for item in held
        if item.particular.kind == place.particular.kind and not same(item.particular, place.particular)
    ]
    return [item.particular for item in others if own and item.likeness(place) >= max(own) * _TIMES + _MARGIN]


def _shared(one: Sequence[str], two: Sequence[str]) -> float:
    return sum(_FADING ** (one.index(term) + at) for at, term in enumerate(two) if term in one)


def _places(text: str, known: AbstractSet[str]) -> list[_Place]:
    passive = _PASSIVE.search(text) is not None
    return [_place(text, item, passive) for item in particulars(text, known)[:_MOST]]


def _place(text: str, item: Particular, passive: bool) -> _Place:
    start, end = item.place
    return _Place(item, _nearest(text[:start], -1), _nearest(text[end:], 1), passive)


def _nearest(text: str, step: int) -> tuple[str, ...]:
    # What is left of "'s" is no word.
    return tuple([term for term in terms(text) if term != "s"][::step][:_NEAR])
