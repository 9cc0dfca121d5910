"""The index on disk: whole or refused, written by one, read by many."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from corpus.errors import IndexDamaged, IndexLocked, IndexNotFound, StoreError
from index.build import build
from index.folder import files
from index.manifest import FORMAT, Manifest
from index.store import store_at
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


def _flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def _truncate(file: Path) -> None:
    os.truncate(file, file.stat().st_size - 1)


def _append(file: Path) -> None:
    with file.open("ab") as end:
        end.write(b"\0")


@pytest.mark.parametrize("damage", [_flip, _truncate, _append, os.unlink])
def test_damage_to_any_file_is_found_and_named(copy: Path, damage: Callable[[Path], None]) -> None:
    for name in store_at(copy).current().files:
        file = copy / name
        content = file.read_bytes()
        damage(file)
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


def test_an_update_does_not_build_upon_damage(copy: Path, tmp_path: Path) -> None:
    articles = write(tmp_path / "articles", {"new.txt": "The well ran dry."})
    for name in store_at(copy).current().files:
        file = copy / name
        content = file.read_bytes()
        _flip(file)
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


# Writing


@contextmanager
def _held_elsewhere(folder: Path) -> Iterator[None]:
    """Another process holds the lock."""
    code = (
        "import sys; from pathlib import Path; from index.store import store_at\n"
        "with store_at(Path(sys.argv[1])).writing(): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        yield
        holder.communicate("")


def test_while_another_process_writes_an_update_is_refused(copy: Path, tmp_path: Path, search: Search) -> None:
    articles = write(tmp_path / "articles", ARTICLES)
    with _held_elsewhere(copy):
        with pytest.raises(IndexLocked, match="try again") as raised:
            build([articles], copy)
        assert raised.value.folder == copy
        assert search(copy, "Who lit the lamp?")
    assert build([articles], copy)


def test_a_lock_ends_with_the_process_that_held_it(copy: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from index.store import store_at\n"
        "with store_at(Path(sys.argv[1])).writing(): os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(copy)], check=False).returncode == 9
    with store_at(copy).writing():
        pass


def test_a_place_that_cannot_be_written_to_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    articles = write(tmp_path / "articles", ARTICLES)
    with pytest.raises(StoreError, match="--index"):
        build([articles], tmp_path / "file" / "index")


# Reading while it is written


def test_a_version_lasts_until_another_generation_is_in_force(copy: Path, tmp_path: Path) -> None:
    before = store_at(copy).version()
    assert store_at(copy).version() == before
    build([write(tmp_path / "articles", {"new.txt": "The well ran dry."})], copy)
    assert store_at(copy).version() != before
    with pytest.raises(IndexNotFound):
        store_at(tmp_path / "nowhere").version()


def test_an_index_that_was_deleted_and_made_again_has_another_version(articles: Path, folder: Path) -> None:
    build([articles], folder)
    before, generation = store_at(folder).version(), store_at(folder).current().generation
    shutil.rmtree(folder)
    build([articles], folder)
    assert store_at(folder).current().generation == generation
    assert store_at(folder).version() != before


def test_a_reader_keeps_the_generation_it_opened(copy: Path, tmp_path: Path, search: Search) -> None:
    reader = store_at(copy).open()
    before = search(reader, "Who lit the lamp?")
    articles = write(tmp_path / "articles", dict.fromkeys(ARTICLES, "Nothing is left of it."))
    build([articles], copy, rebuild=True)
    build([write(articles, {"new.txt": "The well ran dry."})], copy)
    assert search(reader, "Who lit the lamp?") == before
    assert reader.article("lighthouse").text.startswith("The lamp on Skerry Rock")
    assert len(reader.articles()) == 4
    known = reader.analyses([hit.id for hit in before])
    assert [len(one.vectors) for one in known] == [len(hit.passage.sentences) for hit in before]
    assert len(search(copy, "Who lit the lamp?")) == 4
    assert not any("Skerry" in hit.passage.text for hit in search(copy, "Skerry"))


def test_a_reader_that_opens_while_a_generation_is_replaced_gets_the_new_one(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    articles = write(tmp_path / "articles", {"new.txt": "The well ran dry."})
    check, generation = files.check, store_at(copy).current().generation

    def overtaken(folder: Path, manifest: Manifest) -> None:
        monkeypatch.setattr(files, "check", check)
        build([articles], folder)
        check(folder, manifest)

    monkeypatch.setattr(files, "check", overtaken)
    assert store_at(copy).open().manifest.generation > generation


def test_a_generation_that_is_replaced_between_its_check_and_its_opening_is_no_damage(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check, root = files.check, write(tmp_path / "more", {"new.txt": "The ferry was late."})

    def check_and_replace(folder: Path, manifest: Manifest) -> None:
        check(folder, manifest)
        monkeypatch.setattr(files, "check", check)
        build([root], folder)

    monkeypatch.setattr(files, "check", check_and_replace)
    assert store_at(copy).open().article("new").text == "The ferry was late."


def test_many_threads_share_one_reader(whole: Path, search: Search) -> None:
    index = store_at(whole).open()
    questions = ["Who lit the lamp?", "Why was the bridge closed?", "What became of the mill?"] * 20
    expected = {question: search(index, question) for question in questions[:3]}

    def ask(question: str) -> bool:
        hits = search(index, question)
        index.articles()
        known = index.analyses([hit.id for hit in hits])
        return hits == expected[question] and all(len(one.vectors) for one in known)

    with ThreadPoolExecutor(8) as readers:
        assert all(readers.map(ask, questions))


def test_only_files_and_folders_of_the_index_are_in_its_folder(whole: Path) -> None:
    assert {path.name for path in whole.iterdir()} == {"CURRENT", "generations", "segments", "lock"}
