"""What the network is shown: windows of sentences, the answering and the others of a question in one batch."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from tokenizers import Encoding
from torch import Tensor

from rag.reader.graph import headed, tokenizer
from rag.reader.reader import sentence_of_each
from tests.benchmarks.reader.negatives import twisted
from tests.benchmarks.reader.sets import Item
from tests.benchmarks.statements import stated

# Tokens of a batch with what fills it up, of which each window has a multiple: batches have few shapes, as a processor
# has to prepare for each new one (a fifth of the time).
_BATCH, _STEP = 4096, 32
# Questions from which batches of like length are made.
_POOL = 1024
# Sentences that brief windows have, and the others.
_SHORT, _LONG = (1, 4), (5, 20)
UNKNOWN = -100

Group = tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Shares:
    """How many of the questions are shown in some way, each from 0 to 1.

    Args:
        brief: with windows of few sentences.
        twisted: with a question beside them that is changed so that the text no longer answers it.
        untitled: with texts that have no title.
        stated: as statements, where they can be.
    """

    brief: float = 0.35
    twisted: float = 0.4
    untitled: float = 0.15
    stated: float = 0.25


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows as the network takes them, with what it should say.

    Args:
        ids, kinds, mask: shape (rows, tokens), as `Network.forward` takes them; windows, and empty rows below.
        spans: whether the answer may stand there, shape (windows, tokens): not on the question.
        start, end: the answer's tokens, 0 for none; `UNKNOWN` where it is not known.
        sentences: the number of each token's sentence in its window, -1 elsewhere.
        evidence: whether each token's sentence answers, shape (windows, tokens).
        relevant: whether the window answers.
        groups: a number for each window, the same for those of one question.
    """

    ids: Tensor
    kinds: Tensor
    mask: Tensor
    spans: Tensor
    start: Tensor
    end: Tensor
    sentences: Tensor
    evidence: Tensor
    relevant: Tensor
    groups: Tensor


class Batches:
    """Batches without end from items; the same again for the same seed."""

    def __init__(
        self,
        items: Sequence[Item],
        mined: Mapping[str, Sequence[Item]],
        alike: Mapping[int, Item],
        weights: Mapping[str, float],
        seed: int,
        shares: Shares = Shares(),
    ) -> None:
        self._items = items
        self._mined = mined
        self._alike = alike
        self._seed = seed
        self._weights = weights
        self._shares = shares
        self._tokenizer = tokenizer()

    def epoch(self, number: int, beside: int) -> Iterator[Batch]:
        """Every item as often as its set's weight says, in an order and with others beside it that are drawn anew.

        Args:
            beside: a question, so many of the wrong passages that retrieval found for it are shown.
        """
        draw = random.Random(f"{self._seed} {number}")
        order = [
            place
            for place, item in enumerate(self._items)
            for _ in range(int(self._weights.get(item.source, 1.0) + draw.random()))
        ]
        draw.shuffle(order)
        for start in range(0, len(order), _POOL):
            yield from self._of([self._group(place, beside, draw) for place in order[start : start + _POOL]], draw)

    def _group(self, place: int, beside: int, draw: random.Random) -> Group:
        """A question with the texts it is read beside, all as long as each other."""
        item = self._items[place]
        found = self._mined.get(item.question, ())
        others: list[Item] = []
        if item.evidence:
            others += draw.sample(found, min(beside, len(found)))
            if not found and place in self._alike:
                others.append(self._alike[place])
        if draw.random() < self._shares.stated:
            item = replace(item, question=stated(item.question, item.answer) or item.question)
        texts = [item, *(replace(other, question=item.question) for other in others)]
        if (
            item.evidence
            and draw.random() < self._shares.twisted
            and (other := twisted(item, draw.choices(self._items, k=4), draw))
        ):
            texts.append(other)
        count = draw.randint(*(_SHORT if draw.random() < self._shares.brief else _LONG))
        bare = draw.random() < self._shares.untitled
        return tuple(_window(replace(each, title="") if bare else each, count, draw) for each in texts)

    def _of(self, groups: Sequence[Group], draw: random.Random) -> Iterator[Batch]:
        """Groups of like length in batches, in any order."""
        pairs = [(each.question, headed(each.title, each.text)) for group in groups for each in group]
        encodings = iter(self._tokenizer.encode_batch(pairs))
        encoded = [[(each, next(encodings)) for each in group] for group in groups]
        encoded.sort(key=lambda group: max(len(encoding.ids) for _, encoding in group))
        batches: list[list[list[tuple[Item, Encoding]]]] = [[]]
        for group in encoded:
            if sum(map(len, batches[-1])) + len(group) > _shape(group)[0]:
                batches.append([])
            batches[-1].append(group)
        draw.shuffle(batches)
        yield from map(_batch, filter(None, batches))


