"""An index answers alike wherever it is kept: in a folder, or in Milvus."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from corpus.article import Article, Passage
from corpus.errors import ArticleNotFound, IndexLocked, IndexMismatch, IndexNotFound, LastArticle
from corpus.readers import find_files
from corpus.splitter import Splitter
from index.article_index import ArticleIndex
from index.build import build
from index.embedding.embedder import EmbeddedPassage
from index.embedding.sentence_transformer import SentenceTransformerEmbedder
from index.engines.engine import EmbeddedArticle
from index.engines.local_engine import LocalEngine
from index.filters import Filters
from index.location import Location, MilvusLocation
from index.manifest import Recipe
from index.plan import make_plan
from index.query import Found, Query
from index.remove import remove
from index.source_file import SourceFile
from index.store import store_at
from index.words import terms
from tests.index.conftest import write

# Numbers the sources and dates run through.
_DATES = [None, "2023", "2024", "2025", "2024-05", "2024-06", "2024-07", "2024-06-01", "2024-06-15", "2024-06-30"]
_SOURCES = ("Gazette", "The “Morning” Herald's\\Post", None)


@pytest.fixture(params=["folder", "milvus"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Location]:
    """Where an index can be kept, empty."""
    if request.param == "folder":
        yield tmp_path / "index"
        return
    pytest.importorskip("pymilvus", reason="needs pymilvus")
    manager = pytest.importorskip("milvus_lite.server_manager", reason="needs milvus-lite").server_manager_instance
    file = tmp_path / "index.db"
    yield MilvusLocation(str(file))
    manager.release_server(str(file))


def _ask(place: Location | ArticleIndex, text: str, k: int = 100, filters: Filters | None = None) -> list[Found]:
    index = store_at(place).open() if isinstance(place, Path | MilvusLocation) else place
    (found,) = index.search([Query(text, index.embedder.embed([text])[0])], k, filters)
    return found


def _names(found: Sequence[Found]) -> list[str]:
    return [item.hit.passage.article_id for item in found]


def _ids(place: Location) -> list[str]:
    return [article.id for article in store_at(place).open().articles()]


def _rooms(folder: Path, numbers: range) -> Path:
    """Articles of a few sources and of dates of every precision."""
    texts = {}
    for number in numbers:
        source, date = _SOURCES[number % len(_SOURCES)], _DATES[number % len(_DATES)]
        head = {"title": f"Room {number}", "source": source, "date": date}
        lines = [f"{name}: {value}" for name, value in head.items() if value]
        text = f"Room {number} of the castle holds {number} ships. " + "Apples lie there. " * (number % 5)
        texts[f"room{number}.md"] = "---\n" + "\n".join(lines) + f"\n---\n{text}\n"
    return write(folder, texts)


# What it holds


def test_a_passage_is_found_by_meaning_and_by_words(articles: Path, place: Location) -> None:
    build([articles], place)
    best, *others = _ask(place, "Who lit the lamp?")
    assert best.hit.passage.text.startswith("The lamp on Skerry Rock was lit by Anna Holm.")
    assert best.hit.score == pytest.approx(1, abs=1e-3)
    assert best.hit.dense > max(item.hit.dense for item in others)
    assert best.hit.lexical > 0
    assert [item.hit.lexical for item in others] == [0, 0]
    scores = [item.hit.score for item in (best, *others)]
    assert scores == sorted(scores, reverse=True)
    assert len(_ask(place, "Who lit the lamp?", 1)) == 1


def test_every_passage_is_what_its_article_says(articles: Path, place: Location) -> None:
    write(
        articles, {"long.txt": "\n\n".join(f"Chapter {n} is of the sea. " + "Waves rolled in. " * 30 for n in range(9))}
    )
    build([articles], place)
    index = store_at(place).open()
    found = _ask(index, "anything", 1000)
    assert len({item.hit.id for item in found}) == len(found) == index.manifest.passages > 9
    assert {article.id for article in index.articles()} == set(_names(found))
    assert index.manifest.articles == 4
    for item in found:
        passage = item.hit.passage
        assert index.article(passage.article_id).text[passage.start : passage.end] == passage.text
        assert (item.hit.id, passage) in index.passages_of(passage.article_id)
    in_order = [passage.ordinal for _, passage in index.passages_of("long")]
    assert in_order == list(range(len(in_order)))


def test_what_is_known_of_a_passage_is_what_its_sentences_say(articles: Path, place: Location) -> None:
    write(articles, {"écluse.txt": "L'écluse nº 5 fut fermée. Её открыли в мае. 東京タワーは高い。\n"})
    build([articles], place)
    index = store_at(place).open()
    found = _ask(index, "anything")
    numbers = [item.hit.id for item in found][::-1]
    for number, analysis, item in zip(numbers, index.analyses(numbers), found[::-1], strict=True):
        passage = item.hit.passage
        assert number == item.hit.id
        assert analysis.title.split() == terms(index.title(passage.article_id))
        assert [words.split() for words in analysis.sentences] == [
            terms(passage.quote(*sentence)) for sentence in passage.sentences
        ]
        assert (analysis.title, analysis.sentences) == (item.analysis.title, item.analysis.sentences)
        assert analysis.vectors.shape == (len(passage.sentences), 384)
        assert np.array_equal(analysis.vectors, item.analysis.vectors)
        assert np.linalg.norm(analysis.vectors, axis=1) == pytest.approx(1, abs=0.01)
    with pytest.raises(KeyError):
        index.analyses([numbers[0], 10_000])


def test_words_are_counted_over_passages_in_every_script(articles: Path, place: Location) -> None:
    words = "Её открыли в мае. 東京タワーは高い。 Çelik opened it; open, opening. "
    write(articles, {"one.txt": words, "two.txt": words * 2})
    build([articles], place)
    index = store_at(place).open()
    asked = [*terms("лампа мае Çelik opens lamp Morton 東京タワーは高い"), "unheard", "lamp"]
    assert index.frequencies(asked) == [0, 2, 2, 2, 1, 1, 2, 0, 1]
    assert index.frequencies([]) == []
    assert {item.hit.passage.article_id for item in _ask(index, "мае") if item.hit.lexical} == {"one", "two"}


def test_an_article_comes_back_whole_whatever_its_length_and_name(
    place: Location, tmp_path: Path, embedder: SentenceTransformerEmbedder
) -> None:
    name = "lo\"ng's \\ 灯台"
    article = Article(
        name, "灯台", "".join(f"第{n}章。灯台は🗼。\n" for n in range(9000)), author="O'Neil", url='http://x/?q="'
    )
    vectors = embedder.embed([article.title])
    embedded = EmbeddedPassage(Passage(name, 0, 0, 12, article.text[:12], ()), vectors[0], vectors[:0])
    store = store_at(place)
    with store.writing():
        draft = store.draft(None, {}, Recipe(embedder.name, embedder.digest, embedder.dim, 200, 1))
        draft.add([EmbeddedArticle(article, SourceFile(tmp_path / "x", "", ""), (embedded,))])
        draft.put_in_force((), [], [])
    index = store.open()
    assert len(article.text.encode()) > 200_000
    assert index.article(name) == article
    assert index.articles() == [article]
    assert index.passages_of(name) == [(0, embedded.passage)]
    assert index.analyses([0])[0].vectors.shape == (0, 384)


def test_the_catalogue_lists_what_is_sought_in_order_of_title(place: Location, tmp_path: Path) -> None:
    build([_rooms(tmp_path / "articles", range(8))], place)
    index = store_at(place).open()
    assert [entry.title for entry in index.catalogue().entries] == [f"Room {number}" for number in range(8)]
    some = index.catalogue(offset=2, limit=3)
    assert (some.total, [entry.id for entry in some.entries]) == (8, ["room2", "room3", "room4"])
    sought = index.catalogue("MORNING room")
    assert (sought.total, [entry.id for entry in sought.entries]) == (3, ["room1", "room4", "room7"])
    entry = index.entry("room4")
    assert entry == sought.entries[1]
    assert (entry.source, entry.published, entry.passages) == (_SOURCES[1], "2024-05", 1)
    assert (entry.words, entry.path) == (len(index.article("room4").text.split()), tmp_path / "articles" / "room4.md")
    assert index.catalogue("nowhere").total == 0
    assert index.sources() == sorted(source for source in _SOURCES if source)


def test_what_is_not_held_is_said(articles: Path, place: Location) -> None:
    with pytest.raises(IndexNotFound):
        store_at(place).open()
    with pytest.raises(IndexNotFound):
        store_at(place).version()
    assert not store_at(place).exists()
    build([articles], place)
    index = store_at(place).open()
    assert (index.entry("nobody"), index.passages_of("nobody")) == (None, [])
    for ask in (index.article, index.title):
        with pytest.raises(KeyError):
            ask("nobody")
    with pytest.raises(ArticleNotFound):
        remove(["bridge", "nobody"], place)
    with pytest.raises(LastArticle):
        remove(["bridge", "lighthouse", "orchard/apples"], place)
    with pytest.raises(IndexMismatch):
        build([articles], place, splitter=Splitter(max_tokens=100))
    assert _ids(place) == ["bridge", "lighthouse", "orchard/apples"]


def test_a_question_without_words_finds_by_meaning_alone(articles: Path, place: Location) -> None:
    build([articles], place)
    for text in ("?", "the of and"):
        assert {item.hit.lexical for item in _ask(place, text)} == {0}
        assert len(_ask(place, text)) == 3


def test_many_questions_are_answered_as_each_alone(place: Location, tmp_path: Path) -> None:
    build([_rooms(tmp_path / "articles", range(30))], place)
    index = store_at(place).open()
    texts = [f"How many ships are in room {number}?" for number in range(20)] + ["?", "apples"]
    together = index.search(
        [Query(text, vector) for text, vector in zip(texts, index.embedder.embed(texts), strict=True)], 5
    )
    for text, found in zip(texts, together, strict=True):
        alone = _ask(index, text, 5)
        assert _names(found) == _names(alone)
        assert [item.hit.score for item in found] == pytest.approx([item.hit.score for item in alone], abs=1e-4)


# Which articles are asked


def _passes(published: str | None, since: str | None, until: str | None) -> bool:
    """The rule as it is said: as far as both go."""
    if published is None:
        return not (since or until)
    after = since is None or published[: len(since)] >= since[: len(published)]
    return after and (until is None or published[: len(until)] <= until[: len(published)])


def test_filters_narrow_the_search_itself(place: Location, tmp_path: Path) -> None:
    build([_rooms(tmp_path / "articles", range(30))], place)
    index = store_at(place).open()
    published = {article.id: article.published for article in index.articles()}
    assert set(published.values()) == set(_DATES)
    dates = [(None, "2024"), ("2024", None), ("2024-06", None), (None, "2024-06"), ("2024-06-15", None)]
    for since, until in [*dates, (None, "2024-06-15"), ("2024-05", "2024-06-01"), ("2023", "2023"), ("2026", None)]:
        wanted = {name for name, date in published.items() if _passes(date, since, until)}
        assert set(_names(_ask(index, "ships", filters=Filters(since=since, until=until)))) == wanted
    one = _ask(index, "ships in room 7", filters=Filters(sources=[str(_SOURCES[1])]))
    assert set(_names(one)) == {f"room{number}" for number in range(1, 30, 3)}
    assert one[0].hit.passage.article_id == "room7"
    both = _ask(index, "ships", filters=Filters(sources=["Gazette", str(_SOURCES[1])], since="2025"))
    assert {published[name] for name in _names(both)} == {"2025"}
    assert _ask(index, "ships", filters=Filters(sources=["Nobody's"])) == []


# What an update does


def test_only_what_changed_is_embedded_and_the_old_is_found_no_more(articles: Path, place: Location) -> None:
    build([articles], place)
    before = store_at(place).version()
    assert build([articles], place).embedded_passages == 0
    assert store_at(place).version() == before
    write(articles, {"bridge.txt": "The bridge at Morton was opened again in 2021.\n", "mill.txt": "The mill burnt.\n"})
    report = build([articles], place)
    assert (report.updated, report.added, report.embedded_passages) == (["bridge"], ["mill"], 2)
    assert store_at(place).version() != before
    index = store_at(place).open()
    assert (index.manifest.articles, index.manifest.passages) == (4, 4)
    assert index.article("bridge").text == "The bridge at Morton was opened again in 2021."
    assert _names(_ask(index, "Who opened the bridge again?"))[0] == "bridge"
    assert not any(item.hit.lexical for item in _ask(index, "crack pier"))
    assert index.frequencies(terms("crack bridge burnt")) == [0, 1, 1]
    assert len(_ask(index, "anything")) == 4
    store_at(place).verify()


def test_numbers_of_passages_are_never_used_again(articles: Path, place: Location) -> None:
    build([articles], place)
    seen = {item.hit.id for item in _ask(place, "anything")}
    for text in ("It was closed.", "It was opened.", "It fell."):
        write(articles, {"bridge.txt": text})
        build([articles], place)
        (number, _), *_ = store_at(place).open().passages_of("bridge")
        assert number not in seen
        seen.add(number)


def test_what_is_removed_or_pruned_is_gone(articles: Path, place: Location) -> None:
    build([articles], place)
    remove(["bridge"], place)
    assert _ids(place) == ["lighthouse", "orchard/apples"]
    assert "bridge" not in _names(_ask(place, "The bridge at Morton"))
    (articles / "lighthouse.md").unlink()
    assert build([articles], place).missing == ["lighthouse"]
    assert _ids(place) == ["lighthouse", "orchard/apples"]
    assert build([articles], place, prune=True).removed == ["lighthouse"]
    assert _ids(place) == ["orchard/apples"]
    manifest = store_at(place).current()
    assert (manifest.articles, manifest.passages, manifest.excluded) == (1, 1, (str(articles / "bridge.txt"),))
    assert store_at(place).roots() == [articles]
    assert build([articles / "bridge.txt"], place).added == ["bridge"]
    assert _ids(place) == ["bridge", "orchard/apples"]
    store_at(place).verify()


def test_an_index_can_be_made_anew(articles: Path, place: Location) -> None:
    build([articles], place)
    remove(["bridge"], place)
    before = store_at(place).version()
    report = build([articles], place, rebuild=True, splitter=Splitter(max_tokens=100))
    assert (len(report.added), report.embedded_passages) == (3, 3)
    assert _ids(place) == ["bridge", "lighthouse", "orchard/apples"]
    assert store_at(place).version() != before
    assert store_at(place).current().recipe.max_tokens == 100
    assert _names(_ask(place, "Who lit the lamp?"))[0] == "lighthouse"


def test_who_reads_during_an_update_reads_one_generation(articles: Path, place: Location) -> None:
    build([articles], place)
    index = store_at(place).open()
    text = index.article("bridge").text

    def read() -> tuple[set[int], str]:
        found = _ask(index, "The bridge at Morton was closed")
        index.analyses([item.hit.id for item in found])
        return {item.hit.id for item in found}, index.article("bridge").text

    with ThreadPoolExecutor(2) as readers:
        reading = [readers.submit(read) for _ in range(20)]
        write(articles, {"bridge.txt": "The bridge is open.\n", "mill.txt": "The mill burnt.\n"})
        (articles / "lighthouse.md").unlink()
        build([articles], place, prune=True)
        reading += [readers.submit(read) for _ in range(5)]
    assert [read.result() for read in reading] == [({0, 1, 2}, text)] * 25
    assert _ids(place) == ["bridge", "mill", "orchard/apples"]


def test_one_writes_at_a_time(articles: Path, place: Location) -> None:
    with store_at(place).writing(), pytest.raises(IndexLocked):
        build([articles], place)
    build([articles], place)
    assert len(_ids(place)) == 3


# What was interrupted


Begin = Callable[..., None]


@pytest.fixture
def begin(embedder: SentenceTransformerEmbedder) -> Begin:
    """A build that ends, for whatever reason, when it has kept some articles and nothing is in force yet."""
    splitter = Splitter()
    recipe = Recipe(embedder.name, embedder.digest, embedder.dim, splitter.max_tokens, splitter.overlap)

    def stop_after(count: int, articles: Path, place: Location, *, rebuild: bool = False) -> None:
        store = store_at(place)
        with store.writing():
            base = store.current() if store.exists() and not rebuild else None
            plan = make_plan(find_files([articles]), [articles], store.sources() if base else {})
            draft = store.draft(base, {item.article_id: item.source for item in plan.to_read}, recipe)
            kept = [item for item in plan.to_read if item.article_id not in draft.finished][:count]
            for item in LocalEngine(embedder, splitter).embedded(kept, lambda size: None):
                assert isinstance(item, EmbeddedArticle)
                draft.add([item])

    return stop_after


def test_an_interrupted_build_goes_on_and_embeds_nothing_twice(begin: Begin, place: Location, tmp_path: Path) -> None:
    articles = _rooms(tmp_path / "articles", range(6))
    begin(3, articles, place)
    assert not store_at(place).exists()
    begin(1, articles, place)
    report = build([articles], place)
    assert (len(report.added), report.embedded_passages) == (6, 2)
    assert len(_ids(place)) == len({item.hit.id for item in _ask(place, "anything")}) == 6
    store_at(place).verify()


def test_an_interrupted_update_is_not_seen_and_goes_on(begin: Begin, articles: Path, place: Location) -> None:
    build([articles], place)
    before = store_at(place).version()
    write(articles, {"bridge.txt": "The bridge is open.\n", "mill.txt": "The mill burnt.\n", "weir.txt": "It leaks.\n"})
    begin(2, articles, place)
    assert store_at(place).version() == before
    assert _ids(place) == ["bridge", "lighthouse", "orchard/apples"]
    assert len(_ask(place, "The mill burnt, the bridge is open")) == 3
    assert store_at(place).open().frequencies(terms("burnt")) == [0]
    assert build([articles], place).embedded_passages == 1
    assert _ids(place) == ["bridge", "lighthouse", "mill", "orchard/apples", "weir"]
    assert store_at(place).open().article("bridge").text == "The bridge is open."


def test_what_changed_since_the_interruption_is_embedded_again(begin: Begin, articles: Path, place: Location) -> None:
    build([articles], place)
    write(articles, {"mill.txt": "The mill burnt.\n", "weir.txt": "It leaks.\n", "lock.txt": "It is shut.\n"})
    begin(3, articles, place)
    write(articles, {"mill.txt": "The mill was saved.\n"})
    (articles / "weir.txt").unlink()
    assert build([articles], place).embedded_passages == 1
    assert _ids(place) == ["bridge", "lighthouse", "lock", "mill", "orchard/apples"]
    assert store_at(place).open().article("mill").text == "The mill was saved."
    assert len(_ask(place, "The mill burnt. It leaks.")) == 5
    store_at(place).verify()


def test_an_interrupted_rebuild_leaves_the_index_and_starts_over(begin: Begin, articles: Path, place: Location) -> None:
    build([articles], place)
    begin(2, articles, place, rebuild=True)
    assert len(_ask(place, "anything")) == 3
    assert build([articles], place).embedded_passages == 0
    assert build([articles], place, rebuild=True).embedded_passages == 3
    assert len(_ask(place, "anything")) == 3
