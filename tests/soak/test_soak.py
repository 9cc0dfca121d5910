"""A server that is busy for a while goes on answering, and holds no more files than before."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.soak.soaking import ASKERS, soak
from tests.ui.browsing import chromium

# In so short a time connections and readers come and go; half an hour is what `python -m tests.soak` is for.
_SECONDS, _MORE = 24, 30


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux, which tells what a process holds")
@pytest.mark.browser
def test_a_busy_server_makes_no_error_and_keeps_no_file_open(bundled_index: Path) -> None:
    soaked = soak(bundled_index, _SECONDS)
    assert not soaked.errors
    assert soaked.changes or not chromium()
    assert sum(stretch.questions for stretch in soaked.stretches) > ASKERS
    assert soaked.after.held.files <= soaked.before.held.files + _MORE
