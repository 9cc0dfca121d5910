"""An index in a file of Milvus Lite, and what is said where there can be none."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from corpus.errors import IndexDamaged, IndexMismatch, IndexNotFound, MissingDependency, StoreError
from index.article_index import ArticleIndex
from index.build import build
from index.location import MilvusLocation, location
from index.milvus import connection, draft, milvus_index
from index.milvus.connection import Connection
from index.query import Found, Query
from index.remove import remove
from index.store import store_at
from tests.index.conftest import write

pymilvus = pytest.importorskip("pymilvus", reason="needs pymilvus")
manager = pytest.importorskip("milvus_lite.server_manager", reason="needs milvus-lite").server_manager_instance

ROOT = Path(__file__).parents[3]


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[MilvusLocation]:
    """A file of Milvus Lite that is not there yet, in a folder that is neither."""
    file = tmp_path / "some" / "index.db"
    yield MilvusLocation(str(file))
    manager.release_server(str(file))


def _ask(index: ArticleIndex, text: str, k: int = 100) -> list[Found]:
    (found,) = index.search([Query(text, index.embedder.embed([text])[0])], k)
    return found


def _run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Another process."""
    return subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, cwd=ROOT)


def test_both_stores_say_nearly_the_same(tmp_path: Path, lite: MilvusLocation) -> None:
    articles = ROOT / "corpus" / "articles"
    build([articles], tmp_path / "folder")
    build([articles], lite)
    folder, milvus = store_at(tmp_path / "folder").open(), store_at(lite).open()
    assert milvus.articles() == folder.articles()
    assert [entry.id for entry in milvus.catalogue().entries] == [entry.id for entry in folder.catalogue().entries]
    assert milvus.frequencies(["russia", "summit", "nobodi"]) == folder.frequencies(["russia", "summit", "nobodi"])
    for question in ("Why did Russia back India's membership?", "Where was the summit of 2024 held?", "trade"):
        ours, theirs = _ask(folder, question), _ask(milvus, question)
        by_place = {(item.hit.passage.article_id, item.hit.passage.ordinal): item for item in ours}
        assert theirs[0].hit.passage == ours[0].hit.passage
        for item in theirs:
            other = by_place[item.hit.passage.article_id, item.hit.passage.ordinal]
            assert (item.hit.passage, item.analysis.title) == (other.hit.passage, other.analysis.title)
            assert item.analysis.sentences == other.analysis.sentences
            assert item.hit.dense == pytest.approx(other.hit.dense, abs=1e-3)
            # tantivy keeps a passage's length to three bits or so.
            assert item.hit.lexical == pytest.approx(other.hit.lexical, rel=0.1)


def test_words_of_what_is_added_weigh_as_those_of_what_was_there(
    tmp_path: Path, lite: MilvusLocation, articles: Path
) -> None:
    many = {f"room{n}.txt": f"Room {n} of the castle holds {n} ships.\n" for n in range(40)}
    build([write(articles, many)], lite)
    before = _ask(store_at(lite).open(), "the lamp on Skerry Rock")[0]
    write(articles, {"lamp.txt": "Another lamp is on Gull Rock and shines on Mull by night.\n"})
    build([articles], lite)
    after = {item.hit.passage.article_id: item.hit.lexical for item in _ask(store_at(lite).open(), "Gull Mull")}
    assert before.hit.lexical / 3 < after["lamp"] / 2 < before.hit.lexical


def test_a_build_whose_process_is_killed_loses_nothing_it_kept(lite: MilvusLocation) -> None:
    program = """
import os, sys
from pathlib import Path
import numpy as np
from corpus.article import Article, Passage
from index.embedding.embedder import EmbeddedPassage
from index.engines.engine import EmbeddedArticle
from index.location import MilvusLocation
from index.manifest import Recipe
from index.source_file import SourceFile
from index.store import store_at

def article(name):
    vectors = np.full((1, 4), 0.5, "f4")
    passage = EmbeddedPassage(Passage(name, 0, 0, 4, "Ship", ((0, 4),)), vectors[0], vectors)
    return EmbeddedArticle(Article(name, name, "Ship"), SourceFile(Path(name), name, "now"), (passage,))

names = ["one", "two", "three"]
store = store_at(MilvusLocation(sys.argv[1]))
with store.writing():
    draft = store.draft(None, {name: article(name).source for name in names}, Recipe("none", "none", 4, 200, 1))
    print(sorted(draft.finished))
    if sys.argv[2] == "kill":
        draft.add([article("one"), article("two")])
        sys.stdout.flush()
        os._exit(9)
    draft.add([article("three")])
    draft.put_in_force((), [], [])
print(store.current().articles)
store.verify()
"""
    assert _run(program, lite.uri, "kill").stdout.split("\n") == ["[]", ""]
    second = _run(program, lite.uri, "finish")
    assert (second.stdout.split("\n"), second.stderr) == (["['one', 'two']", "3", ""], "")


def test_a_file_that_another_process_holds_is_said_to_be(lite: MilvusLocation, articles: Path) -> None:
    build([articles], lite)
    program = "import sys; from index.store import store_at; from index.location import MilvusLocation\n"
    program += "try: store_at(MilvusLocation(sys.argv[1])).version()\nexcept Exception as error: print(error)"
    other = _run(program, lite.uri)
    assert other.stdout.startswith(f"{lite} is held by another process, and Milvus Lite allows one: end that one")
    assert (other.stdout.count("\n"), other.stderr) == (1, "")


