"""The index on disk: whole or refused, and mended by making it anew."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from errno import ENOSPC
from pathlib import Path

import pytest

from corpus.errors import IndexDamaged, IndexNotFound, StoreError
from index.build import build
from index.folder import files
from index.manifest import FORMAT, Manifest
from index.store import store_at
from rag.library import default_index, paths_of
from tests.index.conftest import ARTICLES, Search, write
from tests.index.manifests import manifest_of, rewrite


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of two segments, not to be changed."""
    root = tmp_path_factory.mktemp("store")
    build([write(root / "articles", ARTICLES)], root / "index")
    build([write(root / "articles", {"mill.txt": "The mill was sold."})], root / "index")
    return root / "index"


@pytest.fixture
def copy(whole: Path, folder: Path) -> Path:
    """A copy of it, to be damaged."""
    return Path(shutil.copytree(whole, folder))


def _generation(folder: Path) -> Path:
    return manifest_of(folder).parent


def _damaged(folder: Path, file: Path) -> None:
    """Opening is refused, and the error says which file it is and what to do."""
    with pytest.raises(IndexDamaged) as raised:
        store_at(folder).open()
    assert raised.value.folder == folder
    assert raised.value.file == file
    assert str(file) in str(raised.value)
    assert f"rag index --rebuild --index {folder}" in str(raised.value)
    assert "\n" not in str(raised.value)


# Damage


def test_every_file_of_a_generation_is_accounted_for(whole: Path) -> None:
    manifest = store_at(whole).current()
    places = [_generation(whole), *(whole / "segments" / part.name for part in manifest.parts)]
    lying = {path.relative_to(whole).as_posix() for place in places for path in place.rglob("*") if path.is_file()}
    assert {name for name in lying if not name.endswith((".lock", "manifest.json"))} == set(manifest.files)
    assert len(manifest.files) > 8


def test_a_file_that_is_missing_is_named(copy: Path) -> None:
    for name in store_at(copy).current().files:
        file = copy / name
        content = file.read_bytes()
        file.unlink()
        _damaged(copy, file)
        file.write_bytes(content)
    assert store_at(copy).open().manifest.articles == 4


@pytest.mark.parametrize("content", ["", "garbage", "-1", "1.5", "²", "7 8", "\x00"])
def test_a_pointer_that_names_no_generation_is_damage(copy: Path, content: str) -> None:
    (copy / "CURRENT").write_text(content, "utf-8")
    _damaged(copy, copy / "CURRENT")


def test_a_pointer_to_a_generation_that_is_not_there_is_damage(copy: Path) -> None:
    _generation(copy).rename(copy / "generations" / "elsewhere")
    _damaged(copy, copy / "generations" / "2" / "manifest.json")


def test_a_pointer_that_is_lost_is_damage_and_nothing_is_deleted_until_a_rebuild(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, search: Search
) -> None:
    own = copy.rename(tmp_path / ".rag")
    (own / "CURRENT").unlink()
    before = {path for path in own.rglob("*") if path.is_file()}
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RAG_INDEX", raising=False)
    assert default_index() == Path(".rag")
    articles = write(tmp_path / "articles", ARTICLES)
    asked: list[Callable[[], object]] = [
        store_at(own).open,
        store_at(own).version,
        lambda: build([articles], own),
        lambda: paths_of(own),
    ]
    for ask in asked:
        with pytest.raises(IndexDamaged, match=r"CURRENT is missing.*--rebuild"):
            ask()
    assert {path for path in own.rglob("*") if path.is_file()} == before
    build([articles], own, rebuild=True)
    assert len(search(own, "Who lit the lamp?")) == 3
    assert {path for path in own.rglob("*") if path.is_file()}.isdisjoint(
        {path for path in before if path.parent.parent.name == "segments"}
    )


