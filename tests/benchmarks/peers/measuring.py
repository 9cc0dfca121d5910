"""What is measured of a program, all of it from outside: its process is timed and weighed, and its passages judged."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from corpus.gold import GoldQuestion
from rag.evaluation.metrics import matches
from tests.benchmarks.peers.environment import last_line, python_of, versions
from tests.benchmarks.peers.peer import Peer, PeerFailed
from tests.benchmarks.peers.sample import Sample
from tests.benchmarks.peers.verbs import Found

_ROOT = Path(__file__).parents[3]
_COLD_STARTS = 3
_QUIET = {
    "ANONYMIZED_TELEMETRY": "False",
    "DO_NOT_TRACK": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "LANGSMITH_TRACING": "false",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds, milliseconds a question once warm, bytes, and whether each question's passages hold its answer.

    `read` is how many characters the passages of a question have, on average, and `answering` the milliseconds of
    whole answers, empty where a program only finds passages.
    """

    versions: str
    cold: float
    building: float
    passages: int
    asking: tuple[float, ...]
    right: tuple[bool, ...]
    read: float
    asking_peak: int
    building_peak: int
    disk: int
    answering: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Run:
    """What a process printed, the seconds until it did, and the most memory it held, in bytes."""

    told: dict[str, Any]
    seconds: float
    peak: int


@dataclass(frozen=True, slots=True)
class _Runs:
    """Everything that was run of a program, and how many bytes its index takes."""

    built: _Run
    cold: tuple[_Run, ...]
    asked: _Run
    answered: _Run | None
    disk: int


def measure(peer: Peer, sample: Sample) -> Measured:
    """Build once, start cold a few times with one question, and then ask all of them.

    Raises:
        PeerFailed: the program could not be installed, or failed.
    """
    installed = versions(peer)
    with tempfile.TemporaryDirectory() as folder:
        runs = _all_runs(peer, sample, Path(folder))
    found: list[list[Found]] = runs.asked.told["found"]
    return Measured(
        versions=installed,
        cold=statistics.median(run.seconds for run in runs.cold),
        building=runs.built.seconds,
        passages=runs.built.told["passages"],
        asking=_warm(runs.asked),
        right=tuple(map(holds_answer, sample.questions, found)),
        read=statistics.mean(sum(len(text) for _, text in passages) for passages in found),
        asking_peak=runs.asked.peak,
        building_peak=runs.built.peak,
        disk=runs.disk,
        answering=_warm(runs.answered) if runs.answered else (),
    )


def holds_answer(gold: GoldQuestion, found: Sequence[Found]) -> bool:
    """Whether one of the passages is of the right article and has a right answer in it."""
    about = {quote.article for quote in gold.evidence}
    return any(article in about and matches(text, gold.answers) for article, text in found)


def _all_runs(peer: Peer, sample: Sample, folder: Path) -> _Runs:
    articles, index = folder / "articles", folder / "index"
    sample.copy_to(articles)
    index.mkdir()
    one = _questions(folder / "one.json", sample.questions[:1])
    every = _questions(folder / "every.json", sample.questions)
    return _Runs(
        built=_run(peer, "build", articles, index),
        cold=tuple(_run(peer, "ask", index, one) for _ in range(_COLD_STARTS)),
        asked=_run(peer, "ask", index, every),
        answered=_run(peer, "answer", index, every) if peer.answers else None,
        disk=sum(path.stat().st_size for path in index.rglob("*") if path.is_file()),
    )


def _warm(run: _Run) -> tuple[float, ...]:
    """The milliseconds of every question but the first, which loads what was not loaded before."""
    return tuple(run.told["milliseconds"][1:])


def _questions(path: Path, questions: Sequence[GoldQuestion]) -> Path:
    path.write_text(json.dumps([gold.question for gold in questions]), "utf-8")
    return path


def _run(peer: Peer, *arguments: str | Path) -> _Run:
    command = [python_of(peer), "-m", f"{__package__}.{peer.name}", *arguments]
    with tempfile.TemporaryFile("w+", errors="replace") as errors:
        begun = perf_counter()
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=_ROOT, env=os.environ | _QUIET
        )
        with process:
            assert process.stdout is not None
            # What a library prints past Python comes here too.
            line = next((line for line in process.stdout if line.startswith("{")), "")
            seconds = perf_counter() - begun
            # Not process.wait, which does not tell the memory.
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        if process.returncode or not line:
            raise PeerFailed(last_line(errors.read()) or f"{arguments[0]} ended with status {process.returncode}")
    # Kilobytes on Linux.
    return _Run(json.loads(line), seconds, usage.ru_maxrss * 1024)
