"""What one sender may ask of the server: how often, how much, how slowly, and how much of it at once."""

from __future__ import annotations

import asyncio
import math
from collections import Counter, OrderedDict
from collections.abc import Callable
from time import monotonic

from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.h11_impl import H11Protocol

from ui.door.address import network_of
from ui.serving.metrics import Metrics

# Bytes of a request but an upload: a conversation of hundreds of turns has some hundred thousand.
LONGEST_BODY = 1_000_000
# An upload is as long as so many of the largest files.
FILES_AT_ONCE = 10
UPLOAD = "/gradio_api/upload"

# A burst is what comes in this share of a minute, and at least so many.
_BURST, _LEAST_BURST = 1 / 6, 10
# Senders that are known at once: those who were silent longest are forgotten.
_SENDERS = 10_000
# Seconds in which a body has to come, and the head of a request. An upload has a second more for so many bytes of it: a
# line of 1 Mbit/s brings 125,000.
_BODY, _HEAD = 30.0, 20.0
_SLOWEST_UPLOAD = 50_000
# Connections of one address at once: an open page has up to six.
_CONNECTIONS = 100


class Buckets:
    """Lets each sender do something so often a minute, and some of it at once (token buckets)."""

    def __init__(self, per_minute: float, *, clock: Callable[[], float] = monotonic) -> None:
        self._rate = per_minute / 60
        self._most = max(_LEAST_BURST, per_minute * _BURST)
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, sender: str) -> float:
        """Take one of a sender's tokens; the seconds to wait where there is none, else 0."""
        now = self._clock()
        left, then = self._left.pop(sender, (self._most, now))
        left = min(self._most, left + (now - then) * self._rate)
        self._left[sender] = (left - 1 if left >= 1 else left), now
        if len(self._left) > _SENDERS:
            self._left.popitem(last=False)
        return 0.0 if left >= 1 else (1 - left) / self._rate

    def __len__(self) -> int:
        """How many senders are known."""
        return len(self._left)


class Bodies:
    """Refuses what is too large, or comes too slowly, before anything is done for it.

    Args:
        largest_upload: how large a file may be, in bytes.
    """

    def __init__(self, app: ASGIApp, largest_upload: int, metrics: Metrics) -> None:
        self._app = app
        self._longest_upload = largest_upload * FILES_AT_ONCE
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_upload = scope["path"].rstrip("/") == UPLOAD
        exchange = _Exchange(scope, receive, send, self._longest_upload if is_upload else LONGEST_BODY, is_upload)
        if not is_upload and _has_parts(scope):
            # Elsewhere gradio would leave the files in it lying about.
            await refusal(scope, 415, "Files are taken as uploads alone.")(scope, receive, send)
            return
        if _announced(scope) > exchange.longest:
            await exchange.refuse(413)
        else:
            try:
                await self._app(scope, exchange.receive, exchange.send)
            except ClientDisconnect:
                if not exchange.refused:
                    raise
        if exchange.refused:
            if not exchange.is_begun:
                await exchange.refuse(exchange.refused)
            self._metrics.limited.labels("size" if exchange.refused == 413 else "time").inc()


