"""The reader as a network: MiniLM's encoder and four small heads (arXiv:2002.10957; heads as in arXiv:1810.04805)."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from index.embedding import packaged_model

_HIDDEN, _INNER, _WORDS, _PLACES = 384, 1536, 30_522, 512
LAYERS, ATTENDING = 6, 12


class Read(NamedTuple):
    """What the reader says of each text: logits.

    Args:
        start, end: of each token, that the answer starts or ends there; at the first token, that there is none:
            shape (texts, tokens).
        evidence: of each token, that its sentence answers, shape (texts, tokens).
        relevance: that the text answers, shape (texts,).
    """

    start: Tensor
    end: Tensor
    evidence: Tensor
    relevance: Tensor


class Network(nn.Module):
    """Reads questions and texts together."""

    def __init__(self, layers: int = LAYERS) -> None:
        super().__init__()
        self.words = nn.Embedding(_WORDS, _HIDDEN)
        self.places = nn.Embedding(_PLACES, _HIDDEN)
        self.kinds = nn.Embedding(2, _HIDDEN)
        self.norm = nn.LayerNorm(_HIDDEN, eps=1e-12)
        self.layers = nn.ModuleList(Layer() for _ in range(layers))
        self.of_tokens = nn.Linear(_HIDDEN, 3)
        self.of_texts = nn.Linear(_HIDDEN, 1)

    @classmethod
    def pretrained(cls, layers: int = LAYERS) -> Network:
        """All-MiniLM-L6-v2's first layers, and heads that say nothing yet."""
        network = cls(layers)
        weights = load_file(packaged_model.folder() / "model.safetensors")
        network.load_state_dict(_renamed(weights, layers), strict=False)
        for head in (network.of_tokens, network.of_texts):
            nn.init.zeros_(head.weight)
            nn.init.zeros_(head.bias)
        return network

    def forward(self, ids: Tensor, kinds: Tensor, mask: Tensor) -> Read:
        """Read the tokens.

        Args:
            ids: token numbers, shape (texts, tokens).
            kinds: 0 for the question's tokens, 1 for the text's.
            mask: 1 for tokens, 0 for what only fills up.
        """
        hidden = self.embedded(ids, kinds)
        # The least that 16 bits hold: what is masked is nothing after the softmax.
        masked = (1.0 - mask[:, None, None].to(hidden.dtype)) * -30_000.0
        for layer in self.layers:
            hidden = layer(hidden, masked)
        return self.said(hidden)

    def embedded(self, ids: Tensor, kinds: Tensor) -> Tensor:
        """The tokens as the first layer takes them, shape (texts, tokens, hidden)."""
        tokens: Tensor = self.norm(self.words(ids) + self.places.weight[: ids.shape[1]] + self.kinds(kinds))
        return tokens

    def said(self, hidden: Tensor) -> Read:
        """What the heads make of what the last layer gives."""
        start, end, evidence = self.of_tokens(hidden).unbind(-1)
        return Read(start, end, evidence, self.of_texts(hidden[:, 0])[:, 0])


class Layer(nn.Module):
    """One layer of BERT's encoder; question, key and value are one product."""

    def __init__(self) -> None:
        super().__init__()
        self.attending = nn.Linear(_HIDDEN, 3 * _HIDDEN)
        self.attended = nn.Linear(_HIDDEN, _HIDDEN)
        self.attended_norm = nn.LayerNorm(_HIDDEN, eps=1e-12)
        self.up = nn.Linear(_HIDDEN, _INNER)
        self.down = nn.Linear(_INNER, _HIDDEN)
        self.norm = nn.LayerNorm(_HIDDEN, eps=1e-12)

    def forward(self, hidden: Tensor, masked: Tensor) -> Tensor:
        texts, tokens, _ = hidden.shape
        size = _HIDDEN // ATTENDING
        split = self.attending(hidden).view(texts, tokens, 3, ATTENDING, size).permute(2, 0, 3, 1, 4)
        question, key, value = split[0] * size**-0.5, split[1], split[2]
        likeness = question @ key.transpose(-1, -2)
        share = torch.softmax(likeness + masked.to(likeness.dtype), -1)
        seen = (share.to(value.dtype) @ value).transpose(1, 2).reshape(texts, tokens, _HIDDEN)
        return self.after(hidden, seen)

    def after(self, hidden: Tensor, seen: Tensor) -> Tensor:
        """The layer from what its attention saw on."""
        hidden = self.attended_norm(hidden + self.attended(seen))
        out: Tensor = self.norm(hidden + self.down(self._rounded(functional.gelu(self.up(self._rounded(hidden))))))
        return out

    def _rounded(self, hidden: Tensor) -> Tensor:
        """While it learns, what the exported graph makes of it before it multiplies: 8 bits for all of it at once."""
        rounded: Tensor = _Rounded.apply(hidden) if self.training else hidden  # type: ignore[no-untyped-call]
        return rounded


class _Rounded(torch.autograd.Function):
    """Rounding to 255 steps, with the slope of what is rounded (arXiv:1712.05877)."""

    @staticmethod
    def forward(ctx: Any, hidden: Tensor) -> Tensor:
        low, high = torch.aminmax(hidden)
        step = (high - low) / 255
        return (hidden / step).round_().mul_(step)

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> Tensor:
        return slope


def _renamed(weights: dict[str, Tensor], layers: int) -> dict[str, Tensor]:
    """BERT's weights by our names."""
    names = {
        "words.weight": "embeddings.word_embeddings.weight",
        "places.weight": "embeddings.position_embeddings.weight",
        "kinds.weight": "embeddings.token_type_embeddings.weight",
        "norm.weight": "embeddings.LayerNorm.weight",
        "norm.bias": "embeddings.LayerNorm.bias",
    }
    renamed = {ours: weights[theirs] for ours, theirs in names.items()}
    for number in range(layers):
        theirs = f"encoder.layer.{number}"
        parts = {
            "attended": "attention.output.dense",
            "attended_norm": "attention.output.LayerNorm",
            "up": "intermediate.dense",
            "down": "output.dense",
            "norm": "output.LayerNorm",
        }
        for kind in ("weight", "bias"):
            three = [weights[f"{theirs}.attention.self.{part}.{kind}"] for part in ("query", "key", "value")]
            renamed[f"layers.{number}.attending.{kind}"] = torch.cat(three)
            for ours, part in parts.items():
                renamed[f"layers.{number}.{ours}.{kind}"] = weights[f"{theirs}.{part}.{kind}"]
    return renamed
