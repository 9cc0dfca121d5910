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
        self._renewed = 0.0

    @classmethod
    @contextmanager
    def held(cls, connection: Connection) -> Iterator[Lease]:
        """Hold the lease.

        Raises:
            IndexLocked: another process holds it; where two ask at the same time, maybe neither gets it.
        """
        lease = cls(connection)
        renewing = threading.Thread(target=lease._keep, daemon=True)
        lease._renew(time.time())
        renewing.start()
        try:
            lease.check()
            yield lease
        finally:
            lease._ended.set()
            # What it is writing must not come after the deletion.
            renewing.join()
            # Without a server there is nothing to give back.
            with suppress(StoreError):
                connection.delete(RECORDS, f"id == {lease._id}")

    def check(self) -> None:
        """See that nobody else may write.

        Raises:
            IndexLocked: another process has a lease too, asked for when this one was, or when it was over.
            StoreError: this one was not renewed in time, so another may have come and gone.
        """
        location = self._connection.location
        if self._over(time.time()):
            said = f"writing to {location} was held up, so that another may have written since: start again"
            raise StoreError(location, said)
        rows = self._connection.query(RECORDS, _LEASES, ["id", "text"], strong=True)
        for row in rows:
            other = json.loads(row["text"])
            if row["id"] != self._id and time.time() - other["time"] < _OVER:
                raise IndexLocked(location, other["owner"])

    def _over(self, now: float) -> bool:
        return now - self._renewed >= _OVER

    def _keep(self) -> None:
        # One that is over is another's to take, and `check` must find it over.
        while not self._ended.wait(_RENEWED) and not self._over(now := time.time()):
            # Whatever fails is tried again, and what fails for long is seen by `check`.
            with suppress(Exception):
                self._renew(now)

    def _renew(self, now: float) -> None:
        owner = f"process {os.getpid()} on {socket.gethostname()}"
        text = json.dumps({"owner": owner, "time": now})
        head = {"id": self._id, "generation": -1, "part": 0, "parts": 1, "stamp": ""}
        self._connection.upsert(RECORDS, {**head, "text": text, **NO_VECTOR})
        self._renewed = now
