"""Exports a model's light encoder in a process that ends, and gives back all the memory that torch took (450 MB)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from corpus.errors import ModelError

_PACKAGES = Path(__file__).parents[2]
# Not `-m`, which would look for modules in the working folder: that may be one of articles.
_PROGRAM = """
import signal, sys
for each in signal.SIGINT, signal.SIGTERM:
    signal.signal(each, signal.SIG_IGN)  # meant for who waits for it
sys.path.insert(0, sys.argv[1])
from corpus.errors import ModelError
from index.embedding.sentence_transformer import SentenceTransformerEmbedder
try:
    print(SentenceTransformerEmbedder.load(sys.argv[2]).digest)
except ModelError as error:
    print(error)
    sys.exit(1)
"""


def export_encoder(model: str) -> str:
    """Export the light encoder of a model, by name or path (some ten seconds); the digest of the model's weights.

    Raises:
        ModelError: the model is missing, or not the published one, or its encoder cannot be written.
    """
    command = [sys.executable, "-P", "-c", _PROGRAM, str(_PACKAGES), model]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        said = done.stdout.strip() or done.stderr.strip().rpartition("\n")[2] or "nothing was said"
        raise ModelError(said if done.stdout else f"the model {model} cannot be exported: {said}")
    return done.stdout.split()[-1]
