"""txtai as its introduction says, with the `hybrid` switch that its page on embeddings describes.

`Segmentation` by lines, which are the articles' paragraphs (its `paragraphs` wants empty lines between them), and
`Embeddings(hybrid=True, content=True)`: FAISS and its own BM25, half and half. It runs the model itself, which so
reads up to 512 tokens. Kept by `save`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.peers.verbs import PASSAGES, Found, Search, model, run


def build(articles: Path, folder: Path) -> int:
    """Make the index."""
    from txtai import Embeddings
    from txtai.pipeline import Segmentation

    segment = Segmentation(lines=True)

    def paragraphs() -> Iterator[tuple[str, str]]:
        for path in sorted(articles.iterdir()):
            for number, text in enumerate(segment(path.read_text("utf-8"))):
                yield f"{path.stem}#{number}", text

    embeddings = Embeddings(path=model(), hybrid=True, content=True)
    embeddings.index(paragraphs())
    embeddings.save(str(folder))
    return int(embeddings.count())


def search(folder: Path) -> Search:
    """Open the index."""
    from txtai import Embeddings

    embeddings = Embeddings()
    embeddings.load(str(folder))

    def find(question: str) -> list[Found]:
        return [(hit["id"].rpartition("#")[0], hit["text"]) for hit in embeddings.search(question, PASSAGES)]

    return find


if __name__ == "__main__":
    run(build, ask=search)
