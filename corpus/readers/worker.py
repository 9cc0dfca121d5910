"""The process that reads files for another: a line of JSON with a path comes in, a line with the article goes out.

It ends when its input does, by itself when it is left alone or takes too long, and takes nothing with it.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from corpus.errors import UnreadableFile
from corpus.readers.limits import Limits
from corpus.readers.reading import read_here

# Seconds without work after which it ends. It costs .1 s to start it again, and 60 MB to keep it.
IDLE = 30
# What the process that asks has to stop a slow one, before it stops itself: that one may be gone.
_GRACE = 5
# Files read by one process: what libraries keep of each of them adds up.
_FILES = 500
_OPEN_FILES = 64
_PEAK = re.compile(r"VmHWM:\s*(\d+) kB")


def main() -> None:
    """Read files until there are no more."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whatever a library prints is no answer
    for each in (signal.SIGINT, signal.SIGTERM):  # meant for who asks, who may want the answer still, and ends this
        signal.signal(each, signal.SIG_IGN)
    limits = Limits(**json.loads(sys.argv[1]))
    _confine(limits)
    _end_in(2 * IDLE)
    for count, line in enumerate(sys.stdin.buffer, 1):
        _end_in(limits.seconds + _GRACE)
        answer = {**_answer(line, limits), "last": count == _FILES or _peak() > limits.memory // 4}
        answers.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
        answers.flush()
        _end_in(2 * IDLE)


def _answer(line: bytes, limits: Limits) -> dict[str, Any]:
    """The article of the file that a line names, or the reason why there is none."""
    path, article_id = json.loads(line)
    try:
        return {"article": asdict(read_here(Path(path), article_id, limits))}
    except UnreadableFile as error:
        return {"reason": error.reason}


def _confine(limits: Limits) -> None:
    """Lets the system hold this process to the limits, where it can: it writes no file and opens few."""
    try:
        import resource
    except ImportError:  # Windows
        return
    bounds = {
        resource.RLIMIT_AS: limits.memory,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: _OPEN_FILES,
    }
    for what, bound in bounds.items():
        with suppress(ValueError, OSError):  # one that this system does not know, or a lower one is in force
            resource.setrlimit(what, (bound, bound))


def _end_in(seconds: float) -> None:
    """Have the system end this process then, whatever it is doing; takes the place of the time set before."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _peak() -> int:
    """The most memory that this program had, in bytes."""
    with suppress(OSError):
        # What `getrusage` says counts the process that started this one, too, before it became this program.
        found = _PEAK.search(Path("/proc/self/status").read_text("ascii"))
        return 1024 * int(found[1]) if found else 0
    try:
        import resource
    except ImportError:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main()
