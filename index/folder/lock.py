"""The lock of the one process that writes to an index, and the line beside it that says which one that is."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from corpus.errors import IndexLocked, StoreError

LOCK, HOLDER = "lock", "lock.holder"


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the lock of the index in `folder`; the system ends it with the process.

    Raises:
        IndexLocked: another process holds it, or another thread.
        StoreError: nothing can be written there.
    """
    from filelock import FileLock, Timeout

    lock, holder = FileLock(folder / LOCK, timeout=0), folder / HOLDER
    try:
        lock.acquire()
    except Timeout:
        raise IndexLocked(folder, _named(holder)) from None
    except OSError as error:
        raise not_writable(folder, error) from error
    try:
        # Beside the lock, for some versions of what locks empty the lock's own file when they try it.
        with suppress(OSError):
            holder.write_text(_this_process(), "utf-8")
        yield
    finally:
        with suppress(OSError):
            holder.unlink(missing_ok=True)
        lock.release()


def not_writable(folder: Path, error: OSError) -> StoreError:
    """That nothing can be written to the index in `folder`."""
    return StoreError(folder, f"{folder} cannot be written to ({error.strerror}): name another with --index")


def _this_process() -> str:
    """The command that runs, without what was given to it: an address may hold a password."""
    command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]])
    since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return f"`{command}` (process {os.getpid()} on {socket.gethostname()}, since {since} UTC)"


def _named(holder: Path) -> str:
    try:
        return holder.read_text("utf-8") or "another process"
    except (OSError, UnicodeDecodeError):
        return "another process"
