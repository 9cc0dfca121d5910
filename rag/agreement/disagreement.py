"""Where articles contradict each other: different numbers, dates or names as the answer to one question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.article_index import ArticleIndex
from index.words import terms
from rag.agreement.claims import Claim, asked_for, claim
from rag.agreement.repeats import likeness
from rag.answer import Citation, Sentence
from rag.evidence import Candidate
from rag.question import Question, covered

DISAGREE = "The articles disagree"

# Sentences speak of the same thing where they are among the first so many, no farther than this below the best, have
# these cosines with the question and with the best, and cover these shares of the question with their title and alone.
# So 3 of 2,327 answers to SQuAD's gold questions say it, all wrongly, and none on the bundled articles; a first try
# without the cosine with the question, and three quarters of the best's coverage, said it in 10 of 1,207.
_DEPTH = 15
_FAR = 3.0
_ANSWERING = 0.6
_SAME = 0.6
_COVERED = 0.65
_COVERED_ALONE = 0.3
# Sentences this near to each other are one voice, in whatever article they stand. Of 25 disagreements with five false
# articles of PoisonedRAG, the true one comes first in 6 at .8, 5 at .85, 4 at .9, and 2 where each article is a voice.
_COPIES = 0.85


@dataclass(frozen=True, slots=True)
class Side:
    """One of the things said, in the words of its best sentence, and the sentences that say it, best first."""

    value: str
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """The two things that articles say; first what more of them say independently, or what the best sentence says."""

    sides: tuple[Side, Side]

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The best sentence of each side, which have to be quoted where the disagreement is told of."""
        return tuple(side.candidates[0] for side in self.sides)

    def said(self, citations: Sequence[Citation]) -> Sentence:
        """The sentence that tells of it, citing those of an answer's citations that are of either side."""
        one, other = self.sides
        numbers = {item.place: item.number for item in citations}
        places = [item.place for side in self.sides for item in side.candidates]
        cited = tuple(numbers[place] for place in places if place in numbers)
        return Sentence(f"{DISAGREE}: {one.value} or {other.value}.", cited, support=1.0)


def find_disagreement(question: Question, ranked: Sequence[Candidate], index: ArticleIndex) -> Disagreement | None:
    """What two articles answer differently; None where none do, or where it cannot be told.

    It is told where a number, date or name is asked for, and one thing only. Sentences of different times do not
    disagree, nor do articles of one author.

    Args:
        ranked: the sentences of the passages found, best first (see `rank_sentences`).
    """
    kind = asked_for(question.text)
    if kind is None:
        return None
    claims = [claim(question, kind, item) for item in _of_the_same(question, ranked, index)]
    sides = _sides([item for item in claims if item.values])
    if len(sides) != 2 or _have_one_author(sides, index):
        return None
    one, other = (Side(_said(side), tuple(item.candidate for item in side)) for side in sides)
    is_outvoted = _voices(other, index) > _voices(one, index)
    return Disagreement((other, one) if is_outvoted else (one, other))


def _of_the_same(question: Question, ranked: Sequence[Candidate], index: ArticleIndex) -> list[Candidate]:
    """The sentences, of several articles, that speak of what the best one speaks of, as an answer would."""
    near = [
        item
        for item in ranked[:_DEPTH]
        if item.score >= ranked[0].score - _FAR
        and item.cosine >= _ANSWERING
        and covered(question.rarity, item.words) >= _COVERED
    ]
    if len({item.article_id for item in near}) < 2:
        return []
    cosines = likeness([ranked[0], *near])[0, 1:]
    return [
        item
        for item, cosine in zip(near, cosines, strict=True)
        if cosine >= _SAME and covered(question.rarity, frozenset(terms(item.text))) >= _COVERED_ALONE
    ]


def _sides(claims: Sequence[Claim]) -> list[list[Claim]]:
    """The claims by what they say; left out are those that agree with several, and what one article says besides."""
    sides: list[list[Claim]] = []
    for item in claims:
        verdicts = [side[0].agrees(item) for side in sides]
        heard = {other.candidate.article_id for side in sides for other in side}
        if verdicts.count(True) == 1:
            sides[verdicts.index(True)].append(item)
        elif all(verdict is False for verdict in verdicts) and item.candidate.article_id not in heard:
            sides.append([item])
    return sides


def _have_one_author(sides: Sequence[Sequence[Claim]], index: ArticleIndex) -> bool:
    authors = {index.article(item.candidate.article_id).author for side in sides for item in side}
    return len(authors) == 1 and None not in authors


def _said(side: Sequence[Claim]) -> str:
    """The value of the first sentence that most of the side's sentences have, the likeliest of those."""
    values = side[0].values
    return values[int(np.argmax([sum(item.holds(value) for item in side) for value in values]))].said


def _voices(side: Side, index: ArticleIndex) -> int:
    """How many say it independently: near copies and articles of one source are one voice."""
    origins = np.array([index.article(item.article_id).source or item.article_id for item in side.candidates])
    together = (likeness(side.candidates) >= _COPIES) | (origins[:, None] == origins)
    voices = list(range(len(origins)))
    for one, other in zip(*together.nonzero(), strict=True):
        voices = [voices[one] if voice == voices[other] else voice for voice in voices]
    return len(set(voices))
