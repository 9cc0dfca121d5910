"""Who is signed in: tokens that browsers hold, and of which the server knows only digests."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from ui.door.accounts import Account

# Seconds after which a session ends that is not used.
LIFETIME = 7 * 24 * 3600
# Of one account at a time; programs that sign in and never out would otherwise fill the memory.
MOST_OF_AN_ACCOUNT = 100


@dataclass(frozen=True, slots=True)
class _Session:
    account: Account
    ends: float


class Sessions:
    """The sessions of this process, the one used last at the end; they end with it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._open: OrderedDict[bytes, _Session] = OrderedDict()

    def begin(self, account: Account) -> str:
        """A token for an account."""
        own = [digest for digest, session in self._open.items() if session.account == account]
        for digest in own[: len(own) + 1 - MOST_OF_AN_ACCOUNT] if len(own) >= MOST_OF_AN_ACCOUNT else ():
            del self._open[digest]
        token = secrets.token_urlsafe(32)
        self._open[_digest(token)] = _Session(account, self._clock() + LIFETIME)
        return token

    def account(self, token: str) -> Account | None:
        """Whose token it is, if it still counts; being used, it counts on."""
        digest, now = _digest(token), self._clock()
        session = self._open.pop(digest, None)
        if session is None or session.ends < now:
            return None
        self._open[digest] = _Session(session.account, now + LIFETIME)
        return session.account

    def end(self, token: str) -> None:
        """Let a token count no longer."""
        self._open.pop(_digest(token), None)


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
