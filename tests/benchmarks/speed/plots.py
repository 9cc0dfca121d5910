"""The plots of the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from tests.benchmarks.speed.row import Row, readable
from ui.charts import ACCENT, INK, SOFT

_WIDTH = 7.0


def bars(rows: Sequence[Row], path: Path) -> None:
    """One bar a row, all of one unit: the median, and a line from the least run to the greatest."""
    figure, axes = _figure(0.6 + 0.32 * len(rows))
    values = [row.value for row in rows]
    spread = [[row.value - min(row.runs) for row in rows], [max(row.runs) - row.value for row in rows]]
    drawn = axes.barh(range(len(rows)), values, xerr=spread, color=ACCENT, ecolor=SOFT, height=0.6)
    axes.bar_label(drawn, [readable(value) for value in values], padding=3, color=INK, fontsize=8)
    axes.set_yticks(range(len(rows)), [row.what for row in rows])
    axes.invert_yaxis()
    axes.set_xlabel(rows[0].unit)
    axes.margins(x=0.12)
    figure.savefig(path)


def waits(milliseconds: Mapping[str, Sequence[float]], path: Path) -> None:
    """Which share of the questions was answered within how long, a line for each way of asking."""
    figure, axes = _figure(3.2)
    for name, values in milliseconds.items():
        axes.ecdf(np.array(values), label=name)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("milliseconds until the answer")
    axes.set_ylabel("share of the questions")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(path)


def curves(along: Sequence[int], lines: Mapping[str, Sequence[float]], unit: str, path: Path) -> None:
    """How several figures grow with a number, both on a scale of powers of ten."""
    figure, axes = _figure(3.6)
    for name, values in lines.items():
        axes.loglog(along, values, marker="o", label=name)
    axes.set_xlabel(unit)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, fontsize=8)
    figure.savefig(path)


def _figure(height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(_WIDTH, height), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes
