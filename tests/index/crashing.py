"""Operations on an index and its uploads, each in a process of its own that can be ended or failed at any file call.

The processes are forked from one in which the libraries and the model are loaded, so that each takes a tenth of a
second; what they do is what the command line and the page do.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import asdict, dataclass
from errno import ENOSPC
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from tests.index.tracing import Call, trace

ROOT = Path(__file__).parents[2]
KILLED = -signal.SIGKILL
# What a process does: a word for what, and its arguments.
Step = Sequence[str]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: the calls it made below the folder, its status, what it wrote, and what it saw.

    `saw` has, for each "look" among its steps, all that the index and the uploads hold.
    """

    calls: tuple[Call, ...]
    status: int
    said: str
    saw: tuple[dict[str, Any], ...]
    seconds: float


class Processes:
    """Starts processes that change what lies below one folder: `articles`, `index` and `uploads`."""

    def __init__(self, server: subprocess.Popen[str], folder: Path) -> None:
        self.folder = folder
        self._server = server

    def run(self, *steps: Step, kill_at: int = -1, fail_at: int = -1, error: int = 0, after: float = 0.0) -> Ended:
        """Do some steps in a new process.

        Args:
            kill_at: at which call it is killed, counted from nought.
            fail_at: which call fails with an `error`; with ENOSPC, all that follow too, but for those that delete.
            after: after how many seconds it is killed.
        """
        assert self._server.stdin and self._server.stdout
        asked = {"steps": steps, "kill_at": kill_at, "fail_at": fail_at, "error": error, "after": after}
        self._server.stdin.write(json.dumps(asked) + "\n")
        self._server.stdin.flush()
        told = json.loads(self._server.stdout.readline())
        calls = tuple(Call(**call) for call in told.pop("calls"))
        return Ended(calls=calls, saw=tuple(told.pop("saw")), **told)


