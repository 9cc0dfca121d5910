"""A choice of articles by source and date narrows the search itself, and changes nothing else in it."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from corpus.errors import BadFilter
from index.article_index import DENSE_WEIGHT
from index.build import build
from index.filters import Filters
from index.folder.dense import DenseIndex
from index.folder.folder_index import _CHOICES, FolderIndex
from index.folder.hybrid_index import HybridIndex
from index.folder.lexical import LexicalIndex
from index.folder.store import FolderStore
from index.query import Hit, PassageIndex, Query
from index.remove import remove
from tests.index.conftest import write

DATES = [None, "2023", "2024", "2025", "2024-05", "2024-06", "2024-07", "2024-06-01", "2024-06-15", "2024-06-30"]
QUESTION = "Which ships carry apples to the castle?"


def _article(number: int) -> str:
    source, date = ("Gazette", "Herald", None)[number % 3], DATES[number % len(DATES)]
    lines = [f"title: Room {number}", *([f"source: {source}"] if source else []), *([f"date: {date}"] if date else [])]
    fruit = "apples and ships " * (number % 7) + "from the castle " * (number % 5)
    return "---\n" + "\n".join(lines) + f"\n---\nRoom {number} of the castle holds {number} ships, {fruit}.\n"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> FolderIndex:
    """Sixty articles in several segments, one of them removed."""
    root = tmp_path_factory.mktemp("filters")
    for part in (range(40), range(40, 55), range(55, 61)):
        build([write(root / "articles", {f"room{n}.md": _article(n) for n in part})], root / "index")
    remove(["room60"], root / "index")
    index = FolderStore(root / "index").open()
    assert len(index.manifest.parts) > 1
    return index


@pytest.fixture(scope="module")
def query(index: FolderIndex) -> Query:
    return Query(QUESTION, index.embedder.embed([QUESTION])[0])


def _search(index: FolderIndex, query: Query, k: int, filters: Filters | None = None) -> list[Hit]:
    (found,) = index.search([query], k, filters)
    return [one.hit for one in found]


def _dates(index: FolderIndex, query: Query, filters: Filters) -> set[str | None]:
    return {index.article(hit.passage.article_id).published for hit in _search(index, query, 1000, filters)}


@pytest.mark.parametrize(
    "since, until, left_out",
    [
        (None, "2023", {"2024", "2025", "2024-05", "2024-06", "2024-07", "2024-06-01", "2024-06-15", "2024-06-30"}),
        ("2024", None, {"2023"}),
        ("2024-06", None, {"2023", "2024-05"}),
        ("2024-06", "2024-06", {"2023", "2025", "2024-05", "2024-07"}),
        ("2024-06-15", None, {"2023", "2024-05", "2024-06-01"}),
        (None, "2024-06-15", {"2025", "2024-07", "2024-06-30"}),
        ("2024-06-15", "2024-06-15", {"2023", "2025", "2024-05", "2024-07", "2024-06-01", "2024-06-30"}),
        ("2024-06-15", "2025", {"2023", "2024-05", "2024-06-01"}),
    ],
)
def test_dates_are_compared_as_far_as_both_go_and_what_has_none_is_left_out(
    index: FolderIndex, query: Query, since: str | None, until: str | None, left_out: set[str]
) -> None:
    assert _dates(index, query, Filters(since=since, until=until)) == {*DATES} - left_out - {None}


@pytest.mark.parametrize("sources", [{"Gazette"}, {"Herald"}, {"Gazette", "Herald"}, {"gazette"}, {"Gazette", "None"}])
def test_all_passages_of_the_sources_are_found_and_no_others(
    index: FolderIndex, query: Query, sources: set[str]
) -> None:
    found = {hit.passage.article_id for hit in _search(index, query, 1000, Filters(frozenset(sources)))}
    assert found == {article.id for article in index.articles() if article.source in sources}


def test_sources_may_be_given_as_any_collection(index: FolderIndex, query: Query) -> None:
    alike: list[Collection[str]] = [frozenset({"Gazette"}), {"Gazette"}, ["Gazette"], "Gazette"]
    assert len({Filters(sources) for sources in alike}) == 1
    assert len(_search(index, query, 10, Filters("Gazette"))) == 10


def test_source_and_date_must_both_fit(index: FolderIndex, query: Query) -> None:
    hits = _search(index, query, 1000, Filters(frozenset({"Gazette"}), since="2024-06", until="2024-06"))
    origins = {
        (article.source, article.published) for hit in hits for article in [index.article(hit.passage.article_id)]
    }
    assert {source for source, _ in origins} == {"Gazette"}
    assert {date for _, date in origins} <= {"2024", "2024-06", "2024-06-01", "2024-06-15", "2024-06-30"}


def test_a_choice_of_everything_changes_nothing(index: FolderIndex, query: Query) -> None:
    assert not Filters()
    assert _search(index, query, 30, Filters()) == _search(index, query, 30)
    every = index.hybrid.within(np.array([hit.id for hit in _search(index, query, 1000)]))
    assert every.search([query], 30)[0].ids.tolist() == index.hybrid.search([query], 30)[0].ids.tolist()


def test_what_is_left_out_takes_no_part_in_the_scores(index: FolderIndex, query: Query) -> None:
    chosen = Filters(frozenset({"Herald"}))
    hits, every = _search(index, query, 1000, chosen), {hit.id: hit for hit in _search(index, query, 1000)}
    assert [hit.lexical for hit in hits] == [every[hit.id].lexical for hit in hits]
    assert [hit.dense for hit in hits] == pytest.approx([every[hit.id].dense for hit in hits], abs=1e-6)
    assert [hit.score for hit in hits] == pytest.approx(_mixed(hits), abs=1e-6)


def _mixed(hits: list[Hit]) -> list[float]:
    """The scores that hits have if nothing else was found."""
    dense, lexical = (np.array([getattr(hit, name) for hit in hits]) for name in ("dense", "lexical"))
    scaled = [(part - part.min()) / np.ptp(part) for part in (dense, lexical)]
    return list(DENSE_WEIGHT * scaled[0] + (1 - DENSE_WEIGHT) * scaled[1])


@pytest.mark.parametrize("k", [0, 1, 3, 7])
def test_the_first_of_many_are_the_few(index: FolderIndex, query: Query, k: int) -> None:
    chosen = Filters(since="2024-06")
    every = [hit.id for hit in _search(index, query, 1000, chosen)]
    assert [hit.id for hit in _search(index, query, k, chosen)] == every[:k]


@pytest.mark.parametrize("part", ["dense", "lexical", "hybrid"])
def test_each_part_finds_only_what_it_is_within(index: FolderIndex, query: Query, part: str) -> None:
    parts: dict[str, HybridIndex | DenseIndex | LexicalIndex] = {
        "dense": index.hybrid.dense,
        "lexical": index.hybrid.lexical,
        "hybrid": index.hybrid,
    }
    ids = np.array([hit.id for hit in _search(index, query, 1000)][20:25])
    narrowed: PassageIndex = parts[part].within(ids)
    for k in (0, 2, 5, 1000):
        assert len(narrowed.search([query], k)[0].ids) == min(k, 5)
    assert set(narrowed.search([query], 5)[0].ids.tolist()) == set(ids.tolist())
    assert len(parts[part].search([query], 1000)[0].ids) == 60


@pytest.mark.parametrize(
    "filters", [Filters(frozenset({"Nobody"})), Filters(since="2030"), Filters(until="1999-12-31")]
)
def test_where_no_article_passes_nothing_is_found(index: FolderIndex, query: Query, filters: Filters) -> None:
    assert _search(index, query, 10, filters) == []


def test_many_threads_may_choose_differently(index: FolderIndex, query: Query) -> None:
    choices = [Filters(since=f"20{year:02}") for year in range(20, 20 + 2 * _CHOICES)] * 3
    expected = {choice: _search(index, query, 5, choice) for choice in set(choices)}
    with ThreadPoolExecutor(8) as readers:
        assert all(readers.map(lambda choice: _search(index, query, 5, choice) == expected[choice], choices))


@pytest.mark.parametrize(
    "date", ["", "yesterday", "2024-13", "2024-02-30", "24", "2024-6", "5 May 2024", " 2024", "２０２４"]
)
def test_what_is_no_date_is_an_error_of_one_line(date: str) -> None:
    with pytest.raises(BadFilter, match="since is") as raised:
        Filters(since=date)
    assert "\n" not in str(raised.value)
    with pytest.raises(BadFilter, match="until is"):
        Filters(until=date)


@pytest.mark.parametrize("since, until", [("2025", "2024"), ("2024-07", "2024-06-30"), ("2024-06-02", "2024-06-01")])
def test_a_time_that_ends_before_it_begins_is_an_error(since: str, until: str) -> None:
    with pytest.raises(BadFilter, match="earlier date first"):
        Filters(since=since, until=until)


def test_a_time_may_begin_within_its_end() -> None:
    assert Filters(since="2024-06-15", until="2024")
    assert Filters(since="2024", until="2024-01")
