"""Where an index is, from how it is named."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from index.folder.store import FolderStore
from index.location import Location, MilvusLocation, absolute, location
from index.store import store_at


@pytest.mark.parametrize(
    "named, place",
    [
        ("folder", Path("folder")),
        ("/some/milvus+folder", Path("/some/milvus+folder")),
        ("milvus+http://localhost:19530", MilvusLocation("http://localhost:19530")),
        ("milvus+https://user:secret@example.org", MilvusLocation("https://user:secret@example.org")),
        ("milvus+./articles.db", MilvusLocation("./articles.db")),
    ],
)
def test_a_name_says_which_kind_of_place_it_is(named: str, place: Location) -> None:
    assert location(named) == place
    assert location(place) == place


@pytest.mark.parametrize("named", ["folder", "milvus+http://localhost:19530", "milvus+./articles.db"])
def test_a_place_is_named_as_it_is_on_the_command_line(named: str) -> None:
    assert str(location(named)) == named


@pytest.mark.parametrize("login", ["user:secret@", "user:se@cret@", "token@"])
def test_a_login_is_never_shown(login: str) -> None:
    place = location(f"milvus+https://{login}example.org:19530/db")
    assert isinstance(place, MilvusLocation)
    assert place.uri == f"https://{login}example.org:19530/db"
    assert str(place) == "milvus+https://example.org:19530/db"
    assert login not in repr(place)


def test_an_absolute_place_is_the_same_from_every_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert absolute(Path("index")) == tmp_path.resolve() / "index"
    assert absolute(MilvusLocation("http://localhost")) == MilvusLocation("http://localhost")
    assert absolute(MilvusLocation("./articles.db")) == MilvusLocation(str(tmp_path.resolve() / "articles.db"))


def test_a_folder_has_a_store(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    assert isinstance(store, FolderStore)
    assert store.location == tmp_path
    assert not store.exists()


@pytest.mark.skipif(importlib.util.find_spec("pymilvus") is None, reason="needs pymilvus")
def test_milvus_has_a_store(tmp_path: Path) -> None:
    place = MilvusLocation(str(tmp_path / "articles.db"))
    store = store_at(place)
    assert store.location == place
    assert not isinstance(store, FolderStore)
