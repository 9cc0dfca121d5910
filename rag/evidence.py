"""The sentences that answer a question, found in the passages that were retrieved."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus.article import Range
from index.article_index import ArticleIndex
from index.lexical import terms
from index.query import Hit
from rag.answer_type import AnswerType, defines
from rag.question import Question
from rag.weights import weights

# What a sentence's score is a weighted sum of, each in [0, 1] and of the same meaning for articles of any number: its
# cosine with the question; the share of the question's words, by rarity, that it covers together with its article's
# title, and with the sentence before it or after it too; the share its whole passage covers; whether it holds an answer
# of the kind that is asked for; and whether it defines what is asked about. On SQuAD's answerable gold questions, over
# 490 articles, the right sentence comes first .69 of the time, among three .83; with min-max normalised cosine, BM25
# and passage score .61 and .76.
FEATURES = (
    "cosine",
    "covered",
    "covered_with_sentence_before",
    "covered_with_sentence_after",
    "covered_by_passage",
    "answer_type",
    "defines",
)
# A sentence is quoted too when its score is at most this much below the best. On 600 training questions of SQuAD asked
# of 490 articles, how often the answer stands in what is quoted, and in how many sentences: .5 .82 1.9; 1 .85 2.2;
# 1.5 .865 2.55; 2 .875 2.9; 2.5 .885 3.2.
CLOSE = 2.0

_POINTERS = "this|that|these|those|it|they|he|she|its|their|his|her|such|both|there"
_REASONS = "because|since|as a result|for this reason|therefore|thus|hence|so|in return|subsequently|consequently"
_POINTS_BACK = re.compile(rf"({_POINTERS})\b", re.IGNORECASE)
_GOES_ON = re.compile(rf"({_POINTERS}|{_REASONS})\b", re.IGNORECASE)
_WHY = re.compile(r"\b(why|how come|what (was|is|were|are) the (reason|cause)s?|for what reason)\b", re.IGNORECASE)

Floats = NDArray[np.float64]
Words = AbstractSet[str]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a passage that was found: where it stands, its words with its title's, and how well it fits."""

    hit: Hit
    number: int
    words: frozenset[str]
    score: float
    cosine: float

    @property
    def range(self) -> Range:
        """The sentence's characters in its article."""
        return self.hit.passage.sentences[self.number]

    @property
    def place(self) -> tuple[str, Range]:
        """The sentence's article and characters, by which it is known in whatever passage it was found."""
        return self.hit.passage.article_id, self.range

    @property
    def text(self) -> str:
        """The sentence, verbatim."""
        return self.hit.passage.quote(*self.range)


def rank_sentences(question: Question, hits: Sequence[Hit], index: ArticleIndex) -> list[Candidate]:
    """Every sentence of the passages found, once, best first."""
    best: dict[tuple[str, Range], Candidate] = {}
    for hit in hits:
        words, table = features(question, hit, index)
        scores = table @ weights("evidence", FEATURES)
        for number, (held, score, row) in enumerate(zip(words, scores, table, strict=True)):
            candidate = Candidate(hit, number, held, float(score), float(row[0]))
            known = best.get(candidate.place)
            if known is None or known.score < candidate.score:
                best[candidate.place] = candidate
    return sorted(best.values(), key=lambda candidate: -candidate.score)


def features(question: Question, hit: Hit, index: ArticleIndex) -> tuple[list[frozenset[str]], Floats]:
    """The words of each sentence of a passage, its article's title among them, and a row of `FEATURES` for each."""
    passage = hit.passage
    title = frozenset(terms(index.title(passage.article_id)))
    texts = [passage.quote(*place) for place in passage.sentences]
    words = [title.union(terms(text)) for text in texts]
    kind = AnswerType.of(question.text)
    covered_by_passage = covered(question.rarity, title.union(terms(passage.text)))
    cosines = index.sentence_vectors(hit.id) @ question.query.vector
    table = [
        (
            cosine,
            covered(question.rarity, held),
            covered(question.rarity, held | before),
            covered(question.rarity, held | after),
            covered_by_passage,
            kind is not None and kind.is_in(text, question.text),
            defines(text, question.text),
        )
        for cosine, text, held, before, after in zip(
            cosines, texts, words, [title, *words[:-1]], [*words[1:], title], strict=True
        )
    ]
    return words, np.array(table, dtype=np.float64).reshape(-1, len(FEATURES))


def covered(rarity: Mapping[str, float], words: Words) -> float:
    """The share of the wanted words' rarity that is found; all of it where nothing is wanted."""
    total = sum(rarity.values())
    return sum(weight for word, weight in rarity.items() if word in words) / total if total else 1.0


def choose(question: Question, ranked: Sequence[Candidate], max_quotes: int) -> list[Candidate]:
    """The sentences to quote: the best and those nearly as good, each with what it needs beside it.

    One place is kept for the sentence nearest in meaning, which may say it in words that the question does not use.
    """
    if not ranked:
        return []
    nearest = max(ranked, key=lambda item: item.cosine)
    by_number = {(item.hit.id, item.number): item for item in ranked}
    chosen: dict[tuple[str, Range], Candidate] = {}
    for anchor in ranked:
        if anchor.score < ranked[0].score - CLOSE:
            break
        window = {item.place: item for item in _window(question, anchor, by_number)}
        if len(chosen.keys() | window.keys() | {nearest.place}) > max_quotes:
            break
        chosen |= window
    return list((chosen | {nearest.place: nearest}).values())


def _window(question: Question, anchor: Candidate, by_number: Mapping[tuple[int, int], Candidate]) -> list[Candidate]:
    """The anchor with the sentence before it, if it points back, and the one after, if that goes on with the answer."""
    before = by_number.get((anchor.hit.id, anchor.number - 1))
    after = by_number.get((anchor.hit.id, anchor.number + 1))
    window = [anchor]
    if before and _POINTS_BACK.match(anchor.text):
        window.insert(0, before)
    if after and (_GOES_ON if _WHY.search(question.text) else _POINTS_BACK).match(after.text):
        window.append(after)
    return window