def test_a_pointer_that_is_lost_after_an_interrupted_update_is_damage(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    articles = write(tmp_path / "articles", {"new.txt": "The well ran dry."})

    class _Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        monkeypatch.undo()
        # Whoever is killed tidies nothing.
        monkeypatch.setattr(files, "remove_unused", lambda *_: None)
        raise _Killed

    monkeypatch.setattr(files, "replace", killed)
    with pytest.raises(_Killed):
        build([articles], copy)
    assert (copy / "CURRENT.new").exists() and len(list((copy / "generations").iterdir())) == 2
    (copy / "CURRENT").unlink()
    with pytest.raises(IndexDamaged, match="CURRENT is missing"):
        store_at(copy).open()


@pytest.mark.parametrize("content", [None, "", "{", "[]", "null", "{}", f'{{"format": {FORMAT}}}'])
def test_a_manifest_that_is_missing_or_none_is_damage(copy: Path, content: str | None) -> None:
    manifest = _generation(copy) / "manifest.json"
    manifest.unlink()
    if content is not None:
        manifest.write_text(content, "utf-8")
    _damaged(copy, manifest)


@pytest.mark.parametrize("roots", [None, 7, [7], [{}]])
def test_a_manifest_that_names_no_paths_is_damage(copy: Path, roots: object) -> None:
    rewrite(copy, roots=roots)
    with pytest.raises(IndexDamaged):
        store_at(copy).roots()


def test_a_manifest_comes_back_as_it_was_written(whole: Path) -> None:
    manifest = store_at(whole).current()
    path = manifest_of(whole)
    assert Manifest.from_json(whole, path, path.read_bytes()) == manifest
    assert manifest.to_json() == path.read_text("utf-8")


def test_a_rebuild_mends_whatever_is_damaged(copy: Path, tmp_path: Path, search: Search) -> None:
    shutil.rmtree(_generation(copy))
    articles = write(tmp_path / "articles", ARTICLES)
    with pytest.raises(IndexDamaged):
        build([articles], copy)
    build([articles], copy, rebuild=True)
    assert len(search(copy, "Who lit the lamp?")) == 3
    (copy / "CURRENT").write_text("garbage", "ascii")
    build([articles], copy, rebuild=True)
    assert len(search(copy, "Who lit the lamp?")) == 3


def test_a_change_that_fails_leaves_nothing_behind(copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    articles = write(tmp_path / "articles", {f"new{number}.txt": "The well ran dry." for number in range(9)})
    manifest, before = store_at(copy).current(), {path.name for path in (copy / "segments").iterdir()}

    def full(*_: object) -> None:
        raise OSError(ENOSPC, os.strerror(ENOSPC))

    monkeypatch.setattr(files, "replace", full)
    with pytest.raises(StoreError, match="No space left"):
        build([articles], copy)
    assert [place.name for place in (copy / "generations").iterdir()] == [str(manifest.generation)]
    # What was embedded is kept for the next build, once; what it was joined to is not.
    (kept,) = {place.name for place in (copy / "segments").iterdir()} - before
    assert (copy / "segments" / kept / files.FINISHED).exists()
    assert store_at(copy).open().manifest == manifest


def test_an_update_does_not_build_upon_damage(copy: Path, tmp_path: Path) -> None:
    articles = write(tmp_path / "articles", {"new.txt": "The well ran dry."})
    for name in store_at(copy).current().files:
        file = copy / name
        content = file.read_bytes()
        file.write_bytes(content + b"\0")
        with pytest.raises(IndexDamaged) as raised:
            build([articles], copy)
        assert raised.value.file == file
        file.write_bytes(content)


def test_where_there_is_no_index_the_error_says_how_to_make_one(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(IndexNotFound, match="rag index ARTICLES") as raised:
            store_at(folder).open()
        assert raised.value.folder == folder
        assert not store_at(folder).exists()


def test_only_files_and_folders_of_the_index_are_in_its_folder(whole: Path) -> None:
    assert {path.name for path in whole.iterdir()} == {"CURRENT", "generations", "segments", "lock"}
