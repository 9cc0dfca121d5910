"""SciFact (Wadden et al. 2020, as BEIR has it): claims, and the abstracts that speak for or against them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.data import BENCH
from ui.cli import main

SCIFACT = BENCH / "scifact"


@pytest.mark.slow
@pytest.mark.skipif(not SCIFACT.is_dir(), reason="needs ../shared/bench/scifact")
def test_retrieval_reaches_the_published_level(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "--beir", str(SCIFACT), "--index", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    print(printed)
    figures = {line.split()[0]: float(line.split()[1]) for line in printed.split("\n") if "@" in line}
    # bge-base is at .744, ColBERTv2 at .693 and BM25 at .665 there.
    assert figures["ndcg@10"] >= 0.73
    assert figures["recall@100"] >= 0.94
