"""Whatever programs send, right or wrong: no error of the server's own, and never its insides."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance
from schemathesis.specs.openapi.checks import status_code_conformance as documented_status

from tests.fuzz.strategies import altered_json, any_json, texts

if TYPE_CHECKING:
    from ui.serving.server import Served

QUESTION = "Why did Russia back India's membership?"
# What a reply would hold that tells of the server's insides.
INSIDES = ("Traceback", "site-packages", 'File "', " object at 0x", "/ui/", "/rag/", "pydantic_core", "sqlite3")

_TEXT, _NUMBER, _TRUTH = {"type": "string"}, {"type": "number"}, {"type": "boolean"}


def _object(required: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "required": [*required], "properties": {**required, **more}}


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


def _replies(**kinds: dict[str, Any]) -> dict[str, Any]:
    """The replies of an operation, by status; `_400` because no name begins with a digit."""
    return {status.removeprefix("_"): {"description": status, "content": content} for status, content in kinds.items()}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


_CITATION = _object({"number": _NUMBER, "article_id": _TEXT, "start": _NUMBER, "end": _NUMBER, "quote": _TEXT})
_MESSAGE = _object({"content": _TEXT, "citations": _list(_CITATION), "abstained": _TRUTH, "confidence": _NUMBER})
_COMPLETION = _object({"id": _TEXT, "created": _NUMBER, "choices": _list(_object({"message": _MESSAGE}))})
_MODEL = _object({"id": _TEXT, "object": {"const": "model"}, "created": _NUMBER, "owned_by": _TEXT})
_FAILURE = _object({"error": _object({"message": _TEXT, "type": _TEXT, "param": {}, "code": {}})})
_ERROR = _json(_FAILURE)
_GONE = _json(_object({"detail": _TEXT}))
_ASKED = _object(
    {
        "model": {"enum": ["ask-the-articles", "another"]},
        "messages": _list(_object({"role": {"enum": ["system", "user", "assistant"]}, "content": _TEXT})),
    },
    stream=_TRUTH,
    stream_options=_object({}, include_usage=_TRUTH),
)
_NAME = {"name": "name", "in": "path", "required": True, "schema": _TEXT}


def _file(kind: str, **more: dict[str, Any]) -> dict[str, Any]:
    return {"get": {"responses": _replies(_200={kind: {"schema": {}}}, **more)}}


def _named(kind: str) -> dict[str, Any]:
    return {"parameters": [_NAME], **_file(kind, _404=_GONE)}


# What the README promises to programs, as OpenAPI has it.
PROMISED = {
    "openapi": "3.1.0",
    "info": {"title": "Ask your articles", "version": "1"},
    "paths": {
        "/v1/models": {"get": {"responses": _replies(_200=_json(_object({"data": _list(_MODEL)})))}},
        "/v1/models/{name}": {
            "parameters": [_NAME],
            "get": {
                "responses": _replies(_200=_json(_MODEL), _404=_json({"anyOf": [_FAILURE, _object({"detail": _TEXT})]}))
            },
        },
        "/v1/chat/completions": {
            "post": {
                "requestBody": {"required": True, "content": _json(_ASKED)},
                "responses": _replies(
                    _200={**_json(_COMPLETION), "text/event-stream": {}}, _400=_ERROR, _404=_ERROR, _413=_ERROR
                ),
            }
        },
        "/conversations/{name}.md": _named("text/markdown"),
        "/conversations/{name}.html": _named("text/html"),
        "/answers/{name}/receipt.json": _named("application/json"),
        "/judged.jsonl": _file("application/jsonl"),
        "/runs/{name}.html": _named("text/html"),
        "/runs/{name}.json": _named("application/json"),
        "/healthz": {"get": {"responses": _replies(_200=_json(_object({"status": _TEXT})))}},
        "/metrics": _file("text/plain"),
    },
}
schema = schemathesis.openapi.from_dict(PROMISED)

_few = settings(
    max_examples=20,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@schema.parametrize()
@_few
def test_the_api_answers_as_it_promises(case: Case[Any], served: Served) -> None:
    checks = [documented_status, content_type_conformance, response_schema_conformance]
    reply = case.call_and_validate(base_url=served.address, checks=checks, timeout=20)
    assert reply.status_code < 500
    assert not any(inside in reply.text for inside in INSIDES)


def _refused_well(reply: httpx.Response) -> None:
    """That a reply tells nothing of the server's insides, also where it is no answer."""
    assert not any(inside in reply.text for inside in INSIDES), reply.text[:500]
    assert reply.status_code < 500 or len(reply.text) < 5_000


