"""Milvus as the store speaks to it: whatever goes wrong there is one line that says what to do."""

from __future__ import annotations

import logging
import os
import re
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np

from corpus.errors import IndexNotFound, MissingDependency, StoreError
from index.location import MilvusLocation
from index.milvus.schema import RECORDS
from index.query import Ranking

if TYPE_CHECKING:
    from pymilvus import CollectionSchema, MilvusClient
    from pymilvus.milvus_client.index import IndexParams

Row = dict[str, Any]

_CONNECT, _READ, _WRITE, _PREPARE = 5.0, 30.0, 120.0, 1800.0  # seconds
# A request may have 64 MB; a passage of 200 tokens takes some 15 KB, one of 8,000 tokens 300 KB.
_ROWS_AT_ONCE = 200
# Calls that wait for their replies at the same time.
_AT_ONCE = 8
# Rows that are read together; Milvus Lite goes through all of them for each lot.
_PAGE = 1000
# The most that one search may find.
MOST_FOUND = 16_384
# The first with BM25 of its own and fields that may be empty.
_OLDEST = (2, 5)
_COLLECTION_NOT_FOUND = 100
_SERVER, _FILE = "--index milvus+http://HOST:19530", "--index milvus+FILE.db"


class Connection:
    """One Milvus: a server, a cluster, or a file of Milvus Lite, which runs within this process.

    Its methods raise IndexNotFound where there is no index, and StoreError where anything else goes wrong. Whoever has
    several things to ask may ask them `at_once`.
    """

    def __init__(self, client: MilvusClient, location: MilvusLocation, *, lite: bool) -> None:
        self.client = client
        self.location = location
        self.lite = lite
        self.at_once = ThreadPoolExecutor(_AT_ONCE)
        # Milvus Lite wants one writer to a collection. A lease, renewed by a thread of its own, waits for no passages.
        self._writing: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    @classmethod
    def open(cls, location: MilvusLocation) -> Connection:
        """Connect to the Milvus of a location.

        Raises:
            MissingDependency: pymilvus or Milvus Lite is not installed.
            StoreError: nothing answers there, it is too old, or the file is none of Milvus Lite.
        """
        try:
            from pymilvus import MilvusClient
        except ImportError:
            raise _missing("pymilvus") from None
        # Both libraries log what they raise, over many lines; it is told in one.
        for library in ("pymilvus", "milvus_lite"):
            logging.getLogger(library).setLevel(logging.CRITICAL)
        file = lite_file(location)
        uri = location.uri if file is None else _serve(file, location)
        token = "" if urlsplit(uri).username else os.environ.get("MILVUS_TOKEN", "")
        with _told(location):
            client = MilvusClient(uri, token=token, timeout=_CONNECT)
            version = str(client.get_server_version(timeout=_CONNECT))
        _check_version(version, location)
        return cls(client, location, lite=version.startswith("milvus_lite"))

    def collections(self) -> list[str]:
        """The name of every collection."""
        with self._told():
            return list(self.client.list_collections(timeout=_READ))

    def has(self, collection: str) -> bool:
        """Whether there is a collection of that name."""
        with self._told(collection):
            return bool(self.client.has_collection(collection, timeout=_READ))

    def create(self, collection: str, schema: CollectionSchema, indexes: IndexParams) -> None:
        """Make a collection, empty and ready."""
        with self._told(collection):
            # One shard, so that the rows of one insertion are seen together, and words are counted over all passages.
            self.client.create_collection(collection, schema=schema, num_shards=1, timeout=_WRITE)
            self.client.create_index(collection, indexes, sync=False, timeout=_WRITE)
        self.load(collection)

    def drop(self, collection: str) -> None:
        """Delete a collection, if there is one."""
        with self._told(collection):
            self.client.drop_collection(collection, timeout=_WRITE)

    def load(self, collection: str) -> None:
        """Have Milvus hold a collection ready to be asked; at once where it does already."""
        with self._told(collection):
            self.client.load_collection(collection, timeout=_PREPARE)

    def flush(self, collection: str) -> None:
        """Have Milvus write what it has of a collection to where it stays."""
        with self._told(collection):
            self.client.flush(collection, timeout=_PREPARE)

    def dim(self, collection: str) -> int:
        """How long the vectors of a collection of passages are."""
        with self._told(collection):
            fields = self.client.describe_collection(collection, timeout=_READ)["fields"]
        return next(int(field["params"]["dim"]) for field in fields if field["name"] == "vector")

    def insert(self, collection: str, rows: Sequence[Row]) -> None:
        """Add rows; they are kept when it returns."""
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            with self._told(collection), self._writing[collection]:
                self.client.insert(collection, list(rows[start : start + _ROWS_AT_ONCE]), timeout=_WRITE)

    def upsert(self, collection: str, row: Row) -> None:
        """Add a row, or put it in the place of the one with its id."""
        with self._told(collection), self._writing[collection]:
            self.client.upsert(collection, [row], timeout=_READ)

    def delete(self, collection: str, condition: str) -> None:
        """Take out the rows that meet a condition."""
        with self._told(collection), self._writing[collection]:
            self.client.delete(collection, filter=condition, timeout=_WRITE)

    def query(self, collection: str, condition: str, fields: Sequence[str], *, strong: bool = False) -> list[Row]:
        """The rows that meet a condition, so few that they fit into one reply, in no order.

        Args:
            strong: wait for all that anyone has written; otherwise this process's own is seen, and others' soon.
        """
        with self._told(collection):
            found = self.client.query(
                collection,
                filter=condition,
                output_fields=list(fields),
                consistency_level="Strong" if strong else "Session",
                timeout=_READ,
            )
            return [dict(row) for row in found]

    def count(self, collection: str, condition: str, *, strong: bool = False) -> int:
        """How many rows meet a condition."""
        (row,) = self.query(collection, condition, ["count(*)"], strong=strong)
        return int(row["count(*)"])

    def every(self, collection: str, condition: str, fields: Sequence[str]) -> Iterator[Row]:
        """The rows that meet a condition, however many, by id."""
        with self._told(collection):
            pages = self.client.query_iterator(
                collection,
                batch_size=_PAGE,
                filter=condition,
                output_fields=list(fields),
                consistency_level="Strong",
                timeout=_READ,
            )
        while True:
            with self._told(collection):
                page = pages.next()
            if not page:
                return
            yield from (dict(row) for row in page)

    def search(self, collection: str, field: str, sought: Sequence[Any], condition: str, k: int) -> list[Ranking]:
        """The k rows nearest to each of what is sought, of those that meet a condition."""
        with self._told(collection):
            found = self.client.search(
                collection,
                data=list(sought),
                anns_field=field,
                filter=condition,
                limit=min(k, MOST_FOUND),
                output_fields=["id"],
                consistency_level="Session",
                timeout=_READ,
            )
            return [_ranking(hits) for hits in found]

    @contextmanager
    def _told(self, collection: str = RECORDS) -> Iterator[None]:
        """As the function; a collection of articles or passages that is missing now was there before."""
        try:
            with _told(self.location):
                yield
        except IndexNotFound:
            if collection == RECORDS:
                raise
            said = f"the index in {self.location} was made anew since it was opened: open it again"
            raise StoreError(self.location, said) from None


