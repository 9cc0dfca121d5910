"""Runs of the evaluation as HTML: the list of them, the open one, how far one is, and how two differ."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Any

from rag.evaluation import Comparison
from rag.evaluation.compare import Difference
from ui.render.text import count, tool_button, written_date
from ui.report import SECTIONS
from ui.running import Progress
from ui.runs import Run

NO_RUNS = "Runs are kept here."


def runs_list(runs: Sequence[Run], current: str, *, read_only: bool = False) -> str:
    """Every run that is kept, and its deletion where that is allowed; `current` is the id of the open one."""
    items = "".join(_item(run, run.id == current, read_only) for run in runs)
    kept = f"<ul>{items}</ul>" if items else f'<p class="quiet">{NO_RUNS}</p>'
    return f'<nav class="evaluation runs" aria-labelledby="runs-title"><h2 id="runs-title">Runs</h2>{kept}</nav>'


def progress_bar(progress: Progress) -> str:
    """How far a run is, and how fast it goes."""
    if progress.done == progress.total:
        said = "Working out the figures"
    else:
        pace = f" · {progress.done / progress.seconds:.1f} a second" if progress.seconds else ""
        said = f"{progress.done:,} of {count(progress.total, 'question')}{pace}"
    return (
        f'<div class="evaluation"><p class="quiet" id="run-pace">{said}</p><progress max="{progress.total}" '
        f'value="{progress.done}" aria-labelledby="run-pace"></progress></div>'
    )


def no_run() -> str:
    """What stands there while no run is open."""
    return (
        '<p class="evaluation nothing">Gold questions say what is right. Run them to see how good the answers are, '
        "how sure that is, and at which stage each wrong one was lost.</p>"
    )


def run_heading(run: Run) -> str:
    """What stands above an open run: what was asked and when, and what can be downloaded of it."""
    address = escape(f"/runs/{run.id}")
    return (
        f'<header class="evaluation opened" data-run="{escape(run.id)}"><h2>{escape(run.gold)}</h2>'
        f'<p class="quiet">{_when(run)} · <a href="{address}.html" target="_blank">Report on its own</a> · '
        f'<a href="{address}.html" download="report.html">Download the report</a> · '
        f'<a href="{address}.json" download>Download for <code>rag compare</code></a></p></header>'
    )


def run_frame(run: Run) -> str:
    """The report of a run, in a frame: it brings a style and a policy of its own."""
    title = escape(f"Report: {run.gold}")
    return f'<iframe class="report" src="{escape(f"/runs/{run.id}.html")}" title="{title}" loading="lazy"></iframe>'


def run_name(run: Run) -> str:
    """A run in one line, to be chosen by."""
    return f"{_moment(run)} · {run.gold} · {_score(run)}"


def comparison(found: Comparison) -> str:
    """How a run differs from an earlier one: what is significant in words, then every figure."""
    metrics = [name for names in SECTIONS.values() for name in names if name in found.differences]
    rows = "".join(_row(name, found.differences[name]) for name in metrics)
    columns = ("metric", "before", "after", "change", "95 % interval", "p", "n", "")
    heads = "".join(f'<th scope="col">{name}</th>' for name in columns[:-1])
    return (
        f'<section class="evaluation comparison" aria-label="Comparison">{_verdicts(found)}<table><thead><tr>{heads}'
        f'<td></td></tr></thead><tbody>{rows}</tbody></table>{_changed(found.changed)}<p class="quiet">'
        f"{count(found.questions, 'question')} in both runs, {found.only_in_one:,} in one alone. Each change is judged "
        "on its own, and is significant where chance would bring it about less than once in twenty times.</p></section>"
    )


def _item(run: Run, is_current: bool, read_only: bool) -> str:
    mark = ' aria-current="true"' if is_current else ""
    figures = "".join(f"<span>{escape(name)} {value:.3f}</span>" for name, value in run.figures.items())
    deleting = "" if read_only else tool_button("delete", "Delete")
    return (
        f'<li data-run="{escape(run.id)}"{mark}><button type="button" class="open"><b>{escape(run.gold)}</b>'
        f'<span>{_score(run)}</span><span class="quiet">{_when(run)}</span>'
        f'<span class="quiet figures">{figures}</span></button>{deleting}</li>'
    )


def _verdicts(found: Comparison) -> str:
    def said(verdict: str) -> str:
        named = [name for name, item in found.differences.items() if item.verdict == verdict]
        return (
            f'<p class="{verdict if named else "quiet"}">Significantly {verdict}: {", ".join(named) or "nothing"}</p>'
        )

    return said("better") + said("worse")


def _row(name: str, item: Difference) -> str:
    def written(value: float, sign: str = "") -> str:
        return f"{value:{sign}.0f}&nbsp;{item.unit}" if item.unit else f"{value:{sign}.3f}"

    low, high = (written(end, "+") for end in item.ci95)
    numbers = (
        written(item.before),
        written(item.after),
        written(item.after - item.before, "+"),
        f"{low} to {high}",
        f"{item.p:.3f}" if item.p >= 0.001 else "&lt; 0.001",
        f"{item.n:,}",
    )
    cells = "".join(f"<td>{number}</td>" for number in numbers)
    mark = f'<td class="verdict">{item.verdict}</td>'
    return f'<tr class="{item.verdict}"><th scope="row">{escape(name)}</th>{cells}{mark}</tr>'


def _changed(changed: dict[str, tuple[Any, Any]]) -> str:
    """What was set otherwise, which may be why the figures differ."""
    items = "".join(
        f"<li>{escape(name)}: {escape(str(before))} before, {escape(str(after))} after</li>"
        for name, (before, after) in changed.items()
    )
    return f"<h3>Set otherwise</h3><ul>{items}</ul>" if items else ""


def _score(run: Run) -> str:
    return f"{run.right:,} of {run.questions:,} right"


def _when(run: Run) -> str:
    return f'<time datetime="{escape(run.made)}">{_moment(run)}</time>'


def _moment(run: Run) -> str:
    """When a run was made, by the clock of the machine that serves the page."""
    made = datetime.fromisoformat(run.made).astimezone()
    return f"{written_date(made.date().isoformat())}, {made:%H:%M}"