def test_a_chat_that_is_none_is_refused_as_openai_words_it(served: Served) -> None:
    asked = {
        "model": "ask-the-articles",
        "messages": [
            {"role": "user", "content": QUESTION},
            {"role": "assistant", "content": "So it is. [1]\n\nSources:\n- [1] …"},
            {"role": "user", "content": [{"type": "text", "text": "And Pakistan?"}]},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    with httpx.Client(base_url=served.address, timeout=20) as client:

        @settings(_few, max_examples=60)
        @given(altered_json(asked))
        def ask(body: bytes) -> None:
            reply = client.post("/v1/chat/completions", content=body[:900_000])
            _refused_well(reply)
            assert reply.status_code in (200, 400, 404)
            if reply.status_code != 200:
                assert reply.json()["error"]["message"]

        ask()


# The arguments of each endpoint, as they may be.
ENDPOINTS: dict[str, list[Any]] = {
    "ask": [QUESTION, [["Who?", "Russia."]], [], "2020", "", 12],
    "search": [QUESTION, 5, [], "", ""],
    "article": ["astana-summit"],
}
_WRONG = st.one_of(
    any_json, texts(most=3), st.sampled_from([10**40, -1, 1.5, "1", [[]], [["a"]], [[1, 2]], {}, "\ud800", "x" * 9_000])
)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_an_endpoint_that_is_called_wrongly_says_what_is_wrong(served: Served, endpoint: str) -> None:
    right = ENDPOINTS[endpoint]
    with httpx.Client(base_url=f"{served.address}/gradio_api/run", timeout=20) as client:

        @settings(_few, max_examples=40)
        @given(st.dictionaries(st.integers(0, len(right) - 1), _WRONG, max_size=2))
        def call(wrong: dict[int, Any]) -> None:
            data = [wrong.get(place, argument) for place, argument in enumerate(right)]
            reply = client.post(f"/{endpoint}", content=_as_json({"data": data}), headers=_JSON)
            _refused_well(reply)
            # An error of gradio's endpoints is a 500 with words.
            assert reply.status_code in (200, 422) or "went wrong" not in reply.json()["error"]

        call()


_JSON = {"Content-Type": "application/json"}


def _as_json(value: Any) -> str:
    try:
        return json.dumps(value)
    except ValueError:
        return "9" * 5_000


_CALLS = ("run/ask", "run/predict", "call/ask", "call/v2/ask", "queue/join", "component_server")


@pytest.mark.parametrize("path", _CALLS)
def test_what_is_no_call_is_refused_without_the_servers_insides(served: Served, path: str) -> None:
    call = {"data": [QUESTION], "fn_index": 0, "session_hash": "a", "event_data": None, "trigger_id": 1}
    with httpx.Client(base_url=f"{served.address}/gradio_api", timeout=20) as client:

        @settings(_few, max_examples=25)
        @given(altered_json({**call, "fn_name": "a", "component_id": 1}))
        def send(body: bytes) -> None:
            _refused_well(client.post(f"/{path}", content=body[:900_000], headers=_JSON))

        send()


ODD_REQUESTS = {
    "no HTTP": b"hello\r\n\r\n",
    "a method that is none": b"G\x00T / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "another version": b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
    "no Host": b"GET / HTTP/1.1\r\n\r\n",
    "two Hosts": b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
    "a header without end": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 1_000_000 + b"\r\n\r\n",
    "headers without end": b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 100_000 + b"\r\n",
    "a target without end": b"GET /" + b"x" * 1_000_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a header with a line of its own": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\rc\r\n\r\n",
    "two lengths": b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n"
    b"Content-Length: 2\r\n\r\n{}",
    "a length below nothing": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    "a length that is no number": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1e9\r\n\r\n",
    "a length of all the world": b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Length: 99999999999999999999\r\n\r\n",
    "chunks that are none": b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
    b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
    "chunks and a length": b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
    b"Content-Length: 5\r\n\r\n0\r\n\r\n",
    "a chunk of all the world": b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
    b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n",
    "a form without an end": b"POST /gradio_api/upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n"
    b"Content-Type: multipart/form-data\r\n\r\n--x\r\n\r\n\r\n",
    "a socket": b"GET /gradio_api/queue/data HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Key: x\r\n\r\n",
    "a form of many parts": b"POST /gradio_api/upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 600000\r\n"
    b"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    + b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n\r\n'
    * 8_000,
}


@pytest.mark.parametrize("name", ODD_REQUESTS)
def test_what_is_no_request_is_refused_and_others_are_served(served: Served, name: str) -> None:
    host, _, port = served.address.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        said = b""
        try:
            connection.sendall(ODD_REQUESTS[name])
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65_536):
                said += part
        except OSError:
            # It may hang up before all of it is sent.
            pass
    # A folded header and the wish for another protocol may be passed over.
    assert not said or said.startswith(b"HTTP/1.1 4") or name in ("a header with a line of its own", "a socket")
    assert not any(inside.encode() in said for inside in INSIDES[:4])
    assert httpx.get(f"{served.address}/healthz").status_code == 200
