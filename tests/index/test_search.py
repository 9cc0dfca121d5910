"""Search by meaning, by words and by both: one set of tests for all three, and what is each one's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from index.article_index import DENSE_WEIGHT
from index.build import build
from index.folder.folder_index import FolderIndex
from index.folder.hybrid_index import HybridIndex
from index.folder.lexical import LexicalIndex
from index.folder.store import FolderStore
from index.query import PassageIndex, Query, Ranking
from index.words import terms
from tests.index.conftest import ARTICLES, Search, write

MORE = {
    "summit.txt": "The tenth summit was held in Astana. It was the 3rd in Kazakhstan, and twelve states came.",
    "trade.txt": "Trade grew to 5,600 million dollars. That was a record for the two neighbours.",
    "cafe.txt": "The Café Zürich serves naïve art with its coffee. Its owner paints.",
}
QUESTIONS = {
    "Who lit the lamp on Skerry Rock?": "lighthouse",
    "Why was the bridge at Morton closed?": "bridge",
    "When are the apples of the orchard picked?": "orchard/apples",
    "Where was the summit held?": "summit",
    "How much did trade grow?": "trade",
}

Ask = Callable[[str], Query]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> FolderIndex:
    """Six articles on different things."""
    folder = tmp_path_factory.mktemp("search")
    build([write(folder / "articles", ARTICLES | MORE)], folder / "index")
    return FolderStore(folder / "index").open()


@pytest.fixture(params=["dense", "lexical", "hybrid"])
def part(request: pytest.FixtureRequest, index: FolderIndex) -> PassageIndex:
    """Each passage index in turn."""
    parts: dict[str, PassageIndex] = {
        "dense": index.hybrid.dense,
        "lexical": index.hybrid.lexical,
        "hybrid": index.hybrid,
    }
    return parts[request.param]


@pytest.fixture(scope="module")
def ask(index: FolderIndex) -> Ask:
    """A question as the indexes take it."""
    return lambda text: Query(text, index.embedder.embed([text])[0])


def _search(part: PassageIndex, query: Query, k: int) -> Ranking:
    (ranking,) = part.search([query], k)
    return ranking


def _articles(index: FolderIndex, part: PassageIndex, query: Query) -> list[str]:
    article_of = {number: article.id for article in index.articles() for number, _ in index.passages_of(article.id)}
    return [article_of[int(number)] for number in _search(part, query, 1000).ids]


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_passage_that_answers_comes_first(index: FolderIndex, part: PassageIndex, ask: Ask, question: str) -> None:
    assert _articles(index, part, ask(question))[0] == QUESTIONS[question]


@pytest.mark.parametrize("question", [*QUESTIONS, "the bridge, the orchard and the summit"])
def test_the_best_comes_first_and_nothing_twice(part: PassageIndex, ask: Ask, question: str) -> None:
    ranking = _search(part, ask(question), 1000)
    assert len(ranking.ids) == len(ranking.scores) == len(set(ranking.ids.tolist()))
    assert np.all(np.diff(ranking.scores) <= 0)


@pytest.mark.parametrize("k", [0, 1, 2])
def test_no_more_than_k_are_found(part: PassageIndex, ask: Ask, k: int) -> None:
    assert len(_search(part, ask("the bridge, the orchard and the summit"), k).ids) == k


@pytest.mark.parametrize("k", [7, 1000, 1_000_000])
def test_a_k_beyond_what_there_is_finds_what_there_is(part: PassageIndex, ask: Ask, k: int) -> None:
    query = ask("the bridge, the orchard and the summit")
    assert 3 <= len(_search(part, query, k).ids) <= 6
    assert _search(part, query, k).ids.tolist() == _search(part, query, 6).ids.tolist()


def test_the_first_of_many_are_the_few(part: PassageIndex, ask: Ask) -> None:
    query = ask("the bridge, the orchard and the summit")
    assert _search(part, query, 2).ids.tolist() == _search(part, query, 1000).ids.tolist()[:2]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "?",
        "the of and",
        "\x00",
        "a" * 5000,
        "😀",
        'AND OR NOT "( [',
        "id:1",
        "text:*",
    ],
)
def test_an_odd_question_is_searched_for_without_an_error(part: PassageIndex, ask: Ask, text: str) -> None:
    assert len(_search(part, ask(text), 3).ids) <= 3


def test_the_same_question_finds_the_same(part: PassageIndex, ask: Ask) -> None:
    first, second = _search(part, ask("the summit"), 6), _search(part, ask("the summit"), 6)
    assert first.ids.tolist() == second.ids.tolist()
    assert first.scores.tolist() == second.scores.tolist()


def test_questions_that_are_asked_together_find_what_each_finds_alone(part: PassageIndex, ask: Ask) -> None:
    queries = [ask(text) for text in [*QUESTIONS, "zebra xylophone", "", "the bridge and the summit"]]
    for query, ranking in zip(queries, part.search(queries, 4), strict=True):
        alone = _search(part, query, 4)
        assert ranking.ids.tolist() == alone.ids.tolist()
        assert ranking.scores == pytest.approx(alone.scores, abs=1e-6)


def test_what_shares_no_word_is_found_by_meaning_alone(index: FolderIndex, ask: Ask) -> None:
    query = ask("fruit harvest")
    assert _articles(index, index.hybrid.lexical, query) == []
    assert _articles(index, index.hybrid.dense, query)[0] == "orchard/apples"
    assert _articles(index, index.hybrid, query)[0] == "orchard/apples"


# By words


@pytest.mark.parametrize(
    "question, article",
    [
        ("the 10th", "summit"),
        ("tenth", "summit"),
        ("ten", "summit"),
        ("10", "summit"),
        ("TENTH", "summit"),
        ("third in Kazakhstan", "summit"),
        ("12 states", "summit"),
        ("5600", "trade"),
        ("5,600", "trade"),
        ("2 neighbours", "trade"),
        ("neighbour", "trade"),
        ("SKERRY", "lighthouse"),
        ("cafe zurich naive", "cafe"),
        ("café Zürich", "cafe"),
        ("cracks", "bridge"),
        ("The lighthouse", "lighthouse"),
    ],
)
def test_other_forms_of_a_word_find_it(index: FolderIndex, ask: Ask, question: str, article: str) -> None:
    assert _articles(index, index.hybrid.lexical, ask(question))[0] == article


def test_one_first_and_second_stay_words() -> None:
    assert terms("the first, the second and one more") == terms("first second one more")
    assert "1" not in terms("first one")


def test_words_are_counted_by_passages(index: FolderIndex) -> None:
    assert index.hybrid.lexical.frequencies(terms("Astana bridges zebra")) == [1, 1, 0]
    assert len(index.hybrid.lexical) == index.manifest.passages == 6


def test_an_update_leaves_the_index_it_started_from_as_it_was(tmp_path: Path, ask: Ask) -> None:
    for name in ("before", "after"):
        (tmp_path / name).mkdir()
    before = LexicalIndex.update(tmp_path / "before", None, [(0, "red lamp"), (1, "red rock")], [])
    files = {path: path.read_bytes() for path in (tmp_path / "before").rglob("*") if path.is_file()}
    after = LexicalIndex.update(tmp_path / "after", tmp_path / "before", [(2, "red sea")], [0])
    assert sorted(_search(after, ask("red"), 9).ids.tolist()) == [1, 2]
    for one in (before, LexicalIndex.open(tmp_path / "before")):
        assert sorted(_search(one, ask("red"), 9).ids.tolist()) == [0, 1]
    assert {path: path.read_bytes() for path in files} == files


# By meaning


def test_the_scores_of_given_passages_are_those_a_search_gives(index: FolderIndex, ask: Ask) -> None:
    query = ask("the summit")
    found = _search(index.hybrid.dense, query, 6)
    np.testing.assert_allclose(index.hybrid.dense.scores(query, found.ids), found.scores, atol=1e-6)
    assert index.hybrid.dense.scores(query, found.ids[:0]).shape == (0,)


# By both


@pytest.mark.parametrize("question", [*QUESTIONS, "zebra xylophone", "", "the bridge and the summit"])
def test_a_mixed_score_is_between_zero_and_one(index: FolderIndex, search: Search, question: str) -> None:
    hits = search(index, question)
    assert len(hits) == 6
    assert all(0 <= hit.score <= 1 for hit in hits)


def test_a_hit_keeps_both_scores_as_they_were(index: FolderIndex, search: Search, ask: Ask) -> None:
    question = "Who lit the lamp on Skerry Rock?"
    query = ask(question)
    found = _search(index.hybrid.lexical, query, 6)
    by_words = dict(zip(found.ids.tolist(), found.scores.tolist(), strict=True))
    for hit in search(index, question):
        assert (hit.id, hit.passage) in index.passages_of(hit.passage.article_id)
        assert hit.lexical == pytest.approx(by_words.get(hit.id, 0.0))
        assert hit.dense == pytest.approx(float(index.hybrid.dense.scores(query, np.array([hit.id]))[0]))


@pytest.mark.parametrize("weight, part", [(1.0, "dense"), (0.0, "lexical")])
def test_the_weight_decides_which_part_is_listened_to(index: FolderIndex, ask: Ask, weight: float, part: str) -> None:
    mixed = HybridIndex(index.hybrid.dense, index.hybrid.lexical, dense_weight=weight, depth=10)
    query = ask("the bridge, the orchard and the summit")
    alone: PassageIndex = getattr(index.hybrid, part)
    expected = _search(alone, query, 3).ids.tolist()
    assert _search(mixed, query, 3).ids.tolist() == expected


def test_where_no_word_is_shared_words_add_nothing(index: FolderIndex, search: Search) -> None:
    assert search(index, "fruit harvest")[0].score == pytest.approx(DENSE_WEIGHT)


# What lies behind the numbers


def test_a_number_that_no_passage_has_is_a_key_error(index: FolderIndex) -> None:
    for number in (-1, 6, 10_000):
        with pytest.raises(KeyError):
            index.analyses([0, number])


def test_articles_are_known_by_id(index: FolderIndex) -> None:
    assert [article.id for article in index.articles()] == sorted(
        ["lighthouse", "bridge", "orchard/apples", "summit", "trade", "cafe"]
    )
    assert index.title("lighthouse") == index.article("lighthouse").title == "The lighthouse"
    for lookup in (index.article, index.title):
        with pytest.raises(KeyError):
            lookup("nothing")


def test_a_passage_is_a_piece_of_its_article(index: FolderIndex, search: Search) -> None:
    for hit in search(index, "anything"):
        article = index.article(hit.passage.article_id)
        assert article.text[hit.passage.start : hit.passage.end] == hit.passage.text


@pytest.mark.parametrize("every", [2, 50])
def test_a_choice_of_many_or_of_few_is_ranked_as_in_the_whole(tmp_path: Path, ask: Ask, every: int) -> None:
    documents = [(number, f"lamp {'lamp ' * (number % 7)}{'rock ' * (number % 11)}") for number in range(400)]
    whole = LexicalIndex.update(tmp_path, None, documents, [])
    chosen = np.arange(0, 400, every)
    ranked, narrow = _search(whole, ask("lamp"), 400), _search(whole.within(chosen), ask("lamp"), 400)
    scores = dict(zip(ranked.ids.tolist(), ranked.scores.tolist(), strict=True))
    assert sorted(narrow.ids.tolist()) == chosen.tolist()
    assert narrow.scores.tolist() == sorted((scores[number] for number in chosen.tolist()), reverse=True)
    (first,) = _search(whole.within(chosen), ask("lamp"), 1).scores
    assert first == narrow.scores[0]
