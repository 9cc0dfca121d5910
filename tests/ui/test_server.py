"""The server: where it listens, what it serves as files, and how it ends."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr
import httpx
import pytest

from corpus.errors import RagError
from rag import Settings
from rag.current import CurrentChatbot
from tests.ui.serving import asked_by
from ui.serving.server import start
from ui.serving.server_settings import ServerSettings

if TYPE_CHECKING:
    from ui.serving.server import Served


def test_a_number_that_is_no_port_is_an_error(own_index: Path) -> None:
    with pytest.raises(RagError, match="no port"):
        start(CurrentChatbot(own_index, Settings()), ServerSettings(port=99999))


def test_without_a_port_the_next_free_one_is_taken_and_a_named_one_that_is_taken_is_an_error(served: Served) -> None:
    with pytest.raises(RagError, match="is taken"):
        start(served.site.chatbot, ServerSettings(port=int(served.address.rpartition(":")[2])))
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(RagError, match="is taken"):
        start(served.site.chatbot, ServerSettings(port=other.getsockname()[1]))
    second = start(served.site.chatbot)
    assert second.address != served.address
    assert httpx.get(second.address).status_code == 200
    second.close()


@pytest.mark.parametrize("path", ["conversations/x.md", "conversations/x.html", "answers/x/receipt.json"])
def test_what_is_no_longer_kept_is_not_found(served: Served, path: str) -> None:
    assert httpx.get(f"{served.address}/{path}").status_code == 404


def test_files_are_downloads_that_no_browser_takes_for_a_page(served: Served) -> None:
    kept = served.site.conversations
    kept.add("c", "Who \ud800 sang?", "no")
    for path in ("conversations/c.md", "conversations/c.html", "judged.jsonl"):
        reply = httpx.get(f"{served.address}/{path}")
        assert reply.status_code == 200
        assert reply.headers["content-disposition"].startswith("attachment")
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert "charset=utf-8" in reply.headers["content-type"]
    kept.delete("c")


def test_an_index_that_cannot_be_read_is_served_and_explained(own_index: Path, tmp_path: Path) -> None:
    from ui.pages.chat import ChatDesk

    index = Path(shutil.copytree(own_index, tmp_path / "index"))
    (index / "CURRENT").write_text("nonsense")
    served = start(CurrentChatbot(index, Settings()))
    assert httpx.get(served.address).status_code == 200
    desk = ChatDesk(served.site.chatbot, served.site.conversations)
    *_, shown, _ = desk.ask(gr.EventData(None, {"question": "Who?", "again": None}), asked_by(), "")
    assert (
        "does not name a generation"
        in desk.look("", gr.EventData(None, {"last": "an answer"}), asked_by()).conversation
    )
    assert "does not name a generation" in shown.conversation
    served.close()


def test_a_site_whose_name_was_made_to_lead_here_is_told_nothing(served: Served) -> None:
    port = served.address.rpartition(":")[2]
    for path in ("/", "/judged.jsonl", "/v1/models", "/config"):
        assert httpx.get(served.address + path, headers={"Host": f"evil.example:{port}"}).status_code == 403
        assert httpx.get(served.address + path, headers={"Host": f"localhost:{port}"}).status_code == 200


def test_another_sites_page_changes_nothing_and_shows_nothing_in_a_frame(served: Served) -> None:
    question = {"model": "ask-the-articles", "messages": [{"role": "user", "content": "Who?"}]}
    for origin, status in (("https://evil.example", 403), (served.address, 200)):
        reply = httpx.post(f"{served.address}/v1/chat/completions", json=question, headers={"Origin": origin})
        assert reply.status_code == status
    assert httpx.get(served.address).headers["x-frame-options"] == "SAMEORIGIN"


def test_no_other_site_may_read_what_is_served(served: Served) -> None:
    with httpx.Client(base_url=served.address) as client:
        for path in ("/", "/config", "/v1/models", "/gradio_api/info", "/gradio_api/queue/join", "/judged.jsonl"):
            for origin in ("https://evil.example", "null", "http://localhost:1"):
                asks = {"Origin": origin, "Access-Control-Request-Method": "POST"}
                for method in ("GET", "OPTIONS"):
                    assert "access-control-allow-origin" not in client.request(method, path, headers=asks).headers


def test_serving_says_one_line_and_ends_quietly_on_interrupt(own_index: Path) -> None:
    # A proxy that nobody answers at: the page is the machine's own affair.
    environment = {**os.environ, "HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}
    command = [sys.executable, "-m", "ui.cli", "chat", "--index", str(own_index)]
    # Who runs the tests in the background has what they start deaf to it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        signal.signal(signal.SIGINT, before)
        assert server.stdout
        line = server.stdout.readline()
        server.send_signal(signal.SIGINT)
        rest, complaints = server.communicate(timeout=30)
    assert re.fullmatch(r"Ask your articles at http://127\.0\.0\.1:\d+\n", line), complaints
    assert (rest, complaints, server.returncode) == ("", "", 0)
