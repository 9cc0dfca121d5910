"""The environment of each program, made once and kept in the project's cache until its requirements change."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from index.home import home
from tests.benchmarks.peers.peer import OURS, Peer, PeerFailed

_VERSIONS = (
    "import sys; from importlib.metadata import version as of; print(*(f'{n} {of(n)}' for n in sys.argv[1:]), sep=', ')"
)


def python_of(peer: Peer) -> Path:
    """The interpreter that has the program's packages; installing them takes minutes, and some 1.7 GB each.

    Raises:
        PeerFailed: they cannot be installed.
    """
    if peer is OURS:
        return Path(sys.executable)
    folder = home() / "peers" / peer.name
    python, installed = folder / "bin" / "python", folder / "installed.txt"
    wanted = peer.requirements.read_text("utf-8")
    if not installed.exists() or installed.read_text("utf-8") != wanted:
        print(f"{peer.title}: installing into {folder}", file=sys.stderr)
        _run(sys.executable, "-m", "venv", "--clear", str(folder))
        _run(str(python), "-m", "pip", "install", "--quiet", "--requirement", str(peer.requirements))
        installed.write_text(wanted, "utf-8")
    return python


def versions(peer: Peer) -> str:
    """The versions of the packages that decide its figures."""
    return _run(str(python_of(peer)), "-c", _VERSIONS, *peer.packages).strip()


def _run(*command: str) -> str:
    """What a command prints; its last word on what went wrong where it fails."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise PeerFailed(last_line(done.stderr or done.stdout) or f"{command[0]} ended with status {done.returncode}")
    return done.stdout


def last_line(errors: str) -> str:
    """The last line that says something: an exception's message, or pip's."""
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    told = [line for line in lines if line.startswith("ERROR")]
    return (told or lines or [""])[-1]
