"""The programs that are compared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Peer:
    """A program: its module here, its name, how it splits and searches, and the packages that decide its figures."""

    name: str
    title: str
    how: str
    packages: tuple[str, ...]
    # What the module can be asked beside `build` and `ask`.
    answers: bool = False

    @property
    def requirements(self) -> Path:
        """Everything its environment holds, pinned; ours has no such file."""
        return Path(__file__).parent / "requirements" / f"{self.name}.txt"


class PeerFailed(Exception):
    """A program that could not be installed or did not run, and why, in one line."""


_MODEL = ("sentence-transformers", "transformers", "torch")

OURS = Peer(
    "ours",
    "ours",
    "whole sentences up to 200 tokens, embedded with their article's title; FAISS and BM25, .6 and .4, and the best 70 "
    "reranked by their sentences",
    ("faiss-cpu", "tantivy", "onnxruntime", *_MODEL),
    answers=True,
)
PEERS = {
    peer.name: peer
    for peer in (
        OURS,
        Peer(
            "llamaindex",
            "LlamaIndex",
            "sentences up to 1,024 tokens, of which the model reads 256; FAISS and BM25, fused by reciprocal rank",
            (
                "llama-index-core",
                "llama-index-vector-stores-faiss",
                "llama-index-retrievers-bm25",
                "faiss-cpu",
                *_MODEL,
            ),
        ),
        Peer(
            "langchain",
            "LangChain",
            "up to 1,000 characters, overlapping by 200; FAISS",
            ("langchain", "langchain-community", "langchain-huggingface", "faiss-cpu", *_MODEL),
        ),
        Peer("txtai", "txtai", "paragraphs; FAISS and BM25, half and half", ("txtai", "faiss-cpu", *_MODEL)),
        Peer(
            "haystack",
            "Haystack",
            "200 words; the in-memory store's vectors and BM25, fused by reciprocal rank",
            ("haystack-ai", "sentence-transformers-haystack", *_MODEL),
        ),
    )
}
