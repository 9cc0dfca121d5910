"""`make audit`: what it says of what pip-audit found, and that it never takes silence for safety."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]

SAFE = {"name": "safe", "version": "1", "vulns": []}
HURT = {"name": "hurt", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}]}
UNKNOWN = {"name": "own", "skip_reason": "Dependency not found on PyPI"}
OFFLINE = "requests.exceptions.ConnectionError: Failed to resolve 'pypi.org'"


@pytest.mark.parametrize(
    ("printed", "complaint", "status", "said"),
    [
        ([SAFE, HURT], "", 1, "hurt 2: PYSEC-1, fixed in 3"),
        ([SAFE, UNKNOWN], "", 0, "1 dependencies checked, 0 with known vulnerabilities; not known there: own"),
        ([UNKNOWN, UNKNOWN], "No known vulnerabilities found", 0, "NOT checked"),
        (None, OFFLINE, 0, "NOT checked"),
        (None, "ValueError: bad requirement", 1, "could not be checked: ValueError"),
    ],
    ids=["vulnerable", "safe", "unknown", "offline", "broken"],
)
def test_findings_fail_and_what_cannot_be_reached_is_said(
    tmp_path: Path, printed: list[Any] | None, complaint: str, status: int, said: str
) -> None:
    output = json.dumps({"dependencies": printed}) if printed else ""
    stand_in = f"import sys\nprint({output!r})\nprint({complaint!r}, file=sys.stderr)\n"
    (tmp_path / "pip_audit.py").write_text(stand_in, "utf-8")
    done = subprocess.run(
        [sys.executable, ROOT / ".ci" / "audit.py"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, said in done.stdout) == (status, True), done.stdout + done.stderr


def test_every_dependency_is_pinned() -> None:
    pinned = (ROOT / "constraints.txt").read_text("utf-8").split()
    assert all("==" in line for line in pinned)
