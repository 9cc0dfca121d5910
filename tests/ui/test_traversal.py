"""Only the page's own is served: no path leads to another file, and no address to another server."""

from __future__ import annotations

import json
import os
import re
import socket
import stat
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx
import pytest
from gradio.utils import get_upload_folder

from ui.serving.server import start
from ui.serving.server_settings import ServerSettings

if TYPE_CHECKING:
    from ui.serving.server import Served

SECRET = "what-nobody-may-read"
# What the files hold that are asked for.
HELD = (SECRET, "root:", "SQLite format", "Who asks?")
# What stands before the path to a file: every route that takes a path, a name or an address, ours and gradio's.
ROUTES = (
    *("", "static/", "assets/", "svelte/", "theme/", "pwa_icon/", "favicon.ico/", "file=", "file/", "conversations/"),
    *("answers/", "runs/", "v1/models/", "monitoring/", "custom_component/", "gradio_api/custom_component/a/client/b/"),
    *("gradio_api/file=", "gradio_api/file/", "gradio_api/static/", "gradio_api/upload/", "gradio_api/stream/"),
    *("gradio_api/proxy=", "gradio_api/component_server/", "gradio_api/call/ask/", "gradio_api/deep_link/"),
    *("gradio_api/runs/", "gradio_api/dev/", "gradio_api/mcp/", "docs/", "redoc/", "metrics/", "healthz/"),
)
UPWARDS = (
    *("/", "//", "../", "..%2f", "%2e%2e/", "%2e%2e%2f", "%2E%2E%5C", "..\\", "..%5c", "%252e%252e%252f", "....//"),
    *("..;/", ".%00./", "%c0%ae%c0%ae/", "%uff0e%uff0e/", "file:///", "C:\\"),
)
# What a reply may be that serves no file.
REFUSED = (400, 403, 404, 405, 422)


@pytest.fixture(scope="module")
def secrets(served: Served, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Files that lie on the server's machine and hold the secret, of the server and of others."""
    served.site.conversations.add("kept", "Who asks?", "Nobody.")
    uploads, index = served.site.uploads.folder, served.site.chatbot.location
    assert isinstance(index, Path)
    uploads.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{uuid4()}.md" for folder in (tmp_path_factory.mktemp("elsewhere"), uploads, index)]
    for file in files:
        file.write_text(f"# {SECRET}\n\n{SECRET}\n")
    return [*files, uploads.parent / "conversations.sqlite"]


@pytest.fixture(scope="module")
def events(served: Served) -> list[int]:
    """The numbers of all that the page can be asked to do."""
    return [event["id"] for event in httpx.get(f"{served.address}/config").json()["dependencies"]]


def _asked(connection: HTTPConnection, method: str, target: str, body: str = "") -> tuple[int, str]:
    """The reply to a request with its target as it is written, which clients would tidy."""
    connection.putrequest(method, target, skip_accept_encoding=True)
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body.encode())
    reply = connection.getresponse()
    return reply.status, reply.read().decode("utf-8", "replace")


@pytest.fixture
def connection(served: Served) -> Iterator[HTTPConnection]:
    connection = HTTPConnection(served.address.removeprefix("http://"), timeout=20)
    yield connection
    connection.close()


@pytest.mark.parametrize("route", ROUTES)
def test_no_path_leads_out_of_the_page(connection: HTTPConnection, secrets: list[Path], route: str) -> None:
    for number, upwards in enumerate(UPWARDS):
        for file in (Path("/etc/passwd"), secrets[number % len(secrets)]):
            climbed = upwards * 12 if "." in upwards else upwards
            target = f"/{route}{climbed}{str(file).removeprefix('/')}"
            status, said = _asked(connection, "GET", target)
            assert status in REFUSED, target
            assert not any(held in said for held in HELD), target


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "PROPFIND", "BREW"])
def test_no_method_leads_out_of_the_page_or_changes_a_file(
    connection: HTTPConnection, secrets: list[Path], method: str
) -> None:
    for route in ROUTES:
        status, said = _asked(connection, method, f"/{route}..%2f..%2f{secrets[0]}")
        assert status in REFUSED, route
        assert SECRET not in said
    assert all(file.exists() for file in secrets)


