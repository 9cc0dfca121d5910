"""A small real HTTP server that speaks OpenAI's Chat Completions, and says what a test has written down for it.

    with ModelServer(["It was painted in 1921. [1]", refusal(429, "slow down", retry_after="0.01")]) as server:
        endpoint = Endpoint(server.address, window=8192)
        ...
        server.asked[0].messages  # the messages of the first request
        server.asked[0].headers["authorization"]

A script is what one request after another is answered with; the last of it answers all that come after. Each item is a
text, sent word by word; a list of pieces, sent as they are; a `Completion`, for all that can go wrong; or a function of
the request's messages that gives one of these. A script that is no list answers every request.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Completion:
    """How one request is answered: by itself, with no text at all, as a server would that has nothing to say.

    Args:
        pieces: the text, piece by piece.
        finish: the reason it gives for ending; None for a stream that just ends.
        done: whether the stream ends with [DONE].
        usage: prompt and completion tokens; they are told only to a request that asks for them.
        cut_after: after how many pieces (or lines) the connection is cut; None for one that lasts.
        delay: seconds before anything is sent, and `drip` those between two pieces (or lines).
        gate: what is waited for after the first piece (or line).
        lines: sent in place of the events, each as it is: broken JSON, errors within a stream, comments.
        body: sent in place of a stream, as it is, or as JSON where it is no text; `status` and `headers` go with it.
    """

    pieces: Sequence[str] = ()
    finish: str | None = "stop"
    done: bool = True
    usage: tuple[int, int] | None = (7, 5)
    cut_after: int | None = None
    delay: float = 0.0
    drip: float = 0.0
    gate: Event | None = None
    lines: Sequence[str] | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | Mapping[str, Any] | None = None


Said = str | list[str] | Completion
Answering = Said | Callable[[list[dict[str, str]]], Said]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came, the names of its headers in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Json

    @property
    def messages(self) -> list[dict[str, str]]:
        """The messages of a request for a completion."""
        messages: list[dict[str, str]] = self.body["messages"]
        return messages


class ModelServer:
    """Serves on 127.0.0.1 while it is entered.

    Args:
        script: what it says; see the module.
        models: the models it has; a request for another is answered as OpenAI does.
        unknown: options of a request that it refuses by name, as strict servers do.
    """

    def __init__(
        self,
        script: Answering | Sequence[Answering] = "",
        *,
        models: Sequence[str] = ("scripted",),
        unknown: Sequence[str] = (),
    ) -> None:
        self.requests: list[Asked] = []
        self.hung_up = 0
        self.stopping = Event()
        self.models = models
        self.unknown = unknown
        # A list of texts is a script; a function's list is one answer's pieces.
        self._script: list[Answering] = (
            [script] if isinstance(script, str | Completion) or callable(script) else [*script]
        )
        self._lock = Lock()
        self._http = _Http(("127.0.0.1", 0), _Handler)
        self._http.owner = self

    @property
    def address(self) -> str:
        """Where OpenAI's client looks for it."""
        return f"http://127.0.0.1:{self._http.server_port}/v1"

    @property
    def asked(self) -> list[Asked]:
        """The requests for completions, in the order they came."""
        return [request for request in self.requests if request.path.endswith("/chat/completions")]

    def __enter__(self) -> ModelServer:
        Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()

    def completion(self, request: Asked) -> Completion:
        """What the request is answered with."""
        if refused := [name for name in self.unknown if name in request.body]:
            return refusal(400, f"Unrecognized request argument supplied: {refused[0]}")
        if request.body["model"] not in self.models:
            return refusal(404, f"The model `{request.body['model']}` does not exist.", code="model_not_found")
        with self._lock:
            answering = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        said = answering(request.messages) if callable(answering) else answering
        if isinstance(said, str):
            said = re.findall(r"\s*\S+|\s+$", said)
        return Completion(said) if isinstance(said, list) else said


