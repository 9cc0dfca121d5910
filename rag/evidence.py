"""The sentences that answer a question, found in the passages that were retrieved."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus.article import Range
from index.embedding.embedder import Vectors
from index.query import Words
from rag.answer_type import AnswerType, defines
from rag.question import Question, covered
from rag.reader.reader import UNSEEN
from rag.reading import Reading
from rag.weights import weights

# What a sentence's score is a weighted sum of, each at most 1 and of the same meaning for articles of any number: its
# cosine with the question; the share of the question's words, by rarity, that it covers together with its article's
# title, and with the sentence before it or after it too; the share its whole passage covers; whether it holds an answer
# of the kind that is asked for; and whether it defines what is asked about. On SQuAD's answerable gold questions, over
# 490 articles, the right sentence comes first .70 of the time, among three .84; with min-max normalised cosine, BM25
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
# And with the reader: its logits for the sentence, for the best words in it, and for its passage.
READ_FEATURES = (*FEATURES, "evidence", "certainty", "relevance")
# A sentence is quoted too when its score is at most this much below the best. How much of the gold is quoted, and in
# how many sentences, on 600 of SQuAD's training questions and on 464 of BioASQ's, which want several: 1.5 .825 in 2.6
# and .41 in 3.9; 2 .847 in 2.9 and .445 in 4.2; 2.5 .858 in 3.2 and .457 in 4.5; 3 .870 in 3.5 and .467 in 4.6. With
# the reader, on 625 and 309 that it was not trained on (without it, at 2.5, .845 in 3.4 and .406 in 4.4): 2 .875 in 2.5
# and .454 in 4.0; 2.5 .883 in 2.8 and .482 in 4.3; 3 .891 in 3.1 and .498 in 4.5; 3.5 .893 in 3.3 and .502 in 4.6.
CLOSE, READ_CLOSE = 2.5, 3.0

_POINTERS = "this|that|these|those|it|they|he|she|its|their|his|her|such|both|there"
_REASONS = "because|since|as a result|for this reason|therefore|thus|hence|so|in return|subsequently|consequently"
_POINTS_BACK = re.compile(rf"({_POINTERS})\b", re.IGNORECASE)
_GOES_ON = re.compile(rf"({_POINTERS}|{_REASONS})\b", re.IGNORECASE)
_WHY = re.compile(r"\b(why|how come|what (was|is|were|are) the (reason|cause)s?|for what reason)\b", re.IGNORECASE)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a passage that was found, by its number there, and how well it fits."""

    reading: Reading
    number: int
    score: float

    @property
    def range(self) -> Range:
        """The sentence's characters in its article."""
        return self.reading.hit.passage.sentences[self.number]

    @property
    def article_id(self) -> str:
        """The article that the sentence stands in."""
        return self.reading.hit.passage.article_id

    @property
    def place(self) -> tuple[str, Range]:
        """The sentence's article and characters, by which it is known in whatever passage it was found."""
        return self.article_id, self.range

    @property
    def text(self) -> str:
        """The sentence, verbatim."""
        return self.reading.sentences[self.number]

    @property
    def words(self) -> Words:
        """The sentence's words, with those of its title."""
        return self.reading.words[self.number]

    @property
    def vector(self) -> Vectors:
        """The sentence's vector, of shape (dim,)."""
        vector: Vectors = self.reading.analysis.vectors[self.number]
        return vector

    @property
    def cosine(self) -> float:
        """How near the sentence is to the question."""
        return float(self.reading.cosines[self.number])

    @property
    def certainty(self) -> float:
        """How sure the reader is of its best words in the sentence, in logits."""
        return float(self.reading.view.certainty[self.number]) if self.reading.view else UNSEEN

    @property
    def best_words(self) -> Range | None:
        """Those words, as characters of the article; None where the reader did not read them."""
        return self.reading.view.words[self.number] if self.reading.view else None


def rank_sentences(question: Question, readings: Sequence[Reading]) -> list[Candidate]:
    """Every sentence of the passages found, once, best first."""
    best: dict[tuple[str, Range], Candidate] = {}
    is_read = any(reading.view for reading in readings)
    fitted = weights("evidence_read", READ_FEATURES) if is_read else weights("evidence", FEATURES)
    for reading in readings:
        table = read_features(question, reading) if is_read else features(question, reading)
        for number, score in enumerate(table @ fitted):
            candidate = Candidate(reading, number, float(score))
            known = best.get(candidate.place)
            if known is None or known.score < candidate.score:
                best[candidate.place] = candidate
    return sorted(best.values(), key=lambda candidate: -candidate.score)


def features(question: Question, reading: Reading) -> Floats:
    """A row of `FEATURES` for each sentence of a passage."""
    kind = AnswerType.of(question.text)
    rarity, words = question.rarity, reading.words
    covered_by_passage = covered(rarity, reading.all_words)
    table = [
        (
            cosine,
            covered(rarity, held),
            covered(rarity, held | before),
            covered(rarity, held | after),
            covered_by_passage,
            kind is not None and kind.is_in(text, question.text),
            defines(text, question.text),
        )
        for cosine, text, held, before, after in zip(
            reading.cosines,
            reading.sentences,
            words,
            [reading.title, *words[:-1]],
            [*words[1:], reading.title],
            strict=True,
        )
    ]
    return np.array(table, dtype=np.float64).reshape(-1, len(FEATURES))


def read_features(question: Question, reading: Reading) -> Floats:
    """A row of `READ_FEATURES` for each sentence of a passage; one that was not read counts as not answering."""
    view, shape = reading.view, len(reading.sentences)
    unseen = np.full(shape, UNSEEN)
    said = (view.evidence, view.certainty, np.full(shape, view.relevance)) if view else (unseen, unseen, unseen)
    return np.column_stack([features(question, reading), *said])


def choose(question: Question, ranked: Sequence[Candidate], max_quotes: int) -> list[Candidate]:
    """The sentences to quote: the best with what it needs beside it, and those nearly as good.

    Before those comes the sentence nearest in meaning, which may say it in words that the question does not use.
    """
    if not ranked:
        return []
    best, *others = ranked
    nearest = max(ranked, key=lambda item: item.cosine)
    least = best.score - (READ_CLOSE if best.reading.view else CLOSE)
    close = [item for item in others if item.score >= least]
    wanted = {item.place: item for item in [best, *_beside(question, best, ranked), nearest, *close]}
    return list(wanted.values())[:max_quotes]


def _beside(question: Question, best: Candidate, ranked: Sequence[Candidate]) -> Iterator[Candidate]:
    """The sentence before, if the best one points back, and the one after, if that goes on with the answer."""
    by_place = {item.place: item for item in ranked}
    places = best.reading.hit.passage.sentences
    before, after = (
        by_place[best.article_id, places[number]] if 0 <= number < len(places) else None
        for number in (best.number - 1, best.number + 1)
    )
    if before and _POINTS_BACK.match(best.text):
        yield before
    if after and (_GOES_ON if _WHY.search(question.text) else _POINTS_BACK).match(after.text):
        yield after
