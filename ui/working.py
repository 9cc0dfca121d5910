"""Long work for a page: done in a thread, and told of while it goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from threading import Thread
from time import sleep
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from index.build import Progress

T = TypeVar("T")
# Between two looks at how far it is: often enough for a bar that moves, seldom enough to leave time for the work.
_PAUSE = 0.15


class Step(NamedTuple):
    """What is being done, how much of it is done, and how much there is; of what is unknown, 0 of 0."""

    what: str
    done: int
    total: int


class Done(NamedTuple, Generic[T]):
    """That it is finished, and what came of it."""

    value: T


def steps(work: Callable[[Progress], T]) -> Iterator[Step | Done[T]]:
    """How far the work is, a few times a second, and at last what came of it; what it raises is raised here.

    It is finished even where nobody listens to the end, as when the reader has closed the page.
    """
    told: SimpleQueue[Step | None] = SimpleQueue()
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work(lambda *step: told.put(Step(*step))))
        except BaseException as error:
            future.set_exception(error)
        told.put(None)

    Thread(target=run, daemon=True).start()
    while (step := _newest(told)) is not None:
        yield step
        sleep(_PAUSE)
    yield Done(future.result())


def _newest(told: SimpleQueue[Step | None]) -> Step | None:
    """The last step in the queue, waited for; None where the work is over."""
    step = told.get()
    while step is not None:
        try:
            step = told.get_nowait()
        except Empty:
            break
    return step
