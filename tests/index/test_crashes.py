"""Ended at any moment, or failed at any write: the index is the old one or the new one, and goes on by itself."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from errno import EIO, ENOSPC, errorcode
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from index.embedding.sentence_transformer import SentenceTransformerEmbedder
from tests.index.conftest import write
from tests.index.crashing import KILLED, Ended, Processes, Step, processes
from tests.index.tracing import Call, can_trace

pytestmark = pytest.mark.skipif(not can_trace(), reason="needs to trace processes: Linux, x86-64")

LAMP = "# The lighthouse\n\nThe lamp on Skerry Rock was lit by Anna Holm. She kept it for forty years.\n"
KITE = "# Kites\n\nThe kite of Orva is red. It flies in May.\n"
MILL = "The mill at Orva was sold to a baker.\n"
FIRST = {
    "articles/lighthouse.md": LAMP,
    "articles/bridge.txt": "The bridge at Morton was closed in 2019. A crack had been found in its third pier.\n",
    "articles/apples.txt": "The orchard grows Bramley apples. They are picked in October and pressed into cider.\n",
    **{f"articles/room{number}.txt": f"Room {number} of the castle is painted.\n" for number in range(3)},
    "kite.md": KITE,
}
RANDOM_MOMENTS = 200


@dataclass(frozen=True, slots=True)
class Operation:
    """A change of an index: what is done, upon what was done before, with files that came and went since.

    Interrupted, it is done again, or what comes `after` where the new index was in force already.
    """

    step: Step
    before: tuple[Step, ...] = (["index"],)
    files: Mapping[str, str] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    after: Step = ("index",)


OPERATIONS = {
    "first build": Operation(["index"], before=()),
    "one article more": Operation(["index"], files={"articles/mill.txt": MILL}),
    "changed and joined": Operation(
        ["index"],
        files={
            "articles/lighthouse.md": LAMP.replace("forty", "fifty"),
            **{f"articles/well{number}.txt": f"Well {number} ran dry.\n" for number in range(3)},
        },
    ),
    "prune": Operation(["index", "--prune"], gone=("articles/room1.txt", "articles/bridge.txt")),
    "rebuild": Operation(["index", "--rebuild"], files={"articles/mill.txt": MILL}),
    "removal": Operation(["remove", "bridge", "room0"]),
    "upload": Operation(
        ["upload", "kite.md", "mill.txt"],
        before=(["index"], ["upload", "kite.md"]),
        files={"kite.md": KITE.replace("red", "blue"), "mill.txt": MILL},
        after=["upload"],
    ),
    "removal of an upload": Operation(
        ["take out", "kite"], before=(["index"], ["upload", "kite.md"]), after=["upload"]
    ),
}
on_each_operation = pytest.mark.parametrize("name", OPERATIONS)


class Scene:
    """An operation, what lies there before it, and what it comes to when nothing happens to it."""

    def __init__(self, place: Processes, operation: Operation) -> None:
        self.place = place
        self.operation = operation
        self._start = place.folder.with_name(f"start-{id(operation)}")
        shutil.rmtree(place.folder, ignore_errors=True)
        write(place.folder, FIRST)
        for step in operation.before:
            assert place.run(step).status == 0
        write(place.folder, dict(operation.files))
        for name in operation.gone:
            (place.folder / name).unlink()
        shutil.copytree(place.folder, self._start, symlinks=True)
        (self.old,) = place.run(["look"]).saw
        self.whole = place.run(operation.step, ["look"])
        assert self.whole.status == 0, self.whole.said
        (self.new,) = self.whole.saw

    @property
    def calls(self) -> tuple[Call, ...]:
        """What the operation asks of the system."""
        return self.whole.calls

    def again(self) -> None:
        """Let everything be as it was before the operation."""
        shutil.rmtree(self.place.folder)
        shutil.copytree(self._start, self.place.folder, symlinks=True)

    def boundaries(self, count: int) -> list[int]:
        """Some calls: the first and the last, those about the moment at which the new index is in force, and others."""
        swap = next(number for number, call in enumerate(self.calls) if _puts_in_force(call))
        about = {0, swap, swap + 1, len(self.calls) - 1}
        others = sorted(set(range(len(self.calls))) - about)
        return sorted(about | set(random.Random(0).sample(others, min(count, len(others)))))

    def ends_well(self, ended: Ended, *, at_a_call: bool = True) -> None:
        """Hold what an interrupted operation left to what was promised of it.

        Args:
            at_a_call: it ended at the last of its calls, which was not made; else somewhere after it.
        """
        if at_a_call:
            done = any(map(_puts_in_force, ended.calls[:-1]))
        else:
            done = _index(self.place.run(["look"]).saw[0]) == _index(self.new)
        going_on = self.place.run(["look"], self.operation.after if done else self.operation.step, ["look"])
        assert going_on.status == 0, (ended.calls[-1:], going_on.said)
        left, after = going_on.saw
        if at_a_call:
            assert _index(left) == _index(self.new if done else self.old), ended.calls[-1:]
        elif "refused" not in ended.said:
            assert _index(left) in (_index(self.old), _index(self.new)), ended.calls[-1:]
        for held in ("articles", "uploads"):
            for name, content in (left[held] or {}).items():
                assert content in _versions(name, self.old[held], self.new[held]), ended.calls[-1:]
        assert after == self.new, ended.calls[-1:]


def _puts_in_force(call: Call) -> bool:
    return (call.what, call.path) == ("rename", "index/CURRENT")


def _index(seen: Mapping[str, Any]) -> tuple[Any, ...]:
    """What an index holds and answers, whatever else lies beside it."""
    return tuple(seen.get(name) for name in ("articles", "answer", "excluded"))


def _versions(name: str, *held: Mapping[str, Any] | None) -> list[Any]:
    return [some[name] for some in held if some and name in some]


@pytest.fixture(scope="module")
def place(embedder: SentenceTransformerEmbedder) -> Iterator[Processes]:
    """Where operations are done: in memory, where that is to be had, for there is no waiting for a disk."""
    memory = Path("/dev/shm")
    with (
        tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder,
        processes(Path(folder, "work")) as started,
    ):
        yield started


@pytest.fixture(scope="module")
def scene(place: Processes) -> Callable[[str], Scene]:
    """Each operation's scene, made once."""
    return lru_cache(maxsize=None)(lambda name: Scene(place, OPERATIONS[name]))


