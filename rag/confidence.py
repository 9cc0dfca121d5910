"""How likely it is that the best evidence answers the question: a logistic regression over it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rag.contradiction import contradicts
from rag.evidence import Candidate
from rag.question import Question, covered, names_and_numbers
from rag.reading import Reading
from rag.weights import weights

# Passages, and sentences, in which the question's words are looked for.
_READ = 3

# Of SQuAD's questions on four articles that were not fitted on, half of them unanswerable on purpose, the answerable
# one of two is the surer .645 of the time without the last, and .71 with it.
FEATURES = ("constant", "sentence_cosine", "covered_by_sentence", "names_covered", "contradicted")
# And with the reader: the most that it says of any of the passages read, of their sentences, and of words in them.
READ_FEATURES = (*FEATURES, "relevance", "evidence", "certainty")


def confidence(question: Question, readings: Sequence[Reading], ranked: Sequence[Candidate]) -> float:
    """The probability, in [0, 1], that what is quoted answers; 0 when nothing was found or nothing is asked.

    It is calibrated where three of five questions cannot be answered, half of these because they were written so
    (SQuAD 2.0); where most can, it says too little.
    """
    if not ranked or not question.rarity:
        return 0.0
    if any(reading.view for reading in readings):
        evidence = read_features(question, readings, ranked) @ weights("confidence_read", READ_FEATURES)
    else:
        evidence = features(question, readings, ranked) @ weights("confidence", FEATURES)
    return 1 / (1 + math.exp(-float(evidence)))


def features(question: Question, readings: Sequence[Reading], ranked: Sequence[Candidate]) -> NDArray[np.float64]:
    """What the confidence rests on, in the order of `FEATURES`; the same for articles of any number."""
    rarity = question.rarity
    passages = [ranked[0].words | reading.all_words for reading in readings[:_READ]]
    names = {name: rarity.get(name, 1.0) for name in names_and_numbers(question.text)}
    return np.array(
        [
            1.0,
            max(candidate.cosine for candidate in ranked[:_READ]),
            covered(rarity, ranked[0].words),
            max(covered(names, words) for words in passages),
            contradicts(question.text, ranked[0].text, ranked[0].reading.all_words),
        ]
    )


def read_features(question: Question, readings: Sequence[Reading], ranked: Sequence[Candidate]) -> NDArray[np.float64]:
    """The same with what the reader says, in the order of `READ_FEATURES`; one passage at least must have been read."""
    views = [reading.view for reading in readings if reading.view]
    said = [
        max(view.relevance for view in views),
        max(view.best_evidence for view in views),
        max(view.best_certainty for view in views),
    ]
    return np.array([*features(question, readings, ranked), *said])
