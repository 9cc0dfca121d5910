"""The door: who comes in, how, and what each may do there; over HTTP, as browsers and programs meet it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from ipaddress import IPv4Address
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import openai
import pytest
from fastapi.routing import iter_route_contexts
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from starlette.routing import BaseRoute, Mount

from corpus.errors import SettingsError
from rag import Settings
from rag.current import CurrentChatbot
from tests.ui.serving import come_to
from ui.cli import main
from ui.conversations import Verdict
from ui.door.accounts import Account, Accounts, accounts_for
from ui.door.attempts import MOST_OF_A_NAME, MOST_OF_AN_ADDRESS, WINDOW, Attempts
from ui.door.sessions import LIFETIME, MOST_OF_AN_ACCOUNT, Sessions
from ui.serving.metrics import Metrics
from ui.serving.server import create_app, start
from ui.serving.server_settings import ServerSettings

if TYPE_CHECKING:
    from ui.serving.server import Served

# Without types of its own.
gradio_client = import_module("gradio_client")

ANNA, BERT = ("anna", "anna's: secret"), ("bert", "bért's # secret")
INDIA, PROOF = "Why did Russia back India's membership?", "China"
ACCOUNTS = f"# who may come in\n\nanna:editor:{ANNA[1]}\n  bert:reader:{BERT[1]}\n"
PAGE = {"Accept": "text/html,application/xhtml+xml"}
ELSEWHERE = "https://evil.example"


def written(folder: Path, text: str = ACCOUNTS) -> str:
    """A file of accounts."""
    file = folder / "accounts"
    file.write_text(text, "utf-8")
    file.chmod(0o600)
    return str(file)


@pytest.fixture(scope="module")
def closed(own_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The site for two accounts, with everything that can be offered."""
    settings = ServerSettings(auth=written(tmp_path_factory.mktemp("closed")), mcp=True, questions_per_minute=100_000)
    served = start(CurrentChatbot(own_index, Settings()), settings)
    yield served
    served.close()


@pytest.fixture
def nobody(closed: Served) -> Iterator[httpx.Client]:
    """Whoever asks without having signed in."""
    with httpx.Client(base_url=closed.address) as client:
        yield client


@pytest.fixture
def anna(closed: Served) -> Iterator[httpx.Client]:
    """An editor who has signed in."""
    with signed_in(closed, ANNA) as client:
        yield client


@pytest.fixture
def bert(closed: Served) -> Iterator[httpx.Client]:
    """A reader who has signed in."""
    with signed_in(closed, BERT) as client:
        yield client


@contextmanager
def signed_in(closed: Served, account: tuple[str, str]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=closed.address) as client:
        assert sign_in(client, *account).headers["location"] == "/"
        yield client


def sign_in(client: httpx.Client, name: str, password: str, onward: str = "/", **headers: str) -> httpx.Response:
    form = {"username": name, "password": password, "next": onward}
    return client.post("/login", data=form, headers={**PAGE, **headers})


