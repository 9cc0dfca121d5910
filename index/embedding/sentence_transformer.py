"""The heavy embedder: a sentence-transformers model, loaded only to embed articles and to export itself."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from corpus.article import Passage
from corpus.errors import ModelError
from index.embedding import packaged_model
from index.embedding.embedder import DEFAULT_MODEL, EmbeddedPassage, Vectors, alike, encoder_folder
from index.embedding.encoder_files import GRAPH, TOKENIZER, have_encoder
from index.embedding.late_chunking import Encoded, embed_passages, unit
from index.embedding.onnx_embedder import EMBEDDING, TOKENS

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

# Passages a second in bfloat16 on two cores, batches of like length: 8: 78, 16: 80, 32: 64, 64: 46, 128: 51.
_BATCH = 16


class SentenceTransformerEmbedder:
    """Embeds passages with their sentences: in half precision where the machine computes in it, on a GPU if it has one.

    Attributes:
        digest: a hash of the weights.
    """

    def __init__(self, model: SentenceTransformer, *, name: str, digest: str) -> None:
        self.name = name
        self.dim = int(model.get_embedding_dimension() or 0)
        self.digest = digest
        self._model = model
        self._prompt = model.prompts.get("document") or ""

    @classmethod
    def load(cls, model: str = DEFAULT_MODEL) -> SentenceTransformerEmbedder:
        """Load a model by name or path, and export its question encoder if that has not been done.

        Raises:
            ModelError: the model cannot be found, or is not the published one, or its encoder cannot be written.
        """
        transformer = _load(model)
        embedder = cls(transformer, name=model, digest=_digest(transformer))
        encoder = encoder_folder(model, embedder.digest)
        have_encoder(encoder, embedder.digest, lambda folder: _export(embedder, transformer, folder))
        transformer.to(_arithmetic(transformer.device))
        return embedder

    @property
    def is_in_half_precision(self) -> bool:
        """Whether the machine computes in half precision; where it does not, ONNX Runtime is nearly twice as fast."""
        return _arithmetic(self._model.device).itemsize == 2

    def embed(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder.embed`."""
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        for rows in alike([len(text) for text in texts], _BATCH):
            vectors[rows] = unit(self._encode([texts[row] for row in rows]).vectors)
        return vectors

    def embed_passages(self, passages: Sequence[Passage], titles: Sequence[str]) -> Iterator[EmbeddedPassage]:
        """See `PassageEmbedder.embed_passages`."""
        return embed_passages(passages, titles, self._encode, prompt=self._prompt, batch=_BATCH)

    def _encode(self, texts: list[str]) -> Encoded:
        import torch

        features = self._model.tokenizer(
            texts,
            padding=True,
            truncation=True,
            max_length=self._model.max_seq_length,
            return_offsets_mapping=True,
            return_tensors="pt",
        )
        offsets = features.pop("offset_mapping").numpy()
        with torch.inference_mode():
            output = self._model({key: value.to(self._model.device) for key, value in features.items()})
        return Encoded(_numpy(output["sentence_embedding"]), _numpy(output["token_embeddings"]), offsets)


def _numpy(tensor: torch.Tensor) -> Vectors:
    array: Vectors = tensor.float().cpu().numpy()
    return array


def _arithmetic(device: torch.device) -> torch.dtype:
    """Half precision where the processor computes in it; where it only emulates, that is far slower than float32."""
    import torch

    if device.type == "cuda":
        return torch.float16
    capabilities = torch.cpu.get_capabilities() if device.type == "cpu" else {}
    in_hardware = capabilities.get("amx_bf16") or capabilities.get("avx512_bf16")
    return torch.bfloat16 if in_hardware else torch.float32


def _load(model: str) -> SentenceTransformer:
    path = packaged_model.folder() if model == DEFAULT_MODEL else model
    # The libraries look for newer versions on a hub and draw bars of their own; both before they are imported.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        return SentenceTransformer(str(path), local_files_only=Path(path).exists()).eval()
    except (OSError, ValueError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise ModelError(
            f"the model {model} cannot be loaded ({reason}): name a folder or a model of the hub"
        ) from error


def _digest(model: SentenceTransformer) -> str:
    """What tells two models of the same name apart: a hash of every weight, before any change of precision."""
    import xxhash

    digest = xxhash.xxh3_128()
    for name, weight in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(weight.cpu().float().numpy().tobytes())
    return digest.hexdigest()


def _export(embedder: SentenceTransformerEmbedder, model: SentenceTransformer, folder: Path) -> dict[str, Any]:
    """Write the model as an ONNX graph from token numbers to vectors of text and tokens; what describes that."""
    import torch

    axes = {0: "texts", 1: "tokens"}
    example = torch.ones((2, 8), dtype=torch.long)
    was_on = model.device
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                _graph(model.cpu()),
                (example, example),
                str(folder / GRAPH),
                input_names=["input_ids", "attention_mask"],
                output_names=[EMBEDDING, TOKENS],
                dynamic_axes={"input_ids": axes, "attention_mask": axes, EMBEDDING: {0: "texts"}, TOKENS: axes},
                # The newer exporter is three times slower here and splits the graph into two files.
                dynamo=False,
            )
    finally:
        model.to(was_on)
    tokenizer = model.tokenizer
    (folder / TOKENIZER).write_text(tokenizer.backend_tokenizer.to_str(), "utf-8")
    return {
        "name": embedder.name,
        "digest": embedder.digest,
        "dim": embedder.dim,
        "prompt": model.prompts.get("query") or "",
        "document_prompt": model.prompts.get("document") or "",
        "max_length": model.max_seq_length,
        "pad_id": tokenizer.pad_token_id,
        "pad_token": tokenizer.pad_token,
    }


def _graph(model: SentenceTransformer) -> torch.nn.Module:
    """The whole pipeline, pooling and normalisation too, as one function of two tensors."""
    import torch

    class Graph(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            output = self.model({"input_ids": input_ids, "attention_mask": attention_mask})
            return output["sentence_embedding"], output["token_embeddings"]

    return Graph().eval()
