"""LlamaIndex as its starter tutorial and its pages on FAISS, on BM25 and on reciprocal rank fusion say.

The default splitter (sentences up to 1,024 tokens, of which the model reads the first 256), `VectorStoreIndex` over
`FaissVectorStore`, `BM25Retriever`, and both in `QueryFusionRetriever` with `num_queries=1`, which asks no language
model. The FAISS index is by inner product: the pages make one by distance, which the fusion would rank the wrong way
round. Kept by `persist`.
"""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.peers.verbs import PASSAGES, Found, Search, model, run

_DIMENSIONS = 384


def build(articles: Path, folder: Path) -> int:
    """Make both indexes."""
    import faiss
    from llama_index.core import SimpleDirectoryReader, StorageContext, VectorStoreIndex
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding
    from llama_index.retrievers.bm25 import BM25Retriever
    from llama_index.vector_stores.faiss import FaissVectorStore

    store = FaissVectorStore(faiss_index=faiss.IndexFlatIP(_DIMENSIONS))
    index = VectorStoreIndex.from_documents(
        SimpleDirectoryReader(str(articles)).load_data(),
        storage_context=StorageContext.from_defaults(vector_store=store),
        embed_model=HuggingFaceEmbedding(model_name=model()),
    )
    index.storage_context.persist(persist_dir=str(folder / "vectors"))
    words = BM25Retriever.from_defaults(docstore=index.docstore, similarity_top_k=PASSAGES)
    words.persist(str(folder / "words"))
    return len(index.docstore.docs)


def search(folder: Path) -> Search:
    """Open both indexes."""
    from llama_index.core import StorageContext, load_index_from_storage
    from llama_index.core.llms import MockLLM
    from llama_index.core.retrievers import QueryFusionRetriever
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding
    from llama_index.retrievers.bm25 import BM25Retriever
    from llama_index.vector_stores.faiss import FaissVectorStore

    vectors = str(folder / "vectors")
    store = FaissVectorStore.from_persist_dir(vectors)
    index = load_index_from_storage(
        StorageContext.from_defaults(vector_store=store, persist_dir=vectors),
        embed_model=HuggingFaceEmbedding(model_name=model()),
    )
    retriever = QueryFusionRetriever(
        [index.as_retriever(similarity_top_k=PASSAGES), BM25Retriever.from_persist_dir(str(folder / "words"))],
        llm=MockLLM(),
        mode="reciprocal_rerank",
        similarity_top_k=PASSAGES,
        num_queries=1,
        use_async=False,
    )

    def find(question: str) -> list[Found]:
        return [(Path(hit.metadata["file_name"]).stem, hit.node.get_content()) for hit in retriever.retrieve(question)]

    return find


if __name__ == "__main__":
    run(build, ask=search)
