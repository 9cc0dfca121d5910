"""Articles of random vectors, for what needs thousands of passages and no model."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.article import Article, Passage
from index.embedding.embedder import EmbeddedPassage, Vectors
from index.engines.engine import EmbeddedArticle
from index.folder.folder_index import FolderIndex
from index.folder.store import FolderStore
from index.manifest import Recipe
from index.source_file import SourceFile

DIM = 32
RECIPE = Recipe("random", "none", DIM, 200, 1)
# How far a passage lies from its subject, and a sentence or a question from its passage: the cosine is .8.
_AWAY = 0.75
_SUBJECTS = 40


class NoEmbedder:
    """Questions come with their vectors."""

    name, dim = RECIPE.model, DIM

    def embed(self, texts: Sequence[str]) -> Vectors:
        raise NotImplementedError


def around(centres: Vectors, rng: np.random.Generator) -> Vectors:
    """A random unit vector near each of some, shape (centres, DIM)."""
    return _unit(centres + _AWAY * _unit(rng.normal(size=centres.shape)))


def random_articles(names: Iterable[str], passages: int = 1, seed: int = 0) -> list[EmbeddedArticle]:
    """An article of each name on one of a few subjects; each passage is one sentence, "NAME has number N."."""
    rng = np.random.default_rng(seed)
    subjects = _unit(np.random.default_rng(0).normal(size=(_SUBJECTS, DIM)))
    return [_article(name, around(subjects[rng.integers(_SUBJECTS, size=passages)], rng), rng) for name in names]


def put_in(
    folder: Path, articles: Sequence[EmbeddedArticle], gone: Collection[str] = (), recipe: Recipe = RECIPE
) -> None:
    """Add articles to the index in a folder, as one segment, and take some out."""
    store = FolderStore(folder)
    with store.writing():
        base = store.current() if store.exists() else None
        draft = store.draft(base, {item.article.id: item.source for item in articles}, recipe)
        if articles:
            draft.add(articles)
        draft.put_in_force(gone, ["articles"], [])


def opened(folder: Path) -> FolderIndex:
    """The index in force in a folder."""
    return FolderIndex.open(folder, FolderStore(folder).current(), NoEmbedder())


def _article(name: str, vectors: Vectors, rng: np.random.Generator) -> EmbeddedArticle:
    sentences = [f"{name} has number {number}." for number in range(len(vectors))]
    text = "\n".join(sentences)
    passages = []
    for ordinal, (sentence, vector, own) in enumerate(zip(sentences, vectors, around(vectors, rng), strict=True)):
        start = text.index(sentence)
        end = start + len(sentence)
        passage = Passage(name, ordinal, start, end, sentence, ((start, end),))
        passages.append(EmbeddedPassage(passage, vector, own[np.newaxis]))
    source = SourceFile(Path("/articles", f"{name}.txt"), name, "2026-01-01T00:00:00+00:00")
    return EmbeddedArticle(Article(name, f"About {name}", text), source, tuple(passages))


def _unit(rows: NDArray[np.floating]) -> Vectors:
    unit: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit
