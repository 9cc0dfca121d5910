"""The one door: behind it everyone is known, and in front of it is nothing but the page to sign in."""

from __future__ import annotations

from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from ui.door.accounts import Accounts
from ui.door.gate import Gate, Refused
from ui.door.sign_in import SIGN_IN, SIGN_OUT, is_browser, sign_in, sign_out, told

# It says that the server lives, and nothing else.
_HEALTH = "/healthz"
_READING = ("GET", "HEAD")
# Where gradio takes files.
_UPLOAD = "/gradio_api/upload"
# Gradio's own scripts and styles, which may stay in a browser for the next visit.
_EVERYONES = ("/assets/", "/static/")


class Door:
    """Lets in who has an account, or everyone where there are none; who it is stands in the scope as `user`."""

    def __init__(self, app: ASGIApp, accounts: Accounts) -> None:
        self._app = app
        self._accounts = accounts
        self._gate = Gate(accounts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] != "http":
            await WebSocketClose()(scope, receive, send)
        elif reply := await self._met(Request(scope, receive)):
            await reply(scope, receive, self._unkept(scope, send))
        else:
            await self._app(scope, receive, self._unkept(scope, send))

    async def _met(self, request: Request) -> Response | None:
        """What somebody is told at the door; None who comes in, and is known then."""
        # As it is routed by: the path of `request.url` also depends on what the Host header says.
        path = request.scope["path"]
        account = self._accounts.anyone
        if self._accounts:
            if path == SIGN_IN:
                return await sign_in(request, self._gate)
            if path == SIGN_OUT:
                return sign_out(request, self._gate)
            if path != _HEALTH or request.method not in _READING:
                try:
                    account = self._gate.known(request)
                except Refused as refused:
                    return _turned_away(request, refused)
        if path.rstrip("/") == _UPLOAD and not account.is_editor:
            return JSONResponse({"detail": "Only an editor may send files."}, 403)
        request.scope["user"] = account
        return None

    def _unkept(self, scope: Scope, send: Send) -> Send:
        """Send, and let the browser keep nothing that the next one to sit there could find."""
        if not self._accounts or scope["path"].startswith(_EVERYONES):
            return send

        async def unkept(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault("Cache-Control", "no-store")
            await send(message)

        return unkept


def _turned_away(request: Request, refused: Refused) -> Response:
    """The page to sign in for whoever looks at pages, and a line for programs."""
    if refused.wait or request.method not in _READING or not is_browser(request):
        return told(refused)
    query = request.scope["query_string"].decode("latin-1")
    wanted = quote(request.scope["path"]) + (f"?{query}" if query else "")
    return RedirectResponse(f"{SIGN_IN}?next={quote(wanted, safe='')}", 303)
