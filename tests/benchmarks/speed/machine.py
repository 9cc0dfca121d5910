"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("torch", "sentence-transformers", "faiss-cpu", "onnxruntime", "gradio")
_ROOT = Path(__file__).parents[3]
# Above it, others are at work on the machine.
QUIET = 1.0


def described() -> dict[str, str]:
    """The machine, how busy it is before anything is measured, and the versions of all that decides the figures."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return {
        "processor": processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{memory:.0f} GiB",
        "system": platform.platform(terse=True),
        "load average before": f"{load():.2f}",
        "commit": commit(),
        "Python": platform.python_version(),
        **{name: version(name) for name in _PACKAGES},
    }


def load() -> float:
    """How many programs wanted a core at a time, in the last minute."""
    return os.getloadavg()[0]


def processor() -> str:
    """The name of the processor."""
    described = Path("/proc/cpuinfo")
    lines = described.read_text("utf-8").splitlines() if described.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def commit() -> str:
    """The state of the project that is measured."""
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True)
    return done.stdout.strip() or "unknown"
