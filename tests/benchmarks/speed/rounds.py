"""Measuring by turns, and out of the way of what this process has loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import ParamSpec, TypeVar

from tqdm import tqdm

P = ParamSpec("P")
T = TypeVar("T")


def by_turns(measures: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, tuple[float, ...]]:
    """What each measure gives, once a round: whatever else the machine does strikes all of them alike."""
    given: dict[str, list[float]] = {name: [] for name in measures}
    with tqdm(total=rounds * len(measures), leave=False, disable=None) as bar:
        for _ in range(rounds):
            for name, measure in measures.items():
                bar.set_description(name)
                given[name].append(measure())
                bar.update()
    return {name: tuple(values) for name, values in given.items()}


def in_new_process(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What a function gives in a fresh interpreter, whose memory is its own and where nothing is loaded yet."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *args, **kwargs).result()
