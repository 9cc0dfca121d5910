"""The right to write an index on a server, which one process has at a time."""

from __future__ import annotations

import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from corpus.errors import IndexLocked, StoreError
from index.milvus.connection import Connection
from index.milvus.schema import NO_VECTOR, RECORDS

# A process that ends without giving its lease back holds it for a minute at most; clocks should agree better than that.
_RENEWED, _OVER = 20.0, 60.0  # seconds
_LEASES = "generation == -1"


class Lease:
    """A row with a name and a time, renewed while held. Milvus has no locks, so it is advice, which writers heed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._id = -1 - secrets.randbelow(1 << 62)
        self._ended = threading.Event()

    @classmethod
    @contextmanager
    def held(cls, connection: Connection) -> Iterator[Lease]:
        """Hold the lease.

        Raises:
            IndexLocked: another process holds it; where two ask at the same time, maybe neither gets it.
        """
        lease = cls(connection)
        lease._renew()
        try:
            lease.check()
            renewing = threading.Thread(target=lease._keep, daemon=True)
            renewing.start()
            yield lease
        finally:
            lease._ended.set()
            # Without a server there is nothing to give back.
            with suppress(StoreError):
                connection.delete(RECORDS, f"id == {lease._id}")

    def check(self) -> None:
        """Raise IndexLocked where another process has a lease too: this one was not renewed, or was asked for then."""
        rows = self._connection.query(RECORDS, _LEASES, ["id", "text"], strong=True)
        for row in rows:
            other = json.loads(row["text"])
            if row["id"] != self._id and time.time() - other["time"] < _OVER:
                raise IndexLocked(self._connection.location, other["owner"])

    def _keep(self) -> None:
        while not self._ended.wait(_RENEWED):
            # What fails for long is seen by whoever writes.
            with suppress(StoreError):
                self._renew()

    def _renew(self) -> None:
        owner = f"process {os.getpid()} on {socket.gethostname()}"
        text = json.dumps({"owner": owner, "time": time.time()})
        head = {"id": self._id, "generation": -1, "part": 0, "parts": 1, "stamp": ""}
        self._connection.upsert(RECORDS, {**head, "text": text, **NO_VECTOR})
