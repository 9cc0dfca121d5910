"""What is fuzzed: where its cases come from, and what has to hold of each of them."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from hypothesis.strategies import SearchStrategy

# Seconds of the processor, not of the clock: other processes make no case slow.
LONGEST = 20.0
TARGETS: dict[str, Target] = {}

Check = Callable[[Any], None]


class TooSlow(Exception):
    """A case has taken longer than anything a reader would wait for."""


@dataclass(frozen=True, slots=True)
class Target:
    """One door, and the cases that are put to it.

    Args:
        check: raises whatever an `AssertionError` or an error that is not the project's own says of a case.
        quick: how many cases an ordinary run of the tests puts to it.
        ready: makes once what the checks need, whatever time that takes.
    """

    name: str
    cases: SearchStrategy[Any]
    check: Check
    quick: int
    ready: Callable[[], object]

    def run(self, case: Any) -> None:
        """Put one case to it; TooSlow where it takes more than `LONGEST` seconds of the processor."""
        self.ready()
        with at_most(LONGEST):
            self.check(case)


def target(
    cases: SearchStrategy[Any], *, quick: int = 20, ready: Callable[[], object] = lambda: None
) -> Callable[[Check], Check]:
    """Make a function that checks a case a target, by the function's name; see `Target`."""

    def add(check: Check) -> Check:
        name = check.__name__
        TARGETS[name] = Target(name, cases, check, quick, ready)
        return check

    return add


def new_folder() -> Path:
    """A folder for what cases write, in the home of the run, with which it goes."""
    return Path(tempfile.mkdtemp(prefix="fuzz-", dir=os.environ["RAG_HOME"]))


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raises TooSlow in the midst of what takes more seconds of the processor."""

    def stop(signum: int, frame: FrameType | None) -> None:
        raise TooSlow(f"more than {seconds} seconds of the processor")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
