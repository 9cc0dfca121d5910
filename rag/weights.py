"""The fitted weights of what is scored, by feature; `tests/benchmarks/fit.py` writes them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

FILE = Path(__file__).with_suffix(".json")


@cache
def weights(
    of: Literal["reranking", "reading", "evidence", "evidence_read", "confidence", "confidence_read", "support"],
    features: tuple[str, ...],
) -> NDArray[np.float64]:
    """The weight of each feature, in the order given."""
    fitted: dict[str, float] = json.loads(FILE.read_text("utf-8"))[of]
    return np.array([fitted[name] for name in features])
