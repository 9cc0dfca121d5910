"""The long run of the fuzzer: `python -m tests.fuzz [--minutes 60] [--json FILE] [TARGET …]`.

Each target has its share of the time in processes of its own: one guided by the lines that its cases reach, where
atheris is installed (`pip install atheris`), and one by chance. Ends with status 1 where anything was found.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fuzz.target import Target

# Seconds beyond its share that a process has to get ready and to end.
_GRACE = 180.0

Told = dict[str, Any]


def main() -> int:
    """Fuzz what the command line names."""
    targets = _instrumented_targets()
    parser = ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(targets)}; all without any")
    parser.add_argument("--minutes", type=float, default=60.0, help="for all of them together")
    parser.add_argument("--json", type=Path, help="where the result is written, beside the table")
    options = parser.parse_args()
    if unknown := set(options.targets) - set(targets):
        parser.error(f"there is no target {', '.join(sorted(unknown))}")
    chosen = [targets[name] for name in options.targets or targets]
    # What is exported once serves all the processes.
    with tempfile.TemporaryDirectory(prefix="fuzz-home-") as home:
        os.environ["RAG_HOME"] = home
        os.environ.pop("RAG_INDEX", None)
        return _fuzz(chosen, 60 * options.minutes, Path(home), options.json)


def _instrumented_targets() -> Mapping[str, Target]:
    """The targets, imported so that atheris sees which lines their cases reach."""
    name = "tests.fuzz.targets"
    if find_spec("atheris"):
        atheris: Any = import_module("atheris")
        with atheris.instrument_imports(include=["corpus", "index", "rag", "ui"]):
            return dict(import_module(name).TARGETS)
    return dict(import_module(name).TARGETS)


def _fuzz(targets: list[Target], seconds: float, home: Path, file: Path | None) -> int:
    ways = (True, False) if find_spec("atheris") else (False,)
    share = seconds / (len(targets) * len(ways))
    results: dict[str, list[Told]] = {}
    _say(f"{'target':28}{'cases':>12}{'minutes':>9}{'finds':>7}")
    for target in targets:
        results[target.name] = [in_a_process(target, share, home, guided=guided) for guided in ways]
        _print_row(target.name, results[target.name])
        if file:
            file.write_text(json.dumps(results, indent=1), "utf-8")
    everything = [told for each in results.values() for told in each]
    _print_row("all", everything)
    found = {kind: find for told in everything for kind, find in told["finds"].items()}
    for kind, find in found.items():
        _say(f"\n{kind}\n{find['case'][:400]}")
    return int(bool(found))


def in_a_process(target: Target, seconds: float, home: Path, *, guided: bool) -> Told:
    """What came of a target in a process of its own; that it ended otherwise than well is a find too."""
    from tests.fuzz.running import run

    place = home / f"{target.name}-{guided:d}.json"
    about = [place.with_suffix(ending) for ending in (".case", ".txt")]
    for file in about:  # it may end before it has begun
        file.touch()
    process = multiprocessing.get_context("fork").Process(
        target=run, args=(target, seconds, place), kwargs={"guided": guided}
    )
    process.start()
    process.join(seconds + _GRACE)
    if process.is_alive():
        process.kill()
        process.join()
    told: Told = json.loads(place.read_text("utf-8")) if place.exists() else {"cases": 0, "seconds": 0.0, "finds": {}}
    if process.exitcode:
        case, said = (file.read_text("utf-8", "replace") for file in about)
        told["finds"][f"ended with {process.exitcode}"] = {"case": case[:4000], "error": said[-4000:]}
    return {"guided": guided, **told}


def _print_row(name: str, told: list[Told]) -> None:
    cases, seconds = (sum(each[what] for each in told) for what in ("cases", "seconds"))
    _say(f"{name:28}{cases:>12,}{seconds / 60:>9.1f}{sum(len(each['finds']) for each in told):>7}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
