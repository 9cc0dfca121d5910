"""Exports a trained network as the graph that the project ships: python -m tests.benchmarks.reader.export [NETWORK]

Weights are 8 bits each: a quarter of the size, and a half of the time and less.
"""

from __future__ import annotations

import hashlib
import re
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from index.home import home
from rag.reader import graph
from tests.benchmarks.reader.network import ATTENDING, Layer, Network, Read

_OPERATORS = "com.microsoft"
INPUTS, OUTPUTS = ("ids", "kinds"), ("start", "end", "evidence", "relevance")


def main() -> None:
    """Export the network that was trained last, or another."""
    source = Path(sys.argv[1]) if sys.argv[1:] else last_trained()
    export(load(source), graph.GRAPH)
    digest = hashlib.sha256(graph.GRAPH.read_bytes()).hexdigest()
    code = Path(graph.__file__)
    code.write_text(re.sub(r'^SHA256 = ".*"$', f'SHA256 = "{digest}"', code.read_text("utf-8"), flags=re.M), "utf-8")
    print(f"{graph.GRAPH}: {graph.GRAPH.stat().st_size / 1e6:.2f} MB, SHA-256 {digest}")


def last_trained() -> Path:
    """Where the network is that was trained last, whole, if one was."""
    return home() / "reader" / "reader" / "network.pt"


def load(file: Path) -> Network:
    """A network as `train` left it, with as many layers as it has."""
    weights = torch.load(file, map_location="cpu")
    network = Network(1 + max(int(name.split(".")[1]) for name in weights if name.startswith("layers.")))
    network.load_state_dict(weights)
    return network.eval()


def export(network: Network, target: Path, *, full_precision: bool = False) -> None:
    """Write a network as an ONNX graph, in 8 bits a weight or in all 32."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole = Path(folder) / "whole.onnx"
        example = torch.ones((1, 8), dtype=torch.long)
        torch.onnx.export(
            _Exported(network).eval(),
            (example, example),
            str(target if full_precision else whole),
            input_names=INPUTS,
            output_names=OUTPUTS,
            dynamic_axes={name: {1: "tokens"} for name in (*INPUTS, *OUTPUTS[:-1])},
            custom_opsets={_OPERATORS: 1},
            dynamo=False,
        )
        if not full_precision:
            quantize_dynamic(whole, target, weight_type=QuantType.QInt8, per_channel=True)


class _Exported(torch.nn.Module):
    """The network for one text at a time, with attention as ONNX Runtime's one operator: half the time of its parts."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, ids: Tensor, kinds: Tensor) -> Read:
        network = self.network
        hidden = network.embedded(ids, kinds)
        for layer in network.layers:
            assert isinstance(layer, Layer)
            attending = layer.attending
            seen: Tensor = _Attention.apply(hidden, attending.weight.t(), attending.bias)  # type: ignore[no-untyped-call]
            hidden = layer.after(hidden, seen)
        return network.said(hidden)


class _Attention(torch.autograd.Function):
    """`com.microsoft.Attention`: of shape (texts, tokens, hidden), like what it is given."""

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        return hidden.clone()

    @staticmethod
    def symbolic(graph: Any, hidden: Any, weight: Any, bias: Any) -> Any:
        attended = graph.op(f"{_OPERATORS}::Attention", hidden, weight, bias, num_heads_i=ATTENDING)
        return attended.setType(hidden.type())


if __name__ == "__main__":
    main()
