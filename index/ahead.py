"""Work done ahead of whoever waits for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from queue import SimpleQueue
from threading import Event, Semaphore, Thread
from typing import TypeVar

T = TypeVar("T")


def ahead(items: Iterable[T], count: int) -> Iterator[T]:
    """The same items, up to `count` of them made in another thread before they are asked for; errors come in place."""
    made: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()
    room, stopped = Semaphore(count), Event()

    def work() -> None:
        try:
            to_make = iter(items)
            while room.acquire() and not stopped.is_set():
                made.put((next(to_make), None))
        except BaseException as error:
            # The end is one too.
            made.put((None, error))

    thread = Thread(target=work, daemon=True)
    thread.start()
    try:
        while True:
            item, error = made.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            room.release()
            yield item  # type: ignore[misc]
    finally:
        stopped.set()
        room.release()