def refusal(status: int, message: str, *, code: str | None = None, **headers: str) -> Completion:
    """An error as OpenAI words it; headers by name, such as `retry_after="1"`."""
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Completion(status=status, headers=named, body={"error": error})


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    # What still waits for a gate is not waited for.
    block_on_close = False
    owner: ModelServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Be silent about a reader that leaves."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Http

    def log_message(self, *said: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """The list of models, at its address alone."""
        request = self._kept({})
        if request.path != "/v1/models":
            return self._send(404, {}, {"detail": "Not Found"})
        models = [
            {"id": name, "object": "model", "created": 0, "owned_by": "test"} for name in self.server.owner.models
        ]
        return self._send(200, {}, {"object": "list", "data": models})

    def do_POST(self) -> None:
        """A completion, at its address alone."""
        request = self._kept(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        if request.path != "/v1/chat/completions":
            return self._send(404, {}, {"detail": "Not Found"})
        completion = self.server.owner.completion(request)
        self.server.owner.stopping.wait(completion.delay)
        try:
            self._complete(request, completion)
        except OSError:
            self.server.owner.hung_up += 1
            self.close_connection = True

    def _complete(self, request: Asked, completion: Completion) -> None:
        if completion.body is not None or completion.status != 200:
            self._send(completion.status, completion.headers, completion.body or {})
        elif request.body.get("stream"):
            self._stream(completion, list(filter(None, _events(request, completion))))
        else:
            self._send(200, completion.headers, _whole(request, completion))

    def _kept(self, body: Json) -> Asked:
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Asked(self.command, self.path, headers, body)
        self.server.owner.requests.append(request)
        return request

    def _send(self, status: int, headers: Mapping[str, str], body: str | Mapping[str, Any]) -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        kind = "application/json" if not isinstance(body, str) else "text/html"
        data = text.encode()
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, completion: Completion, events: Sequence[str]) -> None:
        self.send_response(completion.status)
        for name, value in {"Content-Type": "text/event-stream", **completion.headers}.items():
            self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for count, event in enumerate(events):
            if count == completion.cut_after:
                break
            if count:
                self._hold(completion)
            self._write(event.encode())
        if completion.cut_after is None:
            self._write(b"")
        else:
            self.close_connection = True

    def _hold(self, completion: Completion) -> None:
        """Wait as long as the script says, or until the server stops."""
        stopping = self.server.owner.stopping
        stopping.wait(completion.drip)
        while completion.gate and not completion.gate.wait(0.01) and not stopping.is_set():
            pass

    def _write(self, data: bytes) -> None:
        """One chunk of the transfer; none of it ends the transfer."""
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))


def _events(request: Asked, completion: Completion) -> Iterator[str]:
    """The stream of a completion as server-sent events."""
    if completion.lines is not None:
        yield from completion.lines
        return
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 0, "model": request.body["model"]}

    def event(delta: Json, finish: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return f"data: {json.dumps({**head, 'choices': [choice]}, ensure_ascii=False)}\n\n"

    opening = event({"role": "assistant", "content": ""})
    for piece in completion.pieces:
        yield opening + event({"content": piece})
        opening = ""
    yield opening + (event({}, completion.finish) if completion.finish else "")
    if completion.usage and (request.body.get("stream_options") or {}).get("include_usage"):
        yield f"data: {json.dumps({**head, 'choices': [], 'usage': _usage(completion.usage)})}\n\n"
    if completion.done:
        yield "data: [DONE]\n\n"


def _whole(request: Asked, completion: Completion) -> Json:
    """A completion that was not asked for as a stream."""
    message = {"role": "assistant", "content": "".join(completion.pieces)}
    choice = {"index": 0, "message": message, "finish_reason": completion.finish}
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 0, "model": request.body["model"]}
    return {**head, "choices": [choice], "usage": _usage(completion.usage or (0, 0))}


def _usage(tokens: tuple[int, int]) -> Json:
    prompt, completion = tokens
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
