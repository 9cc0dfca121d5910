"""Who is behind a request: by a session's cookie, or by a name and a password that are sent along."""

from __future__ import annotations

import base64
import binascii

from starlette.requests import Request
from starlette.responses import Response

from ui.door.accounts import Account, Accounts
from ui.door.attempts import Attempts
from ui.door.sessions import Sessions

# The longest a browser keeps a cookie, in seconds (RFC 6265bis); the server ends its session long before.
_COOKIE_LIFETIME = 400 * 24 * 3600


class Refused(Exception):
    """Nobody is let in so; `wait` is in seconds, where there were too many tries."""

    def __init__(self, said: str, wait: int = 0) -> None:
        self.wait = wait
        super().__init__(said)

    @property
    def status(self) -> int:
        """How HTTP says it."""
        return 429 if self.wait else 401

    @property
    def headers(self) -> dict[str, str]:
        """What goes with the status.

        Of the two ways to send a password along only one is named: for the other, Basic, browsers would show a window
        of their own over the page.
        """
        named = {"WWW-Authenticate": 'Bearer realm="Ask your articles"'}
        return {"Retry-After": str(self.wait)} if self.wait else named


class Gate:
    """The accounts with their sessions and their wrong passwords of late; for one thread."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._sessions = Sessions()
        self._attempts = Attempts()

    def known(self, request: Request) -> Account:
        """Whose request it is.

        Raises:
            Refused: it is nobody's, or its password is wrong, or too many were.
        """
        if account := self.signed_in(request):
            return account
        if sent := _sent_along(request.headers.get("authorization", "")):
            return self.admitted(request, *sent)
        raise Refused("Sign in, or send a name and a password along.")

    def signed_in(self, request: Request) -> Account | None:
        """Whose session the request's cookie is of."""
        return self._sessions.account(request.cookies.get(_cookie(request), ""))

    def admitted(self, request: Request, name: str, password: str) -> Account:
        """The account of a name.

        Raises:
            Refused: the password is not its own, or too many were not.
        """
        address = request.client.host if request.client else ""
        if wait := self._attempts.wait(name, address):
            raise Refused(f"Too many wrong passwords: try again in {-(-wait // 60)} min.", wait)
        account = self._accounts.admit(name, password)
        if account is None:
            self._attempts.failed(name, address)
            raise Refused("The name or the password is not right.")
        self._attempts.succeeded(name, address)
        return account

    def begin(self, account: Account, request: Request, reply: Response) -> None:
        """Sign an account in; the reply brings the cookie."""
        self.end(request, reply)
        reply.set_cookie(
            _cookie(request),
            self._sessions.begin(account),
            max_age=_COOKIE_LIFETIME,
            httponly=True,
            # Not strict: a link to a conversation, in a message, has to lead there.
            samesite="lax",
            secure=request.scope["scheme"] == "https",
        )

    def end(self, request: Request, reply: Response) -> None:
        """Sign out whoever the request's cookie is of."""
        if token := request.cookies.get(_cookie(request)):
            self._sessions.end(token)
            reply.delete_cookie(_cookie(request))


def _cookie(request: Request) -> str:
    """The cookie's name: two servers of one machine share its cookies, whatever their ports."""
    _, port = request.scope.get("server") or ("", "")
    return f"ask-the-articles-{port}"


def _sent_along(header: str) -> tuple[str, str] | None:
    """The name and the password of an `Authorization` header; None where it has no such thing.

    They come as `Basic …` (RFC 7617), or as `Bearer name:password` from programs that know of keys alone.
    """
    scheme, _, value = header.strip().partition(" ")
    try:
        sent = value.strip().encode("latin-1")
        if scheme.lower() == "basic":
            sent = base64.b64decode(sent, validate=True)
        elif scheme.lower() != "bearer":
            return None
        name, colon, password = sent.decode("utf-8").partition(":")
    except (binascii.Error, UnicodeError):
        return None
    return (name, password) if colon else None
