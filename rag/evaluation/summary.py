"""The figures of a run: functions of what was measured of its questions, each with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.evaluation.bootstrap import Statistic, Table, interval
from rag.evaluation.metrics import Values
from rag.evaluation.ranking import RANKING_METRICS

_BINS = 10


@dataclass(frozen=True, slots=True)
class Metric:
    """How a figure comes of the questions: a statistic of some of their values, a column each, a row a question.

    A question that lacks one of the values does not count. `better` is 1 where more is better, else -1. One that has a
    `unit` says what an answer costs, not how good it is.
    """

    columns: tuple[str, ...]
    statistic: Statistic
    better: int = 1
    unit: str = ""

    def table(self, questions: Sequence[Values]) -> Table:
        """The values of every question, shape (questions, columns); NaN where one is lacking."""
        rows = [[values.get(name) for name in self.columns] for values in questions]
        return np.array(rows, dtype=np.float64).reshape(-1, len(self.columns))

    def value(self, table: Table) -> float:
        """The figure over the questions that count; NaN where there is none."""
        held = counted(table)
        return self.statistic(held) if len(held) else float("nan")


def counts(table: Table) -> NDArray[np.bool_]:
    """Which rows of a table have every value."""
    return np.asarray(~np.isnan(table).any(axis=1))


def counted(table: Table) -> Table:
    """The rows of a table that have every value."""
    return table[counts(table)]


def mean(table: Table) -> float:
    """The mean of one column."""
    return float(table[:, 0].mean())


def auroc(table: Table) -> float:
    """How often a score in the first column is higher for a 1 than for a 0 in the second; NaN without both."""
    positive = table[:, 1] > 0
    above, below = table[positive, 0], np.sort(table[~positive, 0])
    if not len(above) or not len(below):
        return float("nan")
    # A tie counts half.
    beaten = (np.searchsorted(below, above, "left") + np.searchsorted(below, above, "right")) / 2
    return float(beaten.sum() / (len(above) * len(below)))


def risk_coverage(table: Table) -> tuple[Table, Table]:
    """Coverage and the share that is wrong, answering the surest first; confidence and right are the columns.

    Of equally sure questions each counts as the mean of them, so that their order does not matter.
    """
    _, group, size = np.unique(-table[:, 0], return_inverse=True, return_counts=True)
    wrong = np.bincount(group, 1 - table[:, 1]) / size
    answered = np.arange(1, len(table) + 1)
    return answered / len(table), np.cumsum(np.repeat(wrong, size)) / answered


def aurc(table: Table) -> float:
    """The area under the risk-coverage curve (Geifman and El-Yaniv 2017, arXiv:1705.08500)."""
    return float(risk_coverage(table)[1].mean())


def reliability(table: Table) -> Table:
    """Mean confidence, share right and number of each of ten equal bins of confidence that is not empty."""
    bins = np.minimum((table[:, 0] * _BINS).astype(int), _BINS - 1)
    count, confidence, right = (np.bincount(bins, weights, _BINS) for weights in (None, table[:, 0], table[:, 1]))
    held = count > 0
    return np.column_stack([confidence[held] / count[held], right[held] / count[held], count[held]])


def calibration_error(table: Table) -> float:
    """The expected calibration error over ten bins (Naeini et al. 2015; Guo et al. 2017, arXiv:1706.04599)."""
    confidence, right, count = reliability(table).T
    return float(np.abs(confidence - right) @ count / count.sum())


def _percentile(percent: float) -> Statistic:
    return lambda table: float(np.percentile(table[:, 0], percent))


_MEANS = (
    *RANKING_METRICS,
    "answer_em",
    "answer_f1",
    "answer_match",
    "short_em",
    "short_f1",
    "citation_recall",
    "citation_precision",
    "evidence@1",
    "evidence@3",
    "refusal_recall",
    "refusal_precision",
    "answered",
)
_OF_MODELS = ("model_failed", "weak_sentences", "unsupported_sentences", "dropped_sentences", "unknown_citations")
_TOKENS = ("prompt_tokens", "completion_tokens")
METRICS: dict[str, Metric] = {
    **{name: Metric((name,), mean) for name in _MEANS},
    "refusal_auroc": Metric(("confidence", "answerable"), auroc),
    "aurc": Metric(("confidence", "right"), aurc, better=-1),
    "calibration_error": Metric(("confidence", "right"), calibration_error, better=-1),
    **{
        f"latency_ms_p{percent}": Metric(("latency_ms",), _percentile(percent), better=-1, unit="ms")
        for percent in (50, 95)
    },
    **{name: Metric((name,), mean, better=-1) for name in _OF_MODELS},
    **{name: Metric((name,), mean, better=-1, unit="tokens") for name in _TOKENS},
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure over `n` questions, with its 95 % bootstrap interval."""

    value: float
    ci95: tuple[float, float]
    n: int


def summarise(questions: Sequence[Values]) -> dict[str, Figure]:
    """Every figure that the questions have values for."""
    figures: dict[str, Figure] = {}
    for name, metric in METRICS.items():
        table = counted(metric.table(questions))
        if not np.isnan(value := metric.value(table)):
            figures[name] = Figure(value, interval(metric.value, table), len(table))
    return figures


def thresholds_by_refusals(questions: Sequence[Values], shares: Sequence[float]) -> dict[float, float]:
    """For each share of the answerable questions that may be refused, the highest threshold that refuses no more."""
    sure = sorted(float(values["confidence"] or 0) for values in questions if values["answerable"])
    return {share: sure[min(int(share * len(sure)), len(sure) - 1)] for share in shares} if sure else {}


def thresholds_by_errors(questions: Sequence[Values], shares: Sequence[float]) -> dict[float, float]:
    """For each share of the answers that may be wrong, the lowest threshold at which no more are, if there is one."""
    table = counted(METRICS["aurc"].table(questions))
    wrong = risk_coverage(table)[1]
    sure = np.sort(table[:, 0])[::-1]
    # The last of equally sure questions is where a threshold can stand.
    ends = np.append(np.diff(sure) < 0, True)[: len(sure)]
    fits = {share: np.flatnonzero(ends & (wrong <= share)) for share in shares}
    return {share: float(sure[places[-1]]) for share, places in fits.items() if len(places)}
