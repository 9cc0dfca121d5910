"""The figures as Markdown, the best of each column in bold, whosoever it is."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import starmap

import numpy as np

from rag.evaluation.bootstrap import interval
from rag.evaluation.summary import mean
from tests.benchmarks.peers.measuring import Measured
from tests.benchmarks.peers.peer import Peer, PeerFailed
from tests.benchmarks.peers.sample import Sample
from tests.benchmarks.speed import machine

_MEGA = 1e6

Outcomes = Mapping[Peer, Measured | PeerFailed]


@dataclass(frozen=True, slots=True)
class _Column:
    """A figure of every program; `best` picks the best one, unless it depends on how long the passages are."""

    title: str
    value: Callable[[Measured], float]
    form: str
    best: Callable[[Sequence[float]], float] | None = min


_COLUMNS = (
    _Column("cold start, s", lambda of: of.cold, ".2f"),
    _Column("build, s", lambda of: of.building, ".1f"),
    _Column("passages", lambda of: of.passages, ",.0f", None),
    _Column("passages/s", lambda of: of.passages / of.building, ".0f", None),
    _Column("p50, ms", lambda of: statistics.median(of.asking), ".1f"),
    _Column("p95, ms", lambda of: _p95(of.asking), ".1f"),
    _Column("recall@5", lambda of: statistics.mean(of.right), ".3f", max),
    _Column("characters read", lambda of: of.read, ",.0f", None),
    _Column("asking, MB", lambda of: of.asking_peak / _MEGA, ",.0f"),
    _Column("building, MB", lambda of: of.building_peak / _MEGA, ",.0f"),
    _Column("disk, MB", lambda of: of.disk / _MEGA, ",.1f"),
)


def markdown(outcomes: Outcomes, sample: Sample) -> str:
    """The table, and below it what it was measured on, and how."""
    measured = {peer: outcome for peer, outcome in outcomes.items() if isinstance(outcome, Measured)}
    cells = {column.title: _cells(column, measured) for column in _COLUMNS}
    rows = [["", *cells], ["---"] * (1 + len(cells))]
    rows += [[peer.title, *(cells[title][peer] for title in cells)] for peer in measured]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines += [
        f"| {peer.title} | {str(outcome).replace('|', '/')} |" + " |" * (len(cells) - 1)
        for peer, outcome in outcomes.items()
        if isinstance(outcome, PeerFailed)
    ]
    return "\n".join([*lines, "", *_notes(sample), "", *starmap(_described, measured.items())]) + "\n"


def _cells(column: _Column, measured: Mapping[Peer, Measured]) -> dict[Peer, str]:
    values = {peer: column.value(of) for peer, of in measured.items()}
    shown = {peer: format(value, column.form) for peer, value in values.items()}
    if not values or column.best is None:
        return shown
    best = format(column.best(list(values.values())), column.form)
    return {peer: f"**{text}**" if text == best else text for peer, text in shown.items()}


def _notes(sample: Sample) -> list[str]:
    """The machine, the data, and what the figures are."""
    return [
        f"{machine.processor()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"commit {machine.commit()}. "
        f"{len(sample.articles)} articles of SQuAD 2.0 with {sample.characters:,} characters, {len(sample.questions)} "
        "questions that they answer; all-MiniLM-L6-v2 for all.",
        "",
        "Cold start is a new process until the passages of its first question, the median of three; p50 and p95 are of "
        "the questions after the first. recall@5: one of the five passages is of the right article and holds an "
        "answer, which long passages do more easily, so beside it stands how much the five have to read. Memory is the "
        "peak of the process, building the time of the whole one. Ours pays on its first index for exporting the "
        "question encoder, and keeps it: some 90 MB of its disk, whatever the number of articles.",
    ]


def _described(peer: Peer, of: Measured) -> str:
    """How a program works, how sure its recall is, and what it does that the others do not."""
    low, high = interval(mean, np.array(of.right, dtype=np.float64)[:, None])
    told = f"- {peer.title}: {peer.how} ({of.versions}); recall@5 between {low:.3f} and {high:.3f}"
    if not of.answering:
        return told
    return (
        f"{told}; whole answers, cited: p50 {statistics.median(of.answering):.1f} ms, p95 {_p95(of.answering):.1f} ms"
    )


def _p95(milliseconds: Sequence[float]) -> float:
    return float(np.percentile(milliseconds, 95))
