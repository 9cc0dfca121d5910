"""LangChain as its tutorial on semantic search says, with FAISS as the vector store.

`RecursiveCharacterTextSplitter` with pieces of 1,000 characters that overlap by 200, `HuggingFaceEmbeddings`, and
`similarity_search`. The tutorial has no hybrid search, and the BM25 retriever no way to be kept on disk. Kept by
`save_local`, which pickles.
"""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.peers.verbs import PASSAGES, Found, Search, model, run


def build(articles: Path, folder: Path) -> int:
    """Make the index."""
    from langchain_community.document_loaders import DirectoryLoader, TextLoader
    from langchain_community.vectorstores import FAISS
    from langchain_huggingface import HuggingFaceEmbeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    loader = DirectoryLoader(str(articles), loader_cls=TextLoader, loader_kwargs={"encoding": "utf-8"})
    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200, add_start_index=True)
    pieces = splitter.split_documents(loader.load())
    store = FAISS.from_documents(pieces, HuggingFaceEmbeddings(model_name=model()))
    store.save_local(str(folder))
    return len(pieces)


def search(folder: Path) -> Search:
    """Open the index."""
    from langchain_community.vectorstores import FAISS
    from langchain_huggingface import HuggingFaceEmbeddings

    embeddings = HuggingFaceEmbeddings(model_name=model())
    store = FAISS.load_local(str(folder), embeddings, allow_dangerous_deserialization=True)

    def find(question: str) -> list[Found]:
        hits = store.similarity_search(question, k=PASSAGES)
        return [(Path(hit.metadata["source"]).stem, hit.page_content) for hit in hits]

    return find


if __name__ == "__main__":
    run(build, ask=search)
