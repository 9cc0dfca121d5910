"""A short run of the fuzzer over every target; `python -m tests.fuzz` is the long one."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.fuzz.__main__ import in_a_process
from tests.fuzz.targets import TARGETS, Target


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_no_case_is_anything_but_right_or_refused_in_one_line(target: Target) -> None:
    # The same cases each time, and none kept from before: what fails here fails everywhere.
    @settings(
        max_examples=target.quick,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(target.cases)
    def run(case: Any) -> None:
        target.run(case)

    run()


def test_a_process_that_ends_before_its_first_case_is_a_find(tmp_path: Path) -> None:
    target = replace(next(iter(TARGETS.values())), ready=lambda: os._exit(3))
    told = in_a_process(target, 1, tmp_path, guided=False)
    assert list(told["finds"]) == ["ended with 3"]
