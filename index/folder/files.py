"""The files of an index in a folder: where they lie, how they reach the disk, and whether they are what was written."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from corpus.errors import IndexDamaged, IndexNotFound, StoreError
from index.durable import replace, sync, sync_tree
from index.folder.pointer import CURRENT, Pointer
from index.folder.record import seal
from index.folder.segment_writer import RECORDS, SENTENCES, TEXTS, VECTORS
from index.folder.unread import unread
from index.manifest import Checksum, Manifest

if TYPE_CHECKING:
    from index.build import Progress

GENERATIONS, SEGMENTS = "generations", "segments"
# In a segment that is whole and that no generation holds yet.
FINISHED = "finished.json"
# The pointer before it is in force: where an interrupted first build has a generation, it names that one.
_NEXT = f"{CURRENT}.new"
READ_IN_PARTS = {TEXTS, RECORDS, VECTORS, SENTENCES}
# Read in a tenth of a second from memory, in a second or two from a disk.
_CHECKED_WHOLE = 500_000_000
_BLOCK = 1 << 20


def manifest_file(folder: Path, generation: int) -> Path:
    """Where a generation's manifest lies."""
    return generation_folder(folder, generation) / "manifest.json"


def generation_folder(folder: Path, generation: int) -> Path:
    """Where a generation's own files lie."""
    return folder / GENERATIONS / str(generation)


def segment_folder(folder: Path, name: str) -> Path:
    """Where a segment lies."""
    return folder / SEGMENTS / name


def pointer_of(folder: Path) -> Pointer:
    """The pointer of the index in `folder`.

    Raises:
        IndexNotFound: there is no index.
        IndexDamaged: the pointer is not what was written, or is lost.
        StoreError: the system refuses to read it.
    """
    try:
        return Pointer.read(folder)
    except IndexNotFound:
        if not _was_in_force(folder):
            raise
    try:
        # A first build may have put its generation in force meanwhile.
        return Pointer.read(folder)
    except IndexNotFound:
        raise IndexDamaged(folder, folder / CURRENT, "is missing") from None


def _was_in_force(folder: Path) -> bool:
    """Whether a generation is there that is not one of an interrupted first build."""
    whole = {place.parent.name for place in folder.glob(f"{GENERATIONS}/*/manifest.json")}
    with suppress(StoreError):
        whole.discard(str(Pointer.read(folder, _NEXT).generation))
    return bool(whole)


def commit(folder: Path, manifest: Manifest, fresh: Iterable[Path]) -> None:
    """Put a generation in force: all it has is on disk before the pointer is.

    Args:
        fresh: the folders of the segments that no generation before it held.
    """
    generation = generation_folder(folder, manifest.generation)
    content = manifest.to_json().encode()
    pointer = folder / _NEXT
    pointer.write_text(Pointer(manifest.generation, seal(content).hex()).to_line(), "ascii", newline="\n")
    # On disk before the manifest is, which without it would tell of a generation whose pointer was lost.
    for path in (pointer, folder):
        sync(path)
    manifest_file(folder, manifest.generation).write_bytes(content)
    for path in [generation, *fresh]:
        sync_tree(path)
    for parent in (folder / GENERATIONS, folder / SEGMENTS):
        sync(parent)
    replace(pointer, folder / CURRENT)


def remove_unused(folder: Path, manifest: Manifest | None) -> None:
    """Delete what neither the generation in force holds, if there is one, nor a build finished that was interrupted.

    Readers of an older generation keep the files they have open.
    """
    used = {part.name for part in manifest.parts} if manifest else set()
    unmark(folder, used)
    for segment in (folder / SEGMENTS).iterdir():
        if segment.name not in used and not (segment / FINISHED).exists():
            shutil.rmtree(segment, ignore_errors=True)
    for generation in (folder / GENERATIONS).iterdir():
        if manifest is None or generation.name != str(manifest.generation):
            shutil.rmtree(generation, ignore_errors=True)
    with suppress(OSError):
        (folder / _NEXT).unlink(missing_ok=True)


def unmark(folder: Path, segments: Iterable[str]) -> None:
    """Let segments no longer be kept for the build that goes on where one was interrupted."""
    for name in segments:
        with suppress(OSError):
            (segment_folder(folder, name) / FINISHED).unlink(missing_ok=True)


@contextmanager
def written(folder: Path) -> Iterator[None]:
    """Says in one line why what is done in here cannot be written to the index in `folder`; raises StoreError."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        why = (isinstance(error, OSError) and error.strerror) or error
        message = f"{folder} cannot be written to ({why}): mend that, and do it again"
        raise StoreError(folder, message) from error


def checksums(folder: Path, places: Iterable[Path]) -> dict[str, Checksum]:
    """The checksum of every file in some folders of an index, by its path in the index."""
    files = sorted(file for place in places for file in place.rglob("*") if file.is_file())
    counted = (file for file in files if file.suffix != ".lock" and file.name != FINISHED)
    return {file.relative_to(folder).as_posix(): _checksum(file) for file in counted}


def verify(folder: Path, manifest: Manifest, progress: Progress) -> None:
    """Read every file of a generation and compare it with what was written.

    Args:
        progress: told of each file how much of it is read, in bytes.

    Raises:
        IndexDamaged: a file is missing or has changed; the error names it.
    """
    for name, expected in manifest.files.items():
        _verify(folder, folder / name, expected, partial(_checksum, told=partial(progress, name), total=expected.size))


def check(folder: Path, manifest: Manifest) -> None:
    """What has to be sound before a generation is opened: all of it, or of a large one what is parsed as a whole.

    The rest of a large one is held to its size here, and to a checksum of its own by whoever reads a passage or an
    article: ten gigabytes that a question needs a hundred kilobytes of are not read before it.

    Raises:
        IndexDamaged: a file is missing or has changed; the error names it.
    """
    large = sum(expected.size for expected in manifest.files.values()) > _CHECKED_WHOLE
    for name, expected in manifest.files.items():
        later = large and Path(name).name in READ_IN_PARTS
        _verify(folder, folder / name, expected, _size if later else _checksum)


def _verify(folder: Path, file: Path, expected: Checksum, look: Callable[[Path], Checksum | int]) -> None:
    try:
        found = look(file)
    except OSError as error:
        raise unread(folder, file, error) from error
    if found not in (expected, expected.size):
        raise IndexDamaged(folder, file, "is not what was written")


def _size(file: Path) -> int:
    return file.stat().st_size


def _checksum(file: Path, told: Callable[[int, int], None] | None = None, total: int = 0) -> Checksum:
    import xxhash

    digest, size = xxhash.xxh3_64(), 0
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
            size += len(block)
            if told:
                told(size, total)
    return Checksum(size, digest.hexdigest())
