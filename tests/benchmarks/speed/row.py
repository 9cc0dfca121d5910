"""A line of the report: what was measured, once a run, and what it ought to be."""

from __future__ import annotations

import statistics
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """A bound that a figure keeps."""

    bound: float
    at_least: bool

    def holds(self, value: float) -> bool:
        """Whether a figure keeps it."""
        return value >= self.bound if self.at_least else value <= self.bound

    def __str__(self) -> str:
        """The bound in words."""
        return f"at {'least' if self.at_least else 'most'} {readable(self.bound)}"


def at_least(bound: float) -> Target:
    """A figure of which more is better."""
    return Target(bound, at_least=True)


def at_most(bound: float) -> Target:
    """A figure of which less is better."""
    return Target(bound, at_least=False)


@dataclass(frozen=True, slots=True)
class Row:
    """A figure: the median of `runs`, which hold one number each; `raw` has what each of them comes of, if not itself.

    A ratio has the unit ×.
    """

    what: str
    runs: tuple[float, ...]
    unit: str = ""
    target: Target | None = None
    raw: tuple[tuple[float, ...], ...] = ()

    @property
    def value(self) -> float:
        """The figure."""
        return statistics.median(self.runs)

    @property
    def holds(self) -> bool | None:
        """Whether it keeps its target; None where it has none."""
        return None if self.target is None else self.target.holds(self.value)


def ratio(what: str, above: Row, below: Row, target: Target | None = None) -> Row:
    """One figure as a multiple of another, run by run, so that what slows down a whole run does not count."""
    return Row(what, tuple(a / b for a, b in zip(above.runs, below.runs, strict=True)), "×", target)


def readable(value: float) -> str:
    """A number with three digits, or all of those before the point."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
