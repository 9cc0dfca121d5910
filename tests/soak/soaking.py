"""A soak of so many seconds over a copy of the bundled index, and what came of it."""

from __future__ import annotations

import math
import shutil
import statistics
import tempfile
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np

from corpus.gold import load_gold
from tests.soak.load import Load
from tests.soak.server import Holding, running
from tests.ui.browsing import chromium

ASKERS = 8
_GOLD = Path(__file__).parents[2] / "corpus" / "gold.jsonl"
_STRETCHES = 10
_NONE = (Holding(math.nan, 0, 0),)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A tenth of the time: how many questions, the 95th percentile of their milliseconds, and what was held."""

    questions: int
    p95: float
    held: Holding


@dataclass(frozen=True, slots=True)
class Soaked:
    """What came of it, tenth by tenth; the first fills caches and pools, and is not compared with."""

    stretches: tuple[Stretch, ...]
    changes: int
    errors: tuple[str, ...]

    @property
    def before(self) -> Stretch:
        """What the end is compared with."""
        return self.stretches[1]

    @property
    def after(self) -> Stretch:
        """The end."""
        return self.stretches[-1]


def soak(index: Path, seconds: float) -> Soaked:
    """Keep a server busy with eight askers, and with uploads, removals and reloads where there is a browser."""
    questions = [gold.question for gold in load_gold(_GOLD) if not gold.history]
    with tempfile.TemporaryDirectory() as folder:
        copy, home, sent = (Path(folder, name) for name in ("index", "home", "sent"))
        shutil.copytree(index, copy)
        home.mkdir()
        sent.mkdir()
        with running(copy, home) as server:
            load = Load(server, questions)
            load.run(seconds, ASKERS, [lambda: load.change(sent)] if chromium() else [])
    stretches = (_stretch(load, number * seconds / _STRETCHES, seconds / _STRETCHES) for number in range(_STRETCHES))
    return Soaked(tuple(stretches), load.changes, tuple(load.errors))


def _stretch(load: Load, begin: float, seconds: float) -> Stretch:
    waits = [each.milliseconds for each in load.asked if begin <= each.at < begin + seconds]
    held = [holding for at, holding in load.held if begin <= at < begin + seconds]
    # A server that answers nothing, or ended, has none of either: its errors say why.
    megabytes, files, threads = (statistics.median(values) for values in zip(*map(astuple, held or _NONE), strict=True))
    p95 = float(np.percentile(waits, 95)) if waits else math.nan
    return Stretch(len(waits), p95, Holding(megabytes, round(files), round(threads)))
