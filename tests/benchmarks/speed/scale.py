"""What an index costs by its size: a thousand passages to a million.

The first 23,000 passages are SQuAD's, the others are drawn around them (see `growing`). Each index is made once and
kept; opening and searching are measured in a process of their own, its files in the system's cache. What an embedding
costs is not part of it.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from corpus.gold import load_gold
from index.article_index import DEPTH
from index.build import build
from index.folder.folder_index import FolderIndex
from index.folder.store import FolderStore
from index.home import home
from index.manifest import FORMAT
from index.query import Ids, Query, Ranking
from index.remove import remove
from rag.chatbot import Chatbot
from rag.settings import NO_READER, Settings
from tests.benchmarks.data import SQUAD
from tests.benchmarks.speed.growing import grown
from tests.benchmarks.speed.plots import curves
from tests.benchmarks.speed.rounds import in_new_process
from tests.benchmarks.speed.row import Row, at_least, at_most, readable

SIZES = (1_000, 10_000, 100_000, 1_000_000)
_WARM_UP, _QUESTIONS, _JUDGED = 50, 300, 100
_OPENED, _NEAREST, _READ = 5, 10, 70
_BLOCK = 100_000
_PAGE = 4096


@dataclass(frozen=True, slots=True)
class _Cost:
    """What an index of a size costs: seconds, milliseconds, bytes.

    `found` is the share of the hybrid search's best ten that it would have had with every vector compared.
    """

    passages: int
    searched: str
    disk: int
    opened: tuple[float, ...]
    searches: tuple[float, ...]
    answers: tuple[float, ...]
    found: float
    resident: int


def measure(folder: Path) -> list[Row]:
    """The rows of the largest index, and for all of them a table and a plot in the folder."""
    built = {size: in_new_process(_built, size) for size in SIZES}
    costs = [in_new_process(_cost, _place(size)) for size in SIZES]
    added, removed = in_new_process(_changed, _place(SIZES[-1]))
    (folder / "scale.md").write_text(_table(costs, built), "utf-8")
    curves(
        [cost.passages for cost in costs],
        {
            "open, s": [median(cost.opened) for cost in costs],
            "hybrid search, ms": [median(cost.searches) for cost in costs],
            "whole answer, ms": [median(cost.answers) for cost in costs],
            "resident, GB": [cost.resident / 1e9 for cost in costs],
            "disk, GB": [cost.disk / 1e9 for cost in costs],
        },
        "passages",
        folder / "scale-costs.svg",
    )
    largest, size = costs[-1], f"{SIZES[-1]:,} passages"
    return [
        Row(f"{size}: open, the question's model already there", largest.opened, "s", at_most(1)),
        Row(f"{size}: hybrid search, median", (median(largest.searches),), "ms", at_most(25), (largest.searches,)),
        Row(f"{size}: recall@10 against comparing every vector", (largest.found,), "", at_least(0.98)),
        Row(f"{size}: resident set after {_QUESTIONS} questions", (largest.resident / 1e9,), "GB", at_most(1.2)),
        Row(f"{size}: one article added", (added,), "s", at_most(5)),
        Row(f"{size}: one article removed", (removed,), "s"),
    ]


def _place(size: int) -> Path:
    return home() / f"grown-{FORMAT}" / str(size)


def _built(size: int) -> float | None:
    """The seconds it took to make the index of a size, its vectors apart; None where it was there already."""
    if FolderStore(_place(size)).exists():
        return None
    return grown(size, _place(size))


def _cost(place: Path) -> _Cost:
    store = FolderStore(place)
    manifest = store.current()
    # Without the reader, which takes as long whatever the size.
    chatbot = Chatbot(store.open(), Settings(reader=NO_READER))
    questions = [gold.question for gold in load_gold(SQUAD / "gold.jsonl")]
    random.Random(0).shuffle(questions)
    queries = [Query(text, chatbot.index.embedder.embed([text])[0]) for text in questions[: _WARM_UP + _QUESTIONS]]
    searches = [_milliseconds(partial(chatbot.index.search, [query], _READ)) for query in queries]
    answers = [_milliseconds(partial(chatbot.ask, text)) for text in questions[: _WARM_UP + _QUESTIONS]]
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
    return _Cost(
        passages=manifest.passages,
        searched=", ".join(
            f"{part.search.kind}, {part.search.nprobe} lists, recall {part.search.recall}" if part.search else "exact"
            for part in manifest.parts
        ),
        disk=sum(checksum.size for checksum in manifest.files.values()),
        opened=tuple(_milliseconds(store.open) / 1000 for _ in range(_OPENED)),
        searches=tuple(searches[_WARM_UP:]),
        answers=tuple(answers[_WARM_UP:]),
        found=_found(store.open(), queries[:_JUDGED]),
        resident=resident,
    )


def _milliseconds(work: Callable[[], object]) -> float:
    begun = perf_counter()
    work()
    return 1000 * (perf_counter() - begun)


def _found(index: FolderIndex, queries: list[Query]) -> float:
    """The share of the hybrid's best ten that it has when every vector is compared."""
    hybrid = index.hybrid
    lexical = hybrid.lexical.search(queries, DEPTH)
    pairs = zip(hybrid.search(queries, _NEAREST), _exact(index, queries), lexical, queries, strict=True)
    shares = [
        np.isin(found.ids, hybrid.mixed(query, nearest, words, _NEAREST).ids).mean()
        for found, nearest, words, query in pairs
    ]
    return float(np.mean(shares))


