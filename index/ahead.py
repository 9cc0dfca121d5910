"""Work done ahead of whoever waits for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from queue import Full, Queue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")


def ahead(items: Iterable[T], count: int) -> Iterator[T]:
    """The same items, up to `count` of them made in another thread before they are asked for; errors come in place.

    Args:
        count: at least two.
    """
    # One more is in the thread's hands.
    made: Queue[tuple[T | None, BaseException | None]] = Queue(count - 1)
    stopped = Event()

    def put(item: T | None, error: BaseException | None = None) -> None:
        while not stopped.is_set():
            with suppress(Full):
                made.put((item, error), timeout=0.1)
                break

    def work() -> None:
        try:
            for item in items:
                put(item)
                if stopped.is_set():
                    return
            put(None, StopIteration())
        except BaseException as error:
            put(None, error)

    thread = Thread(target=work, daemon=True)
    thread.start()
    try:
        while True:
            item, error = made.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item  # type: ignore[misc]
    finally:
        stopped.set()
