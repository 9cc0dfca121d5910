"""Articles go from an index when they are told to, stay away, and come back when they are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.errors import ArticleNotFound, IndexLocked, IndexNotFound, LastArticle
from index.build import build
from index.embedding.sentence_transformer import SentenceTransformerEmbedder
from index.remove import remove
from index.store import store_at
from tests.index.conftest import Search, write


@pytest.fixture
def made(articles: Path, folder: Path) -> Path:
    """An index of three articles."""
    build([articles], folder)
    return folder


def _ids(folder: Path) -> list[str]:
    return [article.id for article in store_at(folder).open().articles()]


def test_what_is_removed_is_found_no_more_and_its_file_stays(
    articles: Path, made: Path, search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SentenceTransformerEmbedder, "embed_passages", None)
    assert remove(["lighthouse"], made) == ["lighthouse"]
    assert _ids(made) == ["bridge", "orchard/apples"]
    assert {hit.passage.article_id for hit in search(made, "Who lit the lamp?")} == {"bridge", "orchard/apples"}
    assert not any(hit.lexical for hit in search(made, "Skerry"))
    assert (articles / "lighthouse.md").exists()
    assert store_at(made).current().excluded == (str(articles / "lighthouse.md"),)


def test_an_update_leaves_out_what_was_removed(articles: Path, made: Path) -> None:
    remove(["lighthouse"], made)
    write(articles, {"lighthouse.md": "The lamp is out.", "mill.txt": "The mill was sold."})
    report = build([articles], made)
    assert (report.added, report.updated, report.missing) == (["mill"], [], [])
    assert articles / "lighthouse.md" not in report.articles
    assert "lighthouse" not in _ids(made)


def test_a_file_that_is_named_itself_comes_back_and_stays(articles: Path, made: Path) -> None:
    remove(["lighthouse", "bridge"], made)
    assert build([articles / "lighthouse.md"], made).added == ["lighthouse"]
    assert store_at(made).current().excluded == (str(articles / "bridge.txt"),)
    assert build([articles], made).unchanged == ["lighthouse", "orchard/apples"]


def test_an_index_made_anew_holds_it_again(articles: Path, made: Path) -> None:
    remove(["lighthouse"], made)
    build([articles], made, rebuild=True)
    assert _ids(made) == ["bridge", "lighthouse", "orchard/apples"]
    assert store_at(made).current().excluded == ()


def test_a_file_that_the_index_was_made_from_is_no_longer_one_of_its_paths(articles: Path, made: Path) -> None:
    mill = write(articles.parent / "extra", {"mill.txt": "The mill was sold."}) / "mill.txt"
    build([mill], made)
    remove(["mill"], made)
    assert store_at(made).roots() == [articles]
    assert build(store_at(made).roots(), made).added == []


def test_an_article_that_is_not_there_is_an_error_and_all_stay(made: Path) -> None:
    with pytest.raises(ArticleNotFound, match="no article nothing") as raised:
        remove(["bridge", "nothing"], made)
    assert raised.value.article_ids == ("nothing",)
    assert len(_ids(made)) == 3


def test_the_last_article_stays(made: Path) -> None:
    with pytest.raises(LastArticle, match="add another"):
        remove(["bridge", "lighthouse", "orchard/apples"], made)
    assert len(_ids(made)) == 3
    assert remove(["bridge", "lighthouse"], made) == ["bridge", "lighthouse"]
    with pytest.raises(LastArticle):
        remove(["orchard/apples"], made)


def test_where_nothing_is_removed_nothing_is_written(made: Path) -> None:
    before = store_at(made).version()
    assert remove([], made) == []
    assert store_at(made).version() == before


def test_a_removal_waits_for_nobody(made: Path) -> None:
    with store_at(made).writing(), pytest.raises(IndexLocked, match="try again"):
        remove(["bridge"], made)


def test_where_there_is_no_index_none_is_made(folder: Path) -> None:
    with pytest.raises(IndexNotFound):
        remove(["bridge"], folder)
    assert not folder.exists()