def lite_file(location: MilvusLocation) -> Path | None:
    """The file of Milvus Lite that is meant, or None for a server.

    Raises:
        StoreError: it is neither.
    """
    if urlsplit(location.uri).scheme in ("http", "https"):
        return None
    if not location.uri.endswith(".db"):
        raise StoreError(location, f"{location} names no Milvus: give `{_SERVER}`, or a file's name, `{_FILE}`")
    return Path(location.uri).expanduser()


def _serve(file: Path, location: MilvusLocation) -> str:
    """Have Milvus Lite serve a file within this process, and give the address."""
    try:
        from milvus_lite.server_manager import server_manager_instance
    except ImportError:
        raise _missing("milvus-lite") from None
    if file.is_file() or (file.is_dir() and any(file.iterdir()) and not (file / "collections").is_dir()):
        raise StoreError(location, f"{location} was not made by Milvus Lite 3: name another with `{_FILE}`")
    heard = _Heard()
    logger = logging.getLogger("milvus_lite.server_manager")
    logger.addFilter(heard)
    logger.setLevel(logging.ERROR)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        address: str | None = server_manager_instance.start_and_get_uri(str(file))
    except OSError as error:
        heard.error, address = error, None
    finally:
        logger.setLevel(logging.NOTSET)
        logger.removeFilter(heard)
    if address:
        return address
    if type(heard.error).__name__ == "DataDirLockedError":
        raise StoreError(
            location,
            f"{location} is held by another process, and Milvus Lite allows one: end that one, or let both use "
            f"`milvus-lite server --host 127.0.0.1 --data-dir {file}` and `--index milvus+http://127.0.0.1:19530`",
        )
    raise StoreError(location, f"{location} cannot be opened ({_line(heard.error)}): name another with `{_FILE}`")


