"""Compares ours with what a user would pick instead: python -m tests.benchmarks.peers [NAME…] [--all] [--out FILE]

Every program gets the same articles, questions and model (all-MiniLM-L6-v2), and is used as its own documentation
begins, in an environment and processes of its own; no language model is asked. One that does not install or run is a
row that says why.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from index.home import home
from tests.benchmarks.data import require
from tests.benchmarks.peers.measuring import Measured, measure
from tests.benchmarks.peers.peer import PEERS, Peer, PeerFailed
from tests.benchmarks.peers.sample import Sample, squad
from tests.benchmarks.peers.table import markdown


def main() -> None:
    """Measure what is named, or all, one after the other, and write the table."""
    options = _options()
    require()
    sample = squad(whole=options.all)
    table = markdown({PEERS[name]: _outcome(PEERS[name], sample) for name in options.names or PEERS}, sample)
    print(table)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(table, "utf-8")


def _outcome(peer: Peer, sample: Sample) -> Measured | PeerFailed:
    print(f"{peer.title}: measuring", file=sys.stderr)
    try:
        return measure(peer, sample)
    except PeerFailed as failed:
        return failed


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.peers")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(PEERS)} (default: all)")
    parser.add_argument("--all", action="store_true", help="all 490 articles, of which each program takes ten minutes")
    parser.add_argument("--out", type=Path, metavar="FILE", default=home() / "peers" / "table.md")
    options = parser.parse_args()
    if unknown := set(options.names) - set(PEERS):
        parser.error(f"there is no {', '.join(sorted(unknown))}: name some of {', '.join(PEERS)}")
    return options


if __name__ == "__main__":
    main()
