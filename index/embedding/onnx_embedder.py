"""The light embedder, for questions and for a few passages: ready in a third of a second, where torch takes six."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from corpus.article import Passage
from corpus.errors import ModelError
from index.embedding.embedder import EmbeddedPassage, Vectors, alike, encoder_folder
from index.embedding.encoder_files import DESCRIPTION, GRAPH, TOKENIZER, description_in
from index.embedding.late_chunking import Encoded, embed_passages, unit

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Encoding, Tokenizer

# Milliseconds a question by batch, of like length: 1 3.4, 4 1.8, 16 1.4, 32 1.3, 64 1.5.
_BATCH = 16
EMBEDDING, TOKENS = "embedding", "tokens"


def open_question_embedder(model: str, digest: str) -> OnnxEmbedder:
    """The light encoder of a sentence-transformers model.

    The first time on a machine it is exported (seconds), and again where its files are not what was exported.

    Args:
        digest: what the weights must hash to.

    Raises:
        ModelError: the model is missing, or has other weights now, or its encoder cannot be written.
    """
    folder = encoder_folder(model, digest)
    try:
        return _opened(folder, digest)
    except ModelError:
        from index.embedding.export import export_encoder

        if export_encoder(model) != digest:
            raise ModelError(
                f"the model {model} has other weights than when the index was made: `rag index --rebuild`"
            ) from None
    return _opened(folder, digest)


@lru_cache(maxsize=2)
def _opened(folder: Path, digest: str) -> OnnxEmbedder:
    """The encoder, opened once (.2 s) for all generations and indexes that are opened."""
    return OnnxEmbedder.open(folder, digest)


class OnnxEmbedder:
    """Runs the graph exported from a sentence-transformers model and gives the same vectors.

    Args:
        session: takes `input_ids` and `attention_mask` of shape (texts, tokens), gives `embedding` (texts, dim) and
            `tokens` (texts, tokens, dim).
        tokenizer: the model's own, set to pad and to cut at the model's window.
        description: what was written beside the graph.
    """

    def __init__(self, session: InferenceSession, tokenizer: Tokenizer, description: Mapping[str, Any]) -> None:
        self.name: str = description["name"]
        self.dim: int = description["dim"]
        self.digest: str = description["digest"]
        self._session = session
        self._tokenizer = tokenizer
        self._question_prompt: str = description["prompt"]
        self._document_prompt: str = description["document_prompt"]

    @classmethod
    def open(cls, folder: Path, digest: str) -> OnnxEmbedder:
        """The encoder that was exported to a folder.

        Raises:
            ModelError: there is none of these weights, or it is not what was exported, or is nothing to this machine.
        """
        description = description_in(folder, digest)
        if description is None:
            raise ModelError(f"the model's encoder in {folder} is not what was exported: delete that folder")
        try:
            return cls(_session(folder), _tokenizer(folder, description), description)
        except Exception as error:  # the libraries raise whatever they like
            with suppress(OSError):  # so that it is exported again, by the libraries that are there now
                (folder / DESCRIPTION).unlink(missing_ok=True)
            why = next(iter(str(error).splitlines()), type(error).__name__)
            raise ModelError(f"the model's encoder in {folder} cannot be opened ({why}): delete that folder") from error

    def embed(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder.embed`."""
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        for rows in alike([len(text) for text in texts], _BATCH):
            vectors[rows] = self._embed([texts[row] for row in rows])
        return vectors

    def embed_passages(self, passages: Sequence[Passage], titles: Sequence[str]) -> Iterator[EmbeddedPassage]:
        """See `PassageEmbedder.embed_passages`."""
        return embed_passages(passages, titles, self._encode, prompt=self._document_prompt, batch=_BATCH)

    def _embed(self, texts: Sequence[str]) -> Vectors:
        vectors, _ = self._run([self._question_prompt + text for text in texts], [EMBEDDING])
        return unit(vectors[0])

    def _encode(self, texts: list[str]) -> Encoded:
        (vectors, tokens), encoded = self._run(texts, [EMBEDDING, TOKENS])
        return Encoded(vectors, tokens, np.array([item.offsets for item in encoded], dtype=np.int64))

    def _run(self, texts: list[str], outputs: list[str]) -> tuple[list[Vectors], list[Encoding]]:
        encoded = self._tokenizer.encode_batch(texts)
        feed = {
            "input_ids": np.array([item.ids for item in encoded], dtype=np.int64),
            "attention_mask": np.array([item.attention_mask for item in encoded], dtype=np.int64),
        }
        return self._session.run(outputs, feed), encoded


def _session(folder: Path) -> InferenceSession:
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    # Threads that spin while idle take a core from everyone else and win nothing on texts as short as a question.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return InferenceSession(str(folder / GRAPH), options, providers=["CPUExecutionProvider"])


def _tokenizer(folder: Path, description: Mapping[str, Any]) -> Tokenizer:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    tokenizer.enable_truncation(description["max_length"])
    tokenizer.enable_padding(pad_id=description["pad_id"], pad_token=description["pad_token"])
    return tokenizer
