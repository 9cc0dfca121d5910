"""An index in Milvus: on a server, on a cluster, or in a file of Milvus Lite."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from corpus.errors import IndexDamaged, IndexLocked, IndexNotFound, StoreError
from index.embedding.onnx_embedder import open_question_embedder
from index.location import MilvusLocation
from index.manifest import Manifest, Recipe
from index.milvus import records
from index.milvus.conditions import both
from index.milvus.connection import Connection, lite_file
from index.milvus.draft import MilvusDraft, drop_unused
from index.milvus.lease import Lease
from index.milvus.milvus_index import MilvusIndex
from index.milvus.records import Record
from index.milvus.rows import SOURCE, source_of
from index.milvus.schema import RECORDS, Collections, create_records
from index.source_file import SourceFile

if TYPE_CHECKING:
    from index.build import Progress


class MilvusStore:
    """See `index.store.Store`."""

    def __init__(self, location: MilvusLocation) -> None:
        self.location = location
        self._still_held: Callable[[], None] = _held

    def exists(self) -> bool:
        """See `Store.exists`."""
        try:
            return bool(self.version())
        except IndexNotFound:
            return False

    def current(self) -> Manifest:
        """See `Store.current`."""
        return self._record().manifest

    def roots(self) -> list[Path]:
        """See `Store.roots`."""
        return [Path(root) for root in records.roots(self._readable)]

    def version(self) -> str:
        """See `Store.version`; the price is one query."""
        return records.version(self._readable)

    def open(self) -> MilvusIndex:
        """See `Store.open`."""
        record = self._record()
        embedder = open_question_embedder(record.manifest.recipe.model, record.manifest.recipe.digest)
        record.collections.load(self._connection)
        # Milvus shows now what was written before, so nothing that is asked later has to wait for it.
        self._connection.query(record.collections.passages, "id == 0", ["id"], strong=True)
        self._connection.query(record.collections.articles, "id == 0", ["id"], strong=True)
        return MilvusIndex(self._connection, record, embedder)

    def verify(self, progress: Progress | None = None) -> Manifest:
        """See `Store.verify`; what Milvus keeps, Milvus checks, so this counts."""
        record = self._record()
        record.collections.load(self._connection)
        wanted = {
            record.collections.articles: (both(record.visible, "part == 0"), record.manifest.articles),
            record.collections.passages: (record.visible, record.manifest.passages),
        }
        for collection, (condition, count) in wanted.items():
            if progress:
                progress(f"Counting {collection}", 0, 0)
            if (found := self._connection.count(collection, condition, strong=True)) != count:
                raise IndexDamaged(self.location, Path(collection), f"holds {found} of {count} rows")
        return record.manifest

    @contextmanager
    def writing(self) -> Iterator[None]:
        """See `Store.writing`; on a server, the lock of a process that was killed ends within a minute."""
        connection = self._connection
        create_records(connection)
        connection.load(RECORDS)
        if file := lite_file(self.location):
            with self._locked(file):
                yield
        else:
            with Lease.held(connection) as lease:
                self._still_held = lease.check
                yield

    def sources(self) -> dict[str, SourceFile]:
        """See `Store.sources`."""
        record = self._record()
        record.collections.load(self._connection)
        heads = self._connection.every(record.collections.articles, both(record.visible, "part == 0"), SOURCE)
        return {row["name"]: source_of(row) for row in heads}

    def draft(self, base: Manifest | None, wanted: Mapping[str, SourceFile], recipe: Recipe) -> MilvusDraft:
        """See `Store.draft`."""
        connection = self._connection
        # What an interrupted build has left goes now, which must not be another's.
        self._still_held()
        replaced = base.generation if base else records.generation(connection)
        if base is not None:
            record = self._record()
            drop_unused(connection, record.collections)
            record.collections.load(connection)
            draft = MilvusDraft(connection, record, record.collections, recipe, self._still_held, replaced)
            draft.resume(wanted)
            return draft
        begun = None if replaced else self._begun(recipe)
        if begun is None:
            # Made anew, it starts over when it is interrupted, as an index in a folder does.
            return MilvusDraft.anew(connection, recipe, self._still_held, replaced)
        draft = MilvusDraft(connection, None, begun, recipe, self._still_held, replaced)
        draft.resume(wanted)
        return draft

    @cached_property
    def _connection(self) -> Connection:
        return Connection.open(self.location)

    @cached_property
    def _readable(self) -> Connection:
        """The connection, once there is something to read."""
        file = lite_file(self.location)
        # Milvus Lite would make the file.
        if (file and not file.exists()) or not self._connection.has(RECORDS):
            raise IndexNotFound(self.location)
        self._connection.load(RECORDS)
        return self._connection

    def _record(self) -> Record:
        return records.current(self._readable)

    def _begun(self, recipe: Recipe) -> Collections | None:
        """What a first build that was interrupted has left, if it can go on there."""
        for collections in reversed(Collections.all(self._connection)):
            if self._connection.has(collections.passages) and self._connection.dim(collections.passages) == recipe.dim:
                collections.load(self._connection)
                drop_unused(self._connection, collections)
                return collections
        return None

    @contextmanager
    def _locked(self, file: Path) -> Iterator[None]:
        """Milvus Lite keeps other processes out itself; this keeps out other threads."""
        from filelock import FileLock, Timeout

        lock = FileLock(file / "writing.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise IndexLocked(self.location, "another thread") from None
        except OSError as error:
            raise StoreError(
                self.location,
                f"{self.location} cannot be written to ({error.strerror}): name another with `--index milvus+FILE.db`",
            ) from error
        try:
            yield
        finally:
            lock.release()


def _held() -> None:
    """Milvus Lite's own lock ends with the process, and not before."""
