"""Work in the background, and what it tells meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextvars import copy_context
from queue import Empty, SimpleQueue
from threading import Thread
from threading import enumerate as enumerate_threads
from time import monotonic
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from rag.answerer import OnToken

if TYPE_CHECKING:
    from index.build import Progress

Result = TypeVar("Result")
Told = TypeVar("Told")

# Between two looks: often enough for text that flows and a bar that moves, seldom enough to leave time for the work.
_TEXT_PAUSE, _BAR_PAUSE = 0.04, 0.15

_NAME = "work in the background"


class Done(NamedTuple, Generic[Result]):
    """That the work is finished, and what came of it."""

    value: Result


class Step(NamedTuple):
    """What is being done, how much of it is done, and how much there is; of what is unknown, 0 of 0."""

    what: str
    done: int
    total: int


def told_by(
    work: Callable[[Callable[[Told], None]], Result], *, pause: float = 0.0
) -> Iterator[list[Told] | Done[Result]]:
    """What the work tells, together what is new at each look, and at last what came of it.

    What it raises is raised here. It is finished even where nobody listens to the end: a reader may close the page.

    Args:
        work: is given a function to tell with.
        pause: seconds for which what is told is gathered; the first of it, and the end, are handed on at once.
    """
    told: SimpleQueue[Told | Future[Result]] = SimpleQueue()
    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(work(told.put))
        except BaseException as error:
            future.set_exception(error)
        told.put(future)

    # In a context like this one, so that what is logged there is told to be for the same request.
    Thread(target=copy_context().run, args=(run,), daemon=True, name=_NAME).start()
    wait, is_over = 0.0, False
    while not is_over:
        new = list(_gathered(told, wait))
        wait, is_over = pause, new[-1] is future
        if said := [item for item in new if not isinstance(item, Future)]:
            yield said
    yield Done(future.result())


def is_working() -> bool:
    """Whether any work is under way, be it for a reader who has left."""
    return any(thread.name == _NAME for thread in enumerate_threads())


def replies(ask: Callable[[OnToken], Result]) -> Iterator[str | Done[Result]]:
    """The text of an answer as it is written, what is new a few times a second, and at last what came of it.

    Args:
        ask: answers a question, and gives the text piece by piece to what it is given.
    """
    for told in told_by(ask, pause=_TEXT_PAUSE):
        yield told if isinstance(told, Done) else "".join(told)


def steps(work: Callable[[Progress], Result]) -> Iterator[Step | Done[Result]]:
    """How far the work is, a few times a second, and at last what came of it."""

    def stepping(tell: Callable[[Step], None]) -> Result:
        return work(lambda *step: tell(Step(*step)))

    for told in told_by(stepping, pause=_BAR_PAUSE):
        yield told if isinstance(told, Done) else told[-1]


def _gathered(queue: SimpleQueue[Told | Future[Result]], seconds: float) -> Iterator[Told | Future[Result]]:
    """The next thing in a queue, waited for, and what follows within some seconds; the future ends it at once."""
    item = queue.get()
    yield item
    ends = monotonic() + seconds
    while not isinstance(item, Future):
        try:
            item = queue.get(timeout=max(0.0, ends - monotonic()))
        except Empty:
            return
        yield item
