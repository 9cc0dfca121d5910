"""How likely it is that the articles hold the answer: a logistic regression over what the search found."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.article_index import ArticleIndex
from index.lexical import terms
from index.query import Hit
from rag.evidence import Candidate, question_weights
from rag.question import Question, names_and_numbers

# Passages in which the question's words are looked for.
_READ = 3

FEATURES = (
    "passage_cosine",
    "sentence_cosine",
    "covered_by_passage",
    "covered_by_sentence",
    "names_covered",
    "rarest_missing",
)


def confidence(question: Question, hits: Sequence[Hit], ranked: Sequence[Candidate], index: ArticleIndex) -> float:
    """The probability, in [0, 1], that the articles hold the answer; 0 when nothing was found."""
    if not ranked:
        return 0.0
    fitted = _fitted()
    evidence = features(question, hits, ranked, index) @ np.array([fitted[name] for name in FEATURES])
    return 1 / (1 + math.exp(-float(evidence) - fitted["intercept"]))


def features(
    question: Question, hits: Sequence[Hit], ranked: Sequence[Candidate], index: ArticleIndex
) -> NDArray[np.float64]:
    """What the confidence rests on, in the order of `FEATURES`; all in about [0, 1] for articles of any number."""
    weights = question_weights(question, index)
    read = [set(terms(hit.passage.text)) | set(terms(index.title(hit.passage.article_id))) for hit in hits[:_READ]]
    best = max(read, key=lambda words: _covered(weights, words))
    names = {name: weights.get(name, 1.0) for name in names_and_numbers(question.text)}
    missing = [weight for word, weight in weights.items() if word not in best]
    rarest = math.log(1 + 2 * len(index.hybrid.lexical))
    return np.array(
        [
            max(hit.dense for hit in hits),
            max(candidate.cosine for candidate in ranked[:_READ]),
            _covered(weights, best),
            _covered(weights, ranked[0].terms),
            _covered(names, best),
            max(missing, default=0.0) / rarest,
        ]
    )


def _covered(weights: Mapping[str, float], words: set[str] | frozenset[str]) -> float:
    """The share of the words' weight that is found; all of it where there are no words to find."""
    total = sum(weights.values())
    return sum(weight for word, weight in weights.items() if word in words) / total if total else 1.0


@cache
def _fitted() -> dict[str, float]:
    """The weights that `tests/benchmarks/fit_confidence.py` found."""
    fitted: dict[str, float] = json.loads(Path(__file__).with_name("confidence.json").read_text("utf-8"))
    return fitted
