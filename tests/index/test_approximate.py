"""Large segments are searched approximately: nearly what a full search finds, and nothing that is not to be found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.embedding.embedder import Vectors
from index.filters import Filters
from index.folder import approximate, files, generation
from index.folder.folder_index import FolderIndex
from index.folder.store import FolderStore
from index.manifest import Part
from index.query import Hit, Query
from tests.index.random_articles import NoEmbedder, around, opened, put_in, random_articles

LARGE, SMALL = 4000, 300
ASKED = 200


@pytest.fixture(scope="module", autouse=True)
def _large_at_a_thousand() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for module in (approximate, generation):
            patch.setattr(module, "EXACT_UP_TO", 1000)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A large segment and a small one; every fourth article of the large one was removed."""
    folder = tmp_path_factory.mktemp("approximate") / "index"
    put_in(folder, random_articles((f"large{n}" for n in range(LARGE // 4)), passages=4))
    put_in(folder, random_articles((f"small{n}" for n in range(SMALL)), seed=1))
    put_in(folder, [], gone=[f"large{n}" for n in range(0, LARGE // 4, 4)])
    return folder


@pytest.fixture(scope="module")
def index(folder: Path) -> FolderIndex:
    return opened(folder)


@pytest.fixture(scope="module")
def numbers(index: FolderIndex) -> dict[int, str]:
    """The article of each passage that is held, by number."""
    return {number: article.id for article in index.articles() for number, _ in index.passages_of(article.id)}


@pytest.fixture(scope="module")
def vectors(index: FolderIndex, numbers: dict[int, str]) -> Vectors:
    """The vectors of all passages that are held, in the order of their numbers."""
    held = [segment.vectors.take(np.flatnonzero(np.isin(segment.ids, [*numbers]))) for segment in index.segments]
    return np.concatenate(held).astype(np.float32)


@pytest.fixture(scope="module")
def questions(vectors: Vectors) -> Vectors:
    """Near passages of both segments."""
    return around(vectors[np.linspace(0, len(vectors) - 1, ASKED).astype(np.int64)], np.random.default_rng(7))


def _hits(index: FolderIndex, vector: Vectors, k: int, filters: Filters | None = None, words: str = "") -> list[Hit]:
    (found,) = index.search([Query(words, vector)], k, filters)
    return [one.hit for one in found]


def _parts(index: FolderIndex) -> tuple[Part, Part]:
    large, small = index.manifest.parts
    return large, small


def test_a_large_segment_is_approximate_and_a_small_one_exact(index: FolderIndex, folder: Path) -> None:
    large, small = _parts(index)
    assert (large.passages, small.passages) == (LARGE - LARGE // 4, SMALL)
    assert small.search is None
    assert large.search
    assert large.search.kind.startswith("IVF")
    assert large.search.recall >= 0.99
    lying = {
        part.name: (files.segment_folder(folder, part.name) / approximate.FILE).exists() for part in (large, small)
    }
    assert lying == {large.name: True, small.name: False}
    assert f"segments/{large.name}/{approximate.FILE}" in index.manifest.files


def test_the_nearest_ten_are_found_as_often_as_the_manifest_says(
    index: FolderIndex, vectors: Vectors, questions: Vectors
) -> None:
    large, _ = _parts(index)
    assert large.search
    nearest = np.sort(questions @ vectors.T, axis=1)[:, -10:]
    found = [
        sum(hit.dense >= tenth - 1e-6 for hit in _hits(index, question, 10))
        for question, tenth in zip(questions, nearest[:, 0], strict=True)
    ]
    assert np.mean(found) / 10 >= large.search.recall - 0.03


def test_the_score_of_what_is_found_is_its_exact_cosine(
    index: FolderIndex, numbers: dict[int, str], vectors: Vectors, questions: Vectors
) -> None:
    row_of = {number: row for row, number in enumerate(sorted(numbers))}
    for question in questions[:20]:
        for hit in _hits(index, question, 50):
            assert hit.dense == pytest.approx(float(vectors[row_of[hit.id]] @ question), abs=1e-6)


def test_a_removed_article_is_never_found(index: FolderIndex, questions: Vectors) -> None:
    removed = {f"large{n}" for n in range(0, LARGE // 4, 4)}
    for question in questions[:20]:
        hits = _hits(index, question, 2000, words="large0 has number")
        assert not removed & {hit.passage.article_id for hit in hits}


@pytest.mark.parametrize("count", [1, 5, 50, 500])
def test_of_a_few_that_were_chosen_all_are_found_and_no_others(
    index: FolderIndex, numbers: dict[int, str], questions: Vectors, count: int
) -> None:
    chosen = np.random.default_rng(3).permutation(sorted(numbers))[:count]
    narrow = index.hybrid.dense.within(chosen)
    for ranking in narrow.search([Query("", question) for question in questions[:20]], LARGE):
        assert sorted(ranking.ids.tolist()) == sorted(chosen.tolist())


def test_of_many_that_were_chosen_the_nearest_are_found(
    index: FolderIndex, numbers: dict[int, str], vectors: Vectors, questions: Vectors
) -> None:
    large, _ = _parts(index)
    assert large.search
    held = np.array(sorted(numbers))
    rows = np.sort(np.random.default_rng(3).permutation(len(held))[: 2 * len(held) // 3])
    narrow = index.hybrid.within(held[rows])
    queries = [Query("", question) for question in questions]
    found = 0
    for query, ranking in zip(queries, narrow.search(queries, 10), strict=True):
        assert set(ranking.ids.tolist()) <= set(held[rows].tolist())
        found += int(np.sum(ranking.dense >= np.sort(vectors[rows] @ query.vector)[-10] - 1e-6))
    assert found / (10 * ASKED) >= large.search.recall - 0.03


def test_filters_choose_in_both_kinds(tmp_path: Path, questions: Vectors) -> None:
    folder = tmp_path / "index"
    for name, count, seed in (("large", 2000, 0), ("small", 200, 1)):
        articles = random_articles((f"{name}{n}" for n in range(count)), seed=seed)
        dated = [
            replace(item, article=replace(item.article, published="2024" if number % 100 == 0 else "2023"))
            for number, item in enumerate(articles)
        ]
        put_in(folder, dated)
    index = opened(folder)
    assert [bool(part.search) for part in index.manifest.parts] == [True, False]
    wanted = {f"large{n}" for n in range(0, 2000, 100)} | {"small0", "small100"}
    for question in questions[:5]:
        assert {hit.passage.article_id for hit in _hits(index, question, 1000, Filters(since="2024"))} == wanted


def test_meaning_and_words_together_find_in_both_kinds(index: FolderIndex, vectors: Vectors) -> None:
    # Near a passage of the small segment, with words of one in the large.
    hits = _hits(index, vectors[-1], 5, words="large7 number 2")
    assert hits[0].passage.article_id in ("large7", f"small{SMALL - 1}")
    assert {"large7", f"small{SMALL - 1}"} <= {hit.passage.article_id for hit in hits}
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_many_questions_at_once_find_what_each_finds_alone(index: FolderIndex, questions: Vectors) -> None:
    queries = [Query(f"large{number} has", question) for number, question in enumerate(questions[:20])]
    for query, found in zip(queries, index.search(queries, 10), strict=True):
        (alone,) = index.search([query], 10)
        assert [one.hit.id for one in found] == [one.hit.id for one in alone]


def test_the_manifest_says_how_it_is_searched(folder: Path, index: FolderIndex, questions: Vectors) -> None:
    large, small = _parts(index)
    assert large.search

    def found(nprobe: int) -> int:
        assert large.search
        parts = (replace(large, search=replace(large.search, nprobe=nprobe)), small)
        manifest = replace(index.manifest, parts=parts)
        narrow = FolderIndex.open(folder, manifest, NoEmbedder())
        (ranking,) = narrow.hybrid.dense.search([Query("", questions[0])], LARGE)
        return len(ranking.ids)

    lists = int(large.search.kind.removeprefix("IVF").partition(",")[0])
    in_each = [found(nprobe) for nprobe in (1, large.search.nprobe, lists)]
    assert in_each[0] < in_each[-1] == index.manifest.passages
    assert in_each == sorted(in_each)
    (as_it_is,) = index.hybrid.dense.search([Query("", questions[0])], LARGE)
    assert in_each[1] == len(as_it_is.ids)


def test_the_manifest_keeps_what_was_measured(folder: Path, index: FolderIndex) -> None:
    written = json.loads(files.manifest_file(folder, index.manifest.generation).read_text("utf-8"))
    large, small = _parts(index)
    assert large.search
    assert written["parts"][0]["search"] == {
        "kind": large.search.kind,
        "nprobe": large.search.nprobe,
        "recall": large.search.recall,
    }
    assert written["parts"][1]["search"] is None
    assert FolderStore(folder).current().parts == (large, small)


def test_an_update_does_not_measure_again(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "index"
    put_in(place, random_articles(f"large{n}" for n in range(1500)))
    before = FolderStore(place).current().parts
    monkeypatch.setattr(generation, "approximate", None)
    put_in(place, random_articles(["one"], seed=5))
    put_in(place, [], gone=["large3"])
    large, one = FolderStore(place).current().parts
    assert (large.name, large.search, one.search) == (before[0].name, before[0].search, None)


def test_joined_segments_are_approximate_once_they_are_large(tmp_path: Path) -> None:
    for part in range(4):
        put_in(tmp_path, random_articles((f"room{part}-{n}" for n in range(400)), seed=part))
    (joined,) = FolderStore(tmp_path).current().parts
    assert joined.passages == 1600
    assert joined.search
    FolderStore(tmp_path).verify()
