"""The reader's files: its graph, as the project ships it, and the tokenizer that goes with it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from corpus.errors import ModelError
from index.embedding import packaged_model

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

GRAPH = Path(__file__).with_name("reader.onnx")
SHA256 = "72d807fe0ac52a4228d987bc0e74145daae075a6bd7e841aa3b730440f1c6f9c"
# Tokens of question, title and passage together; a passage and its title have at most 256.
WINDOW = 320
_WAYS_OUT = "install the project again, or go without with `reader = none`"


def headed(title: str, text: str) -> str:
    """A text as it is read: below its title."""
    return f"{title}\n{text}"


def session() -> InferenceSession:
    """The graph, opened; ModelError where it is missing or is not the one that was shipped."""
    try:
        graph = GRAPH.read_bytes()
    except OSError as error:
        raise ModelError(f"the reader {GRAPH} cannot be read ({error.strerror}): {_WAYS_OUT}") from error
    if hashlib.sha256(graph).hexdigest() != SHA256:
        raise ModelError(f"the reader {GRAPH} is not the one that was shipped: {_WAYS_OUT}")
    return session_of(graph)


def session_of(graph: bytes) -> InferenceSession:
    """A graph, ready to read."""
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    # Several texts are read at once, each on one core.
    options.intra_op_num_threads = 1
    return InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def tokenizer() -> Tokenizer:
    """MiniLM's tokenizer, for pairs of a question and a text, of which the longer is cut where they are too long."""
    from tokenizers import Tokenizer

    made = Tokenizer.from_file(str(packaged_model.tokenizer_file()))
    made.no_padding()
    made.enable_truncation(WINDOW, strategy="longest_first")
    return made
