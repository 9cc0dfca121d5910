"""What may go on at once: how often each sender may ask, and how many questions are answered at a time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakValueDictionary

import gradio as gr
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.serving.calls import COMPLETIONS, EVENTS, LONGEST_NAME, QUEUED, Events, has_long_name, is_fetching, read, way_of
from ui.serving.limits import UPLOAD, Buckets, Full, Turns, refusal, sender_of
from ui.serving.metrics import Metrics

# Of questions that do not go through gradio's queue. Each holds one of the 40 threads that all else needs as well; most
# take milliseconds, and those for a language model wait for it.
ANSWERED_AT_ONCE, WAITING = 16, 64

# A page asks for some hundred files when it is opened, and for several things with each question.
_REQUESTS_A_QUESTION = 20
# Requests of one sender at once: an open page has one or two that stay.
_AT_ONCE = 100
# Seconds after which there may be room, or a server again.
_SOON = 5.0

_LONG_NAME = f"The name of a session or an event has at most {LONGEST_NAME} characters."


class Limits:
    """Refuses what comes too often, and questions when too many wait, or when the server is being stopped.

    Args:
        per_minute: how many questions each sender may ask; other requests may be some times as many.
        page: whose queue the questions of pages wait in.
        share: how much each sender may have there, waiting or under way; None for all of it.
    """

    def __init__(
        self, app: ASGIApp, per_minute: int, turns: Turns, page: gr.Blocks, share: int | None, metrics: Metrics
    ) -> None:
        self._app = app
        self._requests = Buckets(per_minute * _REQUESTS_A_QUESTION)
        self._questions = Buckets(per_minute)
        self._under_way: Counter[str] = Counter()
        self._turns = turns
        self._page = page
        self._events = Events(page)
        self._share = share
        self._joining: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sender = sender_of(scope)
        wait = self._requests.take(sender)
        if wait or self._under_way[sender] >= _AT_ONCE:
            refused = self._refused(scope, "requests", 429, "There are too many requests.", wait or _SOON)
            await refused(scope, receive, send)
            return
        with self._counted(sender):
            if way := way_of(scope):
                body = await _body(receive)
                said = read(b"".join(part.get("body", b"") for part in body))
                await self._look(sender, way, said, scope, _replayed(body, receive), send)
            elif self._turns.is_closed and scope["path"].rstrip("/") == UPLOAD:
                await self._stopping(scope)(scope, receive, send)
            elif has_long_name(scope):
                await refusal(scope, 400, _LONG_NAME)(scope, receive, send)
            else:
                await self._app(scope, receive, send)

    async def _look(self, sender: str, way: str, said: Any, scope: Scope, receive: Receive, send: Send) -> None:
        """Have done what a body asks for, or say why not."""
        is_question = self._events.is_question(way, scope["path"], said)
        if self._turns.is_closed and (is_question or way in EVENTS):
            await self._stopping(scope)(scope, receive, send)
        elif has_long_name(scope, said):
            await refusal(scope, 400, _LONG_NAME)(scope, receive, send)
        elif way != COMPLETIONS and is_fetching(said):
            await refusal(scope, 400, "Nothing is fetched from an address: upload the file.")(scope, receive, send)
        elif is_question and (wait := self._questions.take(sender)):
            await self._refused(scope, "questions", 429, "There are too many questions.", wait)(scope, receive, send)
        elif way in QUEUED:
            await self._join(sender, scope, receive, send)
        elif is_question:
            await self._answer(sender, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _join(self, sender: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Put something into the page's queue; of one sender one after the other, so that none is overlooked."""
        async with self._joining.setdefault(sender, asyncio.Lock()):
            if self._share and self._queued(sender) >= self._share:
                line = f"You have {self._share} questions or changes under way: wait for them."
                await self._refused(scope, "share", 429, line, _SOON)(scope, receive, send)
            else:
                await self._app(scope, receive, send)

    def _queued(self, sender: str) -> int:
        """How many questions and changes of a sender are in the page's queue, waiting or under way."""
        queue = self._page._queue
        waiting = (event for line in queue.event_queue_per_concurrency_id.values() for event in line.queue)
        under_way = (event for job in queue.active_jobs for event in job or ())
        return sum(sender_of(event.request.scope) == sender for event in (*waiting, *under_way))

    async def _answer(self, sender: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer in a turn of its own, which lasts until the answer is sent."""
        try:
            await self._turns.begin(sender)
        except Full:
            line = "Too many questions are waiting for their answers."
            await self._refused(scope, "waiting", 503, line, _SOON)(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            self._turns.end(sender)

    @contextmanager
    def _counted(self, sender: str) -> Iterator[None]:
        self._under_way[sender] += 1
        try:
            yield
        finally:
            self._under_way[sender] -= 1
            if not self._under_way[sender]:
                del self._under_way[sender]

    def _stopping(self, scope: Scope) -> JSONResponse:
        return self._refused(scope, "stopping", 503, "The server is being stopped.", _SOON)

    def _refused(self, scope: Scope, limit: str, status: int, line: str, wait: float) -> JSONResponse:
        self._metrics.limited.labels(limit).inc()
        return refusal(scope, status, line, wait)


async def _body(receive: Receive) -> list[Message]:
    """The whole body, in the messages it came in; how long it may be is not looked at here."""
    parts = [await receive()]
    while parts[-1].get("more_body"):
        parts.append(await receive())
    return parts


def _replayed(parts: list[Message], receive: Receive) -> Receive:
    """What was read once, to be read again, and then what follows."""
    left = iter(parts)

    async def replay() -> Message:
        return next(left, None) or await receive()

    return replay
