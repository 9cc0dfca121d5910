"""Passages read together with a question: whether each answers it, which of its sentences do, and in which words."""

from __future__ import annotations

from collections.abc import Sequence
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

# Passages of like length that are read together.
_BATCH = 6
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
        session: takes `ids`, `kinds` and `mask` of shape (texts, tokens), and gives `start`, `end`, `evidence` of that
            shape and `relevance` of shape (texts,).
        tokenizer: cuts what is longer than the reader can see.
    """

    def __init__(self, session: InferenceSession, tokenizer: Tokenizer) -> None:
        self._session = session
        self._tokenizer = tokenizer

    @classmethod
    def open(cls) -> Reader:
        """The one that is shipped with the project, opened once; ModelError where it is not what was shipped."""
        return opened()

    def read(self, question: str, passages: Sequence[Passage], titles: Sequence[str]) -> list[View]:
        """What it says of each passage.

        Args:
            titles: of the article of each passage.
        """
        texts = [(question, graph.headed(title, passage.text)) for title, passage in zip(titles, passages, strict=True)]
        encoded = self._tokenizer.encode_batch(texts)
        views: list[View | None] = [None] * len(passages)
        alike = np.argsort([len(each.ids) for each in encoded], kind="stable")
        for first in range(0, len(alike), _BATCH):
            places = alike[first : first + _BATCH]
            logits = self._logits([encoded[place] for place in places])
            for row, place in enumerate(places):
                lead = len(graph.headed(titles[place], ""))
                views[place] = _view(encoded[place], passages[place], lead, [part[row] for part in logits])
        return [view for view in views if view is not None]

    def _logits(self, encoded: Sequence[Encoding]) -> list[Grid]:
        shape = (len(encoded), max(len(each.ids) for each in encoded))
        ids, kinds, mask = (np.zeros(shape, dtype=np.int64) for _ in range(3))
        for row, each in enumerate(encoded):
            size = len(each.ids)
            ids[row, :size], kinds[row, :size], mask[row, :size] = each.ids, each.type_ids, 1
        logits: list[Grid] = self._session.run(None, {"ids": ids, "kinds": kinds, "mask": mask})
        return logits


@lru_cache(maxsize=1)
def opened() -> Reader:
    return Reader(graph.session(), graph.tokenizer())


def _view(encoding: Encoding, passage: Passage, lead: int, logits: Sequence[Grid]) -> View:
    """A passage's logits as what they say of its sentences."""
    start, end, evidence, relevance = logits
    if not passage.sentences:
        return View(float(relevance), np.zeros(0), np.zeros(0), ())
    size = len(encoding.ids)
    start, end, evidence = start[:size], end[:size], evidence[:size]
    offsets = np.array(encoding.offsets) - lead + passage.start
    of = _sentences(encoding, offsets, passage)
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


def _sentences(encoding: Encoding, offsets: NDArray[np.int64], passage: Passage) -> NDArray[np.int64]:
    """The number of each token's sentence, -1 for the question's, the title's, and those between sentences."""
    starts = np.array([first for first, _ in passage.sentences])
    ends = np.array([last for _, last in passage.sentences])
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
