"""The files of an index in a folder: where they lie, how they reach the disk, and whether they are what was written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from corpus.errors import IndexDamaged
from index.folder.pointer import CURRENT, Pointer
from index.folder.record import seal
from index.folder.segment_writer import RECORDS, SENTENCES, TEXTS, VECTORS
from index.manifest import Checksum, Manifest

if TYPE_CHECKING:
    from index.build import Progress

GENERATIONS, SEGMENTS = "generations", "segments"
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


def commit(folder: Path, manifest: Manifest, fresh: Iterable[Path]) -> None:
    """Put a generation in force: all it has is on disk before the pointer is.

    Args:
        fresh: the folders of the segments that no generation before it held.
    """
    generation = generation_folder(folder, manifest.generation)
    content = manifest.to_json().encode()
    manifest_file(folder, manifest.generation).write_bytes(content)
    for path in [generation, *fresh]:
        sync_tree(path)
    for parent in (folder / GENERATIONS, folder / SEGMENTS):
        _sync(parent)
    pointer = folder / f"{CURRENT}.new"
    pointer.write_text(Pointer(manifest.generation, seal(content).hex()).to_line(), "ascii", newline="\n")
    _sync(pointer)
    pointer.replace(folder / CURRENT)
    _sync(folder)


def remove_unused(folder: Path, manifest: Manifest) -> None:
    """Delete what the generation in force does not hold. Readers of an older one keep the files they have open."""
    used = {part.name for part in manifest.parts}
    for segment in (folder / SEGMENTS).iterdir():
        if segment.name not in used:
            shutil.rmtree(segment, ignore_errors=True)
    for generation in (folder / GENERATIONS).iterdir():
        if generation.name != str(manifest.generation):
            shutil.rmtree(generation, ignore_errors=True)


def checksums(folder: Path, places: Iterable[Path]) -> dict[str, Checksum]:
    """The checksum of every file in some folders of an index, by its path in the index."""
    files = sorted(file for place in places for file in place.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): _checksum(file) for file in files if file.suffix != ".lock"}


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
        raise IndexDamaged(folder, file, unread(error)) from error
    if found not in (expected, expected.size):
        raise IndexDamaged(folder, file, "is not what was written")


def unread(error: OSError) -> str:
    """What is wrong with a file that cannot be read."""
    return "is missing" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"


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


def sync_tree(folder: Path) -> None:
    """Have everything in a folder reach the disk."""
    for path in folder.rglob("*"):
        _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    """Have a file or a folder's entries reach the disk; folders cannot be opened on Windows and need no sync there."""
    if path.is_dir() and os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
