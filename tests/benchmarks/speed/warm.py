"""A chatbot that has been open for a while, on SQuAD's 490 articles: one asker, eight at once, many questions."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from corpus.gold import load_gold
from rag import Answer, Chatbot, Settings
from rag.settings import NO_READER, OWN_READER
from tests.benchmarks.data import SQUAD, indexed
from tests.benchmarks.speed.rounds import in_new_process
from tests.benchmarks.speed.row import Row, Target, at_least, at_most, ratio

_ROUNDS = 5
_WARM_UP, _QUESTIONS = 30, 300
_ASKERS = 8
_STAGES = ("embed", "search", "answer")
_MEMORY = {"VmRSS": "resident set", "RssAnon": "of it, not of files"}
_STATUS = Path("/proc/self/status")


class _Told(NamedTuple):
    """Of an answer what is compared: all that a reader gets, as a hash, and its timings. Whole ones take memory."""

    said: int
    timings: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Questions asked in one way: what came of each, None for an error, each one's milliseconds, and all's seconds.

    There are no milliseconds where they are answered together.
    """

    answers: tuple[_Told | None, ...]
    milliseconds: tuple[float, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class _Round:
    """The same questions, asked in each way."""

    alone: _Asked
    at_once: _Asked
    together: _Asked


@dataclass(frozen=True, slots=True)
class _Way:
    """A way to answer, and what is asked of it.

    Args:
        median, long: milliseconds for half of the questions, and for all but one in twenty.
        ahead: how many times as many questions a second are answered together.
    """

    name: str
    reader: str
    median: float
    long: float
    ahead: float


_READING = _Way("with the reader", OWN_READER, 120, 200, 2)
_WITHOUT = _Way("without", NO_READER, 25, 50, 3)


def measure(folder: Path) -> list[Row]:
    """The rows, with the reader and without it, and their plots in the folder."""
    # Not in the process that asks, whose memory is measured: what builds the index where there is none.
    indexed("squad", SQUAD / "articles")
    return [*_measure(folder, _READING), *_measure(folder, _WITHOUT)]


def _measure(folder: Path, way: _Way) -> list[Row]:
    # It draws, which takes memory.
    from tests.benchmarks.speed.plots import bars, waits

    rounds, memory = in_new_process(_measured, way.reader)
    alone, at_once, together = zip(*((each.alone, each.at_once, each.together) for each in rounds), strict=True)
    stages = [_stage(name, alone) for name in _STAGES]
    bars(stages, folder / f"warm-stages-{way.reader}.svg")
    by_askers = {"one asker": alone, f"{_ASKERS} askers": at_once}
    waits(
        {name: [*chain(*(asked.milliseconds for asked in ways))] for name, ways in by_askers.items()},
        folder / f"warm-waits-{way.reader}.svg",
    )
    rows = [
        _percentile("one asker, p50", alone, 50, at_most(way.median)),
        _percentile("one asker, p95", alone, 95, at_most(way.long)),
        *stages,
        _percentile(f"{_ASKERS} askers, p50", at_once, 50),
        _percentile(f"{_ASKERS} askers, p95", at_once, 95),
        *_compared(alone, at_once, together, way.ahead),
        *memory,
    ]
    return [replace(row, what=f"{way.name}: {row.what}") for row in rows]


def _compared(
    alone: Sequence[_Asked], at_once: Sequence[_Asked], together: Sequence[_Asked], ahead: float
) -> list[Row]:
    """How many questions a second in each way, and whether the answers are those of one asker."""
    eight = f"{_ASKERS} askers"
    one, many_askers, many = _rate("one asker", alone), _rate(eight, at_once), _rate("ask_many", together)
    return [
        one,
        many_askers,
        many,
        ratio(f"{eight} / one asker, questions a second", many_askers, one, at_least(1 / 1.2)),
        ratio("ask_many / one asker, questions a second", many, one, at_least(ahead)),
        Row(f"{eight}, errors", tuple(float(asked.answers.count(None)) for asked in at_once), "", at_most(0)),
        _others(f"{eight}, other answers than one asker's", alone, at_once),
        _others("ask_many, other answers than one asker's", alone, together),
    ]


def _percentile(what: str, asked: Sequence[_Asked], percent: float, target: Target | None = None) -> Row:
    raw = tuple(each.milliseconds for each in asked)
    return Row(what, tuple(float(np.percentile(run, percent)) for run in raw), "ms", target, raw)


def _stage(name: str, alone: Sequence[_Asked]) -> Row:
    raw = tuple(tuple(answer.timings[name] for answer in asked.answers if answer) for asked in alone)
    return Row(f"one asker, of it {name}", tuple(float(np.median(run)) for run in raw), "ms", raw=raw)


def _rate(name: str, asked: Sequence[_Asked]) -> Row:
    return Row(name, tuple(len(each.answers) / each.seconds for each in asked), "questions/s")


def _others(what: str, alone: Sequence[_Asked], asked: Sequence[_Asked]) -> Row:
    """How many questions were answered otherwise; errors are counted elsewhere."""
    pairs = [zip(each.answers, other.answers, strict=True) for each, other in zip(alone, asked, strict=True)]
    differing = (sum(1 for one, other in pair if one and other and one.said != other.said) for pair in pairs)
    return Row(what, tuple(map(float, differing)), "", at_most(0))


def _measured(reader: str) -> tuple[list[_Round], list[Row]]:
    """The rounds, and what this process holds after them."""
    chatbot = Chatbot(indexed("squad", SQUAD / "articles"), Settings(reader=reader))
    gold = random.Random(0).sample(load_gold(SQUAD / "gold.jsonl"), _WARM_UP + _QUESTIONS)
    questions = [item.question for item in gold]
    _alone(chatbot, questions[:_WARM_UP])
    rounds = [_round(chatbot, questions[_WARM_UP:]) for _ in tqdm(range(_ROUNDS), leave=False, disable=None)]
    return rounds, _memory()


def _round(chatbot: Chatbot, questions: Sequence[str]) -> _Round:
    return _Round(_alone(chatbot, questions), _at_once(chatbot, questions), _together(chatbot, questions))


def _alone(chatbot: Chatbot, questions: Sequence[str]) -> _Asked:
    return _timed(map, chatbot, questions)


def _at_once(chatbot: Chatbot, questions: Sequence[str]) -> _Asked:
    with ThreadPoolExecutor(_ASKERS) as pool:
        return _timed(pool.map, chatbot, questions)


def _timed(
    over: Callable[..., Iterable[tuple[_Told | None, float]]], chatbot: Chatbot, questions: Sequence[str]
) -> _Asked:
    begun = perf_counter()
    answers, milliseconds = zip(*over(partial(_ask, chatbot), questions), strict=True)
    return _Asked(answers, milliseconds, perf_counter() - begun)


def _together(chatbot: Chatbot, questions: Sequence[str]) -> _Asked:
    begun = perf_counter()
    answers = chatbot.ask_many(questions)
    return _Asked(tuple(map(_told, answers)), (), perf_counter() - begun)


def _ask(chatbot: Chatbot, question: str) -> tuple[_Told | None, float]:
    begun = perf_counter()
    try:
        answer = chatbot.ask(question)
    except Exception as error:
        # An error is a figure too.
        tqdm.write(f"{question}: {error!r}")
        return None, 1000 * (perf_counter() - begun)
    milliseconds = 1000 * (perf_counter() - begun)
    return _told(answer), milliseconds


def _told(answer: Answer) -> _Told:
    # Not the confidence: its last digits differ where questions are embedded together.
    return _Told(hash((answer.abstained, answer.text, answer.sentences, answer.citations)), answer.timings)


def _memory() -> list[Row]:
    """What the process holds now, in megabytes, where the system tells; pages of files count once for all processes."""
    lines = _STATUS.read_text("utf-8").splitlines() if _STATUS.exists() else []
    told = dict(line.split(":", 1) for line in lines)
    return [
        Row(f"memory: {what}", (int(told[name].split()[0]) / 1000,), "MB")
        for name, what in _MEMORY.items()
        if name in told
    ]
