"""What a server does so that memory it has freed is the system's again."""

from __future__ import annotations

import subprocess
import sys

import pytest

_PROGRAM = """
import re, threading
from pathlib import Path
from ui.serving.memory import give_back, share_heaps

def held():
    return int(re.search(r"VmRSS:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024

def swell():
    kept = [bytearray(b"x" * 10_000) for _ in range(5_000)]
    held_by.append(kept[-1])

share_heaps()
held_by = []
threads = [threading.Thread(target=swell) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
before = held()
give_back()
print(before - held())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux and glibc, whose memory this is about")
def test_what_threads_have_freed_is_given_back() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 30
