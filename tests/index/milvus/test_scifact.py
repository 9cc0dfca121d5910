"""An index in Milvus finds on SciFact what one in a folder finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.data import BENCH
from ui.cli import main

SCIFACT = BENCH / "scifact"


@pytest.mark.slow
@pytest.mark.skipif(not SCIFACT.is_dir(), reason="needs ../shared/bench/scifact")
def test_both_stores_reach_the_same_level(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pymilvus", reason="needs pymilvus")
    manager = pytest.importorskip("milvus_lite.server_manager", reason="needs milvus-lite").server_manager_instance
    figures = {}
    for place in (str(tmp_path / "folder"), f"milvus+{tmp_path}/index.db"):
        assert main(["eval", "--beir", str(SCIFACT), "--index", place]) == 0
        printed = capsys.readouterr().out
        figures[place] = [float(line.split()[1]) for line in printed.split("\n") if line.startswith("ndcg@10")]
    manager.release_server(f"{tmp_path}/index.db")
    ((folder,), (milvus,)) = figures.values()
    assert milvus == pytest.approx(folder, abs=0.01)
