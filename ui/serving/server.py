"""The server of the chat page, and of everything that programs reach at the same address."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass
from errno import EADDRINUSE
from ipaddress import ip_address
from socket import AF_INET, AF_INET6
from threading import Thread

import gradio as gr
import uvicorn
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Mount

from corpus.errors import RagError
from rag.current import CurrentChatbot
from ui import downloads, openai_api, runs
from ui.api import require_mcp
from ui.conversations import Conversations
from ui.door.accounts import accounts_for
from ui.door.door import Door
from ui.door.guard import Guard
from ui.kept import kept_for
from ui.runs import Runs
from ui.serving import health
from ui.serving.chores import chores
from ui.serving.headers import SafeHeaders
from ui.serving.incoming import keep_incoming
from ui.serving.limits import Bodies, PatientProtocol, Turns
from ui.serving.logs import log_to
from ui.serving.memory import share_heaps
from ui.serving.metrics import Metrics
from ui.serving.questions import ANSWERED_AT_ONCE, WAITING, Limits
from ui.serving.requests import Requests
from ui.serving.server_settings import LOOPBACK, ServerSettings
from ui.serving.stopping import StoppingServer
from ui.site import Site, appearance, build_page, share_of
from ui.uploads import Uploads

FIRST_PORT = 7860
PORTS_TRIED = 100
_WAIT = 0.01
_MEGABYTE = 1_000_000
# Connections at once: each takes a file handle, of which a process often has a thousand.
_CONNECTIONS = 500
# Pages whose state gradio keeps; those used longest ago are forgotten first.
_SESSIONS = 1_000
# Seconds for which a connection may be idle; a proxy that keeps it for longer would find it closed.
_IDLE = 15


@dataclass(frozen=True, slots=True)
class Served:
    """A server that is running in the background."""

    address: str
    site: Site
    _server: StoppingServer
    _thread: Thread

    def close(self, grace: float = 0.0) -> bool:
        """End it, and say whether everything that was begun was finished.

        Args:
            grace: for how many seconds that is waited for.
        """
        # That open pages are cut off is no error.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        self._server.grace = grace
        self._server.should_exit = True
        self._thread.join()
        self.site.conversations.close()
        return self._server.is_finished


def create_app(site: Site, settings: ServerSettings) -> FastAPI:
    """The whole as an ASGI application."""
    if settings.mcp:
        require_mcp()
    app = FastAPI(title="Ask your articles", docs_url=None, redoc_url=None, openapi_url=None, lifespan=chores)
    page, turns = build_page(site), Turns(ANSWERED_AT_ONCE, WAITING)
    page.state_session_capacity = _SESSIONS
    app.state.page, app.state.turns = page, turns
    # Each stands before those that are named above it.
    most = settings.questions(has_accounts=bool(site.accounts))
    share = share_of(site) if site.accounts or not settings.is_loopback else None
    app.add_middleware(Limits, per_minute=most, turns=turns, page=page, share=share, metrics=site.metrics)
    # It names no origins: gradio leaves its own out then, which lets in other sites.
    app.add_middleware(CORSMiddleware)
    app.add_middleware(Door, accounts=site.accounts)
    # With accounts it goes by any name, as behind a proxy: to a browser a site that was made to lead here is another
    # one, for which it has no cookie.
    names = (*LOOPBACK, settings.host) if settings.is_loopback and not site.accounts else ()
    app.add_middleware(Guard, names=names)
    app.add_middleware(Bodies, largest_upload=settings.upload_megabytes * _MEGABYTE, metrics=site.metrics)
    app.add_middleware(SafeHeaders)
    app.add_middleware(Requests, metrics=site.metrics)
    health.watch(site.metrics, site.chatbot, turns, page)
    app.include_router(health.router(site.chatbot, turns, site.metrics, site.accounts))
    app.include_router(openai_api.router(site.chatbot, site.metrics))
    app.include_router(downloads.router(site.conversations))
    app.include_router(runs.router(site.runs))
    gr.mount_gradio_app(
        app,
        page,
        path="/",
        # An error that nobody expected may say anything: the log has it.
        show_error=False,
        max_file_size=settings.upload_megabytes * _MEGABYTE,
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=settings.mcp,
        **appearance(),
    )
    # Mounted, gradio does not know that it is served, and takes any path that a request names for a file that was
    # uploaded to it.
    page.has_launched = True
    app.state.mounted = next(route.app for route in app.routes if isinstance(route, Mount))
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
    keep_incoming(kept / "incoming")
    site = Site(
        chatbot,
        Conversations(kept / "conversations.sqlite"),
        Runs(kept / "runs"),
        Uploads(kept / "articles"),
        accounts,
        Metrics(log_questions=settings.log_questions),
    )
    app = create_app(site, settings)
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        http=PatientProtocol,
        ws="none",
        limit_concurrency=_CONNECTIONS,
        timeout_keep_alive=_IDLE,
        timeout_graceful_shutdown=1,
        server_header=False,
        # Only a proxy on this machine, or one that is named, is believed who asks through it, and how.
        forwarded_allow_ips=os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1"),
    )
    server = StoppingServer(config, app)
    thread = Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(_WAIT)
    if not server.started:
        raise RagError("the page could not be served: the lines above say why")
    return Served(_address(listening), site, server, thread)


def serve(chatbot: CurrentChatbot, settings: ServerSettings) -> None:
    """Serve the page until Ctrl+C, or until the process is asked to end; see `start`.

    What is being answered then is finished within `grace_seconds`; whoever asks again ends it at once.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    share_heaps()
    served = start(chatbot, settings)
    # Only now: what keeps it from being served is said in one line by whoever started it.
    log_to(sys.stderr, settings.log, has_questions=settings.log_questions)
    try:
        print(f"Ask your articles at {served.address}", flush=True)  # noqa: T201
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        for number in (signal.SIGINT, signal.SIGTERM):
            # Also as the first process of a container, which ends by no signal that it does not take.
            signal.signal(number, lambda number, _: os._exit(128 + number))
    if not served.close(settings.grace_seconds):
        # Python would wait for the threads that still work, such as for a language model that does not answer.
        os._exit(0)


def _address(listening: socket.socket) -> str:
    """Where this machine reaches what listens there."""
    host, port = listening.getsockname()[:2]
    address = ip_address(host)
    if address.is_unspecified:
        address = ip_address("127.0.0.1" if address.version == 4 else "::1")
    return f"http://[{address}]:{port}" if address.version == 6 else f"http://{address}:{port}"


def _listen(host: str, named: int) -> socket.socket:
    """A socket at the port that was named, or else at the first free one."""
    for port in [named] if named else range(FIRST_PORT, FIRST_PORT + PORTS_TRIED):
        try:
            return socket.create_server((host, port), family=AF_INET6 if ":" in host else AF_INET)
        except OSError as error:
            if error.errno != EADDRINUSE:
                raise RagError(f"the page cannot be served at {host}, port {port}: {error.strerror}") from error
    if named:
        raise RagError(f"port {named} is taken: name another, or none to take a free one")
    raise RagError(f"the ports {FIRST_PORT} to {FIRST_PORT + PORTS_TRIED - 1} are all taken: name a free one")
