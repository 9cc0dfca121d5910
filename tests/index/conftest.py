"""The real model, loaded once for all tests of the index, and small folders of articles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from index.article_index import ArticleIndex
from index.embedding.embedder import DEFAULT_MODEL
from index.embedding.sentence_transformer import SentenceTransformerEmbedder
from index.query import Hit, Query
from index.store import store_at

Texts = dict[str, str]

# Three articles that share no subject.
ARTICLES: Texts = {
    "lighthouse.md": "# The lighthouse\n\nThe lamp on Skerry Rock was lit by Anna Holm. She kept it for forty years.\n",
    "bridge.txt": "The bridge at Morton was closed in 2019. A crack had been found in its third pier.\n",
    "orchard/apples.txt": "The orchard grows Bramley apples. They are picked in October and pressed into cider.\n",
}


@pytest.fixture(scope="session")
def embedder(_own_home: None) -> SentenceTransformerEmbedder:
    """The real model, as `load` gives it."""
    return SentenceTransformerEmbedder.load()


@pytest.fixture(scope="package", autouse=True)
def _loaded_once(embedder: SentenceTransformerEmbedder) -> Iterator[None]:
    """Loading the default model again gives the one that is loaded; any other is loaded as ever."""
    load = SentenceTransformerEmbedder.load

    def load_once(model: str = DEFAULT_MODEL) -> SentenceTransformerEmbedder:
        return embedder if model == DEFAULT_MODEL else load(model)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SentenceTransformerEmbedder, "load", load_once)
        yield


def write(folder: Path, texts: Texts) -> Path:
    """Files in a folder, by their path below it."""
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    """A folder of three articles."""
    return write(tmp_path / "articles", ARTICLES)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the test's index goes."""
    return tmp_path / "index"


Search = Callable[..., list[Hit]]


@pytest.fixture(scope="session")
def search(embedder: SentenceTransformerEmbedder) -> Search:
    """Asks an index, opened or in a folder."""

    def find(index: ArticleIndex | Path, text: str, k: int = 1000) -> list[Hit]:
        opened = store_at(index).open() if isinstance(index, Path) else index
        (found,) = opened.search([Query(text, opened.embedder.embed([text])[0])], k)
        return [one.hit for one in found]

    return find
