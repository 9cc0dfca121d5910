"""Why an answer is wrong: the first stage at which the evidence was lost."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from corpus.gold import GoldQuestion
from index.query import Hit
from rag.answer import Answer
from rag.evaluation.facts import Facts
from rag.evaluation.metrics import Values


class Failure(StrEnum):
    """The stages, in the order in which a question goes through them."""

    NOT_INDEXED = "not indexed"
    NOT_RETRIEVED = "not retrieved"
    RANKED_TOO_LOW = "ranked too low"
    WRONGLY_REFUSED = "wrongly refused"
    MISREAD = "misread"
    MIS_CITED = "mis-cited"
    WRONGLY_ANSWERED = "wrongly answered"


def failure_of(gold: GoldQuestion, answer: Answer, values: Values, facts: Facts, hits: Sequence[Hit]) -> Failure | None:
    """Why an answer is wrong; None where it is right.

    Args:
        values: what `rag.evaluation.metrics.measure` says of the answer.
        hits: the passages found, the ones read for the answer and what came below them.
    """
    if gold.unanswerable:
        return None if answer.abstained else Failure.WRONGLY_ANSWERED
    if values["right"] and not answer.abstained:
        return Failure.MIS_CITED if facts.are_quotes and not values["citation_precision"] else None
    if facts.places and not any(facts.places):
        return Failure.NOT_INDEXED
    if facts.places and not _stated(facts, answer.hits):
        return Failure.RANKED_TOO_LOW if _stated(facts, hits) else Failure.NOT_RETRIEVED
    return Failure.WRONGLY_REFUSED if answer.abstained else Failure.MISREAD


def _stated(facts: Facts, hits: Sequence[Hit]) -> bool:
    return any(facts.stated_in(hit.passage) for hit in hits)