class _Exchange:
    """A request whose body is cut off where it grows too long or no longer comes, and its response."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, longest: int, is_upload: bool) -> None:
        self._scope, self._receive, self._send, self.longest = scope, receive, send, longest
        self._slowest = _SLOWEST_UPLOAD if is_upload else math.inf
        self._begun: float | None = None
        self._size = 0
        self._is_whole = self.is_begun = False
        self.refused = 0

    async def receive(self) -> Message:
        """See the ASGI specification; what is refused looks like a sender that has left."""
        if self._is_whole:
            return await self._receive()
        now = monotonic()
        self._begun = self._begun or now
        try:
            async with asyncio.timeout(self._begun + _BODY + self._size / self._slowest - now):
                message = await self._receive()
        except TimeoutError:
            return self._cut_off(408)
        self._size += len(message.get("body", b""))
        self._is_whole = not message.get("more_body")
        return self._cut_off(413) if self._size > self.longest else message

    async def send(self, message: Message) -> None:
        """See the ASGI specification; what is said of a body that was cut off is not sent."""
        if not self.refused or self.is_begun:
            self.is_begun = True
            await self._send(message)

    async def refuse(self, status: int) -> None:
        """Say that a request is too large, or too slow."""
        self.refused, self.is_begun = status, True
        too_large = f"The request is too large: {self.longest:,} bytes are the most."
        line = too_large if status == 413 else "The rest of the request did not come."
        await refusal(self._scope, status, line)(self._scope, self._receive, self._send)

    def _cut_off(self, status: int) -> Message:
        self.refused, self._is_whole = status, True
        return {"type": "http.disconnect"}


class Full(Exception):
    """More is waiting than can be answered in time."""


class Turns:
    """Lets so many work at once and so many wait; whose sender has least under way is next, and then who came first.

    Half of either is the most for one sender. `under_way` is how many are at work. For one event loop.
    """

    def __init__(self, at_once: int, waiting: int) -> None:
        self._at_once, self._most_waiting = at_once, waiting
        self._shares: Counter[str] = Counter()
        self._queue: list[tuple[str, asyncio.Future[None]]] = []
        self.under_way = 0
        # Whether nobody is to begin any more.
        self.is_closed = False

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._queue)

    async def begin(self, sender: str) -> None:
        """Wait for a turn, which `end` gives back.

        Raises:
            Full: too many wait already.
        """
        waiting = sum(other == sender for other, _ in self._queue)
        if len(self._queue) >= self._most_waiting or waiting >= max(1, self._most_waiting // 2):
            raise Full
        turn = asyncio.get_running_loop().create_future()
        self._queue.append((sender, turn))
        self._go_on()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.end(sender)
            else:
                self._queue.remove((sender, turn))
            raise

    def end(self, sender: str) -> None:
        """Give a turn back."""
        self.under_way -= 1
        self._shares[sender] -= 1
        if not self._shares[sender]:
            del self._shares[sender]
        self._go_on()

    def _go_on(self) -> None:
        share = max(1, self._at_once // 2)
        while self.under_way < self._at_once:
            may = [item for item in self._queue if self._shares[item[0]] < share]
            if not may:
                return
            sender, turn = chosen = min(may, key=lambda item: self._shares[item[0]])
            self._queue.remove(chosen)
            self.under_way += 1
            self._shares[sender] += 1
            turn.set_result(None)


class PatientProtocol(H11Protocol):
    """HTTP/1.1 for so many connections, of each address and in all.

    The head of a request has to come in time, be it a connection's first or a later one.
    """

    _head: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See `asyncio.Protocol`."""
        super().connection_made(transport)
        if self._is_one_too_many():
            transport.abort()
        else:
            self._wait()

    def handle_events(self) -> None:
        """See `H11Protocol`."""
        super().handle_events()
        if self.cycle and not self.cycle.response_complete and self._head:
            self._head.cancel()
            self._head = None

    def on_response_complete(self) -> None:
        """See `H11Protocol`."""
        self._wait()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        if self._head:
            self._head.cancel()
        super().connection_lost(exc)

    def _is_one_too_many(self) -> bool:
        if self.limit_concurrency and len(self.connections) > self.limit_concurrency:
            return True
        # A proxy that is believed brings everyone.
        proxies = ProxyHeadersMiddleware(self.app, self.config.forwarded_allow_ips or "").trusted_hosts
        if not self.client or self.client[0] in proxies:
            return False
        own = network_of(self.client[0])
        others = (other.client for other in self.connections if isinstance(other, H11Protocol))
        return sum(client is not None and network_of(client[0]) == own for client in others) > _CONNECTIONS

    def _wait(self) -> None:
        if self._head:
            self._head.cancel()
        self._head = self.loop.call_later(_HEAD, self.transport.abort)


def sender_of(scope: Scope) -> str:
    """Who sends a request: the account, or the address; of IPv6 the network, since one machine has many of its own."""
    if name := account_name(scope):
        return f"account {name}"
    return network_of((scope.get("client") or ("", 0))[0])


def account_name(scope: Scope) -> str:
    """The account that the door has found; empty where there is none."""
    name: str = getattr(scope.get("user"), "name", "")
    return name


def refusal(scope: Scope, status: int, line: str, wait: float = 0.0) -> JSONResponse:
    """A polite refusal, in the words of OpenAI's API or of gradio's."""
    headers = {"Retry-After": str(math.ceil(wait))} if wait else {}
    if wait:
        line = f"{line} Try again in {math.ceil(wait)} s."
    if scope["path"].startswith("/v1/"):
        kind = "requests" if status == 429 else "invalid_request_error" if status < 500 else "server_error"
        code = "rate_limit_exceeded" if status == 429 else None
        return JSONResponse(
            {"error": {"message": line, "type": kind, "param": None, "code": code}}, status, headers=headers
        )
    return JSONResponse({"error": line, "detail": line}, status, headers=headers)


def _has_parts(scope: Scope) -> bool:
    """Whether a body says that it is of several parts, such as files."""
    return any(name == b"content-type" and b"multipart" in value.lower() for name, value in scope["headers"])


def _announced(scope: Scope) -> int:
    """How long a request says that its body is; 0 where it does not say."""
    given = dict(scope["headers"]).get(b"content-length", b"")
    return int(given) if given.isdigit() else 0
