"""Exports a model's light encoder in a process that ends, and gives back all the memory that torch took (450 MB)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from corpus.errors import ModelError

_PACKAGES = Path(__file__).parents[2]
# Not `-m`, which would look for modules in the working folder: that may be one of articles.
_PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from corpus.errors import ModelError
from index.embedding.sentence_transformer import SentenceTransformerEmbedder
try:
    SentenceTransformerEmbedder.load(sys.argv[2])
except ModelError as error:
    print(error)
    sys.exit(1)
"""


def export_encoder(model: str) -> None:
    """Export the light encoder of a sentence-transformers model, by name or path (some ten seconds).

    Raises:
        ModelError: the model is missing, or not the published one.
    """
    command = [sys.executable, "-P", "-c", _PROGRAM, str(_PACKAGES), model]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        said = done.stdout.strip() or done.stderr.strip().rpartition("\n")[2] or "nothing was said"
        raise ModelError(said if done.stdout else f"the model {model} cannot be exported: {said}")
