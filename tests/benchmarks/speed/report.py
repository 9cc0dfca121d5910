"""The figures as a page of Markdown, and with every number behind them as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.benchmarks.speed.row import Row, readable

Parts = Mapping[str, Sequence[Row] | str]
_COLUMNS = ("what", "measured", "least to most", "runs", "target", "holds")
_NOTE = "Each figure is the median of its runs, which took turns; a ratio is made within each run."


def write(folder: Path, machine: Mapping[str, str], parts: Parts) -> str:
    """Write `speed.md` and `speed.json`, and give the former.

    Args:
        parts: the rows of each, or why it has none. What a part has left in the folder, as PART.md or PART-….svg,
            becomes part of the page.
    """
    told = ", ".join(f"{name} {value}" for name, value in machine.items())
    sections = [f"# Speed\n\n{told}.\n\n{_NOTE}\n"]
    sections += [f"## {name}\n\n{_section(folder, name, rows)}\n" for name, rows in parts.items()]
    page = "\n".join(sections)
    (folder / "speed.md").write_text(page, "utf-8")
    (folder / "speed.json").write_text(_as_json(machine, parts), "utf-8")
    return page


def _section(folder: Path, name: str, rows: Sequence[Row] | str) -> str:
    if isinstance(rows, str):
        return rows
    own = folder / f"{name}.md"
    shown = [_table(rows)] if rows else []
    shown += [own.read_text("utf-8").strip()] if own.exists() else []
    shown += [f"![{plot.stem}]({plot.name})" for plot in sorted(folder.glob(f"{name}-*.svg"))]
    return "\n\n".join(shown)


def _table(rows: Sequence[Row]) -> str:
    lines = [_COLUMNS, ("---",) * len(_COLUMNS), *map(_cells, rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cells(row: Row) -> tuple[str, ...]:
    holds = {None: "", True: "yes", False: "**no**"}[row.holds]
    spread = f"{readable(min(row.runs))} to {readable(max(row.runs))}" if len(row.runs) > 1 else ""
    measured = f"{readable(row.value)} {row.unit}".strip()
    return row.what, measured, spread, str(len(row.runs)), str(row.target or ""), holds


def _as_json(machine: Mapping[str, str], parts: Parts) -> str:
    written = {name: rows if isinstance(rows, str) else [_written(row) for row in rows] for name, rows in parts.items()}
    return json.dumps({"machine": machine, "parts": written}, indent=1, ensure_ascii=False)


def _written(row: Row) -> dict[str, object]:
    return {
        "what": row.what,
        "value": row.value,
        "unit": row.unit,
        "target": str(row.target) if row.target else None,
        "holds": row.holds,
        "runs": row.runs,
        "raw": row.raw,
    }
