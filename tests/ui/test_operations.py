"""What those who run the server see of it, and how it ends: logs, health, counts, and signals."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from time import sleep
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from rag import Settings
from rag.chatbot import Chatbot
from rag.current import CurrentChatbot
from tests.rag.llm.model_server import Completion, ModelServer, refusal
from tests.ui.serving import event_of, until
from ui.serving.logs import JsonLines
from ui.serving.server import start
from ui.serving.server_settings import ServerSettings

if TYPE_CHECKING:
    from ui.serving.server import Served

WHY = "Why did Russia back India's membership?"
UNKNOWN = "What is the capital of Australia?"
V1 = "/v1/chat/completions"
KEY, PASSWORD = "sk-0123456789abcdef", "correct-horse-battery"
SENTENCE = "Russia backed India's membership because India's entry balanced China's dominance. [1]"


def completion(question: str = WHY, **more: Any) -> dict[str, Any]:
    return {"model": "ask-the-articles", "messages": [{"role": "user", "content": question}], **more}


def asked(question: str = WHY) -> dict[str, Any]:
    """What gradio's `/ask` takes."""
    return {"data": [question, [], [], "", "", 12]}


@contextmanager
def running(index: Path, *flags: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`rag chat` in a process of its own, and its address."""
    command = [sys.executable, "-m", "ui.cli", "chat", "--index", str(index), *flags]
    known = {**os.environ, "HF_HUB_OFFLINE": "1", **environment}
    with subprocess.Popen(command, env=known, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout
        try:
            line = server.stdout.readline()
            assert "http" in line, server.communicate()
            yield server, line.split()[-1]
        finally:
            server.kill()


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[list[dict[str, Any]]]:
    """The events that are logged, as they are written; each look takes them anew."""

    class Written(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            events.append(json.loads(JsonLines().format(record)))

    events: list[dict[str, Any]] = []
    handler = Written()
    logger = logging.getLogger("ui")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield events
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)


def test_a_request_keeps_its_sane_name_and_gets_one_otherwise(served: Served) -> None:
    def named(name: str | None) -> str:
        headers = {"X-Request-ID": name} if name else {}
        return httpx.get(f"{served.address}/v1/models", headers=headers).headers["x-request-id"]

    assert named("proxy-7f3a/1") == "proxy-7f3a/1"
    for insane in (None, "two words", "x" * 200, '{"a":1}'):
        assert re.fullmatch(r"[0-9a-f]{16}", named(insane))
    assert named(None) != named(None)


def test_an_answer_is_logged_with_its_timings_and_without_its_words(
    served: Served, logged: list[dict[str, Any]]
) -> None:
    httpx.post(f"{served.address}{V1}", json=completion(), headers={"X-Request-ID": "mine"})
    httpx.post(f"{served.address}/gradio_api/run/ask", json=asked(UNKNOWN), headers={"X-Request-ID": "yours"})
    # A request is logged when its response has gone.
    until(lambda: [item["event"] for item in logged].count("request") == 2)
    mine, yours = ([item for item in logged if item["request"] == name] for name in ("mine", "yours"))
    answer, request = mine
    assert answer["event"], answer["door"] == ("answer", "v1")
    assert {"ms", "embed_ms", "search_ms", "answer_ms", "passages", "generation"} <= answer.keys()
    assert not answer["abstained"]
    assert (request["event"], request["route"], request["status"]) == ("request", V1, 200)
    assert (yours[0]["door"], yours[0]["abstained"]) == ("api", True)
    assert yours[1]["route"] == "/gradio_api/run/{api_name}"
    assert not {"Russia", "Australia"} & set(re.findall(r"\w+", json.dumps(logged)))


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A chatbot with an error that nobody expected, which quotes the question."""

    def fail(_: Chatbot, question: str, *__: Any, **___: Any) -> None:
        raise RuntimeError(f"cannot parse {question} in /secret/place")

    for name in ("ask", "search"):
        monkeypatch.setattr(Chatbot, name, fail)


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize(
    ("path", "body"),
    [
        (V1, completion()),
        (V1, completion(stream=True)),
        ("/gradio_api/run/ask", asked()),
        ("/gradio_api/run/search", None),
    ],
    ids=["v1", "stream", "ask", "search"],
)
def test_an_error_that_nobody_expected_is_told_by_the_requests_name_and_logged_under_it(
    served: Served, logged: list[dict[str, Any]], path: str, body: Any
) -> None:
    body = body or {"data": [WHY, 3, [], "", ""]}
    reply = httpx.post(f"{served.address}{path}", json=body, headers={"X-Request-ID": "mine"})
    assert reply.status_code == 500
    assert "the server's log says what, under mine" in reply.text
    assert "secret" not in reply.text
    (failed,) = [item for item in logged if "traceback" in item]
    assert (failed["request"], failed["level"]) == ("mine", "error")
    assert failed["traceback"].endswith("RuntimeError")
    assert WHY not in failed["traceback"]


@pytest.mark.usefixtures("broken")
def test_an_error_of_the_page_is_told_there(served: Served, logged: list[dict[str, Any]]) -> None:
    with httpx.Client(base_url=served.address, timeout=30) as client:
        said = page_answer(client)
    (failed,) = [item for item in logged if "traceback" in item]
    assert f"the server&#x27;s log says what, under {failed['request']}" in said


def page_answer(client: httpx.Client, session: str = "s") -> str:
    """What the page is sent for a question in its box, as it comes."""
    number = event_of(client, "ask")
    event = {"event_data": {"question": WHY, "again": None}, "fn_index": number, "session_hash": session}
    client.post("/gradio_api/queue/join", json={"data": ["", [], "", "", 12, None], **event}).raise_for_status()
    return client.get("/gradio_api/queue/data", params={"session_hash": session}).text


def test_health_says_what_is_served_and_why_it_is_not_without_a_path(own_index: Path, tmp_path: Path) -> None:
    index = Path(shutil.copytree(own_index, tmp_path / "index"))
    served = start(CurrentChatbot(index, Settings()))
    try:
        well = httpx.get(f"{served.address}/healthz")
        assert (well.status_code, well.json()["status"]) == (200, "ok")
        assert well.json()["passages"] > 0
        (index / "CURRENT").write_text("nonsense")
        unwell = httpx.get(f"{served.address}/healthz")
        assert unwell.status_code == 503
        assert "missing, or is not what was written" in unwell.json()["why"]
        assert str(tmp_path) not in unwell.text
    finally:
        served.close()


def test_metrics_count_questions_by_door_and_outcome(own_index: Path) -> None:
    served = start(CurrentChatbot(own_index, Settings()))
    try:
        with httpx.Client(base_url=served.address, timeout=30) as client:
            client.post(V1, json=completion())
            client.post(V1, json=completion(UNKNOWN))
            client.post(V1, json=completion(" "))
            client.post("/gradio_api/run/ask", json=asked())
            assert "process_completed" in page_answer(client)
            said = client.get("/metrics").text
    finally:
        served.close()
    counted = dict(line.rsplit(" ", 1) for line in said.splitlines() if not line.startswith("#"))
    for door, outcome in (
        ("v1", "answered"),
        ("v1", "refused"),
        ("v1", "error"),
        ("api", "answered"),
        ("page", "answered"),
    ):
        assert counted[f'rag_questions_total{{door="{door}",outcome="{outcome}"}}'] == "1.0"
    assert counted['rag_answer_seconds_count{stage="embed"}'] == "4.0"
    assert counted['rag_http_requests_total{method="POST",route="/v1/chat/completions",status="400"}'] == "1.0"
    assert float(counted["rag_index_passages"]) > 0
    assert float(counted["process_resident_memory_bytes"]) > 0


def test_every_line_of_the_log_is_json_and_none_holds_a_key(own_index: Path) -> None:
    # A model's server that repeats whatever it was sent.
    echo = refusal(401, f"key {KEY} of ada with {PASSWORD} is not known at http://ada:{PASSWORD}@inside/v1")
    with ModelServer(echo) as model:
        address = model.address.replace("://", f"://ada:{PASSWORD}@")
        flags = ("--llm", address, "--log", "json")
        with running(own_index, *flags, OPENAI_API_KEY=KEY, RAG_ACCOUNTS=f"ada:editor:{PASSWORD}") as (server, base):
            with httpx.Client(base_url=base, auth=("ada", PASSWORD), timeout=60) as client:
                assert client.post(V1, json=completion()).status_code == 200
                httpx.get(f"{base}/v1/models", headers={"Authorization": f"Bearer eve:{KEY}"})
                assert "rag_sign_in_failures_total 1.0" in client.get("/metrics").text
                # What is malformed, gradio prints.
                client.post("/gradio_api/run/article", json={"data": [{"a": 1}, 2, 3]})
                assert client.get("/gradio_api/file=/etc/passwd").status_code == 404
            server.send_signal(signal.SIGTERM)
            _, said = server.communicate(timeout=60)
    assert server.returncode == 0
    events = [json.loads(line) for line in said.splitlines()]
    answer = next(event for event in events if event["event"] == "answer")
    assert "OPENAI_API_KEY" in answer["model_failure"]
    assert {event.get("account") for event in events if event["event"] == "request"} >= {"ada"}
    assert all({"time", "level", "event"} <= event.keys() for event in events)
    assert KEY not in said
    assert PASSWORD not in said
    assert WHY not in said


def test_the_log_holds_questions_where_that_is_asked_for(own_index: Path, logged: list[dict[str, Any]]) -> None:
    served = start(CurrentChatbot(own_index, Settings()), ServerSettings(log_questions=True))
    try:
        httpx.post(f"{served.address}{V1}", json=completion())
    finally:
        served.close()
    assert [item["question"] for item in logged if item["event"] == "answer"] == [WHY]


def test_answers_under_way_are_finished_when_the_server_is_ended(own_index: Path) -> None:
    go_on = Event()
    with (
        ModelServer(Completion(SENTENCE.split(" "), gate=go_on)) as model,
        running(own_index, "--llm", model.address) as (server, base),
        httpx.Client(base_url=base, timeout=60) as client,
        ThreadPoolExecutor(4) as threads,
    ):
        client.get("/")
        ways = [
            threads.submit(lambda: client.post(V1, json=completion()).json()["choices"][0]["message"]["content"]),
            threads.submit(lambda: client.post(V1, json=completion(stream=True)).text),
            threads.submit(lambda: client.post("/gradio_api/run/ask", json=asked()).json()["data"][0]["answer"]),
            threads.submit(page_answer, client),
        ]
        until(lambda: len(model.asked) == len(ways))
        server.send_signal(signal.SIGTERM)
        until_closed(base)
        go_on.set()
        assert [way.result() for way in ways if "India's entry balanced" not in _plain(way.result())] == []
        assert server.communicate(timeout=60) == ("", "")
    assert server.returncode == 0


def until_closed(address: str) -> None:
    """Wait until nobody new is listened to."""
    with suppress(httpx.TransportError):
        while httpx.get(f"{address}/healthz"):
            sleep(0.05)


def _plain(text: str) -> str:
    return text.replace("&#x27;", "'").replace("\\u0027", "'")


def test_what_does_not_end_in_time_is_given_up(own_index: Path) -> None:
    free = Event()
    with ModelServer(Completion(["It was."], gate=free)) as model, ThreadPoolExecutor(1) as threads:
        served = start(CurrentChatbot(own_index, Settings(llm=model.address)))
        asking = threads.submit(httpx.post, served.address + V1, json=completion(), timeout=60)
        until(lambda: bool(model.asked))
        assert not served.close(grace=0.2)
        free.set()
        assert asking.exception() or asking.result().status_code >= 500


def test_a_second_signal_ends_the_server_at_once(own_index: Path) -> None:
    with (
        ModelServer(Completion(["It was."], gate=Event())) as model,
        running(own_index, "--llm", model.address, RAG_SERVER_GRACE_SECONDS="600") as (server, base),
        ThreadPoolExecutor(1) as threads,
    ):
        asking = threads.submit(httpx.post, base + V1, json=completion(), timeout=60)
        until(lambda: bool(model.asked))
        server.send_signal(signal.SIGTERM)
        until_closed(base)
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=60)
        assert asking.exception()
    assert server.returncode == 128 + signal.SIGTERM
