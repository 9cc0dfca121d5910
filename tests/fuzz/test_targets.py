"""A short run of the fuzzer over every target; `python -m tests.fuzz` is the long one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

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
