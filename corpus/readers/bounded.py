"""Reads files in a process of its own, which may be slow, swell or crash without harm to the one that asks.

Libraries that parse what strangers made have loops without end and errors that bring down their process. No pickle:
lines of JSON go to and fro (see `corpus.readers.worker`).
"""

from __future__ import annotations

import atexit
import json
import os
import sys
import time
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from threading import Event, Lock, Timer
from typing import TYPE_CHECKING, Any

from corpus.article import Article
from corpus.errors import UnreadableFile
from corpus.readers.content import check_place, refuse_link
from corpus.readers.limits import LIMITS, Limits, megabytes
from corpus.readers.reading import FORMATS
from corpus.readers.worker import IDLE

if TYPE_CHECKING:
    from subprocess import Popen

_PACKAGES = Path(__file__).parents[2]
# Not `-m`, which would look for modules in the working folder: that may be one of articles.
_PROGRAM = """
import sys
packages = sys.argv.pop(1)
if packages not in sys.path:
    sys.path.insert(0, packages)
from corpus.readers.worker import main
main()
"""
# What a Python needs of its environment; keys and passwords are none of a reader's business.
_ENVIRONMENT = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "LANG")


def read_file(path: Path, article_id: str, limits: Limits = LIMITS) -> Article:
    """One file as an article, its text tidied, trimmed and in NFC; safe to call from any thread.

    Raises:
        UnreadableFile: it is no article, or takes more than the limits; and nothing else.
    """
    refuse_link(path)
    if path.suffix.lower() not in FORMATS:
        raise UnreadableFile(path, f"unknown format {path.suffix or '(no ending)'}; known: {', '.join(FORMATS)}")
    check_place(path, limits)
    return _reader(limits).read(path, article_id)


def get_ready(limits: Limits = LIMITS) -> None:
    """Start what reads, without waiting for it: it takes .1 s, in which there may be other things to do."""
    _reader(limits).start()


class BoundedReader:
    """A process that reads one file after the other, started when it is needed and again when it is gone."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._one_at_a_time = Lock()
        self._process: Popen[bytes] | None = None
        self._used = 0.0

    def start(self) -> None:
        """Have the process, unless it is at work."""
        if self._one_at_a_time.acquire(blocking=False):
            try:
                with suppress(OSError):  # it is said when a file is to be read
                    self._running()
            finally:
                self._one_at_a_time.release()

    def read(self, path: Path, article_id: str) -> Article:
        """See `read_file`."""
        with self._one_at_a_time:
            try:
                answer = self._answer([str(path.absolute()), article_id])
            except _Stopped as error:
                raise UnreadableFile(path, self._why(error)) from error
            except (OSError, RuntimeError) as error:  # the system gives no more processes, or threads
                why = (isinstance(error, OSError) and error.strerror) or error
                raise UnreadableFile(path, f"cannot be read now: {why}") from error
        if reason := answer.get("reason"):
            raise UnreadableFile(path, reason)
        return replace(Article(**answer["article"]), id=article_id)  # which may be a name that is no Unicode

    def close(self) -> None:
        """End the process; it holds nothing that could be lost."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in filter(None, (process.stdin, process.stdout)):
                with suppress(OSError):  # what was not written yet cannot be any more
                    pipe.close()

    def _answer(self, question: list[str]) -> dict[str, Any]:
        """A file is refused for what it does to a new process, not for what others did to one that is old."""
        try:
            return self._ask(question)
        except _Stopped as error:
            if error.slow or error.new:
                raise
            return self._ask(question)

    def _ask(self, question: list[str]) -> dict[str, Any]:
        old, process = self._process, self._running()
        assert process.stdin and process.stdout
        slow = Event()

        def stop() -> None:
            slow.set()
            process.kill()

        timer = Timer(self._limits.seconds, stop)
        timer.daemon = True
        try:
            timer.start()
            process.stdin.write(json.dumps(question).encode() + b"\n")
            process.stdin.flush()
            line = process.stdout.readline(self._longest_answer)
        except OSError:
            line = b""
        except BaseException:  # an answer that nobody waits for must not be taken for the next file's
            self.close()
            raise
        finally:
            timer.cancel()
            self._used = time.monotonic()
        if not line.endswith(b"\n"):
            self.close()
            raise _Stopped(slow.is_set(), process is not old)
        answer: dict[str, Any] = json.loads(line)
        if slow.is_set() or answer["last"]:
            self.close()
        return answer

    @property
    def _longest_answer(self) -> int:
        """Bytes; JSON spells some characters with six."""
        return 7 * self._limits.characters + 10_000

    def _running(self) -> Popen[bytes]:
        """The process, another one where it has ended or is about to, because nobody asked it for a while."""
        if self._process is None or self._process.poll() is not None or time.monotonic() - self._used > IDLE:
            self.close()
            self._process, self._used = self._started(), time.monotonic()
        return self._process

    def _started(self) -> Popen[bytes]:
        from subprocess import DEVNULL, PIPE, Popen  # 8 ms

        limits = json.dumps(asdict(self._limits))
        return Popen(
            [sys.executable, "-P", "-c", _PROGRAM, str(_PACKAGES), limits],
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        )

    def _why(self, stopped: _Stopped) -> str:
        if stopped.slow:
            return f"takes longer than {self._limits.seconds:g} seconds to read: split it, or save it as plain text"
        memory = megabytes(self._limits.memory)
        return f"is broken, or needs more than {memory} of memory to read: get it again, or split it"


class _Stopped(Exception):
    """The process ended in the middle of a file: `slow` for taking too long, `new` with nothing read before."""

    def __init__(self, slow: bool, new: bool) -> None:
        self.slow, self.new = slow, new
        super().__init__("the process that read the file ended")


_readers: dict[Limits, BoundedReader] = {}


def _reader(limits: Limits) -> BoundedReader:
    """The one reader of this process with such limits."""
    return _readers.setdefault(limits, BoundedReader(limits))


def _close_all() -> None:
    for reader in _readers.values():
        reader.close()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_readers.clear)  # the pipes are the parent's
