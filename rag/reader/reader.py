"""Passages read together with a question: whether each answers it, which of its sentences do, and in which words."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from corpus.article import Passage, Range
from rag.reader import graph

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Encoding, Tokenizer

# The longest answer in a few words, in tokens; longer ones of SQuAD's are less than one in a hundred.
_LONGEST = 20
_NEVER = -1e4
# What is said of a sentence that the reader did not see: as little as of what surely does not answer.
UNSEEN = -10.0

Floats = NDArray[np.float64]
Grid = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class View:
    """What the reader says of a passage beside a question, in logits.

    Args:
        relevance: that the passage answers.
        evidence: that each sentence does, of shape (sentences,).
        certainty: of each sentence, how much likelier its best words are than that nothing in the passage answers.
        words: the best words of each sentence, as characters of its article; None where the reader saw none of it.
    """

    relevance: float
    evidence: Floats
    certainty: Floats
    words: tuple[Range | None, ...]

    @property
    def best_evidence(self) -> float:
        """That the likeliest of its sentences answers."""
        return float(self.evidence.max(initial=UNSEEN))

    @property
    def best_certainty(self) -> float:
        """That of its best words."""
        return float(self.certainty.max(initial=UNSEEN))


class Reader:
    """A cross-encoder with a head for words, one for sentences and one for whole passages (see `CARD.md`).

    Args:
        session: takes `ids` and `kinds` of shape (1, tokens), and gives `start`, `end`, `evidence` of that shape and
            `relevance` of shape (1,).
        tokenizer: cuts what is longer than the reader can see.
    """

    def __init__(self, session: InferenceSession, tokenizer: Tokenizer) -> None:
        self._session = session
        self._tokenizer = tokenizer
        # A passage on each core takes two thirds of the time of all cores at one batch, where short ones wait for long.
        self._threads = ThreadPoolExecutor(os.cpu_count(), "reader")

    @classmethod
    def open(cls) -> Reader:
        """The one that is shipped with the project, opened once; ModelError where it is not what was shipped."""
        return opened()

    def read(self, question: str, passages: Sequence[Passage], titles: Sequence[str]) -> list[View]:
        """What it says of each passage, which is the same whatever is read beside it.

        Args:
            titles: of the article of each passage.
        """
        texts = [(question, graph.headed(title, passage.text)) for title, passage in zip(titles, passages, strict=True)]
        encoded = self._tokenizer.encode_batch(texts)
        # The longest first, so that no core is left with it at the end.
        order = sorted(range(len(encoded)), key=lambda place: -len(encoded[place]))
        logits = dict(zip(order, self._threads.map(self._logits, (encoded[place] for place in order)), strict=True))
        return [
            _view(encoded[place], passage, len(graph.headed(title, "")), logits[place])
            for place, (passage, title) in enumerate(zip(passages, titles, strict=True))
        ]

    def _logits(self, encoding: Encoding) -> list[Grid]:
        ids, kinds = np.array([encoding.ids]), np.array([encoding.type_ids])
        logits: list[Grid] = self._session.run(None, {"ids": ids, "kinds": kinds})
        return [of_text[0] for of_text in logits]


@lru_cache(maxsize=1)
def opened() -> Reader:
    return Reader(graph.session(), graph.tokenizer())


def _view(encoding: Encoding, passage: Passage, lead: int, logits: Sequence[Grid]) -> View:
    """A passage's logits as what they say of its sentences."""
    start, end, evidence, relevance = logits
    if not passage.sentences:
        return View(float(relevance), np.zeros(0), np.zeros(0), ())
    offsets = np.array(encoding.offsets) - lead + passage.start
    ranges = [(first - passage.start, last - passage.start) for first, last in passage.sentences]
    of = sentence_of_each(encoding, lead, ranges)
    scores, lengths = _best_from_each(start, end, of)
    none = float(start[0] + end[0])
    said: list[tuple[float, float, Range | None]] = []
    for number in range(len(passage.sentences)):
        (tokens,) = np.nonzero(of == number)
        if not len(tokens):
            said.append((UNSEEN, UNSEEN, None))
            continue
        first = tokens[np.argmax(scores[tokens])]
        words = (int(offsets[first, 0]), int(offsets[first + lengths[first], 1]))
        said.append((float(evidence[tokens].mean()), float(scores[first]) - none, words))
    return View(
        relevance=float(relevance),
        evidence=np.array([each[0] for each in said]),
        certainty=np.array([each[1] for each in said]),
        words=tuple(each[2] for each in said),
    )


def sentence_of_each(encoding: Encoding, lead: int, ranges: Sequence[Range]) -> NDArray[np.int64]:
    """The number of each token's sentence, -1 for the question's, the title's, and those between sentences.

    Args:
        lead: how many characters are read before the text.
        ranges: its sentences, as characters of the text.
    """
    offsets = np.array(encoding.offsets) - lead
    starts, ends = np.array(ranges).reshape(-1, 2).T
    of = np.searchsorted(starts, offsets[:, 0], side="right") - 1
    inside = (np.array(encoding.type_ids) == 1) & (offsets[:, 1] > offsets[:, 0]) & (of >= 0)
    return np.where(inside & (offsets[:, 1] <= ends[of]), of, -1)


def _best_from_each(start: Grid, end: Grid, of: NDArray[np.int64]) -> tuple[Grid, NDArray[np.int64]]:
    """The score of the best words that start at each token and end in its sentence, and how many tokens follow."""
    size = len(start)
    ends = np.full((_LONGEST, size), _NEVER, dtype=np.float32)
    for more in range(min(_LONGEST, size)):
        same = of[: size - more] == of[more:]
        ends[more, : size - more] = np.where(same, end[more:], _NEVER)
    lengths = ends.argmax(axis=0)
    return start + ends[lengths, np.arange(size)], lengths
