"""The server of the chat page, and of everything that programs reach at the same address."""

from __future__ import annotations

import logging
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from errno import EADDRINUSE
from threading import Thread

import gradio as gr
import uvicorn
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from corpus.errors import RagError
from rag.current import CurrentChatbot
from ui import downloads, openai_api, runs
from ui.api import require_mcp
from ui.conversations import Conversations
from ui.door.accounts import accounts_for
from ui.door.door import Door
from ui.door.guard import Guard
from ui.headers import SafeHeaders
from ui.kept import kept_for
from ui.runs import Runs
from ui.server_settings import LOOPBACK, ServerSettings
from ui.site import Site, appearance, build_page
from ui.uploads import Uploads

FIRST_PORT = 7860
PORTS_TRIED = 100
_WAIT = 0.01


@dataclass(frozen=True, slots=True)
class Served:
    """A server that is running in the background."""

    address: str
    site: Site
    _server: uvicorn.Server
    _thread: Thread

    def close(self) -> None:
        """End it; an answer that is still being written has a second to be finished."""
        # That open pages are cut off is no error.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        self._server.should_exit = True
        self._thread.join()
        self.site.conversations.close()


def create_app(site: Site, settings: ServerSettings) -> FastAPI:
    """The whole as an ASGI application."""
    if settings.mcp:
        require_mcp()
    app = FastAPI(title="Ask your articles", docs_url=None, redoc_url=None, openapi_url=None)
    # It names no origins: gradio leaves its own out then, which lets in other sites.
    app.add_middleware(CORSMiddleware)
    app.add_middleware(Door, accounts=site.accounts)
    # With accounts it goes by any name, as behind a proxy: to a browser a site that was made to lead here is another
    # one, for which it has no cookie.
    names = (*LOOPBACK, settings.host) if settings.is_loopback and not site.accounts else ()
    app.add_middleware(Guard, names=names)
    app.add_middleware(SafeHeaders)
    app.include_router(openai_api.router(site.chatbot))
    app.include_router(downloads.router(site.conversations))
    app.include_router(runs.router(site.runs))
    gr.mount_gradio_app(
        app,
        build_page(site),
        path="/",
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=settings.mcp,
        **appearance(site),
    )
    return app


def start(chatbot: CurrentChatbot, settings: ServerSettings | None = None) -> Served:
    """Serve the page in the background.

    Raises:
        RagError: other machines reach the address and nobody said who may come in; the port is taken, or none near
            `FIRST_PORT` is free when no port is named; conversations cannot be kept; or something that was asked for is
            not installed.
    """
    settings = settings or ServerSettings()
    accounts = accounts_for(settings)
    listening = _listen(settings.host, settings.port)
    kept = kept_for(chatbot.location)
    site = Site(
        chatbot,
        Conversations(kept / "conversations.sqlite"),
        Runs(kept / "runs"),
        Uploads(kept / "articles"),
        accounts,
    )
    config = uvicorn.Config(
        create_app(site, settings),
        log_level="warning",
        ws="none",
        timeout_graceful_shutdown=1,
        server_header=False,
        # Only a proxy on this machine is believed who asks through it, and how.
        forwarded_allow_ips=["127.0.0.1", "::1"],
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(_WAIT)
    if not server.started:
        raise RagError("the page could not be served: the lines above say why")
    host = "127.0.0.1" if settings.host == "0.0.0.0" else settings.host
    return Served(f"http://{host}:{listening.getsockname()[1]}", site, server, thread)


def serve(chatbot: CurrentChatbot, settings: ServerSettings) -> None:
    """Serve the page until Ctrl+C; see `start`."""
    served = start(chatbot, settings)
    with suppress(KeyboardInterrupt):
        print(f"Ask your articles at {served.address}", flush=True)  # noqa: T201
        while True:
            time.sleep(3600)
    served.close()


def _listen(host: str, named: int) -> socket.socket:
    """A socket at the port that was named, or else at the first free one."""
    for port in [named] if named else range(FIRST_PORT, FIRST_PORT + PORTS_TRIED):
        try:
            return socket.create_server((host, port))
        except OSError as error:
            if error.errno != EADDRINUSE:
                raise RagError(f"the page cannot be served at {host}, port {port}: {error.strerror}") from error
    if named:
        raise RagError(f"port {named} is taken: name another, or none to take a free one")
    raise RagError(f"the ports {FIRST_PORT} to {FIRST_PORT + PORTS_TRIED - 1} are all taken: name a free one")
