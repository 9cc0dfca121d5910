#!/usr/bin/env python3
"""Whether a version in constraints.txt has a known vulnerability: status 1 where one has.

Where the advisories cannot be reached nothing is known: a line says so, and the status is 0.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

COMMAND = (
    *(sys.executable, "-m", "pip_audit", "--requirement", "constraints.txt", "--no-deps", "--disable-pip"),
    *("--format", "json", "--progress-spinner", "off", "--timeout", "15"),
)


def main() -> int:
    """Ask, and tell."""
    done = subprocess.run(COMMAND, capture_output=True, text=True)
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except ValueError:
        why = done.stderr.strip().rpartition("\n")[2]
        if "ConnectionError" not in why and "Timeout" not in why:
            print(f"dependencies could not be checked: {why}")
            return 1
        found = []
    # A package index that has no advisories says of each that it does not know it, and the tool that all is well.
    checked = [item for item in found if "skip_reason" not in item]
    if not checked:
        print("dependencies NOT checked for known vulnerabilities: the advisories cannot be reached from here")
        return 0
    vulnerable = [item for item in checked if item["vulns"]]
    for item in vulnerable:
        for known in item["vulns"]:
            fixed = ", ".join(known["fix_versions"]) or "no version"
            print(f"{item['name']} {item['version']}: {known['id']}, fixed in {fixed}")
    skipped = f"; not known there: {', '.join(sorted(_skipped(found)))}" if len(checked) < len(found) else ""
    print(f"{len(checked)} dependencies checked, {len(vulnerable)} with known vulnerabilities{skipped}")
    return 1 if vulnerable else 0


def _skipped(found: list[dict[str, Any]]) -> list[str]:
    return [item["name"] for item in found if "skip_reason" in item]


if __name__ == "__main__":
    sys.exit(main())
