"""A large index is not read whole when it is opened, and yet nothing of it is shown that is not what was written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pytest

from corpus.errors import IndexDamaged
from index.folder import approximate, files, generation
from index.folder.folder_index import FolderIndex
from index.folder.segment import Segment
from index.folder.segment_writer import IDS, RECORDS, SENTENCES, TEXTS, VECTORS
from index.folder.store import FolderStore
from index.query import Query
from tests.index.manifests import rewrite
from tests.index.random_articles import DIM, opened, put_in, random_articles

NAMES = [f"room{n:02}" for n in range(12)]
# One row of a file of vectors.
ROW = 2 * DIM

Damage = Callable[[Path], None]


@pytest.fixture(autouse=True)
def _large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_CHECKED_WHOLE", 0)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of twelve articles of two passages, searched approximately; not to be changed."""
    folder = tmp_path_factory.mktemp("rows") / "index"
    with pytest.MonkeyPatch.context() as patch:
        for module in (approximate, generation):
            patch.setattr(module, "EXACT_UP_TO", 8)
        put_in(folder, random_articles(NAMES, passages=2))
    return folder


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    return Path(shutil.copytree(whole, tmp_path / "index"))


def _segment(folder: Path) -> Path:
    (part,) = FolderStore(folder).current().parts
    return files.segment_folder(folder, part.name)


def _flip(file: Path, place: int) -> None:
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    file.write_bytes(content)


def _opened(folder: Path) -> FolderIndex:
    """As a store opens it, without a model."""
    files.check(folder, FolderStore(folder).current())
    return opened(folder)


def _all_numbers(whole: Path) -> list[int]:
    return [number for name in NAMES for number, _ in opened(whole).passages_of(name)]


def _damaged_passages(index: FolderIndex, numbers: list[int], file: Path) -> list[int]:
    """The passages that cannot be read; each error names the file."""
    damaged = []
    for number in numbers:
        try:
            assert len(index.analyses([number])[0].vectors) == 1
        except IndexDamaged as error:
            assert (error.file, error.folder) == (file, file.parents[2])
            assert "rag index --rebuild" in str(error)
            damaged.append(number)
    return damaged


def _damaged_articles(index: FolderIndex, file: Path) -> list[str]:
    damaged = []
    for name in NAMES:
        try:
            assert index.article(name).id == name
        except IndexDamaged as error:
            assert error.file == file
            damaged.append(name)
    return damaged


@pytest.mark.parametrize("row", [0, 5, 23])
def test_a_changed_sentence_is_found_when_its_passage_is_read(copy: Path, whole: Path, row: int) -> None:
    file = _segment(copy) / SENTENCES
    _flip(file, row * ROW + 7)
    numbers = _all_numbers(whole)
    index = _opened(copy)
    assert _damaged_passages(index, numbers, file) == [numbers[row]]
    assert _damaged_articles(index, file) == []


def test_a_changed_text_is_found_when_its_passage_or_its_article_is_read(copy: Path, whole: Path) -> None:
    numbers = _all_numbers(whole)
    sentence = b"room07 has number 1."
    found = []
    for file in (_segment(copy) / TEXTS, _segment(copy) / RECORDS):
        content = file.read_bytes()
        for place in (at for at in range(len(content)) if content.startswith(sentence, at)):
            _flip(file, place + 3)
            index = _opened(copy)
            found.append((_damaged_passages(index, numbers, file), _damaged_articles(index, file)))
            file.write_bytes(content)
    assert sorted(found) == [([], ["room07"]), ([numbers[15]], [])]


def test_a_search_that_finds_what_changed_is_refused_and_others_are_answered(copy: Path, whole: Path) -> None:
    numbers, sound = _all_numbers(whole), opened(whole)
    file = _segment(copy) / SENTENCES
    _flip(file, 7 * ROW)
    index = _opened(copy)
    vectors = sound.segments[0].vectors.between(0, len(sound.segments[0].vectors)).astype("float32")
    with pytest.raises(IndexDamaged) as raised:
        index.search([Query("room03 has number 1", vectors[7])], 1)
    assert raised.value.file == file
    query = Query("room05", vectors[10])
    assert [one.hit for one in index.search([query], 2)[0]] == [one.hit for one in sound.search([query], 2)[0]]
    assert [number for number, _ in index.passages_of("room05")] == numbers[10:12]


