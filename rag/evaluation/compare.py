"""Whether one run is better than another, or only luckier."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from corpus.errors import RunError
from rag.evaluation.bootstrap import Table, paired, randomised
from rag.evaluation.evaluate import Evaluation
from rag.evaluation.metrics import Values
from rag.evaluation.summary import METRICS, Metric, counts

# A difference that chance alone brings about less often than this is taken to be one.
SIGNIFICANT = 0.05


@dataclass(frozen=True, slots=True)
class Difference:
    """How a metric changed from run to run, over the `n` questions that count for it in either.

    `ci95` is the paired bootstrap's interval of the change. `p` is the exact McNemar test's where every question has
    yes or no for the metric in both runs, and otherwise the paired randomisation test's.
    """

    before: float
    after: float
    ci95: tuple[float, float]
    p: float
    n: int
    better: int
    unit: str

    @property
    def verdict(self) -> str:
        """`better`, `worse`, or nothing where it may be chance; never for what answers cost."""
        change = self.better * (self.after - self.before)
        if self.unit or self.p >= SIGNIFICANT or not change:
            return ""
        return "better" if change > 0 else "worse"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The metrics that two runs share, how many questions they share and do not share, and what was set otherwise.

    `changed` has the value before and after of each setting, and of each fact about the index, that differs.
    """

    differences: dict[str, Difference]
    questions: int
    only_in_one: int
    changed: dict[str, tuple[Any, Any]]

    def __str__(self) -> str:
        """The differences as a table; what is significant is marked, and said again below it."""
        rows = [f"{'metric':20} {'before':>8} {'after':>8} {'change':>8}  {'95 % interval':17} {'p':>6} {'n':>5}"]
        for name, item in self.differences.items():
            interval = "[{:+.3f}, {:+.3f}]".format(*item.ci95)
            change = item.after - item.before
            numbers = f"{item.before:8.3f} {item.after:8.3f} {change:+8.3f}  {interval:17} {item.p:6.3f} {item.n:5}"
            rows.append(f"{name:20} {numbers}  {item.verdict}".rstrip())
        rows.append(f"{self.questions} questions in both runs, {self.only_in_one} in one alone")
        rows += [f"{name}: {before} before, {after} after" for name, (before, after) in self.changed.items()]
        for verdict in ("better", "worse"):
            named = [name for name, item in self.differences.items() if item.verdict == verdict]
            rows.append(f"significantly {verdict}: {', '.join(named) or 'nothing'}")
        return "\n".join(rows)

    @property
    def is_worse(self) -> bool:
        """Whether any metric got significantly worse."""
        return any(difference.verdict == "worse" for difference in self.differences.values())


@dataclass(frozen=True, slots=True)
class _Run:
    """The gold and the values of each question by id, and how the run was set, as they were written."""

    questions: dict[str, tuple[dict[str, Any], Values]]
    set_up: dict[str, Any]


def compare(before: Evaluation | Path | str, after: Evaluation | Path | str) -> Comparison:
    """Compare two runs over the same questions, which are matched by id; runs may be files that `--json` wrote.

    Each metric is judged on its own at 5 %: of twenty that changed a little, one may stand out by chance.

    Raises:
        RunError: a file is no run, the runs share no question, or one id means different gold.
    """
    runs = _run(before), _run(after)
    first, second = (run.questions for run in runs)
    shared = [name for name in first if name in second]
    if not shared:
        raise RunError("the two runs share no question: compare runs over the same gold file")
    for name in shared:
        if first[name][0] != second[name][0]:
            raise RunError(f"question {name} has other gold in one run than in the other: run both over the same file")
    before_values, after_values = ([run[name][1] for name in shared] for run in (first, second))
    compared = {name: _difference(metric, before_values, after_values) for name, metric in METRICS.items()}
    differences = {name: difference for name, difference in compared.items() if difference}
    settings = {name: tuple(run.set_up.get(name) for run in runs) for name in runs[0].set_up | runs[1].set_up}
    changed = {name: (old, new) for name, (old, new) in settings.items() if old != new}
    return Comparison(differences, len(shared), len(first) + len(second) - 2 * len(shared), changed)


def _run(source: Evaluation | Path | str) -> _Run:
    """A run, or the run of a file."""
    if isinstance(source, Evaluation):
        return _read(json.loads(source.to_json()))
    path = Path(source)
    try:
        return _read(json.loads(path.read_text("utf-8")))
    except OSError as error:
        raise RunError(f"{path} cannot be read ({error.strerror}): name a file that `rag eval --json` wrote") from error
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise RunError(f"{path} is not a run: name a file that `rag eval --json` wrote") from error


def _read(run: dict[str, Any]) -> _Run:
    questions = {item["id"]: (item["gold"], _numbers(item["values"])) for item in run["questions"]}
    index = {**run["index"], **run["index"]["recipe"]}
    del index["recipe"]
    return _Run(questions, {**run["settings"], **{f"index's {name}": value for name, value in index.items()}})


def _numbers(values: dict[str, Any]) -> Values:
    return {name: None if value is None else float(value) for name, value in values.items()}


def _difference(metric: Metric, first: Sequence[Values], second: Sequence[Values]) -> Difference | None:
    """How a metric changed; None where one of the runs has no such figure."""
    tables = metric.table(first), metric.table(second)
    before, after = map(metric.value, tables)
    if np.isnan(before) or np.isnan(after):
        return None
    either = counts(tables[0]) | counts(tables[1])
    one, other = (table[either] for table in tables)
    p = _mcnemar(one, other) if _is_yes_or_no(one) and _is_yes_or_no(other) else randomised(metric.value, one, other)
    return Difference(before, after, paired(metric.value, one, other), p, len(one), metric.better, metric.unit)


def _is_yes_or_no(table: Table) -> bool:
    return table.shape[1] == 1 and bool(np.isin(table, (0, 1)).all())


def _mcnemar(first: Table, second: Table) -> float:
    """The exact McNemar test (1947): whether as many questions turned from no to yes as from yes to no."""
    from scipy.stats import binomtest

    gained, lost = int((second > first).sum()), int((second < first).sum())
    return float(binomtest(gained, gained + lost).pvalue) if gained + lost else 1.0