def routes(found: Sequence[BaseRoute], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every method and path that an application answers to, with something for each part that varies."""
    for context in iter_route_contexts(found):
        path = prefix + re.sub(r"\{[^}]*\}", "x", context.path or "")
        if isinstance(context.original_route, Mount):
            yield from routes(context.original_route.routes, path)
            yield "GET", path + "/"
            yield "POST", path + "/"
        else:
            yield from ((method, path) for method in context.methods or ("GET",))


@pytest.fixture(scope="module")
def doors(closed: Served) -> list[tuple[str, str]]:
    """All that can be asked for."""
    again = replace(closed.site, metrics=Metrics())
    found = sorted(set(routes(create_app(again, ServerSettings(mcp=True)).routes)))
    assert len(found) > 90
    assert {
        ("GET", "/"),
        ("GET", "/config"),
        ("POST", "/v1/chat/completions"),
        ("GET", "/v1/models"),
        ("GET", "/judged.jsonl"),
        ("GET", "/runs/x.html"),
        ("GET", "/metrics"),
        ("GET", "/healthz"),
        ("POST", "/gradio_api/upload"),
        ("POST", "/gradio_api/queue/join"),
        ("GET", "/gradio_api/queue/data"),
        ("POST", "/gradio_api/run/x"),
        ("POST", "/gradio_api/call/x"),
        ("POST", "/gradio_api/component_server"),
        ("GET", "/gradio_api/file=x"),
        ("POST", "/gradio_api/mcp/"),
    } <= set(found)
    return found


# What tells nobody anything: whether the server lives, the way in and out, and what is closed to everyone.
SAID_TO_ALL = {"/healthz": 200, "/login": 200, "/logout": 405}
GONE = re.compile(
    r"/gradio_api/(file[=/]|proxy=|deep_link|runs\b|run-history|dev/|process_recording|mcp/(sse|messages))"
)


def test_no_route_answers_whoever_has_not_signed_in(nobody: httpx.Client, doors: list[tuple[str, str]]) -> None:
    for method, path in doors:
        status = nobody.request(method, path).status_code
        if method in ("GET", "HEAD") and path in SAID_TO_ALL:
            assert status == SAID_TO_ALL[path], path
        elif path == "/logout":
            assert status == 303
        else:
            assert status in ((401, 404) if GONE.match(path) else (401,)), (method, path)


def test_no_way_of_writing_an_address_leads_around_the_door(nobody: httpx.Client) -> None:
    for path in ("//config", "/./config", "/login/../config", "/healthz/../config", "/%63onfig", "/config?/login"):
        assert nobody.get(path).status_code == 401, path
    for path in ("/login/", "/LOGIN", "//login", "/login%2F", "/healthz/", "/login;x", "/logout/"):
        assert nobody.get(path).status_code == 401, path
    for path in ("/healthz%00", "/login%0A"):
        assert nobody.get(path).status_code == 404, path
    # The address as a whole would be that of the page to sign in.
    assert nobody.get("/config", headers={"Host": "x/login?"}).status_code == 401
    assert nobody.post("/healthz").status_code == 401


def test_other_sites_are_told_nothing_by_any_route(
    nobody: httpx.Client, anna: httpx.Client, doors: list[tuple[str, str]]
) -> None:
    for client in (nobody, anna):
        for (method, path), origin in zip(doors, cycle([ELSEWHERE, "null", "http://127.0.0.1:1"]), strict=False):
            if path == "/logout":
                continue
            asks = {"Origin": origin, "Access-Control-Request-Method": method, "Cookie": cookie(client)}
            for reply in (headers_of(client, method, path, asks), headers_of(client, "OPTIONS", path, asks)):
                assert "access-control-allow-origin" not in reply.headers, (method, path, origin)
                assert method in ("GET", "HEAD") or reply.status_code in (400, 401, 403, 404, 405)


def cookie(client: httpx.Client) -> str:
    return "; ".join(f"{name}={value}" for name, value in client.cookies.items())


def headers_of(client: httpx.Client, method: str, path: str, headers: dict[str, str]) -> httpx.Response:
    """The beginning of a reply: some have no end."""
    with client.stream(method, path, headers=headers) as reply:
        return reply


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}])
def test_another_sites_page_changes_nothing_though_it_hides_where_it_is(
    anna: httpx.Client, headers: dict[str, str]
) -> None:
    assert anna.post("/logout", headers=headers).status_code == 403
    assert anna.post("/gradio_api/queue/join", headers=headers).status_code == 403
    # A link that leads here is no change.
    assert anna.get("/config", headers=headers).status_code == 200
    assert anna.post("/logout", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303


def test_a_page_leads_to_the_page_to_sign_in_and_from_there_to_what_was_wanted(nobody: httpx.Client) -> None:
    turned_away = nobody.get("/?conversation=a%26b&x=é", headers=PAGE)
    assert turned_away.status_code == 303
    page = nobody.get(turned_away.headers["location"], headers=PAGE)
    assert page.status_code == 200
    (onward,) = re.findall(r'name="next" value="([^"]*)"', page.text)
    assert onward == "/?conversation=a%26b&amp;x=%C3%A9"
    assert sign_in(nobody, *ANNA, "/?conversation=a%26b").headers["location"] == "/?conversation=a%26b"
    assert nobody.get("/login?next=/judged.jsonl").headers["location"] == "/judged.jsonl"


@pytest.mark.parametrize(
    "onward",
    [
        "",
        ELSEWHERE,
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n//evil.example",
        "evil.example",
        "javascript:alert(1)",
        '"><script>',
        "/login?next=/",
        "/logout",
    ],
)
def test_signing_in_never_leads_elsewhere(nobody: httpx.Client, onward: str) -> None:
    page = nobody.get("/login", params={"next": onward}, headers=PAGE).text
    assert 'name="next" value="/"' in page
    assert sign_in(nobody, *ANNA, onward).headers["location"] == "/"


def test_what_is_typed_at_the_door_stays_text(nobody: httpx.Client) -> None:
    reply = sign_in(nobody, '"><script>alert(1)</script>', "not the password")
    assert reply.status_code == 401
    assert "<script" not in reply.text
    assert "default-src 'none'" in reply.headers["content-security-policy"]


def test_a_name_and_a_password_come_in_by_cookie_and_by_both_schemes(
    closed: Served, nobody: httpx.Client, bert: httpx.Client
) -> None:
    bearer = {b"Authorization": f"Bearer {BERT[0]}:{BERT[1]}".encode()}
    assert bert.get("/config").status_code == 200
    assert nobody.get("/config", auth=httpx.BasicAuth(*(word.encode() for word in BERT))).status_code == 200
    assert httpx.get(f"{closed.address}/config", headers=bearer).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "Basic YW5uYTp3cm9uZw==",
        "Basic YW5uYQ==",
        "Basic !",
        "Basic //8=",
        "Bearer anna:wrong",
        "Bearer anna's: secret",
        "Bearer anna",
        "Bearer anna:",
        "Bearer",
        "",
        "Digest anna:anna's: secret",
    ],
)
def test_whatever_else_is_sent_along_does_not_come_in(nobody: httpx.Client, header: str) -> None:
    reply = nobody.get("/v1/models", headers={"Authorization": header, **sent_from("192.0.2.1")})
    assert reply.status_code == 401
    # A challenge of the scheme Basic would bring up a window of the browser's own over the page.
    assert reply.headers["www-authenticate"].startswith("Bearer ")
    assert reply.json()["error"]["type"] == "authentication_error"


def sent_from(address: str) -> dict[str, str]:
    """As a proxy on this machine says where a request is from."""
    return {"X-Forwarded-For": address}


def test_gradios_client_signs_in(closed: Served) -> None:
    client = gradio_client.Client(closed.address, auth=BERT, verbose=False, analytics_enabled=False)
    assert client.predict(INDIA, api_name="/ask")["citations"]
    with pytest.raises(gradio_client.exceptions.AuthenticationError):
        gradio_client.Client(closed.address, auth=("bert", "wrong"), verbose=False)
    with pytest.raises(gradio_client.exceptions.AuthenticationError):
        gradio_client.Client(closed.address, verbose=False)


def test_openais_client_comes_in_with_a_name_and_a_password_for_a_key(closed: Served) -> None:
    def client(key: str) -> openai.OpenAI:
        return openai.OpenAI(base_url=f"{closed.address}/v1", api_key=key, max_retries=0)

    messages: Any = [{"role": "user", "content": INDIA}]
    key = ":".join(ANNA)
    answer = client(key).chat.completions.create(model="ask-the-articles", messages=messages)
    assert PROOF in str(answer.choices[0].message.content)
    stream = client(key).chat.completions.create(model="ask-the-articles", messages=messages, stream=True)
    assert PROOF in "".join(chunk.choices[0].delta.content or "" for chunk in stream)
    with pytest.raises(openai.AuthenticationError):
        client("anna:wrong").models.list()


def test_an_assistant_comes_in_with_its_header(closed: Served) -> None:
    async def ask(headers: dict[str, str]) -> str:
        async with (
            httpx.AsyncClient(headers=headers) as client,
            streamable_http_client(f"{closed.address}/gradio_api/mcp/", http_client=client) as (receive, send, _),
            ClientSession(receive, send) as session,
        ):
            await session.initialize()
            return str((await session.call_tool("ask", {"question": INDIA})).content)

    assert PROOF in come_to(ask({"Authorization": f"Bearer {':'.join(ANNA)}"}))


def test_the_cookie_is_for_this_server_alone_and_no_script_sees_it(nobody: httpx.Client) -> None:
    plain = sign_in(nobody, *ANNA).headers["set-cookie"]
    secure = sign_in(nobody, *ANNA, **{"X-Forwarded-Proto": "https"}).headers["set-cookie"]
    for written in (plain, secure):
        assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(written.split("; "))
        assert "Domain" not in written
    assert ("Secure" in plain, "Secure" in secure) == (False, True)


def test_each_time_signing_in_begins_anew_and_signing_out_ends_it_on_the_server(nobody: httpx.Client) -> None:
    sign_in(nobody, *ANNA)
    first = cookie(nobody)
    sign_in(nobody, *ANNA)
    second = cookie(nobody)
    assert first != second
    nobody.cookies.clear()
    assert nobody.get("/config", headers={"Cookie": first}).status_code == 401
    assert nobody.get("/logout", headers={"Cookie": second}).status_code == 405
    assert nobody.get("/config", headers={"Cookie": second}).status_code == 200
    reply = nobody.post("/logout", headers={"Cookie": second})
    assert (reply.status_code, reply.headers["location"]) == (303, "/login")
    assert nobody.get("/config", headers={"Cookie": second}).status_code == 401


def test_browsers_keep_nothing_that_the_next_one_could_find(anna: httpx.Client) -> None:
    for path in ("/", "/config", "/judged.jsonl"):
        assert anna.get(path).headers["cache-control"] == "no-store"


def test_with_accounts_the_site_goes_by_any_name_and_shows_nothing_under_it(nobody: httpx.Client) -> None:
    assert nobody.get("/", headers={"Host": "articles.example", **PAGE}).status_code == 303
    assert nobody.get("/", headers={"Host": "articles.example"}).status_code == 401


def test_no_version_of_a_server_is_told(nobody: httpx.Client) -> None:
    assert "server" not in nobody.get("/login").headers


@pytest.mark.parametrize("way", ["form", "basic", "bearer"])
def test_wrong_passwords_are_limited_by_name_and_address_in_every_way(nobody: httpx.Client, way: str) -> None:
    def tried(password: str, address: str, name: str = "anna") -> httpx.Response:
        headers = sent_from(address)
        if way == "form":
            return sign_in(nobody, name, password, **headers)
        if way == "basic":
            return nobody.get("/v1/models", auth=(name, password), headers=headers)
        return nobody.get("/v1/models", headers={"Authorization": f"Bearer {name}:{password}", **headers})

    here, there = {"form": 1, "basic": 2, "bearer": 3}[way], "198.51.100.1"
    address = f"203.0.113.{here}"
    assert [tried("wrong", address).status_code for _ in range(MOST_OF_A_NAME)] == [401] * MOST_OF_A_NAME
    refused = tried(ANNA[1], address)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= WINDOW
    # Nobody else is locked out: neither anna from elsewhere, nor another name from here.
    nobody.cookies.clear()
    assert tried(ANNA[1], there).status_code in (200, 303)
    nobody.cookies.clear()
    assert tried("wrong", address, "bert").status_code == 401


def test_an_address_is_held_back_whatever_names_it_tries() -> None:
    now = [0.0]
    attempts = Attempts(lambda: now[0])
    for number in range(MOST_OF_AN_ADDRESS):
        assert attempts.wait(f"name{number}", "2001:db8::1") == 0
        attempts.failed(f"name{number}", "2001:db8::1")
        now[0] += 1
    # A machine has a whole network of the new addresses to choose from.
    assert attempts.wait("anna", "2001:db8::ffff:2") == WINDOW - MOST_OF_AN_ADDRESS
    assert attempts.wait("anna", "2001:db8:0:1::1") == 0
    assert attempts.wait("anna", "192.0.2.1") == attempts.wait("anna", "") == 0
    now[0] = WINDOW
    assert attempts.wait("anna", "2001:db8::1") == 0


def test_a_right_password_forgets_the_wrong_ones_of_its_name_and_no_others() -> None:
    attempts = Attempts()
    for _ in range(MOST_OF_A_NAME - 1):
        attempts.failed("anna", "192.0.2.1")
        attempts.failed("bert", "192.0.2.1")
    attempts.succeeded("anna", "192.0.2.1")
    attempts.failed("anna", "192.0.2.1")
    attempts.failed("bert", "192.0.2.1")
    assert attempts.wait("anna", "192.0.2.1") == 0
    assert attempts.wait("bert", "192.0.2.1") > 0


def test_wrong_passwords_fill_no_memory_those_of_long_ago_are_forgotten() -> None:
    attempts = Attempts()
    for _ in range(MOST_OF_A_NAME):
        attempts.failed("anna", "192.0.2.1")
    assert attempts.wait("anna", "192.0.2.1") > 0
    for number in range(10_000):
        attempts.failed("anna" * 100, f"10.0.{number // 256}.{number % 256}")
    assert attempts.wait("anna", "192.0.2.1") == 0


def test_a_session_ends_when_it_is_not_used_and_each_account_has_so_many() -> None:
    now, anna = [0.0], Account("anna", "editor")
    sessions = Sessions(lambda: now[0])
    used, unused = sessions.begin(anna), sessions.begin(anna)
    now[0] += LIFETIME * 0.75
    assert sessions.account(used) == anna
    now[0] += LIFETIME * 0.75
    assert sessions.account(used) == anna
    assert sessions.account(unused) is None
    assert sessions.account("") is sessions.account("\ud800") is None
    other = sessions.begin(Account("bert", "reader"))
    for _ in range(MOST_OF_AN_ACCOUNT):
        last = sessions.begin(anna)
    assert sessions.account(used) is None
    assert sessions.account(last) == anna
    assert sessions.account(other) is not None


def test_a_reader_sends_no_files_and_an_editor_does(anna: httpx.Client, bert: httpx.Client) -> None:
    file = {"files": ("note.txt", b"A note.")}
    assert anna.post("/gradio_api/upload", files=file).status_code == 200
    for path in ("/gradio_api/upload", "/gradio_api/upload/"):
        assert bert.post(path, files=file).status_code == 403
    # A route takes a path with a line's end behind it for the one without.
    for path in ("/gradio_api/upload%0A", "/gradio_api/upload/%0A", "/gradio_api/upload%0D", "/gradio_api/upload%00"):
        assert bert.post(path, files=file).status_code == 404
    for path in ("/gradio_api/component_server", "/gradio_api/run/predict", "/v1/chat/completions"):
        assert anna.post(path, files=file).status_code == 415


def test_assistants_have_one_way_in(anna: httpx.Client) -> None:
    assert anna.get("/gradio_api/mcp/sse").status_code == 404
    assert anna.post("/gradio_api/mcp/messages/", json={}).status_code == 404


def test_an_address_that_is_none_is_foreign(nobody: httpx.Client) -> None:
    for headers in ({"Origin": "http://["}, {"Origin": "//]"}, {"Host": "["}, {"Host": "[::1"}):
        assert nobody.post("/login", headers=headers).status_code == 403, headers


FILE = object()
# Events of the page by the parts that start them, with what they bring and what is in the fields.
CHANGES: dict[tuple[str, str], tuple[Any, list[Any]]] = {
    ("drop", "upload"): (None, [FILE, ""]),
    ("library", "retry"): ({}, [""]),
    ("library", "rebuild"): ({}, [""]),
    ("library", "remove"): ({"article": "x", "offset": 0}, [""]),
    ("gold-file", "upload"): (None, [FILE]),
    ("run", "click"): (None, [None, None]),
    ("stop", "click"): (None, []),
    ("runs", "delete"): ({"run": "x"}, [""]),
}


@pytest.mark.parametrize(("part", "event"), CHANGES)
def test_an_event_that_changes_something_is_refused_to_a_reader(
    closed: Served, anna: httpx.Client, bert: httpx.Client, part: str, event: str
) -> None:
    config = bert.get("/config").json()
    (target,) = [item["id"] for item in config["components"] if item["props"].get("elem_id") == part]
    (call,) = [item for item in config["dependencies"] if [target, event] in map(list, item["targets"])]
    brought, fields = CHANGES[part, event]
    # As if a reader knew of a file that an editor has sent.
    (path,) = anna.post("/gradio_api/upload", files={"files": ("note.txt", b"A note.")}).json()
    file = {"path": path, "meta": {"_type": "gradio.FileData"}}
    data = [field if field is not FILE else [file] if part == "drop" else file for field in fields]
    before = closed.site.chatbot().index.manifest
    sent = {"fn_index": call["id"], "data": data, "event_data": brought, "session_hash": f"{part}-{event}"}
    assert "bert is a reader" in happened(bert, sent)
    assert closed.site.chatbot().index.manifest == before
    assert Path(path).exists()


def happened(client: httpx.Client, sent: dict[str, Any]) -> str:
    """What came of an event, as the page is told."""
    client.post("/gradio_api/queue/join", json=sent).raise_for_status()
    said = []
    with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": sent["session_hash"]}) as events:
        for line in events.iter_lines():
            said.append(line)
            if '"process_completed"' in line:
                break
    return json.dumps([json.loads(line.removeprefix("data: ")) for line in said if line], ensure_ascii=False)


def test_conversations_are_found_by_the_account_that_began_them_alone(
    closed: Served, anna: httpx.Client, bert: httpx.Client
) -> None:
    answer = closed.site.chatbot().ask(INDIA)
    kept = closed.site.conversations.of("anna")
    exchange = kept.add("hers", INDIA, answer, "{}")
    kept.judge(exchange.id, Verdict(liked=True))
    for path in ("/conversations/hers.md", "/conversations/hers.html", f"/answers/{exchange.id}/receipt.json"):
        assert (anna.get(path).status_code, bert.get(path).status_code) == (200, 404)
    assert INDIA in anna.get("/judged.jsonl").text
    assert bert.get("/judged.jsonl").text == ""
    kept.delete("hers")


@pytest.mark.parametrize("host", [str(IPv4Address(0)), "::", "", "192.168.1.2", "articles.example"])
def test_an_address_that_others_reach_needs_somebodys_word(host: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"--auth FILE.*--no-auth"):
        accounts_for(ServerSettings(host))
    assert not accounts_for(ServerSettings(host, no_auth=True))
    assert accounts_for(ServerSettings(host, auth=written(tmp_path)))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_this_machines_own_address_needs_none(host: str) -> None:
    accounts = accounts_for(ServerSettings(host))
    assert not accounts
    assert accounts.anyone.is_editor


def test_nothing_is_served_where_nobody_said_who_may_come_in(own_index: Path) -> None:
    with pytest.raises(SettingsError, match=r"whoever reaches 192\.0\.2\.1 could come in"):
        start(CurrentChatbot(own_index, Settings()), ServerSettings("192.0.2.1"))


def test_accounts_come_from_the_environment_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RAG_ACCOUNTS", "clara:reader:clara's secret; dora:editor:dora's secret")
    accounts = accounts_for(ServerSettings(auth=written(tmp_path)))
    assert accounts.admit("dora", "dora's secret") == Account("dora", "editor")
    assert accounts.admit(*ANNA) == Account("anna", "editor")
    assert len(accounts) == 4
    # A variable of this name is no setting.
    assert Settings.load() == Settings()
    with pytest.raises(SettingsError, match="leave one of them out"):
        accounts_for(ServerSettings(no_auth=True))
    monkeypatch.setenv("RAG_ACCOUNTS", "anna:reader:another secret")
    with pytest.raises(SettingsError, match="two accounts"):
        accounts_for(ServerSettings(auth=written(tmp_path)))
    monkeypatch.setenv("RAG_ACCOUNTS", " ")
    with pytest.raises(SettingsError, match="no account"):
        accounts_for(ServerSettings())


def test_with_read_only_everyone_is_a_reader(tmp_path: Path) -> None:
    anna = accounts_for(ServerSettings(auth=written(tmp_path), read_only=True)).admit(*ANNA)
    assert anna == Account("anna", "reader")
    assert not accounts_for(ServerSettings(read_only=True)).anyone.is_editor


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no account"),
        ("# anna:editor:hidden-word\n", "no account"),
        ("anna:hidden-word\n", "line 1 is no account"),
        ("\nhidden-word\n", "line 2 is no account"),
        ("anna:admin:hidden-word\n", "line 1 is no account"),
        ("anna:editor:hidden\n", "too short"),
        ("anna:editor:\n", "too short"),
        (":editor:hidden-word\n", "the name in"),
        ("anna banana:editor:hidden-word\n", "the name in"),
        (f"{'a' * 65}:editor:hidden-word\n", "the name in"),
        ("anna:editor:hidden-word\nanna:reader:hidden-word\n", "two accounts anna"),
    ],
)
def test_a_file_that_is_none_of_accounts_is_refused_and_none_of_its_words_said(
    tmp_path: Path, text: str, why: str
) -> None:
    with pytest.raises(SettingsError, match=why) as refused:
        accounts_for(ServerSettings(auth=written(tmp_path, text)))
    assert "hidden" not in str(refused.value)


def test_a_file_that_others_can_read_or_nobody_can_is_refused(tmp_path: Path) -> None:
    file = Path(written(tmp_path))
    for mode in (0o640, 0o604, 0o620, 0o602, 0o644):
        file.chmod(mode)
        with pytest.raises(SettingsError, match=f"chmod 600 {file}"):
            accounts_for(ServerSettings(auth=str(file)))
    file.chmod(0o600)
    file.write_bytes(b"anna:editor:\xff\xfe\xff\xfe\xff\xfe\xff\xfe")
    with pytest.raises(SettingsError, match="not UTF-8"):
        accounts_for(ServerSettings(auth=str(file)))
    for missing in (tmp_path, tmp_path / "none"):
        missing.chmod(0o700) if missing.exists() else None
        with pytest.raises(SettingsError, match="cannot be read"):
            accounts_for(ServerSettings(auth=str(missing)))


def test_only_the_right_password_of_a_name_is_taken() -> None:
    accounts = Accounts({Account("anna", "editor"): "anna's secret", Account("bert", "reader"): "bert's secret"})
    assert accounts.admit("anna", "anna's secret")
    for name, password in [("anna", "bert's secret"), ("anna", ""), ("", ""), ("clara", "anna's secret")]:
        assert accounts.admit(name, password) is None
    assert accounts.admit("Anna", "anna's secret") is accounts.admit("anna", "\ud800") is None


def test_passwords_are_said_nowhere(
    tmp_path: Path, own_index: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAG_ACCOUNTS", "clara:reader:a-hidden-word")
    settings = ServerSettings(auth=written(tmp_path, "anna:editor:a-hidden-word"), log="text", log_questions=True)
    monkeypatch.setenv("RAG_SERVER_AUTH", settings.auth)
    served = start(CurrentChatbot(own_index, Settings()), settings)
    with httpx.Client(base_url=served.address) as client:
        sign_in(client, "anna", "a-hidden-word")
        client.get("/config")
        client.get("/config", auth=("anna", "a-hidden-word"))
        httpx.get(f"{served.address}/v1/models", headers={"Authorization": "Bearer anna:a-hidden-word"})
        sign_in(client, "anna", "a-hidden-word-that-is-wrong")
    served.close()
    assert main(["info", "--index", str(own_index)]) == 0
    said = capfd.readouterr()
    assert "hidden" not in said.out + said.err + repr(served) + repr(vars(accounts_for(settings)))
    assert settings.auth in said.out
