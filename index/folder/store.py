"""An index in a folder: immutable generations and segments, and the pointer to the generation in force.

INDEX/CURRENT                          the generation in force and the checksum of its manifest, replaced atomically
INDEX/generations/N/manifest.json      what it holds and the checksum of every file
INDEX/generations/N/lexical/           BM25
INDEX/segments/NAME/                   texts and vectors, shared by generations
INDEX/lock, INDEX/lock.holder          held by the one process that writes, and which that is
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from corpus.errors import IndexDamaged, IndexNotFound, StoreError
from index.durable import make_folder
from index.embedding.onnx_embedder import open_question_embedder
from index.folder import files
from index.folder.draft import FolderDraft
from index.folder.folder_index import FolderIndex
from index.folder.generation import sources_of
from index.folder.lock import held, not_writable
from index.folder.pointer import CURRENT, Pointer
from index.folder.record import seal
from index.folder.unread import unread
from index.folder.verification import verify
from index.manifest import Manifest, Recipe
from index.source_file import SourceFile

if TYPE_CHECKING:
    from index.build import Progress

Result = TypeVar("Result")

# How often what reads a generation begins again where that is replaced meanwhile.
_TRIES = 10


class FolderStore:
    """See `index.store.Store`."""

    def __init__(self, location: Path) -> None:
        self.location = location

    def exists(self) -> bool:
        """See `Store.exists`."""
        try:
            with suppress(IndexDamaged):
                files.pointer_of(self.location)
        except IndexNotFound:
            return False
        return True

    def current(self) -> Manifest:
        """See `Store.current`."""
        for _ in range(_TRIES):
            pointer = files.pointer_of(self.location)
            try:
                manifest = Manifest.from_json(self.location, *self._written(pointer))
            except IndexDamaged:
                # One that was replaced meanwhile is gone, not damaged.
                if files.pointer_of(self.location) == pointer:
                    raise
                continue
            if pointer.manifest is None:
                raise IndexDamaged(self.location, self.location / CURRENT, "is not what was written")
            return manifest
        raise self._changing()

    def roots(self) -> list[Path]:
        """See `Store.roots`."""
        file, content = self._written(files.pointer_of(self.location))
        try:
            return [Path(root) for root in json.loads(content)["roots"]]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise IndexDamaged(self.location, file, "is not a manifest") from error

    def version(self) -> tuple[int, int]:
        """See `Store.version`; the price is a look at the pointer."""
        try:
            status = (self.location / CURRENT).stat()
        except OSError:
            # Says why; where it does not, an index has been made meanwhile.
            files.pointer_of(self.location)
            return self.version()
        # The generation's number alone would not do: an index that was deleted and made again counts from one.
        return status.st_ino, status.st_mtime_ns

    def open(self) -> FolderIndex:
        """See `Store.open`."""
        recipe = self.current().recipe
        # The slow part first, so that few generations are replaced while they are being opened.
        open_question_embedder(recipe.model, recipe.digest)

        def opened(manifest: Manifest) -> FolderIndex:
            embedder = open_question_embedder(manifest.recipe.model, manifest.recipe.digest)
            files.check(self.location, manifest)
            return FolderIndex.open(self.location, manifest, embedder)

        return self._of_current(opened)

    def verify(self, progress: Progress | None = None) -> Manifest:
        """See `Store.verify`."""

        def verified(manifest: Manifest) -> Manifest:
            verify(self.location, manifest, progress or (lambda *_: None))
            return manifest

        return self._of_current(verified)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """See `Store.writing`."""
        folder = self.location
        try:
            for place in (files.SEGMENTS, files.GENERATIONS):
                make_folder(folder / place)
        except OSError as error:
            raise not_writable(folder, error) from error
        with held(folder):
            self._tidy()
            try:
                yield
            except BaseException:
                # A disk that is full would stay so.
                self._tidy()
                raise

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
            return FolderDraft.anew(self.location, recipe)
        return FolderDraft.resumed(self.location, base, wanted, recipe)

    def _tidy(self) -> None:
        """Delete what was left by a process that was ended."""
        # What cannot be read is said by whoever needs it.
        with suppress(StoreError), files.written(self.location):
            files.remove_unused(self.location, self.current() if self.exists() else None)

    def _of_current(self, work: Callable[[Manifest], Result]) -> Result:
        """What some work on the generation in force gives; it is done again where that was replaced meanwhile."""
        for _ in range(_TRIES):
            manifest = self.current()
            try:
                return work(manifest)
            except (IndexDamaged, OSError, RuntimeError, ValueError, sqlite3.Error) as error:
                if self.current() != manifest:
                    continue
                if isinstance(error, IndexDamaged):
                    raise
                if isinstance(error, OSError):
                    raise unread(self.location, Path(error.filename or self.location), error) from error
                raise IndexDamaged(self.location, self.location, f"cannot be read ({error})") from error
        raise self._changing()

    def _changing(self) -> StoreError:
        return StoreError(self.location, f"the index in {self.location} is being changed all the time: try again later")

    def _written(self, pointer: Pointer) -> tuple[Path, bytes]:
        """The manifest that the pointer names, and what is in it."""
        file = files.manifest_file(self.location, pointer.generation)
        try:
            content = file.read_bytes()
        except OSError as error:
            raise unread(self.location, file, error) from error
        if pointer.manifest not in (None, seal(content).hex()):
            raise IndexDamaged(self.location, file, "is not what was written")
        return file, content
