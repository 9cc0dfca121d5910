"""Fits `rag/weights.json`: python -m tests.benchmarks.fit [STEP…]

The steps are those of `STEPS`; each but the support rests on those before it. The reranking and the evidence are fitted
on questions of SQuAD's training set on 44 articles, none of which `squad/gold.jsonl` asks about, and on BioASQ's. Every
third of the 44 articles is held out, to report on. The confidence is fitted on SQuAD's, and on the gold questions on
every other of their eight articles, so that only those on the other four are unseen; the support on sentences of the
same four. What is said with the reader is fitted on what it was not trained on: the questions on the articles held out,
and on one of the four.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

from rag.weights import FILE, weights
from tests.benchmarks import fit_confidence, fit_evidence, fit_reading, fit_reranking, fit_support
from tests.benchmarks.data import require
from tests.benchmarks.remembering import remembering_reader

STEPS: dict[str, Callable[[], dict[str, float]]] = {
    "reranking": fit_reranking.fit,
    "evidence": fit_evidence.fit,
    "confidence": fit_confidence.fit,
    "reading": fit_reading.fit,
    "evidence_read": lambda: fit_evidence.fit(remembering_reader()),
    "confidence_read": lambda: fit_confidence.fit(remembering_reader()),
    "support": fit_support.fit,
}


def main() -> None:
    """Fit what is named, or all, and write it."""
    require()
    for name in sys.argv[1:] or STEPS:
        print(f"\n{name}")
        known = json.loads(FILE.read_text("utf-8"))
        known[name] = {feature: round(float(weight), 4) for feature, weight in STEPS[name]().items()}
        print(json.dumps(known[name], indent=1))
        FILE.write_text(json.dumps(known, indent=1) + "\n", "utf-8")
        weights.cache_clear()


if __name__ == "__main__":
    main()
