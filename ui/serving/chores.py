"""What a server does from time to time while it runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial

import gradio as gr
from fastapi import FastAPI

from ui.serving.incoming import sweep
from ui.serving.memory import give_back

_MINUTE, _HOUR = 60.0, 3_600.0
# Pages that were closed and may come back, as after a phone was asleep.
_CLOSED = 50


@asynccontextmanager
async def chores(app: FastAPI) -> AsyncIterator[None]:
    """Do them at the start, and again and again until the end: the lifespan of an application."""
    page: gr.Blocks = app.state.page
    tasks = [
        asyncio.create_task(_again_and_again(partial(asyncio.to_thread, sweep), _HOUR)),
        asyncio.create_task(_again_and_again(partial(_in_loop, forget, page), _MINUTE)),
        asyncio.create_task(_again_and_again(partial(asyncio.to_thread, give_back), _MINUTE)),
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()


def forget(page: gr.Blocks) -> None:
    """Forget what gradio holds for pages that were closed, but for the last ones, and for what programs called.

    Gradio forgets the first only when it knows a thousand, .1 MB each and what was shown, and never what it had to
    reply to them. To be called in its loop, where nothing is looked up meanwhile.
    """
    _forget_sessions(page)
    _forget_replies(page)


def _forget_sessions(page: gr.Blocks) -> None:
    holder = page.state_holder
    sessions = [*holder.session_data.items()]
    # They stand in the order in which they were last used.
    closed = [name for name, session in sessions if session.is_closed]
    called = [name for name, session in sessions if not session.state_data]
    over = [name for name in called if _unused(page, name) > (_HOUR if _is_waited_for(page, name) else _MINUTE)]
    for name in (*closed[:-_CLOSED], *over):
        holder.session_data.pop(name, None)
        holder.time_last_used.pop(name, None)


def _forget_replies(page: gr.Blocks) -> None:
    """Those to sessions that are forgotten, where nothing is under way."""
    queue = page._queue
    for name in [*queue.pending_messages_per_session]:
        events = queue.pending_event_ids_session.get(name, set())
        if name not in page.state_holder.session_data and not events & queue.event_ids_to_events.keys():
            queue.pending_messages_per_session.pop(name, None)
            queue.pending_event_ids_session.pop(name, None)


def _unused(page: gr.Blocks, session: str) -> float:
    """For how many seconds."""
    now = datetime.now()
    return (now - page.state_holder.time_last_used.get(session, now)).total_seconds()


def _is_waited_for(page: gr.Blocks, session: str) -> bool:
    """Whether a reply is to come, or to be fetched."""
    return bool(page._queue.pending_event_ids_session.get(session))


async def _in_loop(chore: Callable[[gr.Blocks], None], page: gr.Blocks) -> None:
    chore(page)


async def _again_and_again(chore: Callable[[], Awaitable[None]], seconds: float) -> None:
    while True:
        await chore()
        await asyncio.sleep(seconds)
