"""The list of what an index holds: in order, searched, page by page, whatever segments it lies in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from index.article_index import ArticleIndex
from index.build import build
from index.remove import remove
from index.store import store_at
from tests.index.conftest import write

SEA = " The waves rolled in." * 120
ARTICLES = {
    "b.md": "---\ntitle: the Bridge\nsource: Morton Gazette\ndate: 2019-05-02\n---\nIt was closed.\n",
    "a.md": "---\ntitle: Éclair\nsource: The Baker\ndate: 2024\n---\nIt is sweet and long.\n",
    "sea.md": f"---\ntitle: A sea\nsource: the baker\n---\nIt is wide.{SEA}\n",
}
LATER = {
    "well/c.md": "---\ntitle: Bells\ndate: 2018-11\n---\nThey ring.\n",
    "gone.md": "---\ntitle: Gone\nsource: Nowhere\ndate: 1950\n---\nIt is no more.\n",
}
TITLES = ["A sea", "Bells", "the Bridge", "Éclair"]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> ArticleIndex:
    """Four articles in two segments, and one that was removed."""
    root = tmp_path_factory.mktemp("catalogue")
    build([write(root / "articles", ARTICLES)], root / "index")
    build([write(root / "articles", LATER)], root / "index")
    remove(["gone"], root / "index")
    assert len(store_at(root / "index").current().parts) == 2
    return store_at(root / "index").open()


def _titles(index: ArticleIndex, search: str = "") -> list[str]:
    found = index.catalogue(search)
    assert found.total == len(found.entries)
    return [entry.title for entry in found.entries]


def test_every_article_is_listed_in_order_of_title(index: ArticleIndex) -> None:
    assert _titles(index) == TITLES


@pytest.mark.parametrize("offset, limit", [(0, 2), (2, 2), (1, 1), (3, 100), (4, 100), (9, 9), (0, 0)])
def test_a_page_is_a_part_of_the_list_and_tells_how_long_that_is(index: ArticleIndex, offset: int, limit: int) -> None:
    page = index.catalogue(offset=offset, limit=limit)
    assert page.total == 4
    assert [entry.title for entry in page.entries] == TITLES[offset : offset + limit]


@pytest.mark.parametrize(
    "search, titles",
    [
        ("BRIDGE", ["the Bridge"]),
        ("éCLAIR", ["Éclair"]),
        ("baker", ["A sea", "Éclair"]),
        ("well/", ["Bells"]),
        (" gazette   bridge ", ["the Bridge"]),
        ("baker bridge", []),
        ("%", []),
        ("gone", []),
        ("waves", []),
    ],
)
def test_a_search_looks_for_every_word_in_title_source_and_id(
    index: ArticleIndex, search: str, titles: list[str]
) -> None:
    assert _titles(index, search) == titles


def test_an_entry_tells_where_an_article_is_from_and_how_long_it_is(index: ArticleIndex) -> None:
    (sea,) = index.catalogue("sea").entries
    assert (sea.id, sea.title, sea.source, sea.published) == ("sea", "A sea", "the baker", None)
    assert sea.words == len(index.article("sea").text.split())
    assert sea.passages == len(index.passages_of("sea")) > 1
    assert sea.path == Path(index.manifest.roots[0], "sea.md")
    assert timedelta() <= datetime.now(UTC) - datetime.fromisoformat(sea.indexed) < timedelta(minutes=10)


def test_when_an_article_was_indexed_is_kept_when_segments_are_joined(tmp_path: Path) -> None:
    root = write(tmp_path / "articles", {"a.txt": "Of ships."})
    build([root], tmp_path / "index")
    (before,) = store_at(tmp_path / "index").open().catalogue().entries
    build([write(root, {"b.txt": "Of trains."})], tmp_path / "index")
    index = store_at(tmp_path / "index").open()
    assert len(index.manifest.parts) == 1
    assert index.catalogue("a.txt".removesuffix(".txt")).entries[0] == before


def test_sources_are_those_of_the_articles_held(index: ArticleIndex) -> None:
    assert index.sources() == ["Morton Gazette", "The Baker", "the baker"]
