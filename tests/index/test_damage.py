"""Damage is seen: whatever of an index is not what was written is refused, and the file and the way out are named."""

from __future__ import annotations

import ast
import os
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from corpus.errors import IndexDamaged
from index.embedding.sentence_transformer import SentenceTransformerEmbedder
from index.filters import Filters
from index.folder import approximate, files, generation
from index.folder.folder_index import FolderIndex
from index.folder.segment_writer import ARTICLES, IDS, PLACES, RECORDS, SENTENCES, TEXTS, VECTORS
from index.folder.store import FolderStore
from index.manifest import Recipe
from index.query import Query
from tests.index.manifests import manifest_of, rewrite
from tests.index.random_articles import DIM, RECIPE, put_in, random_articles

ROOT = Path(__file__).parents[2]
NAMES = [f"room{n:02}" for n in range(12)] + [f"hall{n:02}" for n in range(4)]
IN_PARTS = (TEXTS, RECORDS, VECTORS, SENTENCES)
POINTING = ("CURRENT", "manifest.json")
WORDS = (".managed.json", "meta.json", ".del", ".fast", ".fieldnorm", ".idx", ".pos", ".store", ".term")
KINDS = (*POINTING, *WORDS, *IN_PARTS, ARTICLES, IDS, PLACES, approximate.FILE)
# How often each kind of file is truncated, and how many of its bytes are changed, one at a time.
SOME, ALL = (5, 10), pytest.param((64, 1000), marks=pytest.mark.slow)

Ask = Callable[[FolderIndex], object]