def test_what_is_no_file_of_milvus_lite_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("notes")
    write(tmp_path / "things.db", {"thing.txt": "A thing."})
    for name in ("notes.db", "things.db"):
        with pytest.raises(StoreError, match="was not made by Milvus Lite 3: name another with"):
            build([tmp_path], MilvusLocation(str(tmp_path / name)))
        with pytest.raises(StoreError, match="was not made by Milvus Lite 3: name another with"):
            store_at(MilvusLocation(str(tmp_path / name))).exists()
    assert (tmp_path / "notes.db").read_text() == "notes"
    assert [file.name for file in (tmp_path / "things.db").iterdir()] == ["thing.txt"]
    with pytest.raises(StoreError, match=r"names no Milvus: give `--index milvus\+http://HOST:19530`, or a file's"):
        store_at(location(f"milvus+{tmp_path}/index")).exists()


def test_looking_for_an_index_makes_none(lite: MilvusLocation) -> None:
    assert not store_at(lite).exists()
    for look in (store_at(lite).open, store_at(lite).current, store_at(lite).roots, store_at(lite).verify):
        with pytest.raises(IndexNotFound):
            look()
    assert not Path(lite.uri).parent.exists()


def test_without_the_libraries_the_way_to_install_them_is_said(
    lite: MilvusLocation, monkeypatch: pytest.MonkeyPatch, articles: Path
) -> None:
    Path(lite.uri).mkdir(parents=True)
    for missing in ("milvus_lite.server_manager", "pymilvus"):
        monkeypatch.setitem(sys.modules, missing, None)
        with pytest.raises(MissingDependency, match=r'pip install "ask-the-articles\[milvus\]"$'):
            build([articles], lite)


def test_what_many_articles_leave_behind_goes_at_once(
    lite: MilvusLocation, articles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draft, "_RETIRED", 1)
    build([articles], lite)
    remove(["bridge", "lighthouse"], lite)
    assert [item.hit.passage.article_id for item in _ask(store_at(lite).open(), "the bridge")] == ["orchard/apples"]
    store_at(lite).verify()
    rows = pymilvus.MilvusClient(lite.uri).query(
        "ask_the_articles_1_passages", filter="id >= 0", output_fields=["name"]
    )
    assert [row["name"] for row in rows] == ["orchard/apples"]


def test_of_two_who_began_with_the_same_generation_one_puts_in_force(lite: MilvusLocation, articles: Path) -> None:
    build([articles], lite)
    store, other = store_at(lite), store_at(lite)
    base = store.current()
    late, later = store.draft(base, {}, base.recipe), store.draft(None, {}, base.recipe)
    other.draft(base, {}, base.recipe).put_in_force({"bridge"}, [], [])
    for begun in (late, later):
        with pytest.raises(StoreError, match=r"another has written to .+ since this began: start again$"):
            begun.put_in_force({"lighthouse"}, [], [])
    assert [article.id for article in store.open().articles()] == ["lighthouse", "orchard/apples"]


def test_a_record_that_is_not_whole_is_of_no_generation(lite: MilvusLocation, articles: Path) -> None:
    build([articles], lite)
    version = store_at(lite).version()
    client = pymilvus.MilvusClient(lite.uri)
    (record,) = client.query("ask_the_articles", filter="generation == 1", output_fields=["*"])
    client.insert("ask_the_articles", [{**record, "id": 7 << 20, "generation": 7, "parts": 2, "stamp": "new"}])
    assert store_at(lite).version() == version
    assert store_at(lite).current().generation == 1
    remove(["bridge"], lite)
    assert store_at(lite).current().generation == 8


def test_cosines_are_known_however_many_are_found(
    lite: MilvusLocation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms = {f"room{number}.txt": f"Room {number} holds ship{number % 10}.\n" for number in range(60)}
    build([write(tmp_path / "rooms", rooms)], lite)
    index = store_at(lite).open()
    texts = [f"ship{number}" for number in range(10)]
    queries = [Query(text, vector) for text, vector in zip(texts, index.embedder.embed(texts), strict=True)]
    whole = index.search(queries, 60)
    for module in (milvus_index, connection):
        monkeypatch.setattr(module, "MOST_FOUND", 6)
    for found, known in zip(index.search(queries, 6), whole, strict=True):
        cosines = {item.hit.id: item.hit.dense for item in known}
        assert [item.hit.dense for item in found] == pytest.approx([cosines[item.hit.id] for item in found], abs=1e-4)


def test_what_fails_in_a_file_names_no_log(lite: MilvusLocation, articles: Path) -> None:
    build([articles], lite)
    with pytest.raises(
        StoreError, match=r"try again, or make the index anew with `rag index --rebuild --index milvus\+"
    ):
        Connection.open(lite).query("ask_the_articles", "no condition", ["id"])


def test_what_is_missing_or_of_another_format_is_seen(lite: MilvusLocation, articles: Path) -> None:
    build([articles], lite)
    client = pymilvus.MilvusClient(lite.uri)
    client.delete("ask_the_articles_1_passages", filter="id == 1")
    with pytest.raises(IndexDamaged, match="ask_the_articles_1_passages holds 2 of 3 rows: make the index anew"):
        store_at(lite).verify()
    (record,) = client.query("ask_the_articles", filter="generation == 1", output_fields=["*"])
    written = json.loads(record["text"])
    for text, error in (
        (json.dumps({**written, "format": 0}), IndexMismatch),
        ("?", IndexDamaged),
        ("{}", IndexDamaged),
    ):
        client.upsert("ask_the_articles", [{**record, "text": text}])
        with pytest.raises(error):
            store_at(lite).open()
    build([articles], lite, rebuild=True)
    store_at(lite).verify()
    assert sorted(client.list_collections()) == [
        "ask_the_articles",
        "ask_the_articles_2_articles",
        "ask_the_articles_2_passages",
    ]
