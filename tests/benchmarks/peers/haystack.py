"""Haystack as its tutorial on hybrid retrieval says, less its reranker, which is another model.

`DocumentSplitter` as it is by default, 200 words (the tutorial's 512 are more than the model reads), the
sentence-transformers embedders, and `InMemoryDocumentStore` with both its retrievers, joined by reciprocal rank fusion
as `DocumentJoiner` offers it. Kept by `save_to_disk`, one JSON file. The store on FAISS is a package of its own, and
has no BM25.
"""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.peers.verbs import PASSAGES, Found, Search, model, run

_FILE = "store.json"


def build(articles: Path, folder: Path) -> int:
    """Make the store."""
    from haystack import Pipeline
    from haystack.components.converters import TextFileToDocument
    from haystack.components.preprocessors import DocumentSplitter
    from haystack.components.writers import DocumentWriter
    from haystack.document_stores.in_memory import InMemoryDocumentStore
    from haystack_integrations.components.embedders.sentence_transformers import SentenceTransformersDocumentEmbedder

    store = InMemoryDocumentStore()
    pipeline = Pipeline()
    pipeline.add_component("converter", TextFileToDocument())
    pipeline.add_component("splitter", DocumentSplitter())
    pipeline.add_component("embedder", SentenceTransformersDocumentEmbedder(model=model()))
    pipeline.add_component("writer", DocumentWriter(store))
    pipeline.connect("converter", "splitter")
    pipeline.connect("splitter", "embedder")
    pipeline.connect("embedder", "writer")
    pipeline.run({"converter": {"sources": sorted(articles.iterdir())}})
    store.save_to_disk(str(folder / _FILE))
    return int(store.count_documents())


def search(folder: Path) -> Search:
    """Open the store."""
    from haystack import Pipeline
    from haystack.components.joiners import DocumentJoiner
    from haystack.components.retrievers import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
    from haystack.document_stores.in_memory import InMemoryDocumentStore
    from haystack_integrations.components.embedders.sentence_transformers import SentenceTransformersTextEmbedder

    store = InMemoryDocumentStore.load_from_disk(str(folder / _FILE))
    pipeline = Pipeline()
    pipeline.add_component("embedder", SentenceTransformersTextEmbedder(model=model(), progress_bar=False))
    pipeline.add_component("vectors", InMemoryEmbeddingRetriever(store))
    pipeline.add_component("words", InMemoryBM25Retriever(store))
    pipeline.add_component("joiner", DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=PASSAGES))
    pipeline.connect("embedder.embedding", "vectors.query_embedding")
    pipeline.connect("vectors", "joiner")
    pipeline.connect("words", "joiner")

    def find(question: str) -> list[Found]:
        found = pipeline.run({"embedder": {"text": question}, "words": {"query": question}})["joiner"]["documents"]
        return [(Path(hit.meta["file_path"]).stem, hit.content) for hit in found]

    return find


if __name__ == "__main__":
    run(build, ask=search)
