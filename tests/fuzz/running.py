"""One target fuzzed for some time, and what is kept of it; in a process of its own, which a case may end in any way."""

from __future__ import annotations

import faulthandler
import json
import os
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.target import Target

_LOT = 200
# Seconds of the clock after which a case that cannot be interrupted ends its process.
_STUCK = 60.0
_LONGEST_SHOWN = 4_000
_SEEDS = 60
_HOUSE = Path(__file__).parents[2]


class Recorder:
    """Counts the cases put to a target, and keeps of each kind of failure its shortest case."""

    def __init__(self, target: Target, place: Path) -> None:
        self._target = target
        self._place = place
        self._case = place.with_suffix(".case").open("wb", buffering=0)
        self._begun = time.monotonic()
        self._written = 0.0
        self._cases = 0
        self._finds: dict[str, dict[str, str]] = {}

    def __call__(self, case: Any) -> None:
        """Put a case to the target; a failure is kept, and the fuzzing goes on."""
        self._cases += 1
        # Should the process end in the middle of it, this is what it was about.
        self._case.seek(0)
        self._case.truncate()
        self._case.write(repr(case).encode("utf-8", "backslashreplace"))
        faulthandler.dump_traceback_later(_STUCK, exit=True)
        try:
            self._target.run(case)
        except Exception as error:
            self._keep(error, case)
        finally:
            faulthandler.cancel_dump_traceback_later()
        if time.monotonic() - self._written > 1:
            self.write()

    def write(self) -> None:
        """What came of it until now, for whoever started the process."""
        self._written = time.monotonic()
        told = {"cases": self._cases, "seconds": round(self._written - self._begun, 1), "finds": self._finds}
        self._place.write_text(json.dumps(told), "utf-8")

    def _keep(self, error: Exception, case: Any) -> None:
        frames = traceback.extract_tb(error.__traceback__)
        last = next((frame for frame in reversed(frames) if _is_ours(frame.filename)), frames[-1])
        kind = f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"
        shown = repr(case)[:_LONGEST_SHOWN]
        if kind not in self._finds or len(shown) < len(self._finds[kind]["case"]):
            said = "".join(traceback.format_exception(error))
            self._finds[kind] = {"case": shown, "error": said[-_LONGEST_SHOWN:]}


def _is_ours(file: str) -> bool:
    with suppress(ValueError):
        return Path(file).relative_to(_HOUSE).parts[0] in ("corpus", "index", "rag", "ui", "tests")
    return False


def run(target: Target, seconds: float, place: Path, *, guided: bool) -> None:
    """Fuzz a target in this process, which ends with it.

    Args:
        place: where it is written what came of it.
        guided: by the lines that cases reach, which needs atheris, and the project's modules instrumented by it.
    """
    _say_into(place.with_suffix(".txt"))
    target.ready()
    recorder = Recorder(target, place)
    ends = time.monotonic() + seconds

    @settings(
        max_examples=_LOT,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(target.cases)
    def lot(case: Any) -> None:
        if time.monotonic() < ends:
            recorder(case)

    if guided:
        # What hypothesis adds to a test is not in its type.
        made: Any = lot
        _guided(made.hypothesis.fuzz_one_input, seconds, place.parent)
    number = time.time_ns()
    while time.monotonic() < ends:
        seed(number := number + 1)(lot)()
    recorder.write()
    # Without waiting for threads that a library has left behind.
    os._exit(0)


def _guided(one: Callable[[bytes], object], seconds: float, folder: Path) -> None:
    """Give a function bytes that lead to lines that none led to before; this does not return."""
    atheris: Any = import_module("atheris")
    # How long a case may take is for the target to say.
    flags = [f"-max_total_time={round(seconds)}", "-max_len=16384", "-timeout=9999", "-rss_limit_mb=0", "-verbosity=0"]
    atheris.Setup(["fuzz", *flags, f"-artifact_prefix={folder}/", _seeds(folder)], lambda data: one(data) and None)
    atheris.Fuzz()


def _seeds(folder: Path) -> str:
    """A folder of bytes long enough to make a case of: from nothing, it takes long until there are enough."""
    seeds = folder / "seeds"
    seeds.mkdir(exist_ok=True)
    for number in range(_SEEDS):
        (seeds / str(number)).write_bytes(os.urandom(64 << number % 6))
    return str(seeds)


def _say_into(file: Path) -> None:
    """Have all that is printed here, by whatever library, go to a file."""
    with file.open("wb") as said:
        for descriptor in (1, 2):
            os.dup2(said.fileno(), descriptor)
