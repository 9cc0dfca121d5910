"""What keeps other sites' pages away from the server, whoever's browser they are open in."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_READING = ("GET", "HEAD", "OPTIONS")


class Guard:
    """Refuses what another site's page asks for, and keeps the pages out of other sites' frames.

    What changes something has to come from no other site's page (cross-site request forgery).

    Args:
        names: what the server has to be asked for as, which a site whose name was made to lead here is not (DNS
            rebinding); none where it goes by any name.
    """

    def __init__(self, app: ASGIApp, names: Collection[str]) -> None:
        self._app = app
        self._names = names

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
        if (name := _name(f"//{asked}")) is None or (self._names and name not in self._names):
            return f"This page is served to its own machine alone, and {asked} is none of its names."
        if method not in _READING and _is_foreign(headers, asked):
            return "Another site's page may change nothing here."
        return ""


def _is_foreign(headers: Headers, asked: str) -> bool:
    """Whether a request is of another site's page, by its origin and its fetch metadata (W3C), where it has any."""
    origin = headers.get("origin")
    if origin and (_name(origin) is None or urlsplit(origin).netloc != asked):
        return True
    return headers.get("sec-fetch-site", "none") not in ("same-origin", "none")


def _name(address: str) -> str | None:
    """The name of the machine in an address, empty where it has none; None of what is no address."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return None
