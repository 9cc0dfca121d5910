"""Segments: what an update leaves alone, what it joins, and what is lost and kept when it does."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from corpus.article import Article, Passage
from index.embedding.embedder import Vectors
from index.folder import files, generation
from index.folder.folder_index import FolderIndex
from index.folder.store import FolderStore
from index.query import Analysis, Query
from tests.index.random_articles import DIM, opened, put_in, random_articles

Known = tuple[Article, Passage, Analysis, list[float]]


def _sizes(folder: Path) -> list[int]:
    return [part.passages for part in FolderStore(folder).current().parts]


def _everything(index: FolderIndex) -> dict[int, Known]:
    """Every passage by number: its article, itself, what is known of it, and its vector."""
    vectors = {
        int(number): row.tolist()
        for part in index.segments
        for number, row in zip(part.ids, part.vectors.between(0, len(part.ids)), strict=True)
    }
    return {
        number: (article, passage, index.analyses([number])[0], vectors[number])
        for article in index.articles()
        for number, passage in index.passages_of(article.id)
    }


def _assert_same(now: dict[int, Known], before: dict[int, Known]) -> None:
    assert now.keys() == before.keys()
    for number, (article, passage, analysis, vector) in before.items():
        assert now[number][:2] == (article, passage)
        assert (now[number][2].title, now[number][2].sentences) == (analysis.title, analysis.sentences)
        np.testing.assert_array_equal(now[number][2].vectors, analysis.vectors)
        assert now[number][3] == vector


def _touched(place: Path) -> dict[str, tuple[int, int, int]]:
    """What tells of each file below a folder that it was written again."""
    status = {path.relative_to(place).as_posix(): path.stat() for path in place.rglob("*") if path.is_file()}
    return {name: (one.st_ino, one.st_mtime_ns, one.st_size) for name, one in status.items()}


@pytest.fixture
def several(tmp_path: Path) -> Path:
    """An index of three segments, of 40, 12 and 3 passages."""
    folder = tmp_path / "index"
    for seed, (name, count) in enumerate([("sea", 20), ("wood", 6), ("hill", 1)]):
        put_in(folder, random_articles((f"{name}{n}" for n in range(count)), passages=2 + seed // 2, seed=seed))
    assert _sizes(folder) == [40, 12, 3]
    return folder


# What is left alone


def test_one_article_more_leaves_the_large_segments_as_they_lie(several: Path) -> None:
    large = [files.segment_folder(several, part.name) for part in FolderStore(several).current().parts[:2]]
    before = [_touched(place) for place in large]
    put_in(several, random_articles(["valley"], seed=9))
    assert _sizes(several) == [40, 12, 3, 1]
    put_in(several, random_articles(["lake"], seed=10))
    assert _sizes(several) == [40, 12, 5]
    assert [_touched(place) for place in large] == before
    FolderStore(several).verify()


def test_a_removal_leaves_every_segment_as_it_lies(several: Path) -> None:
    before = _touched(several / files.SEGMENTS)
    put_in(several, [], gone=["sea3", "wood1"])
    assert _sizes(several) == [38, 10, 3]
    assert _touched(several / files.SEGMENTS) == before
    index = opened(several)
    assert not {"sea3", "wood1"} & {article.id for article in index.articles()}
    assert index.manifest.articles == 25
    assert index.passages_of("sea3") == []
    assert index.entry("sea3") is None


def test_a_segment_that_is_kept_gets_no_file_that_nobody_signs(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _touched(several / files.SEGMENTS)
    monkeypatch.setattr(generation, "EXACT_UP_TO", 10)
    put_in(several, random_articles(["valley"], seed=9))
    assert before.items() <= (now := _touched(several / files.SEGMENTS)).items()
    assert {f"{files.SEGMENTS}/{name}" for name in now} <= FolderStore(several).current().files.keys()


def test_reading_a_passage_takes_no_room_for_those_that_were_removed(tmp_path: Path) -> None:
    put_in(tmp_path, [*random_articles(["large"], passages=4000), *random_articles(["small"])])
    put_in(tmp_path, [], gone=["large"])
    (segment,) = opened(tmp_path).segments
    segment.passages([4000])
    tracemalloc.start()
    try:
        assert segment.passages([0, 4000]).keys() == {4000}
        assert tracemalloc.get_traced_memory()[1] < 4000
    finally:
        tracemalloc.stop()


# What is joined


def test_joined_segments_hold_every_passage_as_it_was(several: Path) -> None:
    before = _everything(opened(several))
    put_in(several, random_articles((f"town{n}" for n in range(30)), passages=2, seed=9))
    assert _sizes(several) == [115]
    now = _everything(opened(several))
    _assert_same({number: known for number, known in now.items() if number in before}, before)
    assert {known[0].id for number, known in now.items() if number not in before} == {f"town{n}" for n in range(30)}
    FolderStore(several).verify()
    assert [place.name for place in (several / files.SEGMENTS).iterdir()] == [opened(several).manifest.parts[0].name]


def test_joined_segments_are_searched_as_before(several: Path) -> None:
    queries = [Query(f"sea{n} has number 1", _question(n)) for n in range(20)]
    before = opened(several).search(queries, 60)
    put_in(several, random_articles((f"far{n}" for n in range(30)), seed=11))
    put_in(several, [], gone=[f"far{n}" for n in range(30)])
    (joined,) = FolderStore(several).current().parts
    assert joined.passages == 55
    for was, now in zip(before, opened(several).search(queries, 60), strict=True):
        assert [one.hit.id for one in now] == [one.hit.id for one in was]
        assert [one.hit.dense for one in now] == pytest.approx([one.hit.dense for one in was], abs=1e-6)
        assert [one.hit.lexical for one in now] == pytest.approx([one.hit.lexical for one in was], abs=1e-3)


def test_what_was_removed_is_gone_from_the_files_when_segments_are_joined(several: Path) -> None:
    put_in(several, [], gone=["sea3"])
    assert _lies_in_files(several, b"sea3 has number 0.")
    before = _everything(opened(several))
    put_in(several, random_articles((f"town{n}" for n in range(50)), seed=9), gone=["sea4"])
    (joined,) = FolderStore(several).current().parts
    assert joined.removed == ()
    assert joined.passages == 38 - 2 + 12 + 3 + 50
    for name in (b"sea3", b"sea4"):
        assert not _lies_in_files(several, name + b" has number 0.")
    assert _lies_in_files(several, b"sea5 has number 0.")
    now = _everything(opened(several))
    held = {number: known for number, known in before.items() if known[0].id != "sea4"}
    _assert_same({number: known for number, known in now.items() if number in before}, held)


def test_a_segment_of_which_nothing_is_left_goes(several: Path) -> None:
    put_in(several, [], gone=["hill0"])
    assert _sizes(several) == [40, 12]
    assert len(list((several / files.SEGMENTS).iterdir())) == 2
    put_in(several, random_articles(["new"], seed=9))
    # The numbers of what is gone are not given again.
    assert [number for number, _ in opened(several).passages_of("new")] == [55]


def test_a_reader_keeps_what_it_opened_when_segments_are_joined(several: Path) -> None:
    reader = opened(several)
    before = _everything(reader)
    put_in(several, random_articles((f"town{n}" for n in range(50)), seed=9), gone=["sea1"])
    _assert_same(_everything(reader), before)


def test_passages_without_sentences_are_kept(tmp_path: Path) -> None:
    put_in(tmp_path, random_articles(["plain"], seed=1))
    (heading,) = random_articles(["heading"], seed=2)
    bare = Passage("heading", 0, 0, 9, "A heading", ())
    only = replace(heading.passages[0], passage=bare, sentence_vectors=np.zeros((0, DIM), dtype=np.float32))
    article = replace(heading.article, text="A heading")
    put_in(tmp_path, [replace(heading, article=article, passages=(only,))])
    index = opened(tmp_path)
    ((number, passage),) = index.passages_of("heading")
    assert passage == bare
    assert index.analyses([number])[0].vectors.shape == (0, DIM)
    assert index.hybrid.lexical.frequencies(["head"]) == [1]


def _question(number: int) -> Vectors:
    vector = np.random.default_rng(100 + number).normal(size=DIM).astype(np.float32)
    unit: Vectors = vector / np.linalg.norm(vector)
    return unit


def _lies_in_files(folder: Path, text: bytes) -> bool:
    return any(text in path.read_bytes() for path in folder.rglob("*") if path.is_file())
