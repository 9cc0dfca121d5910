"""A server in a process of its own, as `rag chat` makes it, and what that process holds."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_SAID = "Ask your articles at "


@dataclass(frozen=True, slots=True)
class Holding:
    """What a process and its children hold: megabytes that no file has too, open files, and threads."""

    megabytes: float
    files: int
    threads: int


@dataclass(frozen=True, slots=True)
class Server:
    """A server's address and process."""

    address: str
    process: int

    def holding(self) -> Holding:
        """What it holds now; Linux alone tells."""
        family = [self.process, *_children(self.process)]
        return Holding(
            sum(map(_own_megabytes, family)),
            sum(len(list(Path(f"/proc/{process}/fd").iterdir())) for process in family),
            sum(len(list(Path(f"/proc/{process}/task").iterdir())) for process in family),
        )


@contextmanager
def running(index: Path, home: Path) -> Iterator[Server]:
    """The server over an index; what readers leave is kept in `home`."""
    command = [sys.executable, "-m", "ui.cli", "chat", "--index", str(index)]
    environment = {**os.environ, "RAG_HOME": str(home)}
    complaints = home / "server.log"
    with (
        complaints.open("wb") as log,
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        assert process.stdout
        line = process.stdout.readline()
        assert line.startswith(_SAID), complaints.read_text("utf-8")
        try:
            yield Server(line.removeprefix(_SAID).strip(), process.pid)
        finally:
            process.terminate()
            process.wait(60)
    said = complaints.read_text("utf-8")
    assert not said, said[:2000]


def _children(process: int) -> list[int]:
    tasks = Path(f"/proc/{process}/task").iterdir()
    own = [int(child) for task in tasks for child in (task / "children").read_text("ascii").split()]
    return own + [grandchild for child in own for grandchild in _children(child)]


def _own_megabytes(process: int) -> float:
    """Not what it maps of files: 100 MB of libraries are its own until another process maps them too."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text("ascii").splitlines()[1:]
    kilobytes = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
    return (kilobytes["Anonymous"] + kilobytes["Swap"]) / 1024