# Killed


def _killed_at(scene: Scene, number: int) -> None:
    scene.again()
    ended = scene.place.run(scene.operation.step, kill_at=number)
    assert ended.status == KILLED
    scene.ends_well(ended)


@on_each_operation
def test_killed_at_a_call_it_leaves_the_old_or_the_new_and_goes_on(scene: Callable[[str], Scene], name: str) -> None:
    for number in scene(name).boundaries(1):
        _killed_at(scene(name), number)


@pytest.mark.slow
@on_each_operation
def test_killed_at_every_call_it_leaves_the_old_or_the_new_and_goes_on(
    scene: Callable[[str], Scene], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = len(scene(name).calls)
    for number in range(calls):
        _killed_at(scene(name), number)
    with capsys.disabled():
        sys.stdout.write(f"{name}: killed at each of {calls} calls\n")


def _killed_at_random(scene: Scene, after: float) -> bool:
    scene.again()
    ended = scene.place.run(scene.operation.step, after=after)
    assert ended.status in (KILLED, 0)
    scene.ends_well(ended, at_a_call=False)
    return ended.status == KILLED


@pytest.mark.slow
def test_killed_at_random_moments_it_leaves_the_old_or_the_new_and_goes_on(
    scene: Callable[[str], Scene], capsys: pytest.CaptureFixture[str]
) -> None:
    draw, killed = random.Random(0), 0
    while killed < RANDOM_MOMENTS:
        drawn = scene(draw.choice([*OPERATIONS]))
        killed += _killed_at_random(drawn, draw.uniform(0.001, drawn.whole.seconds / 2))
    with capsys.disabled():
        sys.stdout.write(f"killed at {killed} random moments\n")


# Killed in the middle of an upload


def _first(calls: Sequence[Call], what: str, path: str) -> int:
    return next(number for number, call in enumerate(calls) if (call.what, call.path) == (what, path))


def test_what_a_killed_server_was_receiving_goes_at_the_next_start(scene: Callable[[str], Scene]) -> None:
    upload = scene("upload")
    upload.again()
    upload.place.run(upload.operation.step, kill_at=_first(upload.calls, "sync", "uploads/.incoming/mill.txt"))
    before, after = upload.place.run(["look"], ["start"], ["look"]).saw
    assert before["hidden"] == [".incoming"]
    assert after == {**before, "hidden": []}
    assert after["uploads"] == {"kite.md": KITE.replace("red", "blue")}


def test_an_upload_that_was_kept_before_the_server_was_killed_comes_in_with_the_next_change(
    scene: Callable[[str], Scene],
) -> None:
    upload = scene("upload")
    upload.again()
    upload.place.run(upload.operation.step, kill_at=_first(upload.calls, "rename", "uploads/mill.txt") + 1)
    before, after = upload.place.run(["look"], ["upload"], ["look"]).saw
    assert _index(before) == _index(upload.old)
    assert after == upload.new


# Power gone


def _not_on_disk(calls: Iterable[Call]) -> set[str]:
    """What might not be there if the power went after some calls: files that were not synced, names that were not."""
    contents: set[str] = set()
    names: set[str] = set()
    for call in calls:
        if call.what in ("write", "truncate", "create"):
            contents.add(call.path)
        if call.what == "rename" and call.before in contents:
            contents.add(call.path)
        if call.what in ("create", "mkdir", "link", "rename"):
            names.add(call.path)
        if call.what in ("remove", "rename"):
            gone = call.before or call.path
            contents.discard(gone)
            names.discard(gone)
        if call.what == "sync":
            contents.discard(call.path)
            names = {name for name in names if PurePosixPath(name).parent.as_posix() != call.path}
    return {path for path in contents | names if not re.search(r"lock(\.holder)?$", path)}


@on_each_operation
def test_all_of_it_is_on_disk_before_it_is_in_force(scene: Callable[[str], Scene], name: str) -> None:
    calls = scene(name).calls
    swap = next(number for number, call in enumerate(calls) if _puts_in_force(call))
    # The new pointer's own name may be lost: it is about to take the other.
    assert calls[swap - 1] == Call("sync", "index/CURRENT.new")
    assert _not_on_disk(calls[:swap]) <= {"index/CURRENT.new"}
    assert not _not_on_disk(calls)


# Failed


def _failed_at(scene: Scene, number: int, error: int) -> None:
    scene.again()
    ended = scene.place.run(scene.operation.step, fail_at=number, error=error)
    if ended.status:
        assert ended.status == 2, (scene.calls[number], ended.said)
        *_, line = ended.said.splitlines()
        assert line.startswith("rag: ") and "Traceback" not in ended.said, ended.said
    elif "refused" not in ended.said:
        (left,) = scene.place.run(["look"]).saw
        assert _index(left) == _index(scene.new), scene.calls[number]
    scene.ends_well(ended, at_a_call=False)


@on_each_operation
@pytest.mark.parametrize("error", [ENOSPC, EIO])
def test_where_a_call_fails_the_old_stays_and_one_line_says_why(
    scene: Callable[[str], Scene], name: str, error: int
) -> None:
    for number in random.Random(error).sample(range(len(scene(name).calls)), 2):
        _failed_at(scene(name), number, error)


@pytest.mark.slow
@on_each_operation
@pytest.mark.parametrize("error", [ENOSPC, EIO])
def test_whichever_call_fails_the_old_stays_and_one_line_says_why(
    scene: Callable[[str], Scene], name: str, error: int, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = len(scene(name).calls)
    for number in range(calls):
        _failed_at(scene(name), number, error)
    with capsys.disabled():
        sys.stdout.write(f"{name}: failed with {errorcode[error]} at each of {calls} calls\n")


# Real disks


@contextmanager
def _small_disk(folder: Path) -> Iterator[None]:
    """A folder on a disk of one megabyte."""
    folder.mkdir(parents=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "small", str(folder)], check=False)
    if mounted.returncode:
        pytest.skip("needs to mount a disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _begun(place: Processes) -> dict[str, Any]:
    """An index on the disk, and an article that is not in it yet; what it holds."""
    write(place.folder, FIRST)
    assert place.run(["index"]).status == 0
    write(place.folder, {"articles/mill.txt": MILL})
    return place.run(["look"]).saw[0]


def test_on_a_full_disk_the_index_stays_and_one_line_says_why(place: Processes) -> None:
    shutil.rmtree(place.folder, ignore_errors=True)
    index = place.folder / "index"
    with _small_disk(index):
        old = _begun(place)
        filler = index / "filler"
        for room in (0, 12_000, 40_000):
            free = os.statvfs(index).f_bavail * os.statvfs(index).f_bsize
            filler.write_bytes(bytes(free - room))
            ended = place.run(["index"])
            assert (ended.status, ended.said.count("\n")) == (2, 1)
            assert re.match(f"rag: {index} cannot be written to .*(No space left|disk is full)", ended.said)
            filler.unlink()
            assert _index(place.run(["look"]).saw[0]) == _index(old)
        (new,) = place.run(["index"], ["look"]).saw
        assert new["articles"].keys() == {*old["articles"], "mill"} and not new["unused"]


def test_a_disk_that_cannot_be_written_to_is_said_in_one_line_and_answers(place: Processes) -> None:
    shutil.rmtree(place.folder, ignore_errors=True)
    index = place.folder / "index"
    with _small_disk(index):
        old = _begun(place)
        subprocess.run(["mount", "-o", "remount,ro", str(index)], check=True)
        for step in (["index"], ["index", "--rebuild"], ["remove", "bridge"]):
            ended = place.run(step)
            assert (ended.status, ended.said.count("\n")) == (2, 1)
            assert ended.said.startswith(f"rag: {index} cannot be written to (Read-only file system)")
        assert _index(place.run(["look"]).saw[0]) == _index(old)