@pytest.fixture(scope="module")
def whole(embedder: SentenceTransformerEmbedder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index with all kinds of files: one segment searched approximately, one exactly, and an article removed."""
    folder = tmp_path_factory.mktemp("damage") / "index"
    recipe = Recipe(embedder.name, embedder.digest, DIM, 200, 1)
    with pytest.MonkeyPatch.context() as patch:
        for module in (approximate, generation):
            patch.setattr(module, "EXACT_UP_TO", 8)
        patch.setattr(generation, "_INDEXED_ANEW", 0)
        put_in(folder, random_articles(NAMES[:12], passages=2), recipe=recipe)
        put_in(folder, random_articles(NAMES[12:], passages=2, seed=1), gone=["room03"], recipe=recipe)
    return folder


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    return Path(shutil.copytree(whole, tmp_path / "index"))


@pytest.fixture(params=["small", "large"])
def size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Whether an index is read whole when it is opened."""
    if request.param == "large":
        monkeypatch.setattr(files, "_CHECKED_WHOLE", 0)
    return str(request.param)


def _file(folder: Path, kind: str) -> Path:
    """The largest file of a kind."""
    if kind == "CURRENT":
        return folder / kind
    if kind == "manifest.json":
        return manifest_of(folder)
    return max(
        (folder / name for name in FolderStore(folder).current().files if name.endswith(kind)),
        key=lambda file: file.stat().st_size,
    )


def _truncated(content: bytes, parts: int) -> Iterator[bytes]:
    return (content[: len(content) * part // parts] for part in range(parts))


def _flipped(content: bytes, count: int) -> Iterator[bytes]:
    """The content with one byte changed, here and there."""
    chance = random.Random(0)
    for _ in range(count):
        place = chance.randrange(len(content))
        yield content[:place] + bytes([content[place] ^ chance.randrange(1, 256)]) + content[place + 1 :]


def _assert_names(error: IndexDamaged, folder: Path, file: Path) -> None:
    assert (error.folder, error.file) == (folder, file)
    assert str(error).startswith(f"{file} ")
    assert f"`rag index --rebuild --index {folder} ARTICLES`" in str(error)
    assert "\n" not in str(error)


def _question(article: int) -> Query:
    vector = np.random.default_rng(article).normal(size=DIM).astype(np.float32)
    return Query(f"{NAMES[article]} has number 1", vector / np.linalg.norm(vector))


def _asked() -> Iterator[Ask]:
    """Everything that an index can be asked."""
    for article in range(0, len(NAMES), 3):
        yield partial(_found, question=_question(article), filters=None)
    yield partial(_found, question=_question(5), filters=Filters(until="2030"))
    for name in NAMES:
        yield partial(_known, name=name)
    yield lambda index: (index.catalogue("room"), index.sources(), index.frequencies(["room01", "number"]))
    yield lambda index: index.articles()


def _found(index: FolderIndex, question: Query, filters: Filters | None) -> object:
    (found,) = index.search([question], 12, filters)
    return [(one.hit, one.analysis.sentences, one.analysis.vectors.tolist()) for one in found]


def _known(index: FolderIndex, name: str) -> object:
    if index.entry(name) is None:
        return None
    return index.entry(name), index.passages_of(name), index.article(name), index.title(name)


# What is opened


def test_every_kind_of_file_is_damaged_below(whole: Path) -> None:
    names = [*FolderStore(whole).current().files]
    assert all(any(name.endswith(kind) for kind in KINDS) for name in names)
    assert all(any(name.endswith(kind) for name in names) for kind in KINDS if kind not in POINTING)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cases", [SOME, ALL])
def test_what_is_damaged_is_not_opened(copy: Path, size: str, kind: str, cases: tuple[int, int]) -> None:
    file = _file(copy, kind)
    content = file.read_bytes()
    flips = cases[1] if size == "small" or kind not in IN_PARTS else 0
    damaged = [*_truncated(content, cases[0]), content + b"\0", *_flipped(content, flips)]
    for changed in damaged:
        file.write_bytes(changed)
        with pytest.raises(IndexDamaged) as raised:
            FolderStore(copy).open()
        _assert_names(raised.value, copy, file)
    file.write_bytes(content)
    assert FolderStore(copy).open().manifest.articles == 15


@pytest.mark.parametrize("kind", IN_PARTS)
@pytest.mark.parametrize("cases", [SOME, ALL])
def test_of_a_large_index_nothing_is_told_that_was_not_written(
    copy: Path, monkeypatch: pytest.MonkeyPatch, kind: str, cases: tuple[int, int]
) -> None:
    monkeypatch.setattr(files, "_CHECKED_WHOLE", 0)
    store = FolderStore(copy)
    questions = [*_asked()]
    sound = store.open()
    expected = [ask(sound) for ask in questions]
    file = _file(copy, kind)
    content = file.read_bytes()
    refused = 0
    for changed in _flipped(content, cases[1]):
        file.write_bytes(changed)
        index = store.open()
        for ask, answer in zip(questions, expected, strict=True):
            try:
                assert ask(index) == answer
            except IndexDamaged as error:
                _assert_names(error, copy, file)
                refused += 1
        with pytest.raises(IndexDamaged) as raised:
            store.verify()
        assert raised.value.file == file
    assert refused


@pytest.mark.parametrize("kind", [approximate.FILE])
def test_faiss_reads_nothing_that_was_not_checked(
    copy: Path, size: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    monkeypatch.setattr("index.folder.dense.open_index", read.append)
    file = _file(copy, kind)
    file.write_bytes(next(_flipped(file.read_bytes(), 1)))
    for door in (FolderStore(copy).open, FolderStore(copy).sources, FolderStore(copy).verify):
        with pytest.raises(IndexDamaged):
            door()
    assert read == []


def test_nothing_is_pickled() -> None:
    pickling = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
    for file in (file for room in ("corpus", "index", "rag", "ui") for file in (ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                assert not pickling & {alias.name.partition(".")[0] for alias in node.names}, file
            elif isinstance(node, ast.ImportFrom):
                assert (node.module or "").partition(".")[0] not in pickling, file
            elif isinstance(node, ast.keyword):
                assert node.arg not in ("allow_pickle", "weights_only"), file
            elif isinstance(node, ast.Call):
                assert ast.unparse(node.func) not in ("np.load", "numpy.load", "torch.load"), file


# What is open


@pytest.mark.parametrize("kind", [*IN_PARTS, ".term", ".idx", approximate.FILE])
def test_damage_to_what_is_open_is_told_in_a_line(copy: Path, kind: str) -> None:
    questions = [*_asked()]
    expected = [ask(FolderStore(copy).open()) for ask in questions]
    file = _file(copy, kind)
    content = file.read_bytes()
    # A mapped file that is cut off ends the process, whoever maps it.
    cut = [*_truncated(content, 2)] if kind in IN_PARTS else []
    for changed in [*_flipped(content, 5), *cut]:
        index = FolderStore(copy).open()
        _overwrite(file, changed)
        for ask, answer in zip(questions, expected, strict=True):
            try:
                told = ask(index)
            except IndexDamaged as error:
                assert str(error.file) in (str(file), str(file.parent), str(_file(copy, IDS)))
            else:
                assert told == answer or kind not in IN_PARTS
        del index
        _overwrite(file, content)


def _overwrite(file: Path, content: bytes) -> None:
    """Write into a file that is open elsewhere."""
    with file.open("r+b") as opened:
        opened.write(content)
        opened.truncate()


# What is verified


def test_verifying_tells_of_every_file_and_of_every_segment(copy: Path) -> None:
    told: dict[str, int] = {}

    def progress(what: str, done: int, total: int) -> None:
        assert told.get(what, 0) <= done <= total
        told[what] = done

    manifest = FolderStore(copy).verify(progress)
    assert manifest == FolderStore(copy).current()
    assert {name: told[name] for name in manifest.files if name in told} == {
        name: checksum.size for name, checksum in manifest.files.items() if checksum.size
    }
    assert all(any(part.name in what and "/" not in what for what in told) for part in manifest.parts)


@pytest.mark.parametrize("count", ["articles", "passages"])
def test_a_manifest_that_counts_wrong_is_damage(copy: Path, count: str) -> None:
    rewrite(copy, **{count: 7})
    with pytest.raises(IndexDamaged, match="7") as raised:
        FolderStore(copy).verify()
    assert raised.value.file in (manifest_of(copy), _file(copy, "meta.json").parent)


def test_an_article_that_is_back_in_the_manifest_is_damage(copy: Path) -> None:
    parts: list[dict[str, object]] = [
        {"name": part.name, "passages": part.passages, "removed": [], "search": None}
        for part in FolderStore(copy).current().parts
    ]
    rewrite(copy, parts=parts)
    with pytest.raises(IndexDamaged, match="does not fit"):
        FolderStore(copy).verify()


@pytest.mark.parametrize("factor", [0.5, 0.0, np.nan, np.inf])
def test_vectors_that_are_not_of_length_one_are_damage(tmp_path: Path, factor: float) -> None:
    (item,) = random_articles(["mill"])
    for name, changed in {
        VECTORS: replace(item.passages[0], vector=item.passages[0].vector * np.float32(factor)),
        SENTENCES: replace(item.passages[0], sentence_vectors=item.passages[0].sentence_vectors * np.float32(factor)),
    }.items():
        folder = tmp_path / name
        put_in(folder, [replace(item, passages=(changed,))], recipe=RECIPE)
        with pytest.raises(IndexDamaged) as raised:
            FolderStore(folder).verify()
        assert raised.value.file == _file(folder, name)


def test_a_passage_that_its_article_does_not_say_is_damage(tmp_path: Path) -> None:
    (item,) = random_articles(["mill"], passages=2)
    first, second = item.passages
    elsewhere = replace(second, passage=replace(second.passage, start=1))
    put_in(tmp_path, [replace(item, passages=(first, elsewhere))])
    with pytest.raises(IndexDamaged) as raised:
        FolderStore(tmp_path).verify()
    assert raised.value.file == _file(tmp_path, RECORDS)


# What goes on from it


def test_what_an_interrupted_build_left_is_not_gone_on_with_where_it_is_damaged(tmp_path: Path) -> None:
    store, articles = FolderStore(tmp_path), random_articles(["mill", "well"])
    wanted = {item.article.id: item.source for item in articles}
    for name in (ARTICLES, *IN_PARTS, IDS, PLACES, None):
        with store.writing():
            store.draft(None, wanted, RECIPE).add(articles)
        (segment,) = (tmp_path / files.SEGMENTS).iterdir()
        if name:
            content = (segment / name).read_bytes()
            (segment / name).write_bytes(next(_flipped(content, 1)))
        with store.writing():
            assert store.draft(None, wanted, RECIPE).finished == (set() if name else {"mill", "well"})


def test_a_rebuild_reads_nothing_of_what_is_damaged(copy: Path) -> None:
    os.truncate(_file(copy, "manifest.json"), 100)
    store, articles = FolderStore(copy), random_articles(["mill"])
    with store.writing():
        draft = store.draft(None, {"mill": articles[0].source}, RECIPE)
        draft.add(articles)
        draft.put_in_force([], ["articles"], [])
    assert store.verify().articles == 1