def _window(item: Item, count: int, draw: random.Random) -> Item:
    """Some sentences in a row: with the evidence where there is any, anywhere otherwise."""
    if len(item.sentences) <= count:
        return item
    wanted = draw.choice(sorted(item.evidence)) if item.evidence else draw.randrange(len(item.sentences))
    first = draw.randint(max(0, wanted - count + 1), min(wanted, len(item.sentences) - count))
    kept = item.sentences[first : first + count]
    begin, end = kept[0][0], kept[-1][1]
    words = item.words
    if words is not None:
        words = (words[0] - begin, words[1] - begin) if begin <= words[0] and words[1] <= end else None
    return replace(
        item,
        text=item.text[begin:end],
        sentences=tuple((start - begin, last - begin) for start, last in kept),
        evidence=frozenset(number - first for number in item.evidence if first <= number < first + count),
        words=words,
    )


def _shape(rows: Sequence[tuple[Item, Encoding]]) -> tuple[int, int]:
    """How many windows a batch may have, and how many tokens each, if these are the longest of it."""
    tokens = -(-max(len(encoding.ids) for _, encoding in rows) // _STEP) * _STEP
    return _BATCH // tokens, tokens


def _batch(groups: Sequence[Sequence[tuple[Item, Encoding]]]) -> Batch:
    rows = [pair for group in groups for pair in group]
    full = _shape(rows)
    shape = (len(rows), full[1])
    ids, kinds, mask = (np.zeros(full, np.int64) for _ in range(3))
    spans, evidence = np.zeros(shape, bool), np.zeros(shape, np.float32)
    sentences = np.full(shape, -1)
    start, end = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
    for row, (item, encoding) in enumerate(rows):
        size = len(encoding.ids)
        ids[row, :size], kinds[row, :size], mask[row, :size] = encoding.ids, encoding.type_ids, 1
        of = sentence_of_each(encoding, len(headed(item.title, "")), item.sentences)
        sentences[row, :size] = of
        spans[row, :size] = of >= 0
        spans[row, 0] = True
        evidence[row, :size] = np.isin(of, list(item.evidence))
        if item.words is not None:
            start[row], end[row] = _tokens(encoding, item)
        elif item.evidence:
            start[row] = end[row] = UNKNOWN
    relevant = np.array([bool(item.evidence) for item, _ in rows], np.float32)
    of_group = np.array([number for number, group in enumerate(groups) for _ in group])
    parts = (ids, kinds, mask, spans, start, end, sentences, evidence, relevant, of_group)
    return Batch(*map(torch.from_numpy, parts))


def _tokens(encoding: Encoding, item: Item) -> tuple[int, int]:
    """The first and last token of the answer's words; unknown where they were cut off."""
    lead = len(headed(item.title, ""))
    first, last = item.words[0] + lead, item.words[1] + lead  # type: ignore[index]
    within = [
        number
        for number, (begin, end) in enumerate(encoding.offsets)
        if encoding.type_ids[number] == 1 and begin < last and first < end
    ]
    return (within[0], within[-1]) if within else (UNKNOWN, UNKNOWN)
