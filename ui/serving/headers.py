"""What a browser may do with what the server sends, should any of it ever be taken for markup."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.serving.limits import refusal

_SCRIPT = re.compile(rb"<script\b[^>]*>(.*?)</script>", re.DOTALL)
# Gradio compiles the scripts of its parts, which takes 'unsafe-eval', and writes styles into the page. Handlers in
# attributes, addresses that are scripts, and scripts but the page's own do not run, and nothing is asked of elsewhere.
_PAGE = (
    "default-src 'none'; script-src 'self' 'unsafe-eval' {scripts}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; frame-src 'self'; manifest-src 'self'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'self'"
)
_ELSEWHERE = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# What gradio serves beside the page and no page of ours asks for: files that were uploaded, pages of other sites, and
# pages that are filled with whatever a browser says is in them, recordings to be cut, and the first transport of the
# Model Context Protocol, whose calls are answered where no limit sees them.
_CLOSED = re.compile(
    r"/gradio_api/(?:file[=/]|proxy=|deep_link|runs\b|run-history|dev/|process_recording|mcp/+(?:sse|messages))"
    # Routes take a path that ends in a line's end for the one without, and what looks at paths does not.
    r"|.*[\x00-\x1f\x7f]",
    re.DOTALL,
)


class SafeHeaders:
    """Gives every response a content security policy, where it has none of its own, and a strict reading of its type.

    The page's own scripts are known by their hashes (Content Security Policy Level 3, W3C).
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sending = _Sending(send, is_page=scope["path"] == "/")
        if _CLOSED.match(scope["path"]):
            await refusal(scope, 404, "There is nothing here.")(scope, receive, sending)
        else:
            await self._app(scope, receive, sending)


class _Sending:
    """One response on its way; the page is held back until its scripts are known."""

    def __init__(self, send: Send, *, is_page: bool) -> None:
        self._send = send
        self._is_page = is_page
        self._start: Message = {}
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(_ALWAYS)
            is_html = headers.get("content-type", "").startswith("text/html")
            self._is_page &= is_html and "Content-Security-Policy" not in headers
            headers.setdefault("Content-Security-Policy", _ELSEWHERE)
            self._start = message
        if not self._is_page:
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if message["type"] == "http.response.body" and not message.get("more_body"):
            MutableHeaders(scope=self._start)["Content-Security-Policy"] = _policy(self._body)
            await self._send(self._start)
            await self._send({"type": "http.response.body", "body": self._body})


def _policy(page: bytes) -> str:
    hashes = (b64encode(sha256(script).digest()).decode() for script in _SCRIPT.findall(page) if script)
    return _PAGE.format(scripts=" ".join(f"'sha256-{digest}'" for digest in hashes))
