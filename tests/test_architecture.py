"""Imports run one way, and the doors open fast."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("corpus", "index", "rag", "ui")
HEAVY = ("torch", "gradio", "sentence_transformers", "transformers", "faiss", "onnxruntime", "numpy")


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_from_the_rooms_below_it(room: str) -> None:
    above = set(ROOMS[ROOMS.index(room) + 1 :]) | {"tests"}
    for file in (ROOT / room).rglob("*.py"):
        assert not above & _imported(file), f"{file} imports from above {room}"


def _imported(file: Path) -> set[str]:
    """The top-level packages that a file imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").partition(".")[0])
    return names


@pytest.mark.parametrize("module", ["rag", "ui.cli"])
def test_importing_loads_nothing_heavy(module: str) -> None:
    program = f"import sys, {module}; print([name for name in {HEAVY} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert loaded.stdout.strip() == "[]"


def test_answering_loads_neither_torch_nor_gradio(bundled_index: Path) -> None:
    program = (
        "import sys; from rag import ask; "
        f"answer = ask('When was the SCO founded?', index={str(bundled_index)!r}); "
        "print(not answer.abstained, {'torch', 'gradio', 'sentence_transformers'} & sys.modules.keys())"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert loaded.stdout.strip() == "True set()"
