"""How fast it is on this machine: python -m tests.benchmarks.speed [PART…] [--out FOLDER]

Parts: cold (new processes), warm (an open chatbot), building (articles to an index), scale (up to a million passages)
and peers (what a user would pick instead). Writes speed.md, speed.json and plots. What it says is in ratios within one
run, as absolute times are the machine's; leave the machine alone while it runs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from index.home import home
from tests.benchmarks.data import BENCH
from tests.benchmarks.speed import machine, report
from tests.benchmarks.speed.row import Row

PARTS = ("cold", "warm", "building", "scale", "peers")
_WITHOUT_DATA = ("cold",)


def main() -> None:
    """Measure what is named, or all, one after the other; what is measured is written before the next begins."""
    options = _options()
    folder = options.out.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    _warn_if_busy()
    described = machine.described()
    parts: dict[str, Sequence[Row] | str] = {}
    page = ""
    for name in options.parts or PARTS:
        print(f"{name}: measuring", file=sys.stderr)
        parts[name] = _measured(name, folder)
        page = report.write(folder, described, parts)
    print(f"{page}\n{folder / 'speed.md'}")


def _measured(name: str, folder: Path) -> Sequence[Row] | str:
    """The rows of a part, or why there are none."""
    if name not in _WITHOUT_DATA and not BENCH.is_dir():
        return f"Skipped: needs {BENCH.relative_to(BENCH.parents[1])}."
    # When its turn comes, so that a part loads nothing that another one has no use for.
    rows: Sequence[Row] = import_module(f"{__package__}.{name}").measure(folder)
    return rows


def _warn_if_busy() -> None:
    load = machine.load()
    print(f"load average {load:.2f}", file=sys.stderr)
    if load > machine.QUIET:
        print("others are at work on this machine: the figures will be worse than they should", file=sys.stderr)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.speed")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--out", type=Path, metavar="FOLDER", default=home() / "speed")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"there is no {', '.join(sorted(unknown))}: name some of {', '.join(PARTS)}")
    return options


if __name__ == "__main__":
    main()
