"""What one sender may ask of the server, over real HTTP, and that others are served meanwhile."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import takewhile
from pathlib import Path
from threading import Event
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from rag import Settings
from rag.current import CurrentChatbot
from tests.rag.llm.model_server import Completion, ModelServer
from tests.ui.serving import come_to, event_of
from ui.door.accounts import Account
from ui.serving import limits
from ui.serving.limits import LONGEST_BODY, Buckets, Full, Turns, sender_of
from ui.serving.questions import ANSWERED_AT_ONCE, WAITING
from ui.serving.server import start
from ui.serving.server_settings import ServerSettings

if TYPE_CHECKING:
    from ui.serving.server import Served

WHY = "Why did Russia back India's membership?"
UNKNOWN = "What is the capital of Australia?"
V1 = "/v1/chat/completions"
ONE, OTHER = "127.0.0.1", "127.0.0.2"


def completion(question: str = WHY) -> dict[str, Any]:
    return {"model": "ask-the-articles", "messages": [{"role": "user", "content": question}]}


def sender(served: Served, address: str = ONE) -> httpx.Client:
    """Someone who asks from an address of this machine; all of 127.0.0.0/8 are."""
    transport = httpx.HTTPTransport(local_address=address, limits=httpx.Limits(max_connections=200))
    return httpx.Client(base_url=served.address, transport=transport, timeout=60)


@contextmanager
def serving(index: Path, settings: Settings | None = None, **server: Any) -> Iterator[Served]:
    served = start(CurrentChatbot(index, settings or Settings()), ServerSettings(**server))
    try:
        yield served
    finally:
        served.close()


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_sender_has_a_burst_and_then_so_many_a_minute() -> None:
    clock = Clock()
    buckets = Buckets(120, clock=clock)
    assert [buckets.take("a") for _ in range(20)] == [0.0] * 20
    assert buckets.take("a") == pytest.approx(0.5)
    assert buckets.take("b") == 0.0
    clock.now = 0.5
    assert buckets.take("a") == 0.0
    assert buckets.take("a") > 0.0
    clock.now = 3600
    assert [bool(buckets.take("a")) for _ in range(21)] == [False] * 20 + [True]


def test_only_so_many_senders_are_remembered() -> None:
    buckets = Buckets(60)
    for number in range(15_000):
        buckets.take(str(number))
    assert len(buckets) == 10_000


def test_a_sender_is_an_account_an_address_or_a_network_of_ipv6() -> None:
    def known(host: str, **more: Any) -> str:
        return sender_of({"type": "http", "client": (host, 1), **more})

    assert known("10.0.0.1", user=Account("ada", "reader")) == known("10.0.0.2", user=Account("ada", "reader"))
    assert known("10.0.0.1", user=Account("", "editor")) == "10.0.0.1"
    assert known("2001:db8::1") == known("2001:db8::ffff:2") != known("2001:db8:0:1::1")
    assert known("::ffff:10.0.0.1") == "10.0.0.1" != known("::ffff:10.0.0.2")


def test_turns_go_round_and_nobody_has_more_than_half_of_them() -> None:
    async def take_turns() -> list[str]:
        turns, names = Turns(4, 8), ["many"] * 5 + ["few"] * 2
        waiting = [asyncio.create_task(turns.begin(name), name=name) for name in names]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        begun = [task.get_name() for task in waiting if task.done()]
        assert (turns.under_way, turns.waiting) == (4, 3)
        with pytest.raises(Full):
            await asyncio.wait_for(asyncio.gather(*(turns.begin("many") for _ in range(2))), 1)
        # One who gave up waiting takes nobody's turn.
        waiting[2].cancel()
        await asyncio.sleep(0)
        turns.end("few")
        turns.end("many")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return [*begun, *(task.get_name() for task in waiting[2:5] if task.done() and not task.cancelled())]

    assert come_to(take_turns()) == ["many", "many", "few", "few", "many"]


@pytest.mark.parametrize("path", [V1, "/gradio_api/run/ask", "/gradio_api/queue/join", "/gradio_api/upload"])
def test_what_is_too_large_is_refused_whether_it_says_so_or_comes_in_pieces(own_index: Path, path: str) -> None:
    longest = 10_000_000 if path.endswith("upload") else LONGEST_BODY
    kind = {"Content-Type": "multipart/form-data; boundary=b" if path.endswith("upload") else "application/json"}
    with serving(own_index, upload_megabytes=1) as served, sender(served) as client:
        # Of a body that is announced nothing is read.
        with socket.create_connection((ONE, int(served.address.rpartition(":")[2]))) as connection:
            head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {longest + 1}\r\n\r\n"
            connection.sendall(head.encode())
            assert connection.recv(100).startswith(b"HTTP/1.1 413 ")
        part = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
        pieces = (part + b"x" * 100_000 + b"\r\n" for _ in range(longest // 100_000 + 1))
        refused = client.post(path, content=pieces, headers=kind)
        assert (refused.status_code, f"{longest:,} bytes" in refused.text) == (413, True)
        assert 'rag_limited_total{limit="size"} 2.0' in client.get("/metrics").text
        assert client.get("/healthz").status_code == 200


def test_a_flood_of_questions_is_refused_at_each_door_and_another_is_answered(own_index: Path) -> None:
    with (
        serving(own_index, questions_per_minute=9) as served,
        sender(served) as flooder,
        sender(served, OTHER) as other,
    ):
        assert [flooder.post(V1, json=completion()).status_code for _ in range(10)] == [200] * 10
        asked = {"data": [WHY, [], [], "", "", 12]}
        events = flooder.get("/config").json()["dependencies"]
        number = next(item["id"] for item in events if item["api_name"] == "ask")
        box = next(item for item in events if any(target[1] == "ask" for target in item["targets"]))
        harmless = next(item["id"] for item in events if item["api_name"] == "article")
        doors: dict[str, Any] = {
            V1: completion(),
            "/gradio_api/run/ask": asked,
            "/gradio_api/run/predict": {**asked, "fn_index": str(number)},
            "/gradio_api/api/search/": asked,
            "/gradio_api/call/ask": asked,
            "/gradio_api/call/v2/ask": {"question": WHY},
            # Gradio looks at no number there, and calls the page's own events by their names as well.
            "/gradio_api/call/search": {**asked, "fn_index": harmless},
            f"/gradio_api/call/{box['api_name']}": asked,
            f"/gradio_api/run/{box['api_name']}/": asked,
            "/gradio_api/run/nothing": asked,
            "/gradio_api/queue/join": {**asked, "fn_index": number, "session_hash": "s"},
        }
        for path, body in doors.items():
            refused = flooder.post(path, json=body)
            assert refused.status_code == 429, path
            assert 1 <= int(refused.headers["retry-after"]) <= 7
            assert "Try again in" in str(refused.json()["error"])
        assert other.post(V1, json=completion()).json()["choices"][0]["message"]["citations"]
        assert other.post("/gradio_api/run/ask", json=asked).json()["data"][0]["citations"]
        # What is no question is not counted as one.
        assert flooder.get("/v1/models").status_code == 200


def test_a_flood_of_anything_is_refused_and_another_is_served(own_index: Path) -> None:
    with (
        serving(own_index, questions_per_minute=10) as served,
        sender(served) as flooder,
        sender(served, OTHER) as other,
    ):
        begun, codes = monotonic(), (flooder.get("/v1/models").status_code for _ in range(1_000))
        served_before = list(takewhile(lambda code: code != 429, codes))
        # A burst, and what may be had for the time that this took.
        assert 30 <= len(served_before) <= 34 + 200 / 60 * (monotonic() - begun)
        assert set(served_before) == {200}
        assert other.get("/v1/models").status_code == 200


def test_a_stuck_language_model_holds_up_nobody_else(own_index: Path) -> None:
    at_most = ANSWERED_AT_ONCE // 2 + WAITING // 2
    with (
        ModelServer(Completion(["It was offset. [1]"], gate=Event())) as model,
        ThreadPoolExecutor(at_most + 5) as threads,
        # Closed first, so that nobody waits for the model to the end.
        serving(own_index, Settings(llm=model.address)) as served,
    ):
        many, other = sender(served), sender(served, OTHER)
        asked = [threads.submit(many.post, V1, json=completion()) for _ in range(at_most + 5)]
        while sum(item.done() for item in asked) < 5:
            sleep(0.05)
        turned_away = [item.result() for item in asked if item.done()]
        assert {(item.status_code, item.headers["retry-after"]) for item in turned_away} == {(503, "5")}
        assert {item.json()["error"]["type"] for item in turned_away} == {"server_error"}
        # For a refusal no model is asked.
        assert other.post(V1, json=completion(UNKNOWN)).json()["choices"][0]["message"]["abstained"]
        assert other.get("/").status_code == 200
        shown = other.get("/metrics").text
        assert f"rag_under_way {ANSWERED_AT_ONCE // 2}.0" in shown
        assert f"rag_waiting {WAITING // 2}.0" in shown


def test_when_the_pages_queue_is_full_the_next_is_told_to_try_again(own_index: Path) -> None:
    free = Event()
    with (
        ModelServer(Completion(["It was offset. [1]"], gate=free)) as model,
        serving(own_index, Settings(llm=model.address)) as served,
        sender(served) as client,
    ):
        number = event_of(client, "ask")
        event = {"event_data": {"question": WHY, "again": None}, "fn_index": number}

        def join(session: int) -> httpx.Response:
            body = {"data": ["", [], "", "", 12, None], **event, "session_hash": f"s{session}"}
            return client.post("/gradio_api/queue/join", json=body)

        replies = [join(session) for session in range(90)]
        free.set()
        full = [reply for reply in replies if reply.status_code != 200]
        assert {reply.status_code for reply in full} == {503}
        assert 64 <= len(replies) - len(full) <= 72 + 8
        assert "Queue is full" in full[0].json()["detail"]


def test_one_reader_cannot_fill_the_pages_queue(own_index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_ACCOUNTS", "ada:reader:lovelace1815;ben:reader:franklin1706")
    free = Event()
    with (
        ModelServer(Completion(["It was offset. [1]"], gate=free)) as model,
        serving(own_index, Settings(llm=model.address)) as served,
        sender(served) as client,
    ):
        ada, ben = ("ada", "lovelace1815"), ("ben", "franklin1706")
        client.auth = ada
        number = event_of(client, "ask")
        event = {"event_data": {"question": WHY, "again": None}, "fn_index": number}

        def join(account: tuple[str, str], session: int) -> httpx.Response:
            body = {"data": ["", [], "", "", 12, None], **event, "session_hash": f"{account[0]}{session}"}
            return client.post("/gradio_api/queue/join", json=body, auth=account)

        with ThreadPoolExecutor(12) as threads:
            # Not even those that come at the same time.
            replies = list(threads.map(lambda session: join(ada, session), range(12)))
        assert sorted(reply.status_code for reply in replies) == [200] * 4 + [429] * 8
        assert "You have 4 questions or changes under way" in join(ada, 12).json()["detail"]
        # What is no question takes its place there too.
        other = {"data": ["", ""], "fn_index": event_of(client, "rebuild"), "session_hash": "ada"}
        assert client.post("/gradio_api/queue/join", json=other).status_code == 429
        assert join(ben, 0).status_code == 200
        free.set()
        assert (
            "process_completed" in client.get("/gradio_api/queue/data", params={"session_hash": "ben0"}, auth=ben).text
        )


def test_a_question_and_a_history_over_their_lengths_are_told_so(served: Served) -> None:
    with sender(served) as client:
        refused = client.post(V1, json=completion("why " * 1_500))
        assert refused.status_code == 400
        assert re.search(r"5999 characters: ask in at most 2000", refused.json()["error"]["message"])
        refused = client.post("/gradio_api/run/ask", json={"data": ["why " * 1_500, [], [], "", "", 12]})
        assert "5999 characters: ask in at most 2000" in refused.json()["error"]
        turns = [["Who?", "Nobody at all. " * 100]] * 700
        assert client.post("/gradio_api/run/ask", json={"data": [WHY, turns, [], "", "", 12]}).status_code == 413


def test_who_does_not_end_a_request_is_not_waited_for(own_index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_HEAD", 0.3)
    monkeypatch.setattr(limits, "_BODY", 0.3)
    heads = {
        "": b"",
        "the head": b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nX-Slow",
        "the body": b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{",
        "the rest": b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000\r\n\r\n{",
    }
    with serving(own_index) as served:
        port = int(served.address.rpartition(":")[2])
        for what, head in heads.items():
            with socket.create_connection((ONE, port), timeout=10) as connection:
                connection.sendall(head)
                said = b""
                with suppress(ConnectionResetError, BrokenPipeError):
                    if what == "the body":
                        # Byte by byte it does not end either.
                        for _ in range(6):
                            sleep(0.1)
                            connection.sendall(b" ")
                    while piece := connection.recv(10_000):
                        said += piece
            expected = {"the body": b"408", "the rest": b"413"}.get(what, b"")
            assert said[9:12] == expected, what
        assert httpx.get(f"{served.address}/healthz").status_code == 200


def test_an_ordinary_script_is_not_refused(served: Served) -> None:
    with sender(served) as client, ThreadPoolExecutor(8) as askers:
        codes = list(askers.map(lambda _: client.post(V1, json=completion()).status_code, range(80)))
    assert codes == [200] * 80
    assert json.loads(httpx.get(f"{served.address}/healthz").text)["status"] == "ok"


def test_one_address_does_not_take_every_connection(own_index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_CONNECTIONS", 3)
    with serving(own_index) as served:
        at = ONE, int(served.address.rpartition(":")[2])
        idle = [socket.create_connection(at, timeout=10, source_address=(OTHER, 0)) for _ in range(4)]
        with suppress(ConnectionResetError):
            assert idle[-1].recv(1) == b""
        # Neither of others, nor of a proxy, which brings everyone.
        for address in ("127.0.0.3", ONE, ONE, ONE, ONE):
            idle.append(socket.create_connection(at, timeout=10, source_address=(address, 0)))
            idle[-1].sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert idle[-1].recv(100).startswith(b"HTTP/1.1 200 ")
        for connection in idle:
            connection.close()


def test_a_name_longer_than_gradios_own_is_refused(served: Served) -> None:
    name, call = "n" * 65, {"data": [], "fn_index": 0, "component_id": 1, "fn_name": "x"}
    with sender(served) as client:
        for path in ("queue/join", "run/predict", "component_server", "cancel"):
            for key in ("session_hash", "event_id"):
                assert client.post(f"/gradio_api/{path}", json={**call, key: name}).status_code == 400, (path, key)
        for path in (f"queue/data?session_hash={name}", f"heartbeat/{name}", f"call/ask/{name}"):
            assert client.get(f"/gradio_api/{path}").status_code == 400, path


def test_a_server_that_ends_begins_nothing_more_for_whoever_is_connected(own_index: Path) -> None:
    free = Event()
    with (
        ModelServer(Completion(["It was offset. [1]"], gate=free)) as model,
        ThreadPoolExecutor(2) as threads,
        httpx.Client(timeout=60) as client,
    ):
        served = start(CurrentChatbot(own_index, Settings(llm=model.address)), ServerSettings())
        client.base_url = httpx.URL(served.address)
        rebuild = {"data": [""], "fn_index": event_of(client, "rebuild"), "session_hash": "s", "event_data": {}}
        asking = threads.submit(httpx.post, served.address + V1, json=completion(), timeout=60)
        while not model.asked:
            sleep(0.02)
        ending = threads.submit(served.close, 60)
        try:
            while client.get("/healthz").status_code == 200:
                sleep(0.02)
            for path in ("queue/join", "run/predict", "call/article"):
                assert client.post(f"/gradio_api/{path}", json=rebuild).status_code == 503, path
            assert client.post("/gradio_api/upload", files={"files": ("a.txt", b"A.")}).status_code == 503
        finally:
            free.set()
        assert ending.result()
        assert asking.result().status_code == 200
