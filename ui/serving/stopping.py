"""The end of a server: it takes nothing more, finishes what it has begun, and lets the open pages go."""

from __future__ import annotations

import asyncio
import logging
import socket
from time import monotonic

import gradio as gr
import uvicorn
from fastapi import FastAPI
from gradio.routes import App

from ui.running import is_running
from ui.serving.health import under_way, waiting
from ui.serving.limits import Turns
from ui.serving.logs import say
from ui.working import is_working

_LOOK = 0.05


class StoppingServer(uvicorn.Server):
    """A server that ends gracefully, within so many seconds of `grace`; for what `ui.serving.server.create_app` makes.

    `is_finished` is whether, when it ended, everything that was begun was finished.
    """

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self.grace = 0.0
        self.is_finished = False
        self._turns: Turns = app.state.turns
        self._page: gr.Blocks = app.state.page
        self._mounted: App = app.state.mounted

    @property
    def is_busy(self) -> bool:
        """Whether anything that was begun is still to be finished."""
        asked = under_way(self._turns, self._page) + waiting(self._turns, self._page)
        return asked > 0 or is_working() or is_running()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """See `uvicorn.Server`."""
        self._turns.is_closed = True
        for listener in self.servers:
            listener.close()
        ends = monotonic() + self.grace
        while self.is_busy and monotonic() < ends:
            await asyncio.sleep(_LOOK)
        self.is_finished = not self.is_busy
        if is_running():
            say("evaluation given up", level=logging.WARNING, reason="the server is stopped before its end")
        # What pages that are open listen to: it would be waited for as long as they are.
        self._mounted.stop_event.set()
        await super().shutdown(sockets)
