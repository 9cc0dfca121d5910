"""What a process does to the files of a folder, call by call; it can be ended, or fail, at any of the calls.

By ptrace and a seccomp filter (Linux on x86-64), so that what is traced is what the process really asks of the system,
whatever library asks it, and that nothing else slows it down.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

# The calls that change a file or have it reach the disk: numbers of x86-64, and which arguments say what they change.
# "fd" is an open file's number, "path" a path, "at" a folder's number followed by a path below it.
_CALLS: Mapping[int, tuple[str, str, tuple[int, ...]]] = {
    1: ("write", "fd", (0,)),
    18: ("write", "fd", (0,)),  # pwrite64
    20: ("write", "fd", (0,)),  # writev
    296: ("write", "fd", (0,)),  # pwritev
    328: ("write", "fd", (0,)),  # pwritev2
    40: ("write", "fd", (0,)),  # sendfile
    326: ("write", "fd", (2,)),  # copy_file_range
    285: ("write", "fd", (0,)),  # fallocate
    77: ("truncate", "fd", (0,)),  # ftruncate
    76: ("truncate", "path", (0,)),
    74: ("sync", "fd", (0,)),  # fsync
    75: ("sync", "fd", (0,)),  # fdatasync
    2: ("create", "path", (0,)),  # open
    257: ("create", "at", (0,)),  # openat
    83: ("mkdir", "path", (0,)),
    258: ("mkdir", "at", (0,)),
    82: ("rename", "path", (0, 1)),
    264: ("rename", "at", (0, 2)),
    316: ("rename", "at", (0, 2)),  # renameat2
    86: ("link", "path", (0, 1)),
    265: ("link", "at", (0, 2)),
    84: ("remove", "path", (0,)),  # rmdir
    87: ("remove", "path", (0,)),  # unlink
    263: ("remove", "at", (0,)),  # unlinkat
}
_OPENS = {2: 1, 257: 2}  # which argument has the flags

# Of ptrace(2), prctl(2), seccomp(2) and wait(2).
_CONT, _GETREGS, _SETREGS, _SEIZE = 7, 12, 13, 0x4206
_CLONE, _FORK, _VFORK, _SECCOMP, _EXITKILL = 1 << 3, 1 << 1, 1 << 2, 1 << 7, 1 << 20
_SECCOMP_STOP = 7
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
_TRACE, _ALLOW = 0x7FF00000, 0x7FFF0000
_LOAD, _IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_EVERY_THREAD = 0x40000000
# Of a process's registers: the call's number, what it gives back, and its arguments.
_NUMBER, _RESULT, _ARGUMENTS = 15, 10, (14, 13, 12, 7)
_SKIPPED = 2**64 - 1
_WORKING_FOLDER = 2**32 - 100

_Registers = ctypes.c_ulong * 27


@dataclass(frozen=True, slots=True)
class Call:
    """A call that changes a file below the folder that is watched, or has it reach the disk.

    `path` is the file's, below that folder; of a file that is renamed or linked, its new one, and `before` the other.
    """

    what: str
    path: str
    before: str = ""


def can_trace() -> bool:
    """Whether processes can be traced here."""
    if not sys.platform.startswith("linux") or platform.machine() != "x86_64":
        return False
    child = _child(lambda: None, lambda: None)
    try:
        _ptrace(_SEIZE, child[0], 0, _EXITKILL)
    except OSError:
        return False
    finally:
        os.kill(child[0], signal.SIGKILL)
        os.waitpid(child[0], _EVERY_THREAD)
        os.close(child[1])
    return True


def trace(
    work: Callable[[], None],
    folder: Path,
    at: Callable[[int, Call], int | None] = lambda number, call: None,
) -> tuple[list[Call], int]:
    """Do some work in a process of its own; the calls it made below a folder, and the status it ended with.

    Args:
        at: is told of each call before it is made, with its number from nought; the process is killed there if it
            gives -1, and the call fails with an error if it gives the error's number.
    """
    pid, go = _child(work, _stop_at_calls)
    _ptrace(_SEIZE, pid, 0, _CLONE | _FORK | _VFORK | _SECCOMP | _EXITKILL)
    os.write(go, b"!")
    os.close(go)
    calls: list[Call] = []
    others: set[int] = set()
    while True:
        stopped, status = os.waitpid(-1, _EVERY_THREAD)
        if not os.WIFSTOPPED(status):
            if stopped == pid:
                break
            continue
        others.add(stopped)
        event, by = status >> 16, os.WSTOPSIG(status)
        if event == _SECCOMP_STOP and (call := _call(stopped, folder)):
            decided = at(len(calls), call)
            calls.append(call)
            if decided == -1:
                os.kill(pid, signal.SIGKILL)
            elif decided:
                _fail(stopped, decided)
        with suppress(ProcessLookupError):
            _ptrace(_CONT, stopped, 0, 0 if event or by == signal.SIGTRAP else by)
    _end(others)
    return calls, os.waitstatus_to_exitcode(status)


def _end(started: set[int]) -> None:
    """End the processes that the one that ended had started."""
    for one in started:
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(one, signal.SIGKILL)
            os.waitpid(one, _EVERY_THREAD)


def _child(work: Callable[[], None], before: Callable[[], None]) -> tuple[int, int]:
    """A process that does some work once it is told to go on; its number, and the pipe to tell it by."""
    wait, go = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(go)
        _in_child(wait, work, before)
    os.close(wait)
    return pid, go


def _in_child(wait: int, work: Callable[[], None], before: Callable[[], None]) -> NoReturn:
    status = 70
    try:
        if os.read(wait, 1):
            os.close(wait)
            before()
            work()
            status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 70
    finally:
        os._exit(status)


def _stop_at_calls() -> None:
    """Stop this process at each of the calls from now on, and all its threads."""
    program = [(_LOAD, 0, 0, 0)]
    for place, number in enumerate(_CALLS):
        program.append((_IF_EQUAL, len(_CALLS) - place, 0, number))
    program += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _TRACE)]
    packed = b"".join(
        code.to_bytes(2, "little") + bytes([yes, no]) + value.to_bytes(4, "little") for code, yes, no, value in program
    )
    instructions = ctypes.create_string_buffer(packed, len(packed))
    whole = (ctypes.c_ulong * 2)(len(program), ctypes.addressof(instructions))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or libc.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(whole), 0, 0):
        raise OSError(ctypes.get_errno(), "the calls cannot be filtered")


def _call(pid: int, folder: Path) -> Call | None:
    """The call at which a process stopped, if it is about something below the folder."""
    try:
        registers = _registers(pid)
        number = registers[_NUMBER]
        what, how, places = _CALLS[number]
        arguments = [registers[place] for place in _ARGUMENTS]
        paths = [_path(pid, how, arguments[place:]) for place in places]
    except OSError:
        return None  # no file, or the process has been killed meanwhile
    if not paths[-1].is_relative_to(folder):
        return None
    there = os.path.lexists(paths[-1])
    if what == "create" and (there or not arguments[_OPENS[number]] & os.O_CREAT):
        what = "truncate" if arguments[_OPENS[number]] & os.O_TRUNC else ""
    if not what or (what == "mkdir" and there) or (what == "remove" and not there):
        return None  # it changes nothing
    *before, path = (path.relative_to(folder).as_posix() for path in paths)
    return Call(what, path, *before)


def _path(pid: int, how: str, arguments: list[int]) -> Path:
    if how == "fd":
        return Path(f"/proc/{pid}/fd/{arguments[0]}").readlink()
    if how == "path":
        return Path(f"/proc/{pid}/cwd").readlink() / _text(pid, arguments[0])
    opened = arguments[0] & 0xFFFFFFFF
    below = "cwd" if opened == _WORKING_FOLDER else f"fd/{opened}"
    return Path(f"/proc/{pid}/{below}").readlink() / _text(pid, arguments[1])


def _text(pid: int, address: int) -> str:
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        memory.seek(address)
        return os.fsdecode(memory.read(os.pathconf("/", "PC_PATH_MAX")).split(b"\0")[0])


def _registers(pid: int) -> ctypes.Array[ctypes.c_ulong]:
    registers = _Registers()
    _ptrace(_GETREGS, pid, 0, ctypes.addressof(registers))
    return registers


def _fail(pid: int, error: int) -> None:
    """Have the call at which a process stopped not be made, and give an error."""
    registers = _registers(pid)
    registers[_NUMBER], registers[_RESULT] = _SKIPPED, 2**64 - error
    _ptrace(_SETREGS, pid, 0, ctypes.addressof(registers))


def _ptrace(request: int, pid: int, address: int, data: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
    libc.ptrace.restype = ctypes.c_long
    if libc.ptrace(request, pid, address, data) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
