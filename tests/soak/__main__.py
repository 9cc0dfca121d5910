"""Keep a server busy and say what it came to: python -m tests.soak [--minutes 30]"""

from __future__ import annotations

import argparse
import sys

from rag.library import bundled_index, ready_index
from rag.settings import Settings
from tests.soak.soaking import ASKERS, Soaked, Stretch, soak

# Of what the end may be of the start; connections, which are open files too, come and go.
_MOST_MEMORY, _MOST_FILES, _MOST_WAIT = 1.05, 1.1, 1.5


def main() -> int:
    """Print the figures; status 1 where one is not what it ought to be."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument("--minutes", type=float, default=30)
    minutes = parser.parse_args().minutes
    ready_index(bundled_index(), Settings())
    soaked = soak(bundled_index(), 60 * minutes)
    lines, holds = _told(soaked)
    questions = sum(stretch.questions for stretch in soaked.stretches)
    print(f"{minutes:g} minutes, {ASKERS} askers, {questions:,} questions, {soaked.changes} changes")
    print("\n".join(map(_line, soaked.stretches)))
    print("\n".join(lines), *soaked.errors[:10], sep="\n")
    return 0 if holds else 1


def _line(stretch: Stretch) -> str:
    held = stretch.held
    return (
        f"{stretch.questions:7,} questions, p95 {stretch.p95:6.0f} ms, {held.megabytes:6.0f} MB, "
        f"{held.files:4} open files, {held.threads:3} threads"
    )


def _told(soaked: Soaked) -> tuple[list[str], bool]:
    before, after = soaked.before, soaked.after
    memory, wait = after.held.megabytes / before.held.megabytes, after.p95 / before.p95
    checks = {
        f"{len(soaked.errors)} errors": not soaked.errors,
        f"memory × {memory:.3f}": memory <= _MOST_MEMORY,
        f"open files {before.held.files} to {after.held.files}": after.held.files <= _MOST_FILES * before.held.files,
        f"95th percentile × {wait:.2f}": wait <= _MOST_WAIT,
    }
    return [f"{'ok' if holds else 'NO'}  {what}" for what, holds in checks.items()], all(checks.values())


if __name__ == "__main__":
    sys.exit(main())
