"""What keeps other sites' pages away from the server, which trusts whoever reaches it."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_READING = ("GET", "HEAD", "OPTIONS")


class Guard:
    """Refuses what another site's page asks for, and keeps the pages out of other sites' frames.

    Where the server listens to this machine alone it has to be asked for under this machine's names: a site whose name
    was made to lead here is none of them (DNS rebinding). What changes something has to come from no other site's page
    (cross-site request forgery).
    """

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app = app
        self._names = LOOPBACK if host in LOOPBACK else ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if refused := self._refused(scope["method"], Headers(scope=scope)):
            await PlainTextResponse(refused, 403)(scope, receive, send)
            return

        async def framed(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Frame-Options"] = "SAMEORIGIN"
            await send(message)

        await self._app(scope, receive, framed)

    def _refused(self, method: str, headers: Headers) -> str:
        """Why a request is refused; nothing where it is not."""
        asked = headers.get("host", "")
        if self._names and urlsplit(f"//{asked}").hostname not in self._names:
            return f"This page is served to its own machine alone, and {asked} is none of its names."
        origin = headers.get("origin")
        if origin and method not in _READING and urlsplit(origin).netloc != asked:
            return "Another site's page may change nothing here."
        return ""
