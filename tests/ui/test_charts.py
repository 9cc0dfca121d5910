"""The charts: what they say in letters, that they are the same twice, and that they wear a page's colours."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest

from rag.evaluation.bootstrap import Table
from rag.evaluation.failures import Failure
from ui.charts import RIGHT, STAGES, Bar, reliability_chart, risk_coverage_chart, stages_chart, svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RUN: Table = np.array([(0.95, 1), (0.9, 1), (0.85, 0), (0.55, 1), (0.3, 0), (0.05, 0)], dtype=np.float64)
BARS = (Bar("all", {RIGHT: 7, Failure.MISREAD: 3}), Bar("why", {RIGHT: 1, Failure.NOT_INDEXED: 1}))


CHARTS: dict[str, Callable[[], Figure]] = {
    "stages": lambda: stages_chart(BARS),
    "risk and coverage": lambda: risk_coverage_chart(RUN, 0.5),
    "reliability": lambda: reliability_chart(RUN),
}


def letters(element: str) -> list[str]:
    """What is written in an SVG element."""
    root = ElementTree.fromstring(element)
    return ["".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_one_labelled_element_and_the_same_twice(name: str) -> None:
    first, second = (svg(CHARTS[name](), 'Right & "wrong"') for _ in range(2))
    assert first == second
    root = ElementTree.fromstring(first)
    assert (root.get("role"), root.get("aria-label")) == ("img", 'Right & "wrong"')
    assert not re.search(r"<style|<image|<metadata|http://(?!www\.w3\.org)", first)


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_takes_the_colours_of_the_page_and_has_no_ground_of_its_own(name: str) -> None:
    element = svg(CHARTS[name](), name)
    assert "var(--ink, #" in element or "var(--soft, #" in element
    assert "#ffffff" not in element


def test_two_charts_of_a_page_share_no_name() -> None:
    pages = [set(re.findall(r'id="([^"]+)"', svg(chart(), name))) for name, chart in CHARTS.items()]
    assert all(pages)
    assert len(set.union(*pages)) == sum(map(len, pages))


def test_every_way_to_fail_has_a_colour_of_its_own() -> None:
    assert set(Failure) <= set(STAGES)
    assert len(set(STAGES.values())) == len(STAGES)


def test_a_bar_says_its_size_and_the_legend_names_only_the_stages_there_are() -> None:
    said = letters(svg(stages_chart(BARS), "stages"))
    assert {"all (10)", "why (2)", "7", "3", RIGHT, "misread", "not indexed"} <= set(said)
    assert "mis-cited" not in said


def test_names_are_drawn_as_they_are_written() -> None:
    said = letters(svg(stages_chart([Bar("$x^ <b>", {RIGHT: 1}), Bar("为什么", {RIGHT: 1})]), "stages"))
    assert {"$x^ <b> (1)", "为什么 (1)"} <= set(said)


def test_a_long_name_is_shortened() -> None:
    assert "abcdefghijklmnopq… (1)" in letters(
        svg(stages_chart([Bar("abcdefghijklmnopqrstuvwxyz", {RIGHT: 1})]), "one")
    )


def test_the_threshold_is_named_where_it_stands_and_not_when_it_answers_nothing() -> None:
    assert "threshold 0.5" in letters(svg(risk_coverage_chart(RUN, 0.5), "risk"))
    assert not [text for text in letters(svg(risk_coverage_chart(RUN, 1.0), "risk")) if "threshold" in text]


def test_the_threshold_stands_at_the_share_it_answers() -> None:
    axes = risk_coverage_chart(RUN, 0.5).axes[0]
    _, point = axes.lines
    assert np.allclose(point.get_xydata(), [(4 / 6, 1 / 4)])


def test_the_reliability_chart_counts_the_questions_of_each_confidence() -> None:
    figure = reliability_chart(RUN)
    assert [text.get_text() for text in figure.axes[1].texts] == ["1", "1", "1", "1", "2"]
