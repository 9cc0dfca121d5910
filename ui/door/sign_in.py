"""Signing in and out: the page for it, and the form that `gradio_client` sends as well."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from ui.door.gate import Gate, Refused
from ui.pages.parts import ASSETS

SIGN_IN, SIGN_OUT = "/login", "/logout"
_LONGEST_FORM = 16_384
# It has no script, is in nobody's frame, and sends its form here.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)


async def sign_in(request: Request, gate: Gate) -> Response:
    """The page, or, for its form, a session, and from there to what was wanted."""
    if request.method in ("GET", "HEAD"):
        onward = own_path(request.query_params.get("next", ""))
        return RedirectResponse(onward, 303) if gate.signed_in(request) else _page(onward)
    if request.method != "POST":
        return JSONResponse({"detail": "Sign in with POST."}, 405, {"Allow": "GET, HEAD, POST"})
    form = await _form(request)
    name, onward = form.get("username", "").strip(), own_path(form.get("next", ""))
    try:
        account = gate.admitted(request, name, form.get("password", ""))
    except Refused as refused:
        return _page(onward, name, refused) if is_browser(request) else told(refused)
    reply = RedirectResponse(onward, 303) if is_browser(request) else JSONResponse({"success": True})
    gate.begin(account, request, reply)
    return reply


def sign_out(request: Request, gate: Gate) -> Response:
    """The end of a session; not by a link, which any page could have."""
    if request.method != "POST":
        return JSONResponse({"detail": "Sign out with POST."}, 405, {"Allow": "POST"})
    reply = RedirectResponse(SIGN_IN, 303)
    gate.end(request, reply)
    return reply


def told(refused: Refused) -> Response:
    """Why nobody is let in, as programs read it: gradio's `detail`, and the `error` of OpenAI's libraries."""
    kind = "rate_limit_error" if refused.wait else "authentication_error"
    error = {"message": str(refused), "type": kind, "param": None, "code": None}
    return JSONResponse({"detail": str(refused), "error": error}, refused.status, refused.headers)


def is_browser(request: Request) -> bool:
    """Whether a page is asked for, and not what its scripts or other programs ask for."""
    return "text/html" in request.headers.get("accept", "")


def own_path(wanted: str) -> str:
    """A path of this server, with its query; the first page in place of whatever leads elsewhere."""
    is_path = wanted.startswith("/") and not wanted.startswith(("//", SIGN_IN, SIGN_OUT))
    # Browsers take a backslash for a slash, and pass over tabs and line ends.
    return wanted if is_path and wanted.isprintable() and "\\" not in wanted else "/"


async def _form(request: Request) -> Mapping[str, str]:
    """The fields of a form, each once; none of one that is too long."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _LONGEST_FORM:
            return {}
    return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


def _page(onward: str, name: str = "", refused: Refused | None = None) -> Response:
    style = (ASSETS / "sign_in.css").read_text("utf-8")
    trouble = f'<p class="notice" role="alert">{escape(str(refused))}</p>' if refused else ""
    focus = {"username": "", "password": " autofocus"} if name else {"username": " autofocus", "password": ""}
    page = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>Sign in · Ask your articles</title>
<link rel="icon" href="data:,"><style>{style}</style>
</head>
<body>
<main>
<h1>Ask your articles</h1>
{trouble}<form method="post" action="{SIGN_IN}">
<input type="hidden" name="next" value="{escape(onward)}">
<label for="username">Name</label>
<input id="username" name="username" value="{escape(name)}" autocomplete="username" autocapitalize="none"
 spellcheck="false" maxlength="64" required{focus["username"]}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required{focus["password"]}>
<button>Sign in</button>
</form>
</main>
</body>
</html>
"""
    headers = {"Content-Security-Policy": _POLICY, **(refused.headers if refused else {})}
    return HTMLResponse(page, refused.status if refused else 200, headers)
