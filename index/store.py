"""An index folder: immutable generations and segments, and the pointer to the generation in force.

INDEX/CURRENT                          the number of the generation in force, replaced atomically
INDEX/generations/N/manifest.json      what it holds and the checksum of every file
INDEX/generations/N/dense.faiss, lexical/
INDEX/segments/NAME/                   texts and vectors, shared by generations
INDEX/lock                             held by the one process that writes
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from corpus.errors import IndexDamaged, IndexLocked, IndexNotFound, StoreError
from index import manifest as manifests
from index.manifest import Checksum, Manifest

CURRENT, GENERATIONS, SEGMENTS, LOCK = "CURRENT", "generations", "segments", "lock"
_BLOCK = 1 << 20


def exists(folder: Path) -> bool:
    """Whether there is an index in a folder."""
    return (folder / CURRENT).exists()


def current(folder: Path) -> Manifest:
    """The manifest of the generation in force.

    Raises:
        IndexNotFound: there is no index in the folder.
        IndexDamaged, IndexMismatch: see `Manifest.read`.
    """
    return Manifest.read(folder, _manifest_file(folder))


def roots(folder: Path) -> list[Path]:
    """The paths an index was made from, whatever the format it has; raises as `current` does, mismatches apart."""
    file = _manifest_file(folder)
    try:
        return [Path(root) for root in json.loads(file.read_text("utf-8"))["roots"]]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise IndexDamaged(folder, file, "is missing or not a manifest") from error


def version(folder: Path) -> tuple[int, int]:
    """What is another whenever another generation was put in force, at the price of a look at the pointer.

    Raises:
        IndexNotFound: there is no index in the folder.
    """
    try:
        status = (folder / CURRENT).stat()
    except OSError:
        raise IndexNotFound(folder) from None
    # The generation's number alone would not do: an index that was deleted and made again counts from one.
    return status.st_ino, status.st_mtime_ns


def _manifest_file(folder: Path) -> Path:
    """The manifest that the pointer names."""
    pointer = folder / CURRENT
    try:
        number = pointer.read_text("ascii").strip()
    except FileNotFoundError:
        raise IndexNotFound(folder) from None
    except (OSError, UnicodeDecodeError) as error:
        raise IndexDamaged(folder, pointer, "cannot be read") from error
    if not number.isdecimal():
        raise IndexDamaged(folder, pointer, "does not name a generation")
    return generation_folder(folder, int(number)) / manifests.FILE


def generation_folder(folder: Path, generation: int) -> Path:
    """Where a generation's own files lie."""
    return folder / GENERATIONS / str(generation)


def segment_folder(folder: Path, name: str) -> Path:
    """Where a segment lies."""
    return folder / SEGMENTS / name


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Hold the index's lock, which ends with the process, however it ends.

    Raises:
        IndexLocked: another process holds it.
        StoreError: the folder cannot be written to.
    """
    from filelock import FileLock, Timeout

    try:
        (folder / SEGMENTS).mkdir(parents=True, exist_ok=True)
        (folder / GENERATIONS).mkdir(exist_ok=True)
        lock = FileLock(folder / LOCK, timeout=0)
        lock.acquire()
    except Timeout:
        raise IndexLocked(folder, "another process") from None
    except OSError as error:
        raise StoreError(
            folder, f"{folder} cannot be written to ({error.strerror}): name another with --index"
        ) from error
    try:
        yield
    finally:
        lock.release()


def commit(folder: Path, manifest: Manifest) -> None:
    """Put a generation in force: its files are on disk before its manifest, and its manifest before the pointer."""
    generation = generation_folder(folder, manifest.generation)
    (generation / manifests.FILE).write_text(manifest.to_json(), "utf-8")
    for path in [generation, *(segment_folder(folder, part.name) for part in manifest.parts)]:
        sync_tree(path)
    for parent in (folder / GENERATIONS, folder / SEGMENTS):
        _sync(parent)
    pointer = folder / f"{CURRENT}.new"
    pointer.write_text(f"{manifest.generation}\n", "ascii")
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


def verify(folder: Path, manifest: Manifest) -> None:
    """Read every file of a generation and compare it with what was written.

    Raises:
        IndexDamaged: a file is missing or has changed; the error names it.
    """
    for name, expected in manifest.files.items():
        file = folder / name
        try:
            found = _checksum(file)
        except OSError as error:
            raise IndexDamaged(folder, file, "is missing or cannot be read") from error
        if found != expected:
            raise IndexDamaged(folder, file, "is not what was written")


def _checksum(file: Path) -> Checksum:
    import xxhash

    digest, size = xxhash.xxh3_64(), 0
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
            size += len(block)
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