def test_neither_route_nor_event_asks_another_server(connection: HTTPConnection, events: list[int]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.settimeout(0.5)
        address = f"http://127.0.0.1:{other.getsockname()[1]}/x"
        for route in ROUTES:
            for form in (address, address.replace(":", "%3a").replace("/", "%2f"), address.replace("//", "/")):
                status, _ = _asked(connection, "GET", f"/{route}{form}")
                assert status in REFUSED, route
        # What goes into a component may be a file that gradio fetches.
        sent: Any = {"path": address, "url": address, "meta": {"_type": "gradio.FileData"}}
        for number in events:
            body = json.dumps({"data": [sent] * 6, "fn_index": number, "session_hash": "a"})
            _asked(connection, "POST", "/gradio_api/run/predict", body)
        with pytest.raises(TimeoutError):
            other.accept()


@pytest.mark.parametrize("way", ["run/predict", "queue/join", "call/ask", "call/v2/ask", "mcp/", "component_server"])
def test_a_file_that_lies_at_an_address_is_refused_before_it_is_fetched(served: Served, way: str) -> None:
    for path in (
        "http://example.org/x",
        "HTTPS://example.org/x",
        " ftp://x",
        "file:///etc/passwd",
        "data:text/plain,x",
    ):
        file = {"path": path, "meta": {"_type": "gradio.FileData"}}
        for data in (file, [[file]], {"arguments": {"history": [file]}}):
            sent = {"data": [data], "fn_index": 0, "session_hash": "a", "params": data, "method": "tools/call"}
            reply = httpx.post(f"{served.address}/gradio_api/{way}", json=sent)
            assert (reply.status_code, "upload the file" in reply.text) == (400, True), path


def test_what_broke_off_of_uploads_is_deleted_and_only_this_user_sees_the_rest(served: Served) -> None:
    folder = Path(get_upload_folder())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    old, new = folder / "tmpabcd_123", folder / "tmpabcd_124"
    for file in (old, new):
        file.write_text("half")
    os.utime(old, (0, 0))
    start(served.site.chatbot).close()
    assert (old.exists(), new.exists()) == (False, True)
    new.unlink()


def test_no_event_of_the_page_takes_a_file_of_the_server_for_an_upload(
    served: Served, connection: HTTPConnection, events: list[int], secrets: list[Path]
) -> None:
    before = served.site.chatbot().index.manifest
    for number in events:
        file = secrets[number % 3]
        sent: Any = {"path": str(file), "orig_name": "a.md", "meta": {"_type": "gradio.FileData"}}
        for data in ([sent] * 6, [[sent]] * 6):
            body = json.dumps({"data": data, "fn_index": number, "session_hash": "a"})
            _, said = _asked(connection, "POST", "/gradio_api/run/predict", body)
            assert SECRET not in said
        assert not list(Path(get_upload_folder()).glob(f"*/{file.name}"))
    assert served.site.chatbot().index.manifest == before


def test_an_upload_lies_where_the_server_puts_it_whatever_it_is_called(served: Served, secrets: list[Path]) -> None:
    before = [file.read_bytes() for file in secrets]
    for name in (
        "../../../../x.md",
        "..\\..\\x.md",
        "/etc/x.md",
        f"../{secrets[0]}",
        "%2e%2e%2fx.md",
        "\0x.md",
        "..",
    ):
        reply = httpx.post(f"{served.address}/gradio_api/upload", files={"files": (name, b"# Evil")})
        if reply.status_code != 200:
            assert reply.status_code in REFUSED
            continue
        (place,) = map(Path, reply.json())
        assert place == place.resolve()
        assert re.fullmatch(r"[0-9a-f]{64}", place.parent.name)
        assert httpx.get(f"{served.address}/gradio_api/file={place}").status_code == 404
    assert before == [file.read_bytes() for file in secrets]
    assert not list(served.site.uploads.folder.glob("x*"))


def test_a_conversation_and_a_run_are_found_by_their_ids_alone(served: Served, connection: HTTPConnection) -> None:
    assert _asked(connection, "GET", "/conversations/kept.md")[0] == 200
    for name in (
        "..",
        ".",
        "*",
        "%25",
        "kept%00",
        "kept/",
        "KEPT",
        "' OR 1=1 --",
        "%27%20OR%201=1%20--",
        "kept.md/../kept",
    ):
        target = f"/conversations/{name.replace(' ', '%20')}.md"
        assert _asked(connection, "GET", target)[0] in REFUSED
    (served.site.runs._folder / "run").mkdir(parents=True)
    for name in ("..", ".", "../articles/uploaded", "%2e%2e", "%2e%2e%2farticles%2fuploaded", "run", ".hidden"):
        assert _asked(connection, "GET", f"/runs/{name}.html")[0] == 404
        assert _asked(connection, "GET", f"/runs/{name}.json")[0] == 404


def test_nothing_is_asked_of_a_server_with_accounts_however_its_path_is_written(served: Served, tmp_path: Path) -> None:
    accounts = tmp_path / "accounts"
    accounts.write_text("anna:editor:a-long-password-of-hers\n")
    accounts.chmod(0o600)
    behind = start(served.site.chatbot, ServerSettings(auth=str(accounts)))
    connection = HTTPConnection(behind.address.removeprefix("http://"), timeout=20)
    try:
        for target in ("/", "/config", "/v1/models", "/metrics", "/gradio_api/info", "/judged.jsonl", "/theme.css"):
            for form in (target, f"/{target}", f"/static/..{target}", f"/healthz/..{target}", f"/healthz%2f..{target}"):
                for written in (form, f"{behind.address}{form}", form.replace("/", "/./"), f"{form}?/healthz"):
                    status, said = _asked(connection, "GET", written)
                    assert status in (*REFUSED, 302, 303, 307, 401), written
                    assert "components" not in said, written
    finally:
        connection.close()
        behind.close()
