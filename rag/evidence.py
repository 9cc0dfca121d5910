"""The sentences that answer a question, found in the passages that were retrieved."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus.article import Range
from index.article_index import ArticleIndex
from index.lexical import terms
from index.query import Hit, Query
from rag.question import Question, content_terms

# How much a sentence's meaning, its words and its passage's score say, each min-max normalised over the sentences at
# hand. On 1,500 questions of SQuAD's development set the right sentence comes first .764 of the time, among three .891;
# words alone .702 and .808, meaning alone .611 and .800.
MEANING, WORDS, PASSAGE = 0.5, 0.25, 0.5
# A second place is quoted too when its score is at least this part of the best.
CLOSE = 0.85
# Words of earlier turns count this much beside the question's own.
CONTEXT_WEIGHT = 0.5
_K1, _B = 1.2, 0.75

_POINTERS = "this|that|these|those|it|they|he|she|its|their|his|her|such|both|there"
_REASONS = "because|since|as a result|for this reason|therefore|thus|hence|so|in return|subsequently|consequently"
_POINTS_BACK = re.compile(rf"({_POINTERS})\b", re.IGNORECASE)
_GOES_ON = re.compile(rf"({_POINTERS}|{_REASONS})\b", re.IGNORECASE)
_WHY = re.compile(r"\b(why|how come|what (was|is|were|are) the (reason|cause)s?|for what reason)\b", re.IGNORECASE)

Floats = NDArray[np.float64]
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a passage that was found: where it stands, its terms, and how well it fits, in [0, 1]."""

    hit: Hit
    number: int
    terms: frozenset[str]
    score: float
    cosine: float

    @property
    def range(self) -> Range:
        """The sentence's characters in its article."""
        return self.hit.passage.sentences[self.number]

    @property
    def text(self) -> str:
        """The sentence, verbatim."""
        return self.hit.passage.quote(*self.range)


def rank_sentences(question: Question, hits: Sequence[Hit], index: ArticleIndex) -> list[Candidate]:
    """Every sentence of the passages found, best first."""
    found = _sentences(hits)
    if not found:
        return []
    words = [terms(hit.passage.quote(*hit.passage.sentences[number])) for hit, number in found]
    meaning = _cosines(found, question.query, index)
    passage = np.array([hit.score for hit, _ in found])
    lexical = _bm25(words, question_weights(question, index))
    mixed = MEANING * _min_max(meaning) + WORDS * _min_max(lexical) + PASSAGE * _min_max(passage)
    scores = mixed / (MEANING + WORDS + PASSAGE)
    return [
        Candidate(found[row][0], found[row][1], frozenset(words[row]), float(scores[row]), float(meaning[row]))
        for row in ranked
    ]


def choose(question: Question, ranked: Sequence[Candidate], max_quotes: int) -> list[Candidate]:
    """The sentences to quote, best first: the best and those nearly as good, each with what it needs beside it."""
    by_place = {(item.hit.id, item.number): item for item in ranked}
    chosen: dict[tuple[str, Range], Candidate] = {}
    for anchor in ranked:
        if anchor.score < CLOSE * ranked[0].score:
            break
        window = {(item.hit.passage.article_id, item.range): item for item in _window(question, anchor, by_place)}
        if len(chosen.keys() | window.keys()) > max_quotes:
            break
        chosen = {**window, **chosen}
    return list(chosen.values())


def question_weights(question: Question, index: ArticleIndex) -> dict[str, float]:
    """Each content term's inverse document frequency, less for those that only the context has."""
    own = content_terms(question.text)
    context = [term for term in content_terms(question.context) if term not in own]
    words = [*own, *context]
    total = len(index.hybrid.lexical)
    rarity = [
        math.log(1 + (total - frequency + 0.5) / (frequency + 0.5))
        for frequency in index.hybrid.lexical.frequencies(words)
    ]
    shares = [1.0] * len(own) + [CONTEXT_WEIGHT] * len(context)
    return {word: share * idf for word, share, idf in zip(words, shares, rarity, strict=True)}


def _sentences(hits: Sequence[Hit]) -> list[tuple[Hit, int]]:
    """Each sentence once, in the best passage that holds it."""
    first: dict[tuple[str, Range], tuple[Hit, int]] = {}
    for hit in hits:
        for number, place in enumerate(hit.passage.sentences):
            first.setdefault((hit.passage.article_id, place), (hit, number))
    return list(first.values())


def _cosines(found: Sequence[tuple[Hit, int]], query: Query, index: ArticleIndex) -> Floats:
    by_passage = {hit.id: index.sentence_vectors(hit.id) @ query.vector for hit, _ in found}
    return np.array([by_passage[hit.id][number] for hit, number in found], dtype=np.float64)


def _bm25(sentences: Sequence[Sequence[str]], weights: Mapping[str, float]) -> Floats:
    """BM25 of each sentence, with the rarity of words taken from all articles, not from the few sentences here."""
    average = sum(map(len, sentences)) / len(sentences) or 1.0
    scores = []
    for words in sentences:
        counts = Counter(words)
        norm = _K1 * (1 - _B + _B * len(words) / average)
        scores.append(
            sum(weight * counts[word] * (_K1 + 1) / (counts[word] + norm) for word, weight in weights.items())
        )
    return np.array(scores)


def _min_max(scores: Floats) -> Floats:
    low, high = scores.min(), scores.max()
    scaled: Floats = (scores - low) / (high - low) if high > low else np.ones_like(scores)
    return scaled


def _window(question: Question, anchor: Candidate, by_place: Mapping[Place, Candidate]) -> list[Candidate]:
    """The anchor with the sentence before it, if it points back, and the one after, if that goes on with the answer."""
    before = by_place.get((anchor.hit.id, anchor.number - 1))
    after = by_place.get((anchor.hit.id, anchor.number + 1))
    window = [anchor]
    if before and _POINTS_BACK.match(anchor.text):
        window.insert(0, before)
    if after and _goes_on(question, window, after):
        window.append(after)
    return window


def _goes_on(question: Question, window: Sequence[Candidate], after: Candidate) -> bool:
    """Whether a sentence gives the reason that is asked for, or terms of the question that the window lacks."""
    if _WHY.search(question.text):
        return bool(_GOES_ON.match(after.text))
    held = frozenset[str]().union(*(item.terms for item in window))
    return bool(_POINTS_BACK.match(after.text) and (set(content_terms(question.text)) - held) & after.terms)