@contextmanager
def processes(folder: Path) -> Iterator[Processes]:
    """Processes that work below a folder."""
    command = [sys.executable, "-m", "tests.index.crashing", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        assert server.stdout.readline() == "ready\n"
        yield Processes(server, folder)
        server.communicate()


def _serve(folder: Path) -> None:
    """Answer one request a line."""
    requests, replies = sys.stdin, os.fdopen(os.dup(1), "w")
    _load(folder)
    print("ready", file=replies, flush=True)
    for line in requests:
        asked = json.loads(line)
        print(json.dumps(_run(folder, **asked)), file=replies, flush=True)


def _run(folder: Path, steps: list[Step], kill_at: int, fail_at: int, error: int, after: float) -> dict[str, Any]:
    notes = folder.with_name(f"{folder.name}-notes")
    shutil.rmtree(notes, ignore_errors=True)
    notes.mkdir()

    def at(number: int, call: Call) -> int | None:
        if number == kill_at:
            return -1
        full = error == ENOSPC and 0 <= fail_at < number and call.what != "remove"
        return error if number == fail_at or full else None

    def work() -> None:
        if after:
            Timer(after, os.kill, (os.getpid(), signal.SIGKILL)).start()
        with (notes / "said").open("w", buffering=1) as said, redirect_stdout(said), redirect_stderr(said):
            try:
                _do(folder, steps, notes)
            except Exception:
                traceback.print_exc()
                raise

    began = time.monotonic()
    calls, status = trace(work, folder, at)
    return {
        "calls": list(map(asdict, calls)),
        "status": status,
        "said": (notes / "said").read_text() if (notes / "said").exists() else "",
        "saw": [json.loads(file.read_text()) for file in sorted(notes.glob("saw-*"))],
        "seconds": time.monotonic() - began,
    }


def _load(folder: Path) -> None:
    """Have everything at hand that a process needs, by doing all of it once in another folder."""
    # Threads do not come along when a process is forked.
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    from corpus.readers import LIMITS
    from corpus.readers.reading import read_here
    from index import build as building
    from index.engines import local_engine
    from ui import uploads

    patch = pytest.MonkeyPatch()
    # So that a few articles make more than one segment.
    patch.setattr(local_engine, "_LOT", 2)
    patch.setattr(building, "_KEPT_TOGETHER", 2)
    # Another process that reads has no part in what is written, and takes longer to start than all the rest.
    patch.setattr(local_engine, "get_ready", lambda: None)
    for module in (local_engine, uploads):
        patch.setattr(module, "read_file", lambda path, article_id: read_here(path, article_id, LIMITS))
    place = folder.with_name(f"{folder.name}-loading")
    (place / "articles").mkdir(parents=True)
    (place / "notes").mkdir()
    (place / "articles" / "mill.txt").write_text("The mill was sold.\n")
    (place / "sent.md").write_text("# The kite\n\nThe kite is red.\n")
    with (place / "said").open("w") as said, redirect_stdout(said), redirect_stderr(said):
        _do(place, [["index"], ["upload", "sent.md"], ["take out", "sent"], ["look"]], place / "notes")
    shutil.rmtree(place)
    os.sched_setaffinity(0, cores)


def _do(folder: Path, steps: Sequence[Step], notes: Path) -> None:
    from corpus.errors import RagError
    from index.remove import remove
    from ui.cli import main

    for number, (what, *arguments) in enumerate(steps):
        if what == "look":
            (notes / f"saw-{number}").write_text(json.dumps(_look(folder)))
        elif what == "index":
            if status := main(["index", str(folder / "articles"), "--index", str(folder / "index"), *arguments]):
                sys.exit(status)
        else:
            try:
                if what == "remove":
                    remove(arguments, folder / "index")
                else:
                    _on_the_page(folder, what, arguments)
            except RagError as error:
                # As the command line does.
                sys.stderr.write(f"rag: {error}\n")
                sys.exit(2)


def _on_the_page(folder: Path, what: str, arguments: list[str]) -> None:
    from rag.current import CurrentChatbot
    from rag.settings import Settings
    from ui.librarian import Librarian
    from ui.uploads import Uploads

    librarian = Librarian.open(CurrentChatbot(folder / "index", Settings()), Uploads(folder / "uploads"))
    if what == "start":
        return
    if what == "take out":
        librarian.remove(arguments[0], _quietly)
        return
    change = librarian.add([folder / name for name in arguments], _quietly)
    for outcome in change.outcomes:
        sys.stdout.write(f"{outcome.name} {outcome.result} {outcome.reason}\n")
    if change.error:
        raise change.error


def _quietly(what: str, done: int, total: int) -> None:
    """No one watches."""


def _look(folder: Path) -> dict[str, Any]:
    """All that the index and the uploads hold, which has to be sound, and what should not be there."""
    uploads = folder / "uploads"
    kept = {file.name: file.read_text() for file in uploads.glob("[!.]*")}
    hidden = sorted(file.name for file in uploads.glob(".*"))
    return {"uploads": kept, "hidden": hidden, **_look_at_index(folder / "index")}


def _look_at_index(folder: Path) -> dict[str, Any]:
    from index.store import store_at
    from rag.chatbot import Chatbot

    store = store_at(folder)
    if not store.exists():
        return {"articles": None}
    store.verify()
    chatbot = Chatbot.open(folder)
    index, manifest = chatbot.index, store.current()
    articles = {
        article.id: [article.title, article.text, [passage.text for _, passage in index.passages_of(article.id)]]
        for article in index.articles()
    }
    answer = chatbot.ask("Who lit the lamp on Skerry Rock?")
    assert all(index.article(one.article_id).text[one.start : one.end] == one.quote for one in answer.citations)
    named = {*manifest.files, f"generations/{manifest.generation}/manifest.json", "CURRENT", "lock"}
    there = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    folders = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_dir()}
    needed = {parent.as_posix() for name in named for parent in Path(name).parents}
    return {
        "articles": articles,
        "answer": answer.text,
        "excluded": list(manifest.excluded),
        "unused": sorted(name for name in (there - named) | (folders - needed) if not name.endswith(".lock")),
        "lost": sorted(named - there),
    }


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
