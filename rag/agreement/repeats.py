"""Sentences that say the same again in other words, and what other articles say, which is quoted before them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from index.words import terms
from rag.agreement.claims import asked_for, claim
from rag.evidence import Candidate
from rag.particulars import lacking, particulars
from rag.question import Question, covered

# Sentences are compared where they cover this share of the question. Citations of 500 answers to SQuAD's gold questions
# lose .0016 of their precision at .5, and .0007 at .6; none of their recall.
_COVERED = 0.6
# From these cosines on one repeats another, within an article and in another one, if it has no new particular. The
# sentences of a passage are near to each other whatever they say, for their vectors carry its context.
_ALIKE, _APART = 0.7, 0.65
# What repeats is put back where so many sentences do it.
_ECHOES = 2
# As many sentences come before it, of articles not heard yet. What answers in words of its own may stand far below what
# echoes the question: of PoisonedRAG's right passages, a quarter are more than 5 below, and one in twelve more than 9.
_ADDED, _FAR, _KINDRED = 1, 12.0, 0.4
_DEPTH = 20


def likeness(candidates: Sequence[Candidate]) -> NDArray[np.float32]:
    """The cosine of each sentence with each, shape (candidates, candidates)."""
    rows = np.array([item.vector for item in candidates], dtype=np.float32)
    cosines: NDArray[np.float32] = rows @ rows.T
    return cosines


def varied(
    question: Question,
    sure: Sequence[Candidate],
    wanted: Sequence[Candidate],
    ranked: Sequence[Candidate],
) -> list[Candidate]:
    """Those that are sure to be quoted and those wanted, in the order in which there is room for them.

    Where several articles say the same again, what they repeat comes last, and before it what others say otherwise.
    """
    every = _unique([*sure, *wanted])
    echoes = _echoes(question, sure, [*every, *ranked[:_DEPTH]])
    if len(echoes) < _ECHOES:
        return every
    repeated = {item.place for item in echoes}
    fresh = [item for item in every if item.place not in repeated]
    return _unique([*fresh, *_otherwise(question, fresh, echoes, ranked), *every])


def _echoes(question: Question, sure: Sequence[Candidate], candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates that repeat one before them, but for those that are sure to be quoted."""
    answering = [item for item in _unique(candidates) if _answers(question, item)]
    if len(answering) < _ECHOES:
        return []
    articles = np.array([item.article_id for item in answering])
    least = np.where(articles[:, None] == articles, _ALIKE, _APART)
    near = np.tril(likeness(answering) >= least, -1)
    # To compare what they say takes longer.
    if near.any(axis=1).sum() < _ECHOES:
        return []
    places = {item.place for item in sure}
    kept: list[int] = []
    for number, item in enumerate(answering):
        before = [answering[other] for other in kept if near[number, other]]
        if item.place in places or not any(_repeats(question, item, other) for other in before):
            kept.append(number)
    return [item for number, item in enumerate(answering) if number not in kept]


def _answers(question: Question, item: Candidate) -> bool:
    """Whether a sentence covers enough of the question, with its title and alone."""
    wanted = question.rarity
    return covered(wanted, item.words) >= _COVERED and covered(wanted, frozenset(terms(item.text))) >= _COVERED


def _repeats(question: Question, item: Candidate, other: Candidate) -> bool:
    """Whether a sentence has no particular that another lacks, or is of another article and answers the same."""
    if not lacking(particulars(item.text), other.text):
        return True
    kind = asked_for(question.text)
    if kind is None or item.article_id == other.article_id:
        return False
    return claim(question, kind, item).agrees(claim(question, kind, other)) is True


def _otherwise(
    question: Question,
    fresh: Sequence[Candidate],
    echoes: Sequence[Candidate],
    ranked: Sequence[Candidate],
) -> list[Candidate]:
    """What articles not heard yet say of the same matter, and where it can be told, what they answer differently."""
    heard, reach = {item.article_id for item in [*fresh, *echoes]}, ranked[0].score - _FAR
    near = [item for item in ranked[:_DEPTH] if item.score >= reach and item.article_id not in heard]
    cosines = likeness([ranked[0], *near])[0, 1:]
    near = [item for item, cosine in zip(near, cosines, strict=True) if cosine >= _KINDRED]
    kind = asked_for(question.text)
    said = [claim(question, kind, item) for item in fresh] if kind else []
    if kind and any(item.values for item in said):
        claims = [claim(question, kind, item) for item in near]
        near = [new.candidate for new in claims if new.values and not any(new.agrees(old) for old in said)]
    return near[:_ADDED]


def _unique(candidates: Iterable[Candidate]) -> list[Candidate]:
    return list({item.place: item for item in candidates}.values())
