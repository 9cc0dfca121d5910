"""Indexes of any size: SQuAD's articles, and as many variations of them as are wanted.

The first are the real ones. A variation has a sixth of its words replaced by words drawn from the real texts, and
vectors drawn around the real ones, at an angle of 17 to 45 degrees: to embed a million passages takes hours.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import count, islice
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from corpus.article import Article, Passage, Range
from index.embedding.embedder import EmbeddedPassage
from index.engines.engine import EmbeddedArticle
from index.folder.folder_index import FolderIndex
from index.folder.store import FolderStore
from index.source_file import SourceFile
from tests.benchmarks.data import SQUAD, indexed

_REPLACED = 1 / 6
_NEAR, _FAR = 0.3, 1.0
_LOT = 4096
_WORD = re.compile(r"\w+")

Vectors = NDArray[np.float32]


def grown(passages: int, folder: Path) -> float:
    """Make an index of at least so many passages in a folder, as a build does that has its vectors already.

    Returns:
        The seconds it took, without those in which the articles were made up.
    """
    real = indexed("squad", SQUAD / "articles")
    store = FolderStore(folder)
    with store.writing(), tqdm(total=passages, unit=" passages", desc=f"Growing to {passages:,}", disable=None) as bar:
        draft = store.draft(None, {}, real.manifest.recipe)
        seconds = 0.0
        for lot in _lots(_articles(real), passages):
            begun = perf_counter()
            draft.add(lot)
            seconds += perf_counter() - begun
            bar.update(sum(len(item.passages) for item in lot))
        begun = perf_counter()
        draft.put_in_force((), (), ())
        return seconds + perf_counter() - begun


def _lots(articles: Iterator[EmbeddedArticle], passages: int) -> Iterator[list[EmbeddedArticle]]:
    """Articles until there are so many passages, in lots."""
    made, lot, held = 0, [], 0
    while made + held < passages:
        lot.append(next(articles))
        held += len(lot[-1].passages)
        if held >= _LOT or made + held >= passages:
            yield lot
            made, lot, held = made + held, [], 0


def _articles(real: FolderIndex) -> Iterator[EmbeddedArticle]:
    """The real articles, and then one variation of each after another, without end."""
    vocabulary = [word for article in islice(real.articles(), 100) for word in _WORD.findall(article.text)]
    draw, noise = random.Random(0), np.random.default_rng(0)
    for turn in count():
        for article in real.articles():
            embedded = _embedded(real, article)
            yield _varied(embedded, turn, vocabulary, draw, noise) if turn else embedded


def _embedded(real: FolderIndex, article: Article) -> EmbeddedArticle:
    numbered = real.passages_of(article.id)
    numbers = [number for number, _ in numbered]
    (segment,) = real.segments
    vectors = segment.vectors.take(np.searchsorted(segment.ids, numbers)).astype(np.float32)
    passages = [
        EmbeddedPassage(passage, vector, analysis.vectors)
        for (_, passage), vector, analysis in zip(numbered, vectors, real.analyses(numbers), strict=True)
    ]
    return EmbeddedArticle(article, SourceFile(Path(f"/{article.id}.txt"), "", ""), tuple(passages))


def _varied(
    embedded: EmbeddedArticle, turn: int, vocabulary: list[str], draw: random.Random, noise: np.random.Generator
) -> EmbeddedArticle:
    """Another article, like this one."""

    def other(word: re.Match[str]) -> str:
        return draw.choice(vocabulary) if draw.random() < _REPLACED else word[0]

    name, text = f"{embedded.article.id}-{turn}", ""
    passages = []
    for item in embedded.passages:
        start, ranges = len(text), []
        for place in item.passage.sentences:
            sentence = _WORD.sub(other, item.passage.quote(*place))
            ranges.append((len(text), len(text) + len(sentence)))
            text += f"{sentence} "
        passages.append(_passage(item, name, start, text, tuple(ranges), noise))
        text += "\n"
    source = replace(embedded.source, path=Path(f"/{name}.txt"))
    return EmbeddedArticle(replace(embedded.article, id=name, text=text), source, tuple(passages))


def _passage(
    item: EmbeddedPassage, article_id: str, start: int, text: str, ranges: tuple[Range, ...], noise: np.random.Generator
) -> EmbeddedPassage:
    end = ranges[-1][1]
    passage = Passage(article_id, item.passage.ordinal, start, end, text[start:end], ranges)
    drawn = _around(np.concatenate([item.vector[None, :], item.sentence_vectors]), noise)
    return EmbeddedPassage(passage, drawn[0], drawn[1:])


def _around(vectors: Vectors, noise: np.random.Generator) -> Vectors:
    step = noise.standard_normal(vectors.shape, dtype=np.float32)
    step /= np.linalg.norm(step, axis=1, keepdims=True)
    drawn: Vectors = vectors + noise.uniform(_NEAR, _FAR) * step
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    return drawn
