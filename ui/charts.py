"""The charts of a run, each a figure made of values. As SVG in a page they take the page's own colours."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from io import StringIO
from typing import TYPE_CHECKING

import numpy as np

from rag.evaluation.bootstrap import Table
from rag.evaluation.failures import Failure
from rag.evaluation.summary import reliability, risk_coverage

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, SOFT, LINE, ACCENT, SHEET = "#23262b", "#5c626c", "#e3dfd6", "#1d5c86", "#fffefb"
# A figure on its own has the colours above; where a page defines these names, its SVG follows them into the dark.
_VARIABLES = {INK: "--ink", SOFT: "--soft", LINE: "--line", ACCENT: "--accent", SHEET: "--sheet"}

RIGHT, RIGHTLY_REFUSED = "right", "rightly refused"
# Middle tones that stand on a light and on a dark sheet: blue is well, purple a matter of search, red of reading.
STAGES: dict[str, str] = {
    RIGHT: "#2b6f9c",
    RIGHTLY_REFUSED: "#9cc3dd",
    Failure.NOT_INDEXED: "#6a6f79",
    Failure.NOT_RETRIEVED: "#7453a6",
    Failure.RANKED_TOO_LOW: "#b9a1da",
    Failure.WRONGLY_REFUSED: "#e3b04b",
    Failure.MISREAD: "#d9744f",
    Failure.MIS_CITED: "#f0b19b",
    Failure.WRONGLY_ANSWERED: "#a83236",
}
_DARK_STAGES = {RIGHT, Failure.NOT_INDEXED, Failure.NOT_RETRIEVED, Failure.WRONGLY_ANSWERED}
_ON_DARK, _ON_LIGHT = "#fefefe", "#1b1d21"

_WIDTH = 3.6  # inches, of 72 units each: about as wide as a phone, so that letters keep their size there
_LETTERS = 9.0
_LEAST_LABELLED = 0.07  # a narrower piece of a bar has no room for its count
_LONGEST_NAME = 18


@dataclass(frozen=True, slots=True)
class Bar:
    """How many questions of a group ended at each stage."""

    name: str
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        """How many questions the group has."""
        return sum(self.counts.values())


def stages_chart(bars: Sequence[Bar]) -> Figure:
    """One stacked bar a group, all of one length: which share of its questions ended at each stage."""
    from matplotlib.patches import Patch

    present = [stage for stage in STAGES if any(bar.counts.get(stage) for bar in bars)]
    legend_rows = -(-len(present) // 2)
    figure = _figure(0.35 + 0.3 * len(bars) + 0.22 * legend_rows)
    axes = figure.subplots()
    for row, bar in enumerate(bars):
        _draw_bar(axes, row, bar)
    names = [f"{_short(bar.name)} ({bar.total:,})" for bar in bars]
    axes.set_yticks(range(len(bars)), names, parse_math=False, color=INK, fontsize=_LETTERS)
    axes.set(xlim=(0, 1), ylim=(len(bars) - 0.5, -0.5))
    axes.tick_params(left=False, bottom=False, labelbottom=False)
    axes.spines[:].set_visible(False)
    named = [Patch(facecolor=STAGES[stage], label=stage) for stage in present]
    figure.legend(
        handles=named,
        loc="outside lower left",
        ncols=2,
        frameon=False,
        labelcolor=SOFT,
        fontsize=_LETTERS,
        handlelength=1,
    )
    return figure


def risk_coverage_chart(table: Table, threshold: float) -> Figure:
    """The share of wrong answers against the share of questions answered, and where the threshold stands.

    Args:
        table: confidence and right of each question, as `rag.evaluation.summary.risk_coverage` takes it.
        threshold: the least confidence that is answered.
    """
    coverage, risk = risk_coverage(table)
    figure = _figure(2.75)
    axes = figure.subplots()
    axes.plot(coverage, risk, color=ACCENT, linewidth=1.6)
    if answered := int((table[:, 0] >= threshold).sum()):
        axes.plot(coverage[answered - 1], risk[answered - 1], "o", color=ACCENT, markeredgecolor=SHEET, markersize=9)
        _name_point(axes, f"threshold {threshold:g}", coverage[answered - 1], risk[answered - 1])
    axes.set(xlim=(0, 1), ylim=(0, max(0.1, 1.2 * float(risk.max()))))
    axes.set_xlabel("share of questions answered, surest first", color=SOFT, fontsize=_LETTERS)
    axes.set_ylabel("share of them wrong", color=SOFT, fontsize=_LETTERS)
    _in_percent(axes)
    return figure


def reliability_chart(table: Table) -> Figure:
    """How often answers of a confidence are right, against that confidence, and how many there are of each.

    Args:
        table: confidence and right of each question, as `rag.evaluation.summary.reliability` takes it.
    """
    confidence, right, count = reliability(table).T
    figure = _figure(2.75)
    axes, below = figure.subplots(2, 1, height_ratios=(3, 1))
    axes.plot((0, 1), (0, 1), color=SOFT, linewidth=0.8, linestyle=(0, (4, 4)))
    axes.vlines(confidence, confidence, right, color=ACCENT, linewidth=4, alpha=0.3)
    axes.plot(confidence, right, "o-", color=ACCENT, linewidth=1.2, markersize=5, markeredgecolor=SHEET)
    axes.set(xlim=(0, 1), ylim=(0, 1.03))
    axes.set_ylabel("share right, if answered", color=SOFT, fontsize=_LETTERS)
    _in_percent(axes)
    axes.tick_params(labelbottom=False)
    centres = (np.minimum(np.floor(confidence * 10), 9) + 0.5) / 10
    below.bar(centres, count, width=0.085, color=ACCENT, alpha=0.55, linewidth=0)
    for place, number in zip(centres, count, strict=True):
        below.text(place, number, f"{number:,.0f}", ha="center", va="bottom", color=SOFT, fontsize=_LETTERS - 2)
    below.set(xlim=(0, 1), ylim=(0, 1.45 * float(count.max())))
    below.set_xlabel("confidence, and how many questions have it", color=SOFT, fontsize=_LETTERS)
    _in_percent(below)
    below.set_yticks([])
    below.grid(False)
    return figure


def svg(figure: Figure, label: str) -> str:
    """A figure as an SVG element, the same for the same figure; `label` is what it says to those who cannot see it."""
    import matplotlib

    drawn = StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    # The label as salt keeps the names inside one chart of a page apart from those inside another.
    with matplotlib.rc_context({"svg.hashsalt": label, "svg.fonttype": "none"}), warnings.catch_warnings():
        # The letters are the browser's to draw, so that it does not matter which of them matplotlib's font lacks.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure.savefig(drawn, format="svg", transparent=True, metadata=nothing)
    element = drawn.getvalue()[drawn.getvalue().index("<svg") :]
    # Written for a file of its own: in a page the style sheet would hold for everything, names come twice, and the
    # letters are to be the page's.
    element = re.sub(r"<style.*?</style>", "", element, flags=re.DOTALL)
    element = re.sub(r'<g id="[^"]*"', "<g", element)
    element = re.sub(r" font-family: [^;]*;", "", element)
    for colour, variable in _VARIABLES.items():
        element = element.replace(f": {colour}", f": var({variable}, {colour})")
    return element.replace("<svg", f'<svg role="img" aria-label="{escape(label)}"', 1).rstrip()


def _figure(height: float) -> Figure:
    """An empty figure of the common width, so many inches high."""
    from matplotlib.figure import Figure

    return Figure(figsize=(_WIDTH, height), layout="constrained")


def _draw_bar(axes: Axes, row: int, bar: Bar) -> None:
    reached = 0.0
    for stage, colour in STAGES.items():
        if not (count := bar.counts.get(stage, 0)):
            continue
        share = count / bar.total
        axes.barh(row, share, left=reached, height=0.7, color=colour, edgecolor=SHEET, linewidth=1)
        if share >= _LEAST_LABELLED:
            ink = _ON_DARK if stage in _DARK_STAGES else _ON_LIGHT
            middle = reached + share / 2
            axes.text(middle, row, f"{count:,}", ha="center", va="center_baseline", color=ink, fontsize=_LETTERS - 1)
        reached += share


def _name_point(axes: Axes, name: str, across: float, up: float) -> None:
    side, shift = ("left", 6) if across < 0.5 else ("right", -6)
    axes.annotate(name, (across, up), (shift, 8), textcoords="offset points", ha=side, color=INK, fontsize=_LETTERS)


def _in_percent(axes: Axes) -> None:
    """Quiet axes: two thin edges, a faint grid, shares as percents."""
    from matplotlib.ticker import PercentFormatter

    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(LINE)
    axes.tick_params(color=LINE, labelcolor=SOFT, labelsize=_LETTERS - 0.5)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    axes.grid(color=LINE, linewidth=0.6)
    axes.set_axisbelow(True)


def _short(name: str) -> str:
    flat = " ".join(name.split())
    return flat if len(flat) <= _LONGEST_NAME else flat[: _LONGEST_NAME - 1].rstrip() + "…"
