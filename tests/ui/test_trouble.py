"""What goes wrong: what of it is told, to whom, and what the log says of it and leaves out."""

from __future__ import annotations

import json
import logging
import re
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from time import sleep
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from corpus.errors import RagError
from corpus.gold import load_gold
from rag import Chatbot, Settings
from rag.current import CurrentChatbot
from rag.library import BUNDLED_ARTICLES
from tests.ui.serving import event_of, until
from ui.conversations import MOST_EXCHANGES, Conversations
from ui.running import Runner
from ui.serving.logs import JsonLines, Lines, without_secrets
from ui.serving.questions import Limits
from ui.serving.requests import NAME
from ui.serving.server import start
from ui.serving.server_settings import ServerSettings

if TYPE_CHECKING:
    from ui.serving.server import Served

WHY = "Why did Russia back India's membership?"
V1 = "/v1/chat/completions"
BERT = ("bert", "bert's secret")
FORGED = "lost\n2026-01-01T00:00:00.000Z info answer \x1b[2K\x9b2K\u2028\x7f"


@pytest.fixture(scope="module")
def closed(own_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The site for a reader, over an index of its own that can be broken."""
    folder = tmp_path_factory.mktemp("closed")
    (folder / "accounts").write_text(f"bert:reader:{BERT[1]}\n", "utf-8")
    (folder / "accounts").chmod(0o600)
    index = Path(shutil.copytree(own_index, folder / "index"))
    settings = ServerSettings(auth=str(folder / "accounts"))
    served = start(CurrentChatbot(index, Settings()), settings)
    yield served
    served.close()


@pytest.fixture
def bert(closed: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=closed.address, auth=BERT, timeout=60) as client:
        yield client


@pytest.fixture
def logged() -> Iterator[list[dict[str, Any]]]:
    """The events that are logged, as they are written."""

    class Written(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            events.append(json.loads(JsonLines().format(record)))

    events: list[dict[str, Any]] = []
    handler, logger = Written(), logging.getLogger("ui")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield events
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)


def record(error: Exception) -> logging.LogRecord:
    try:
        raise error
    except type(error):
        return logging.LogRecord("ui", logging.ERROR, "", 0, "it broke", (), sys.exc_info())


def completion(question: str = WHY) -> dict[str, Any]:
    return {"model": "ask-the-articles", "messages": [{"role": "user", "content": question}]}


def called(client: httpx.Client, part: str, function: str, wanted: dict[str, Any]) -> httpx.Response:
    """What the page's script gets that calls a function of the server."""
    parts = client.get("/config").raise_for_status().json()["components"]
    number = next(item["id"] for item in parts if item["props"].get("elem_id") == part)
    sent = {"data": wanted, "component_id": number, "fn_name": function, "session_hash": "s"}
    return client.post("/gradio_api/component_server", json=sent, headers={"X-Request-ID": "mine"})


def page_answer(client: httpx.Client) -> str:
    """What the page is sent for a question in its box, as it comes."""
    event = {"event_data": {"question": WHY, "again": None}, "fn_index": event_of(client, "ask"), "session_hash": "s"}
    client.post("/gradio_api/queue/join", json={"data": [None, [], "", "", 12, None], **event}).raise_for_status()
    return client.get("/gradio_api/queue/data", params={"session_hash": "s"}).text


@pytest.mark.parametrize("error", [RagError(FORGED), ValueError(FORGED)])
def test_nothing_in_an_error_can_look_like_another_event_or_move_the_cursor(error: Exception) -> None:
    _, *below = Lines(has_questions=True).format(record(error)).split("\n")
    assert any("info answer" in line for line in below)
    assert all(line.startswith("  ") and line.isprintable() for line in below)
    written = JsonLines(has_questions=True).format(record(error))
    assert written.isprintable()
    assert FORGED in json.loads(written)["traceback"]


def test_messages_of_errors_that_are_not_ours_are_logged_where_questions_are() -> None:
    try:
        try:
            raise KeyError(WHY)
        except KeyError as error:
            raise RagError("the index is gone") from error
    except RagError as error:
        failed = record(error)
    for form in (Lines, JsonLines):
        said = form().format(failed)
        assert "KeyError" in said
        assert "RagError: the index is gone" in said
        assert "Russia" not in said
        assert "Russia" in form(has_questions=True).format(failed)


@pytest.mark.parametrize("password", ["se@cret", "se/cret", "s/e@c@ret/"])
def test_no_part_of_a_password_in_an_address_is_logged(password: str) -> None:
    assert without_secrets(f"no http://ada:{password}@inside/v1 or http://b/@") == "no http://…@inside/v1 or http://…@"


def test_an_error_of_the_doors_is_told_counted_and_logged_as_one(
    served: Served, logged: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(Limits, "__call__", fail)
    reply = httpx.get(f"{served.address}/v1/models", headers={"X-Request-ID": "mine"})
    assert reply.status_code == 500
    assert "under mine" in reply.text
    # It is logged once the reply has gone.
    until(lambda: any(item["event"] == "request" for item in logged))
    assert [item["status"] for item in logged if item["event"] == "request"] == [500]


def test_what_breaks_in_gradio_itself_is_told_by_the_requests_name(served: Served) -> None:
    sent = {"data": [], "component_id": -1, "fn_name": "rename", "session_hash": "s"}
    reply = httpx.post(f"{served.address}/gradio_api/component_server", json=sent, headers={"X-Request-ID": "mine"})
    assert reply.status_code == 500
    assert "under mine" in reply.json()["detail"]


def test_what_breaks_in_a_function_of_the_page_is_told_and_logged_once(
    served: Served, logged: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError

    with httpx.Client(base_url=served.address, timeout=60) as client:
        monkeypatch.setattr(Conversations, "rename", fail)
        reply = called(client, "history", "rename", {"conversation": "a", "name": "b", "open": ""})
    assert (reply.status_code, "under mine" in reply.json()["detail"]) == (500, True)
    assert [item["name"] for item in logged if "traceback" in item] == ["rename"]


def test_who_has_an_account_is_told_no_place_and_the_log_is(
    closed: Served, bert: httpx.Client, logged: list[dict[str, Any]]
) -> None:
    index = Path(str(closed.site.chatbot.location))
    exchange = closed.site.conversations.of("bert").add("his", WHY, closed.site.chatbot().ask(WHY))
    pointer = (index / "CURRENT").read_bytes()
    (index / "CURRENT").write_text("nonsense")
    try:
        replies = [
            bert.post(V1, json=completion()).text,
            bert.get("/v1/models").text,
            bert.post("/gradio_api/run/article", json={"data": ["astana-summit"]}).text,
            page_answer(bert),
            called(bert, "evidence", "open", {"exchange": exchange.id, "quote": "cite-1"}).text,
            called(bert, "reader", "read", {"article": "astana-summit"}).text,
        ]
    finally:
        (index / "CURRENT").write_bytes(pointer)
    for reply in replies:
        assert "is missing, or is not what was written" in reply
        assert str(index.parent) not in reply
    assert sum(str(index) in item.get("reason", "") for item in logged) >= len(replies)


def test_who_has_an_account_is_not_told_where_conversations_lie(
    bert: httpx.Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lost = Conversations(tmp_path / "lost.sqlite")
    lost.close()
    monkeypatch.setattr(Conversations, "of", lambda _, owner: _owned(lost, owner))
    replies = [page_answer(bert), called(bert, "evidence", "open", {}).text]
    replies.append(called(bert, "history", "delete", {"conversation": "a", "open": ""}).text)
    for reply in replies:
        assert "The conversations cannot be read or kept just now." in reply
        assert "sqlite" not in reply


def _owned(conversations: Conversations, owner: str) -> Conversations:
    conversations.owner = owner
    return conversations


def test_health_is_told_to_probes_of_both_kinds_and_what_is_served_to_nobody_at_the_door(
    served: Served, closed: Served
) -> None:
    for address in (served.address, closed.address):
        assert httpx.head(f"{address}/healthz").status_code == 200
    assert httpx.get(f"{served.address}/healthz").json()["passages"] > 0
    assert httpx.get(f"{closed.address}/healthz").json() == {"status": "ok"}


def test_the_log_says_from_where_somebody_was_turned_away(closed: Served, logged: list[dict[str, Any]]) -> None:
    address = f"{closed.address}/v1/models"
    names = [httpx.get(address).headers[NAME], httpx.get(address, auth=BERT).headers[NAME]]
    # A request is logged when its reply has been sent; that of another test may still be on its way.
    until(lambda: set(names) <= {item.get("request") for item in logged})
    said = {item.get("request"): (item["status"], item.get("client")) for item in logged}
    assert [said[name] for name in names] == [(401, "127.0.0.1"), (200, None)]


def test_an_evaluation_under_way_is_finished_before_the_server_ends(
    own_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, is_asked, ask = Event(), Event(), Chatbot.ask

    def slowly(*arguments: Any, **named: Any) -> Any:
        is_asked.set()
        assert go_on.wait(60)
        return ask(*arguments, **named)

    monkeypatch.setattr(Chatbot, "ask", slowly)
    served = start(CurrentChatbot(own_index, Settings()))
    runner = Runner(served.site.runs)
    runner.start("few", load_gold(BUNDLED_ARTICLES.with_name("gold.jsonl"))[:2], served.site.chatbot())
    assert is_asked.wait(60)
    with ThreadPoolExecutor(1) as threads:
        closing = threads.submit(served.close, 60)
        sleep(0.2)
        assert not closing.done()
        go_on.set()
        assert closing.result()
    assert not isinstance(runner.ended, str)


def test_a_conversation_that_is_full_stays_readable_and_takes_no_more(served: Served) -> None:
    kept = served.site.conversations
    for number in range(MOST_EXCHANGES):
        kept.add("full", f"Question {number}?", "no answer")
    with httpx.Client(base_url=served.address, timeout=60) as client:
        opening = {"event_data": {"conversation": "full"}, "fn_index": event_of(client, "open"), "session_hash": "s"}
        client.post("/gradio_api/run/predict", json={"data": [], **opening}).raise_for_status()
        said = page_answer(client)
    assert "begin a new conversation" in said
    assert re.search(r"Question 0\?", said)
    assert len(kept.exchanges("full")) == MOST_EXCHANGES
    kept.delete("full")
