"""Articles, answers and conversations that are made of hostile strings, put where a reader's page finds them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from corpus.article import Article, Passage
from corpus.readers.tidying import tidy
from corpus.readers.titles import clean
from corpus.splitter import Splitter
from index.embedding import packaged_model
from index.embedding.embedder import DEFAULT_MODEL, EmbeddedPassage
from index.engines.engine import EmbeddedArticle
from index.folder.store import FolderStore
from index.manifest import Recipe
from index.query import Hit
from index.source_file import SourceFile
from rag.answer import REFUSAL, Answer, Citation, ModelUse, Sentence

_DIM = 384
_RECIPE = Recipe(DEFAULT_MODEL, packaged_model.DIGEST, _DIM, Splitter().max_tokens, Splitter().overlap)


def titled(strings: Sequence[str]) -> list[Article]:
    """An article for each string, which is its title, source, author and address."""
    return [
        Article(f"titled/{number}", title, "It is short.", title, title, "2024", f"https://example.org/{title}")
        for number, title in enumerate(filter(None, map(clean, strings)))
    ]


def told(strings: Sequence[str], name: str = "all") -> Article:
    """One article with a paragraph for each string."""
    return Article(name, "The strings", "\n\n".join(filter(None, map(tidy, strings))))


def index_of(articles: Sequence[Article], folder: Path) -> Path:
    """An index of articles with vectors that mean nothing: embedding so many strings would take minutes."""
    store, random = FolderStore(folder), np.random.default_rng(0)
    sources = {
        item.id: SourceFile(Path("/articles", item.id), item.id, "2026-01-01T00:00:00+00:00") for item in articles
    }
    with store.writing():
        draft = store.draft(None, sources, _RECIPE)
        draft.add([EmbeddedArticle(item, sources[item.id], tuple(_embedded(item, random))) for item in articles])
        draft.put_in_force((), ["articles"], [])
    return folder


def _embedded(article: Article, random: np.random.Generator) -> Iterator[EmbeddedPassage]:
    for passage in Splitter().split(article):
        rows = random.normal(size=(1 + len(passage.sentences), _DIM))
        unit = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
        yield EmbeddedPassage(passage, unit[0], unit[1:])


def said_of(article: Article, strings: Sequence[str]) -> Answer:
    """An answer whose sentences are strings, each citing the place where it stands in an article."""
    shown = [words for words in map(tidy, strings) if words and words in article.text]
    citations = tuple(
        Citation(number, article.id, words, start, start + len(words), words, f"https://example.org/{words}")
        for number, words in enumerate(shown, start=1)
        for start in [article.text.index(words)]
    )
    return Answer(
        question="\n".join(strings),
        standalone="\n".join([*strings, "?"]),
        text=" ".join(shown),
        sentences=tuple(
            Sentence(item.quote, (item.number,), support)
            for item, support in zip(citations, [0.9, 0.4, 0.1] * len(citations), strict=False)
        ),
        citations=citations,
        withheld=(),
        evidence=citations,
        abstained=False,
        confidence=0.7,
        hits=(),
        answered_by=shown[0] if shown else "writer",
        timings={"total": 1.0},
        model=ModelUse(shown[0] if shown else "writer", " ".join(strings)),
    )


def refused(article: Article, strings: Sequence[str]) -> Answer:
    """A refusal that shows strings as the nearest passages."""
    hits = tuple(Hit(number, _passage(article, words), 1.0, 1.0, 1.0) for number, words in enumerate(strings))
    return Answer(strings[0], strings[0], REFUSAL, (), (), (), (), True, 0.01, hits, "extractive", {"total": 1.0})


def _passage(article: Article, words: str) -> Passage:
    return Passage(article.id, 0, 0, len(words), words, ((0, len(words)),))
