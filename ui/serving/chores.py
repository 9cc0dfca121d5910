"""What a server does from time to time while it runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

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
        asyncio.create_task(_again_and_again(sweep, _HOUR)),
        asyncio.create_task(_again_and_again(lambda: forget_closed(page), _MINUTE)),
        asyncio.create_task(_again_and_again(give_back, _MINUTE)),
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()


def forget_closed(page: gr.Blocks) -> None:
    """Forget what the pages held that readers have closed, but for the last ones.

    Gradio forgets none of them before there are as many as it may know at once: .1 MB each and what was shown on it.
    """
    sessions = page.state_holder.session_data
    # They stand in the order in which they were last used.
    closed = [name for name, session in [*sessions.items()] if session.is_closed]
    for name in closed[:-_CLOSED]:
        sessions.pop(name, None)
        page.state_holder.time_last_used.pop(name, None)


async def _again_and_again(chore: Callable[[], None], seconds: float) -> None:
    while True:
        await asyncio.to_thread(chore)
        await asyncio.sleep(seconds)
