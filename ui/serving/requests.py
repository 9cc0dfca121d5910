"""Every request: it gets a name, and is counted, timed and logged; what nobody expected is told politely."""

from __future__ import annotations

import logging
from time import perf_counter

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.door.sign_in import SIGN_IN
from ui.serving.limits import account_name, refusal
from ui.serving.logs import door, name_request, say
from ui.serving.metrics import Metrics, unexpected

NAME = "X-Request-ID"

# What any page load asks for by the dozen.
_STATIC = ("/assets/", "/static/", "/svelte/", "/theme.css", "/favicon.ico")
# These last as long as somebody looks at the page.
_MCP = "/gradio_api/mcp"
_LASTING = ("/gradio_api/heartbeat/{session_hash}", "/gradio_api/queue/data", _MCP)
_METHODS = ("GET", "HEAD", "POST", "OPTIONS", "DELETE", "PUT", "PATCH")
_NOWHERE = "none"
# As nginx calls it that a sender has left.
_NO_REPLY = 499
# Of these the log says who asked, for those who keep whole addresses out.
_TURNED_AWAY = (401, 429)
# What Starlette says with an error that nobody expected, before it hands it on; others of ours add more to it.
_UNEXPECTED = {"content-length": "21", "content-type": "text/plain; charset=utf-8"}


class Requests:
    """Names each request, and says what became of it."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        name = name_request(Headers(scope=scope).get(NAME))
        # Gradio works for it in another context, and has the scope there.
        scope.setdefault("state", {})["request_id"] = name
        if scope["path"].startswith(_MCP):
            door.set("mcp")
        reply = _Reply(send, name)
        begun = perf_counter()
        try:
            await self._answer(scope, receive, reply)
        finally:
            self._tell(scope, reply.status or _NO_REPLY, perf_counter() - begun)

    async def _answer(self, scope: Scope, receive: Receive, reply: _Reply) -> None:
        """Have a request answered; what nobody expected is told politely."""
        try:
            await self._app(scope, receive, reply)
        except ClientDisconnect:
            # Nobody is there to be told.
            return
        except Exception as error:
            say("request failed", level=logging.ERROR, error=error, route=_route(scope))
        if not reply.is_begun:
            line = str(unexpected())
            await refusal(scope, 500, line[0].upper() + line[1:] + ".")(scope, receive, reply)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        route = _route(scope)
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.requests.labels(method, route, str(status)).inc()
        if status == 401 and (scope["path"] == SIGN_IN or "authorization" in Headers(scope=scope)):
            self._metrics.sign_in_failures.inc()
        if route not in _LASTING:
            self._metrics.request_seconds.labels(route).observe(seconds)
        if status >= 400 or not scope["path"].startswith(_STATIC):
            say(
                "request",
                method=method,
                route=route,
                status=status,
                ms=round(1000 * seconds, 2),
                account=account_name(scope) or None,
                client=scope["client"][0] if status in _TURNED_AWAY and scope.get("client") else None,
            )


class _Reply:
    """One response on its way; that of Starlette to an error that nobody expected is held back."""

    def __init__(self, send: Send, name: str) -> None:
        self._send = send
        self._name = name
        self._is_held_back = self.is_begun = False
        self.status = 0

    async def __call__(self, message: Message) -> None:
        """See the ASGI specification."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            self._is_held_back = self.status == 500 and _UNEXPECTED.items() <= dict(headers.items()).items()
            headers[NAME] = self._name
        if not self._is_held_back:
            self.is_begun = True
            await self._send(message)


def _route(scope: Scope) -> str:
    """The template of the path that was asked for: paths themselves hold the names of things."""
    if scope["path"].startswith(_MCP):
        return _MCP
    path: str = getattr(scope.get("route"), "path", "")
    return path or _NOWHERE