def _exact(index: FolderIndex, queries: list[Query]) -> list[Ranking]:
    """The nearest passages to each query, every vector compared, block by block."""
    matrix = np.stack([query.vector for query in queries])
    scores = np.zeros((len(queries), 0), dtype=np.float32)
    ids: Ids = np.zeros((len(queries), 0), dtype=np.int64)
    for segment in index.segments:
        for start in range(0, len(segment.ids), _BLOCK):
            cosines = matrix @ segment.vectors.between(start, start + _BLOCK).astype(np.float32).T
            numbers = np.broadcast_to(segment.ids[start : start + _BLOCK], cosines.shape)
            scores, ids = _best(np.hstack([scores, cosines]), np.hstack([ids, numbers]))
    return [Ranking(numbers, row) for numbers, row in zip(ids, scores, strict=True)]


def _best(scores: NDArray[np.float32], ids: Ids) -> tuple[NDArray[np.float32], Ids]:
    order = np.argsort(-scores, axis=1, kind="stable")[:, :DEPTH]
    return np.take_along_axis(scores, order, axis=1), np.take_along_axis(ids, order, axis=1)


def _changed(place: Path) -> tuple[float, float]:
    """The seconds to add one article, the model's loading among them, and to take it out again; in a copy, by links."""
    with tempfile.TemporaryDirectory(dir=place.parent) as folder:
        place = shutil.copytree(place, Path(folder) / "index", copy_function=os.link)
        file = Path(folder) / "added.md"
        file.write_text("# The lamp\n\nThe lamp on Skerry Rock was lit by Anna Holm.\n", "utf-8")
        begun = perf_counter()
        build([file], place)
        added = perf_counter() - begun
        begun = perf_counter()
        remove(["added"], place)
        return added, perf_counter() - begun


def _table(costs: list[_Cost], built: dict[int, float | None]) -> str:
    lines = [
        "| passages | vectors | build, embedding apart | open | hybrid search, median and 95th percentile "
        "| whole answer, likewise | recall@10 | resident | disk |",
        "| --- " * 9 + "|",
    ]
    for cost, seconds in zip(costs, built.values(), strict=True):
        cells = (
            f"{cost.passages:,}",
            cost.searched,
            f"{seconds:.0f} s" if seconds is not None else "made before",
            f"{median(cost.opened):.2f} s",
            *(
                f"{readable(median(values))} ms, {readable(float(np.percentile(values, 95)))} ms"
                for values in (cost.searches, cost.answers)
            ),
            f"{cost.found:.3f}",
            f"{cost.resident / 1e9:.2f} GB",
            f"{cost.disk / 1e9:.2f} GB",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + f"\n\n{__doc__.partition(chr(10))[2].strip()}\n"