def test_a_vector_that_is_no_number_any_more_is_found_before_it_spoils_a_ranking(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(approximate, "EXACT_UP_TO", 0)
    file = _segment(copy) / VECTORS
    with file.open("r+b") as vectors:
        vectors.seek(3 * ROW)
        vectors.write(b"\xff\xff")
    index = _opened(copy)
    with pytest.raises(IndexDamaged) as raised:
        index.hybrid.search([Query("room01 has number 1", np.ones(ROW // 2, dtype=np.float32))], 20)
    assert raised.value.file == file


@pytest.mark.parametrize("row", [0, 5, 23])
@pytest.mark.parametrize("everywhere", [False, True])
def test_a_changed_vector_is_found_when_its_passage_is_ranked(
    copy: Path, whole: Path, row: int, everywhere: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = opened(whole)
    vectors = sound.segments[0].vectors.between(0, 24).astype("float32")
    file = _segment(copy) / VECTORS
    _flip(file, row * ROW + 7)
    query = Query("nothing by words", vectors[row])
    if everywhere:
        # Without an approximate index every vector is read at once.
        rewrite(copy, parts=[{"name": file.parent.name, "passages": 24, "removed": [], "search": None}])
    with pytest.raises(IndexDamaged) as raised:
        _opened(copy).search([query], 5)
    assert raised.value.file == file


@pytest.mark.parametrize("name", [TEXTS, RECORDS, VECTORS, SENTENCES])
def test_what_changed_is_not_joined_and_signed_as_sound(copy: Path, name: str) -> None:
    file, before = _segment(copy) / name, FolderStore(copy).version()
    _flip(file, file.stat().st_size // 2)
    with pytest.raises(IndexDamaged) as raised:
        put_in(copy, random_articles((f"hall{n}" for n in range(20)), seed=3))
    assert raised.value.file == file
    assert FolderStore(copy).version() == before


def _truncate(file: Path) -> None:
    os.truncate(file, file.stat().st_size - 1)


def _append(file: Path) -> None:
    with file.open("ab") as end:
        end.write(b"\0")


@pytest.mark.parametrize("damage", [_truncate, _append, os.unlink])
@pytest.mark.parametrize("name", [TEXTS, VECTORS, SENTENCES, IDS, approximate.FILE])
def test_a_file_of_another_size_is_found_at_once(copy: Path, damage: Damage, name: str) -> None:
    file = _segment(copy) / name
    damage(file)
    with pytest.raises(IndexDamaged) as raised:
        FolderStore(copy).sources()
    assert raised.value.file == file


def test_what_is_read_as_a_whole_is_always_checked_as_a_whole(copy: Path) -> None:
    manifest = FolderStore(copy).current()
    names = [name for name in manifest.files if Path(name).name in (IDS, approximate.FILE) or "/lexical/" in name]
    assert len(names) > 4
    for name in names:
        file = copy / name
        content = file.read_bytes()
        if not content:
            continue
        _flip(file, len(content) // 2)
        with pytest.raises(IndexDamaged) as raised:
            FolderStore(copy).sources()
        assert raised.value.file == file
        file.write_bytes(content)
    assert len(FolderStore(copy).sources()) == len(NAMES)


@pytest.mark.parametrize("name", [TEXTS, VECTORS, SENTENCES, IDS, approximate.FILE])
def test_verifying_reads_everything(copy: Path, name: str) -> None:
    FolderStore(copy).verify()
    file = _segment(copy) / name
    _flip(file, file.stat().st_size // 2)
    with pytest.raises(IndexDamaged) as raised:
        FolderStore(copy).verify()
    assert raised.value.file == file


def test_wherever_the_texts_change_nothing_else_is_shown(copy: Path, whole: Path) -> None:
    file, sound = _segment(copy) / TEXTS, opened(whole)
    articles = {name: sound.article(name) for name in NAMES}
    passages = {number: passage for name in NAMES for number, passage in sound.passages_of(name)}
    content = file.read_bytes()
    for place in range(0, len(content), 211):
        _flip(file, place)
        for name, article in articles.items():
            with suppress(IndexDamaged), closing(Segment(file.parent)) as segment:
                assert segment.article(name) in (article, None), place
        for number, passage in passages.items():
            with suppress(IndexDamaged), closing(Segment(file.parent)) as segment:
                assert [found for found, _ in segment.passages([number]).values()] in ([passage], []), place
        file.write_bytes(content)