class _Heard(logging.Filter):
    """Keeps a library's log from the screen, and the error in it."""

    error: BaseException | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        """Lets nothing through."""
        self.error = record.exc_info[1] if record.exc_info else self.error
        return False


def _check_version(version: str, location: MilvusLocation) -> None:
    """Milvus says `v2.5.4`, Milvus Lite `milvus_lite-3.2.2`, and a cloud has it in a sentence."""
    number = re.search(r"(\d+)\.(\d+)", version)
    if number and (int(number[1]), int(number[2])) < _OLDEST:
        oldest = ".".join(map(str, _OLDEST))
        raise StoreError(location, f"{location} is Milvus {number[0]}, and {oldest} or newer is needed: update it")


# What a server says, and what to do about it.
_ADVICE = {
    r"connect|unavailable|deadline|timeout": f"see that it runs, or name another with `{_SERVER}`",
    r"auth|permission|token": "give a login in MILVUS_TOKEN, as user:password or a token",
    r"database": "make the database first, or leave it out of the address",
}


@contextmanager
def _told(location: MilvusLocation) -> Iterator[None]:
    """What pymilvus raises, as the project's own."""
    import grpc
    from pymilvus.exceptions import MilvusException

    try:
        yield
    except (MilvusException, grpc.RpcError, ValueError, TypeError) as error:
        if isinstance(error, MilvusException) and error.code == _COLLECTION_NOT_FOUND:
            raise IndexNotFound(location) from None
        said = _line(error)
        raise StoreError(location, f"{location} failed ({said}): {_advice(location, said)}") from error


def _advice(location: MilvusLocation, said: str) -> str:
    if lite_file(location):
        return f"try again, or make the index anew with `rag index --rebuild --index {location} ARTICLES`"
    advice = (what for pattern, what in _ADVICE.items() if re.search(pattern, said, re.IGNORECASE))
    return next(advice, "see its log")


def _line(error: BaseException | None) -> str:
    """What an error says, or the call that failed beneath it, in one line."""
    details = getattr(getattr(error, "__cause__", None), "details", None)
    message = details() if details else getattr(error, "message", None) or str(error)
    return next(iter(str(message).splitlines()), type(error).__name__)[:200]


def _ranking(hits: Sequence[Mapping[str, Any]]) -> Ranking:
    ids = np.array([hit["id"] for hit in hits], dtype=np.int64)
    return Ranking(ids, np.array([hit["distance"] for hit in hits], dtype=np.float32))


def _missing(package: str) -> MissingDependency:
    return MissingDependency(package, "an index in Milvus", 'pip install "ask-the-articles[milvus]"')
