"""New processes: from the command to what it is for, against the import of the library it could not do without."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from itertools import count
from pathlib import Path
from time import perf_counter

import httpx

from rag.library import BUNDLED_ARTICLES
from tests.benchmarks.speed.plots import bars
from tests.benchmarks.speed.rounds import by_turns
from tests.benchmarks.speed.row import Row, at_most, ratio

_RUNS = 5
_QUESTION = "Why did Russia back India's membership?"
_RAG = str(Path(sys.executable).with_name("rag"))
_IMPORT_RAG = "from time import perf_counter; begun = perf_counter(); import rag; print(perf_counter() - begun)"
_ARTICLE = "# Mill {number}\n\nMill {number} was driven by the tide, because the river is slow. It closed in 1934.\n"


def measure(folder: Path) -> list[Row]:
    """The rows, and their plot in the folder."""
    with tempfile.TemporaryDirectory() as place:
        cold = _Cold(Path(place))
        seconds = by_turns(
            {
                "rag ask, to the end": cold.ask,
                "import sentence_transformers": lambda: cold.imported("sentence_transformers"),
                "rag chat, until the page answers": cold.chat,
                "import gradio": lambda: cold.imported("gradio"),
                "rag index of one new article": cold.index,
                "import rag": cold.import_rag,
            },
            _RUNS,
        )
    rows = [Row(what, runs, "s", at_most(0.2) if what == "import rag" else None) for what, runs in seconds.items()]
    bars(rows, folder / "cold-seconds.svg")
    ask, library, chat, page, *_ = rows
    return [
        *rows,
        ratio("rag ask / import sentence_transformers", ask, library, at_most(1 / 6)),
        ratio("rag chat / import gradio", chat, page, at_most(1.5)),
    ]


class _Cold:
    """A folder with all that there is after a first question; each method runs a new process there, in seconds."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        own = {name: value for name, value in os.environ.items() if not name.startswith("RAG_")}
        self._environment = own | {"RAG_HOME": str(folder / "home")}
        self._numbers = count(1)
        self._run(_RAG, "ask", _QUESTION)
        self._run(_RAG, "index", str(BUNDLED_ARTICLES), "--index", "own")

    def ask(self) -> float:
        """A question to the bundled articles; everything is printed when it ends."""
        seconds, printed = self._timed(_RAG, "ask", _QUESTION)
        assert "[1]" in printed, printed
        return seconds

    def chat(self) -> float:
        """The page, until its address is printed and there is something at it."""
        begun = perf_counter()
        with self._started(_RAG, "chat") as process:
            try:
                assert process.stdout is not None
                address = process.stdout.readline().rpartition(" ")[2].strip()
                httpx.get(address, timeout=60, trust_env=False).raise_for_status()
                return perf_counter() - begun
            finally:
                process.send_signal(signal.SIGINT)

    def index(self) -> float:
        """One small article into the index of one's own."""
        number = next(self._numbers)
        article = self._folder / f"mill-{number}.md"
        article.write_text(_ARTICLE.format(number=number), "utf-8")
        seconds, printed = self._timed(_RAG, "index", article.name, "--index", "own")
        assert "1 added" in printed, printed
        return seconds

    def imported(self, module: str) -> float:
        """A process that imports a module, and ends."""
        return self._timed(sys.executable, "-c", f"import {module}")[0]

    def import_rag(self) -> float:
        """The import alone, without the start of the interpreter."""
        return float(self._run(sys.executable, "-c", _IMPORT_RAG))

    def _timed(self, *command: str) -> tuple[float, str]:
        begun = perf_counter()
        printed = self._run(*command)
        return perf_counter() - begun, printed

    def _run(self, *command: str) -> str:
        with self._started(*command) as process:
            printed, _ = process.communicate()
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        return printed

    def _started(self, *command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(command, cwd=self._folder, env=self._environment, stdout=subprocess.PIPE, text=True)
