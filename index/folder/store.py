"""An index in a folder: immutable generations and segments, and the pointer to the generation in force.

INDEX/CURRENT                          the generation in force and the checksum of its manifest, replaced atomically
INDEX/generations/N/manifest.json      what it holds and the checksum of every file
INDEX/generations/N/lexical/           BM25
INDEX/segments/NAME/                   texts and vectors, shared by generations
INDEX/lock                             held by the one process that writes
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from corpus.errors import IndexDamaged, IndexLocked, IndexNotFound, StoreError
from index.embedding.onnx_embedder import open_question_embedder
from index.folder import files
from index.folder.draft import FolderDraft
from index.folder.folder_index import FolderIndex
from index.folder.generation import sources_of
from index.folder.pointer import CURRENT, Pointer
from index.folder.record import seal
from index.manifest import Manifest, Recipe
from index.source_file import SourceFile


class FolderStore:
    """See `index.store.Store`."""

    def __init__(self, location: Path) -> None:
        self.location = location

    def exists(self) -> bool:
        """See `Store.exists`."""
        return (self.location / CURRENT).exists()

    def current(self) -> Manifest:
        """See `Store.current`."""
        pointer = Pointer.read(self.location)
        try:
            manifest = Manifest.from_json(self.location, *self._written(pointer))
        except IndexDamaged:
            # One that was replaced meanwhile is gone, not damaged.
            if Pointer.read(self.location) == pointer:
                raise
            return self.current()
        if pointer.manifest is None:
            raise IndexDamaged(self.location, self.location / CURRENT, "is not what was written")
        return manifest

    def roots(self) -> list[Path]:
        """See `Store.roots`."""
        file, content = self._written(Pointer.read(self.location))
        try:
            return [Path(root) for root in json.loads(content)["roots"]]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise IndexDamaged(self.location, file, "is not a manifest") from error

    def version(self) -> tuple[int, int]:
        """See `Store.version`; the price is a look at the pointer."""
        try:
            status = (self.location / CURRENT).stat()
        except OSError:
            raise IndexNotFound(self.location) from None
        # The generation's number alone would not do: an index that was deleted and made again counts from one.
        return status.st_ino, status.st_mtime_ns

    def open(self) -> FolderIndex:
        """See `Store.open`."""
        manifest = self.current()
        # The slow part first, so that few generations are replaced while they are being opened.
        embedder = open_question_embedder(manifest.recipe.model, manifest.recipe.digest)
        try:
            files.check(self.location, manifest)
            return FolderIndex.open(self.location, manifest, embedder)
        except (IndexDamaged, OSError, RuntimeError, ValueError, sqlite3.Error) as error:
            # One that was replaced is not damaged.
            if self.current().generation != manifest.generation:
                return self.open()
            if isinstance(error, IndexDamaged):
                raise
            raise IndexDamaged(self.location, self.location, f"cannot be opened ({error})") from error

    def verify(self) -> None:
        """See `Store.verify`."""
        files.verify(self.location, self.current())

    @contextmanager
    def writing(self) -> Iterator[None]:
        """See `Store.writing`."""
        from filelock import FileLock, Timeout

        folder = self.location
        try:
            (folder / files.SEGMENTS).mkdir(parents=True, exist_ok=True)
            (folder / files.GENERATIONS).mkdir(exist_ok=True)
            lock = FileLock(folder / files.LOCK, timeout=0)
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

    def sources(self) -> dict[str, SourceFile]:
        """See `Store.sources`."""
        manifest = self.current()
        # What is damaged would be taken over, and signed as sound.
        files.check(self.location, manifest)
        return sources_of(self.location, manifest)

    def draft(self, base: Manifest | None, wanted: Mapping[str, SourceFile], recipe: Recipe) -> FolderDraft:
        """See `Store.draft`."""
        if base is None and self.exists():
            # Made anew, it starts over when it is interrupted: what lies there numbers its passages from nought too.
            return FolderDraft(self.location, None, recipe)
        return FolderDraft.resumed(self.location, base, wanted, recipe)

    def _written(self, pointer: Pointer) -> tuple[Path, bytes]:
        """The manifest that the pointer names, and what is in it."""
        file = files.manifest_file(self.location, pointer.generation)
        try:
            content = file.read_bytes()
        except OSError as error:
            raise IndexDamaged(self.location, file, "is missing or cannot be read") from error
        if pointer.manifest not in (None, seal(content).hex()):
            raise IndexDamaged(self.location, file, "is not what was written")
        return file, content
