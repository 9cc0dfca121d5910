"""How likely it is that the articles hold the answer: a logistic regression over the best evidence."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.lexical import terms
from index.query import Hit
from rag.evidence import Candidate, covered
from rag.question import Question, names_and_numbers
from rag.weights import weights

# Passages, and sentences, in which the question's words are looked for.
_READ = 3

FEATURES = ("constant", "sentence_cosine", "covered_by_sentence", "names_covered")


def confidence(question: Question, hits: Sequence[Hit], ranked: Sequence[Candidate]) -> float:
    """The probability, in [0, 1], that the articles hold the answer; 0 when nothing was found or nothing is asked."""
    if not ranked or not question.rarity:
        return 0.0
    evidence = float(features(question, hits, ranked) @ weights("confidence", FEATURES))
    return 1 / (1 + math.exp(-evidence))


def features(question: Question, hits: Sequence[Hit], ranked: Sequence[Candidate]) -> NDArray[np.float64]:
    """What the confidence rests on, in the order of `FEATURES`; the same for articles of any number."""
    rarity = question.rarity
    passages = [ranked[0].words.union(terms(hit.passage.text)) for hit in hits[:_READ]]
    names = {name: rarity.get(name, 1.0) for name in names_and_numbers(question.text)}
    return np.array(
        [
            1.0,
            max(candidate.cosine for candidate in ranked[:_READ]),
            covered(rarity, ranked[0].words),
            max(covered(names, words) for words in passages),
        ]
    )
