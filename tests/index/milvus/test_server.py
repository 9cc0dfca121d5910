"""An index on a server, which here is Milvus Lite behind a port: the same protocol as a Milvus server's."""

from __future__ import annotations

import base64
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from corpus.errors import IndexLocked, IndexNotFound, StoreError
from index.build import build
from index.embedding.embedder import DEFAULT_MODEL
from index.location import MilvusLocation, location
from index.milvus import lease
from index.query import Query
from index.remove import remove
from index.store import store_at
from index.words import terms
from rag.current import CurrentChatbot
from rag.settings import Settings
from tests.index.conftest import write

grpc = pytest.importorskip("grpc", reason="needs grpcio")
pymilvus = pytest.importorskip("pymilvus", reason="needs pymilvus")
pytest.importorskip("milvus_lite", reason="needs milvus-lite")

ROOT = Path(__file__).parents[3]


@contextmanager
def _served(folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A server of its own, in another process, and its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-u", "-m", "milvus_lite", "server", "--host", "127.0.0.1"]
    server = subprocess.Popen(
        [*command, "--port", str(port), "--data-dir", str(folder)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout and "listening" in server.stdout.readline()
        yield f"http://127.0.0.1:{port}", server
    finally:
        server.kill()
        server.communicate()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with _served(tmp_path_factory.mktemp("milvus") / "served") as (address, _):
        yield address


@pytest.fixture
def place(address: str, request: pytest.FixtureRequest) -> MilvusLocation:
    """A database for the test alone."""
    name = f"test_{abs(hash(request.node.name))}"
    pymilvus.MilvusClient(address).create_database(name)
    return MilvusLocation(f"{address}/{name}")


@contextmanager
def _behaving(folder: Path, **methods: Any) -> Iterator[str]:
    """A server that is Milvus Lite in all but some calls."""
    from milvus_lite.adapter.grpc.servicer import MilvusServicer
    from milvus_lite.db import MilvusLite
    from pymilvus.grpc_gen import milvus_pb2_grpc

    database = MilvusLite(str(folder))
    server = grpc.server(futures.ThreadPoolExecutor(2))
    milvus_pb2_grpc.add_MilvusServiceServicer_to_server(type("Some", (MilvusServicer,), methods)(database), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(0).wait()
        database.close()


def test_an_index_on_a_server_is_built_asked_and_brought_up_to_date(
    place: MilvusLocation, address: str, articles: Path
) -> None:
    build([articles], place)
    index = store_at(place).open()
    query = Query("Who lit the lamp?", index.embedder.embed(["Who lit the lamp?"])[0])
    assert index.search([query], 1)[0][0].hit.passage.article_id == "lighthouse"
    with pytest.raises(IndexNotFound):
        store_at(MilvusLocation(address)).open()
    version = store_at(place).version()
    program = (
        "import sys; from pathlib import Path; from index.remove import remove; from index.location import location\n"
    )
    program += "print(remove(['lighthouse'], location(sys.argv[1])))"
    command = [sys.executable, "-c", program, f"milvus+{place.uri}"]
    other = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert (other.stdout, other.stderr) == ("['lighthouse']\n", "")
    assert store_at(place).version() != version
    assert index.search([query], 1)[0][0].hit.passage.article_id == "lighthouse"
    assert [article.id for article in store_at(place).open().articles()] == ["bridge", "orchard/apples"]
    build([articles / "lighthouse.md"], place)
    store_at(place).verify()


def test_who_writes_says_so_and_who_died_is_not_waited_for(place: MilvusLocation, articles: Path) -> None:
    with (
        store_at(place).writing(),
        pytest.raises(IndexLocked, match=r"is being written by process \d+ on .+: try again when it has finished"),
    ):
        build([articles], place)
    client = pymilvus.MilvusClient(place.uri)
    for ago in (10, 100):
        text = json.dumps({"owner": "somebody", "time": time.time() - ago})
        row = {"id": -7, "generation": -1, "part": 0, "parts": 1, "stamp": "", "text": text, "nothing": [0.0, 0.0]}
        client.upsert("ask_the_articles", [row])
        if ago == 10:
            with pytest.raises(IndexLocked, match="somebody"):
                build([articles], place)
    assert len(build([articles], place).added) == 3


def test_who_lost_the_lease_puts_nothing_in_force(place: MilvusLocation, articles: Path) -> None:
    build([articles], place)
    store = store_at(place)
    with store.writing():
        draft = store.draft(store.current(), {}, store.current().recipe)
        text = json.dumps({"owner": "somebody", "time": time.time()})
        row = {"id": -7, "generation": -1, "part": 0, "parts": 1, "stamp": "", "text": text, "nothing": [0.0, 0.0]}
        pymilvus.MilvusClient(place.uri).upsert("ask_the_articles", [row])
        with pytest.raises(IndexLocked, match="somebody"):
            draft.put_in_force({"bridge"}, [], [])
    assert store.current().articles == 3


def test_who_was_held_up_while_another_wrote_writes_nothing(
    place: MilvusLocation, articles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build([articles], place)
    monkeypatch.setattr(lease, "_RENEWED", 0.05)
    store = store_at(place)
    with store.writing():
        draft = store.draft(store.current(), {}, store.current().recipe)
        later = SimpleNamespace(time=lambda: time.time() + 61)
        monkeypatch.setattr(lease, "time", later)
        remove(["bridge"], place)
        for write_on in (
            lambda: draft.add([]),
            lambda: draft.put_in_force({"lighthouse"}, [], []),
            lambda: store.draft(store.current(), {}, store.current().recipe),
        ):
            with pytest.raises(StoreError, match=r"was held up, so that another may have written since: start again$"):
                write_on()
    assert [article.id for article in store.open().articles()] == ["lighthouse", "orchard/apples"]
    leases = pymilvus.MilvusClient(place.uri).query("ask_the_articles", filter="generation == -1")
    assert leases == []


def test_an_index_made_anew_is_to_be_opened_again(place: MilvusLocation, articles: Path) -> None:
    build([articles], place)
    current = CurrentChatbot(place, Settings())
    before = current()
    build([articles], place, rebuild=True)
    for attempt in (lambda: before.ask("Who lit the lamp?"), lambda: before.index.article("bridge")):
        with pytest.raises(StoreError, match=r"was made anew since it was opened: open it again$"):
            attempt()
    assert "Anna Holm" in current().ask("Who lit the lamp?").text


def test_words_are_counted_by_a_server_as_in_a_folder(tmp_path: Path, articles: Path) -> None:
    from pymilvus.grpc_gen import milvus_pb2

    def version(self: Any, request: Any, context: Any) -> Any:
        return milvus_pb2.GetVersionResponse(version="v2.6.0")

    words = [*terms("The lamp, the rock, the bridge, apples and the sea"), "nobodi", *terms("lamp")]
    with _behaving(tmp_path / "data", GetVersion=version) as address:
        for place in (tmp_path / "folder", MilvusLocation(f"http://{address}")):
            build([articles], place)
        counted = store_at(MilvusLocation(f"http://{address}")).open().frequencies(words)
    assert counted == store_at(tmp_path / "folder").open().frequencies(words)
    assert (counted[0], counted[-2:]) == (1, [0, 1])


def test_a_server_that_is_away_is_said_to_be_without_the_login(articles: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    away = location(f"milvus+http://somebody:secret@127.0.0.1:{port}/here")
    assert "secret" not in f"{away} {away!r}"
    for attempt in (
        store_at(away).exists,
        store_at(away).version,
        store_at(away).open,
        lambda: build([articles], away),
    ):
        with pytest.raises(
            StoreError, match=r"see that it runs, or name another with `--index milvus\+http://HOST:19530`$"
        ) as told:
            attempt()
        assert str(told.value).startswith(f"milvus+http://127.0.0.1:{port}/here failed (failed to connect")
        assert "\n" not in str(told.value) and "secret" not in str(told.value)


def test_a_server_that_goes_away_between_two_questions_is_said_to(tmp_path: Path, articles: Path) -> None:
    with _served(tmp_path / "served") as (address, server):
        place = MilvusLocation(address)
        build([articles], place)
        store = store_at(place)
        index = store.open()
        server.kill()
        server.wait()
        query = Query("lamp", index.embedder.embed(["lamp"])[0])
        for attempt in (
            lambda: index.search([query], 1),
            lambda: index.article("bridge"),
            store.version,
            index.sources,
        ):
            with pytest.raises(StoreError, match="see that it runs") as told:
                attempt()
            assert "\n" not in str(told.value)


def test_a_server_that_is_too_old_is_said_to_be(tmp_path: Path, articles: Path) -> None:
    from pymilvus.grpc_gen import milvus_pb2

    def version(self: Any, request: Any, context: Any) -> Any:
        return milvus_pb2.GetVersionResponse(version="v2.4.15")

    too_old = pytest.raises(StoreError, match=r"is Milvus 2\.4, and 2\.5 or newer is needed: update it$")
    with _behaving(tmp_path / "data", GetVersion=version) as address, too_old:
        build([articles], MilvusLocation(f"http://{address}"))


def test_a_login_is_given_in_the_address_or_the_environment(
    tmp_path: Path, articles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from milvus_lite.adapter.grpc.servicer import MilvusServicer

    login = base64.b64encode(b"root:Milvus").decode()

    def connect(self: Any, request: Any, context: Any) -> Any:
        if dict(context.invocation_metadata()).get("authorization") != login:
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "auth check failure, please check the token")
        return MilvusServicer.Connect(self, request, context)

    with _behaving(tmp_path / "data", Connect=connect) as address:
        with pytest.raises(StoreError, match=r"give a login in MILVUS_TOKEN, as user:password or a token$"):
            store_at(MilvusLocation(f"http://{address}")).exists()
        assert not store_at(MilvusLocation(f"http://root:Milvus@{address}")).exists()
        monkeypatch.setenv("MILVUS_TOKEN", "root:Milvus")
        assert not store_at(MilvusLocation(f"http://{address}")).exists()


def test_a_database_that_is_missing_is_said_to_be(address: str) -> None:
    with pytest.raises(StoreError, match=r"make the database first, or leave it out of the address$"):
        store_at(MilvusLocation(f"{address}/nowhere")).exists()


def test_an_index_of_another_size_of_vector_does_not_hold_up_a_first_build(
    place: MilvusLocation, articles: Path
) -> None:
    from index.manifest import Recipe

    store = store_at(place)
    with store.writing():
        store.draft(None, {}, Recipe(DEFAULT_MODEL, "other", 8, 200, 1))
    assert build([articles], place).embedded_passages == 3
    assert [article.id for article in store.open().articles()] == ["bridge", "lighthouse", "orchard/apples"]
    assert len(pymilvus.MilvusClient(place.uri).list_collections()) == 3


def test_what_is_written_while_reading_is_another_generation(place: MilvusLocation, articles: Path) -> None:
    build([articles], place)
    index = store_at(place).open()
    for number in range(2):
        write(articles, {"bridge.txt": f"The bridge was painted {number + 2} times."})
        build([articles], place)
    with pytest.raises(KeyError):
        index.article("bridge")
    assert "3 times" in store_at(place).open().article("bridge").text
