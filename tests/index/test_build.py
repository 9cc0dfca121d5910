"""An index follows its files: what changed is embedded, what is gone is said, and nothing else moves."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from errno import EMFILE
from itertools import count
from pathlib import Path

import pytest

from corpus.article import Passage
from corpus.errors import IndexMismatch, NoArticles, PathNotFound, SettingsError, StoreError
from corpus.splitter import Splitter
from index import build as building
from index.build import Report, build
from index.embedding.embedder import EmbeddedPassage
from index.embedding.sentence_transformer import SentenceTransformerEmbedder
from index.engines import local_engine
from index.folder import files
from index.remove import remove
from index.store import store_at
from tests.index.conftest import Search, write

LONG = "\n\n".join(f"Chapter {number} tells of the sea. " + "The waves rolled in. " * 30 for number in range(6))


def _passages(folder: Path, search: Search) -> dict[int, tuple[str, str]]:
    """Every passage of an index, by number: its article and its text."""
    index = store_at(folder).open()
    hits = search(index, "anything")
    assert len(hits) == len({hit.id for hit in hits}) == index.manifest.passages
    for hit in hits:
        assert index.article(hit.passage.article_id).text[hit.passage.start : hit.passage.end] == hit.passage.text
        assert index.analyses([hit.id])[0].vectors.shape == (len(hit.passage.sentences), 384)
    return {hit.id: (hit.passage.article_id, hit.passage.text) for hit in hits}


def _ids(folder: Path) -> list[str]:
    return [article.id for article in store_at(folder).open().articles()]


def _generation(folder: Path) -> int:
    return store_at(folder).open().manifest.generation


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The article of every passage that is embedded during the test."""
    seen: list[str] = []
    embed_passages = SentenceTransformerEmbedder.embed_passages

    def noted(
        self: SentenceTransformerEmbedder, passages: Sequence[Passage], titles: Sequence[str]
    ) -> Iterator[EmbeddedPassage]:
        for item in embed_passages(self, passages, titles):
            seen.append(item.passage.article_id)
            yield item

    monkeypatch.setattr(SentenceTransformerEmbedder, "embed_passages", noted)
    return seen


# What an update does


def test_a_new_index_holds_every_article(articles: Path, folder: Path, search: Search, embedded: list[str]) -> None:
    report = build([articles], folder)
    ids = {articles / "bridge.txt": "bridge", articles / "lighthouse.md": "lighthouse"}
    ids[articles / "orchard" / "apples.txt"] = "orchard/apples"
    assert report == Report(added=["bridge", "lighthouse", "orchard/apples"], articles=ids, embedded_passages=3)
    assert _ids(folder) == report.added == sorted(embedded)
    assert search(folder, "Who lit the lamp?")[0].passage.text.startswith("The lamp on Skerry Rock")
    manifest = store_at(folder).open().manifest
    assert (manifest.articles, manifest.passages, manifest.roots) == (3, 3, (str(articles),))


def test_where_nothing_changed_nothing_is_embedded_or_written(
    articles: Path, folder: Path, embedded: list[str]
) -> None:
    build([articles], folder)
    embedded.clear()
    files = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.name != "lock"}
    (articles / "bridge.txt").touch()
    report = build([articles], folder)
    assert report == Report(unchanged=["bridge", "lighthouse", "orchard/apples"], articles=report.articles)
    assert sorted(report.articles.values()) == report.unchanged
    assert embedded == []
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.name != "lock"} == files


def test_only_the_file_that_changed_is_embedded(
    articles: Path, folder: Path, search: Search, embedded: list[str]
) -> None:
    build([articles], folder)
    embedded.clear()
    write(articles, {"bridge.txt": "The bridge at Morton was opened again in 2021 by the mayoress.\n"})
    report = build([articles], folder)
    assert (report.updated, report.unchanged) == (["bridge"], ["lighthouse", "orchard/apples"])
    assert (report.articles[articles / "bridge.txt"], report.embedded_passages) == ("bridge", 1)
    assert embedded == ["bridge"]
    assert "opened again" in search(folder, "Who opened the bridge?", 1)[0].passage.text
    assert not any("crack" in text for _, text in _passages(folder, search).values())
    assert not any(hit.lexical for hit in search(folder, "crack pier"))


def test_a_new_file_alone_is_embedded(articles: Path, folder: Path, search: Search, embedded: list[str]) -> None:
    build([articles], folder)
    embedded.clear()
    write(articles, {"mill.txt": "The mill was sold to a baker from Leeds.\n"})
    report = build([articles], folder)
    assert (report.added, report.updated, len(report.unchanged), embedded) == (["mill"], [], 3, ["mill"])
    assert search(folder, "Who bought the mill?", 1)[0].passage.article_id == "mill"


def test_files_named_alone_are_added_to_what_is_there(articles: Path, folder: Path, tmp_path: Path) -> None:
    build([articles], folder)
    extra = write(tmp_path / "extra", {"mill.txt": "The mill was sold to a baker.\n"}) / "mill.txt"
    report = build([extra], folder)
    assert (report.added, report.missing) == (["mill"], [])
    assert _ids(folder) == ["bridge", "lighthouse", "mill", "orchard/apples"]
    assert store_at(folder).open().manifest.roots == (str(articles), str(extra))


def test_a_file_that_is_gone_is_said_and_stays_until_a_build_prunes(
    articles: Path, folder: Path, search: Search, embedded: list[str]
) -> None:
    build([articles], folder)
    embedded.clear()
    (articles / "lighthouse.md").unlink()
    report = build([articles], folder)
    assert (report.missing, report.removed) == (["lighthouse"], [])
    assert search(folder, "Who lit the lamp?", 1)[0].passage.article_id == "lighthouse"
    report = build([articles], folder, prune=True)
    assert (report.missing, report.removed) == ([], ["lighthouse"])
    assert _ids(folder) == ["bridge", "orchard/apples"]
    assert "lighthouse" not in {article for article, _ in _passages(folder, search).values()}
    assert not any(hit.lexical for hit in search(folder, "Skerry"))
    assert embedded == []
    report = build([articles], folder, prune=True)
    assert report == Report(unchanged=["bridge", "orchard/apples"], articles=report.articles)


def test_a_file_that_came_back_is_unchanged(articles: Path, folder: Path) -> None:
    build([articles], folder)
    text = (articles / "bridge.txt").read_bytes()
    (articles / "bridge.txt").unlink()
    build([articles], folder)
    (articles / "bridge.txt").write_bytes(text)
    assert build([articles], folder).missing == []


def test_an_update_that_removes_changes_and_adds_at_once(articles: Path, folder: Path, search: Search) -> None:
    build([articles], folder)
    (articles / "lighthouse.md").unlink()
    write(articles, {"bridge.txt": "The bridge was painted green.\n", "mill.txt": "The mill was sold.\n"})
    report = build([articles], folder, prune=True)
    assert (report.removed, report.updated, report.added) == (["lighthouse"], ["bridge"], ["mill"])
    assert sorted(article for article, _ in _passages(folder, search).values()) == ["bridge", "mill", "orchard/apples"]


# Names


def test_files_of_one_name_get_ids_that_differ(tmp_path: Path, folder: Path) -> None:
    root = write(
        tmp_path / "articles",
        {"a/notes.md": "Of ships.", "b/notes.md": "Of trains.", "a/notes.txt": "Of bicycles.", "notes.md": "Of cars."},
    )
    report = build([root], folder)
    assert len(set(report.added)) == 4
    assert {"a/notes", "b/notes", "notes"} <= set(report.added)
    index = store_at(folder).open()
    assert {index.article(name).text for name in report.added} == {
        "Of ships.",
        "Of trains.",
        "Of bicycles.",
        "Of cars.",
    }


def test_files_of_one_name_in_two_folders_given_get_ids_that_differ(tmp_path: Path, folder: Path) -> None:
    roots = [write(tmp_path / name / "articles", {"notes.md": f"Of {name}."}) for name in ("one", "two", "three")]
    assert len(set(build(roots, folder).added)) == 3
    assert build(list(reversed(roots)), folder).embedded_passages == 0


def test_an_article_keeps_its_id_when_its_namesake_goes(tmp_path: Path, folder: Path) -> None:
    root = write(tmp_path / "articles", {"notes.md": "Of ships.", "notes.txt": "Of trains."})
    build([root], folder)
    (kept,) = (article.id for article in store_at(folder).open().articles() if article.text == "Of trains.")
    (root / "notes.md").unlink()
    build([root], folder, prune=True)
    assert _ids(folder) == [kept]


def test_a_folder_that_was_moved_keeps_its_articles_ids(articles: Path, folder: Path, search: Search) -> None:
    build([articles], folder)
    moved = articles.rename(articles.parent / "elsewhere")
    report = build([moved], folder)
    assert (report.added, report.missing, report.removed) == ([], [], [])
    assert _ids(folder) == ["bridge", "lighthouse", "orchard/apples"]
    assert len(_passages(folder, search)) == 3
    assert len(build([moved], folder).unchanged) == 3


def test_one_file_by_two_ways_is_one_article(articles: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (articles / "link.txt").symlink_to(articles / "bridge.txt")
    monkeypatch.chdir(articles.parent)
    build([Path("articles"), articles, articles / "bridge.txt"], folder)
    assert len(_ids(folder)) == 3


def test_an_index_may_lie_in_a_folder_named_from_here(
    articles: Path, monkeypatch: pytest.MonkeyPatch, search: Search
) -> None:
    monkeypatch.chdir(articles.parent)
    build([Path("articles")], Path(".rag"))
    assert search(Path(".rag"), "Who lit the lamp?")


@pytest.mark.parametrize("name", ["in dex", "índice", "a?b#c%20d", "new\nline"])
def test_an_index_may_lie_in_a_folder_of_any_name(articles: Path, tmp_path: Path, search: Search, name: str) -> None:
    build([articles], tmp_path / name)
    assert len(search(tmp_path / name, "Who lit the lamp?")) == 3


# What cannot be read


def test_what_cannot_be_read_is_named_with_the_reason_and_the_rest_goes_in(articles: Path, folder: Path) -> None:
    (articles / "empty.txt").touch()
    (articles / "binary.txt").write_bytes(bytes(range(256)) * 20)
    (articles / "picture.png").write_bytes(b"\x89PNG\r\n")
    (articles / "broken.pdf").write_bytes(b"%PDF-1.7 and no more")
    report = build([articles], folder)
    reasons = {error.path.name: error.reason for error in report.skipped}
    assert set(reasons) == {"empty.txt", "binary.txt", "picture.png", "broken.pdf"}
    assert "empty" in reasons["empty.txt"]
    assert "unknown format" in reasons["picture.png"]
    assert all(reasons.values())
    assert (
        _ids(folder) == report.added == sorted(report.articles.values()) == ["bridge", "lighthouse", "orchard/apples"]
    )


def test_a_file_that_can_be_read_again_goes_in(articles: Path, folder: Path) -> None:
    (articles / "mill.txt").touch()
    build([articles], folder)
    write(articles, {"mill.txt": "The mill was sold.\n"})
    assert build([articles], folder).added == ["mill"]


def test_an_article_whose_file_broke_stays_as_it_was_and_is_named(articles: Path, folder: Path) -> None:
    build([articles], folder)
    (articles / "bridge.txt").write_bytes(b"")
    report = build([articles], folder)
    assert [error.path.name for error in report.skipped] == ["bridge.txt"]
    assert "bridge" in _ids(folder)


@pytest.mark.parametrize("names", [(), ("picture.png", "empty.txt")])
def test_where_nothing_can_be_read_there_is_an_error_and_no_index(
    tmp_path: Path, folder: Path, names: tuple[str, ...]
) -> None:
    root = tmp_path / "articles"
    root.mkdir()
    for name in names:
        (root / name).touch()
    with pytest.raises(NoArticles) as raised:
        build([root], folder)
    assert raised.value.paths == (root,)
    assert str(root) in str(raised.value)
    assert not (folder / "CURRENT").exists()


def test_pruning_the_last_article_is_an_error_and_keeps_the_index(tmp_path: Path, folder: Path) -> None:
    root = write(tmp_path / "articles", {"mill.txt": "The mill was sold.\n"})
    build([root], folder)
    (root / "mill.txt").unlink()
    with pytest.raises(NoArticles):
        build([root], folder, prune=True)
    assert _ids(folder) == ["mill"]


def test_a_path_that_is_not_there_is_an_error(articles: Path, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(PathNotFound) as raised:
        build([articles, tmp_path / "nowhere"], folder)
    assert raised.value.path == tmp_path / "nowhere"
    assert not folder.exists()


def test_a_few_files_are_embedded_without_torch(articles: Path, folder: Path, search: Search) -> None:
    build([articles], folder)
    write(articles, {"mill.txt": "The mill was sold to a baker from Leeds.\n"})
    (articles / "picture.png").write_bytes(b"\x89PNG\r\n")
    program = (
        "import sys; from pathlib import Path; from index.build import build\n"
        "report = build([Path(sys.argv[1])], Path(sys.argv[2]))\n"
        "print(report.added, [error.path.name for error in report.skipped], 'torch' in sys.modules)"
    )
    command = [sys.executable, "-c", program, str(articles), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    assert done.stdout.strip() == "['mill'] ['picture.png'] False"
    assert search(folder, "Who bought the mill?", 1)[0].passage.article_id == "mill"


# Other settings


@pytest.mark.parametrize("splitter", [Splitter(max_tokens=100), Splitter(overlap=2)])
def test_an_index_of_other_passages_is_not_updated(articles: Path, folder: Path, splitter: Splitter) -> None:
    build([articles], folder)
    with pytest.raises(IndexMismatch, match="rag index --rebuild") as raised:
        build([articles], folder, splitter=splitter)
    assert raised.value.folder == folder
    assert str(splitter.max_tokens) in str(raised.value)


def test_a_rebuild_may_change_the_passages(articles: Path, folder: Path, search: Search) -> None:
    write(articles, {"sea.txt": LONG})
    build([articles], folder)
    before = len(_passages(folder, search))
    report = build([articles], folder, splitter=Splitter(max_tokens=50), rebuild=True)
    assert len(report.added) == 4
    assert len(_passages(folder, search)) > before


def test_a_rebuild_starts_from_nothing(articles: Path, folder: Path, embedded: list[str], search: Search) -> None:
    build([articles], folder)
    (articles / "bridge.txt").unlink()
    embedded.clear()
    generation = _generation(folder)
    assert build([articles], folder, rebuild=True).added == ["lighthouse", "orchard/apples"]
    assert sorted(embedded) == ["lighthouse", "orchard/apples"]
    assert _generation(folder) > generation
    assert len(_passages(folder, search)) == 2


def test_progress_tells_what_is_done_and_how_much_there_is(articles: Path, folder: Path) -> None:
    told: list[tuple[str, int, int]] = []
    build([articles], folder, progress=lambda *step: told.append(step))
    assert (told[0], told[-1]) == (("Loading the model", 0, 0), ("Saving", 0, 0))
    assert {what for what, _, _ in told[1:-1]} == {"Embedding"}
    total = sum(file.stat().st_size for file in articles.rglob("*") if file.is_file())
    done = [done for _, done, _ in told[1:-1]]
    assert done == sorted(done)
    assert (done[0], done[-1], {total for _, _, total in told[1:-1]}) == (0, total, {total})


# What was interrupted


class _Interrupted(Exception):
    pass


Interrupt = Callable[..., None]


@pytest.fixture
def interrupt(monkeypatch: pytest.MonkeyPatch) -> Interrupt:
    """Builds in lots of two passages and is stopped when some passages have been embedded."""
    monkeypatch.setattr(local_engine, "_LOT", 2)
    monkeypatch.setattr(building, "_KEPT_TOGETHER", 2)

    def start_and_stop(paths: list[Path], folder: Path, *, after: int, rebuild: bool = False) -> None:
        told = count()

        def stop(what: str, done: int, total: int) -> None:
            # Once at the start, and then for each passage.
            if what == "Embedding" and next(told) == after:
                raise _Interrupted

        with pytest.raises(_Interrupted):
            build(paths, folder, rebuild=rebuild, progress=stop)

    return start_and_stop


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Eight articles of one passage each."""
    return write(tmp_path / "many", {f"room{n}.txt": f"Room {n} of the castle is painted." for n in range(8)})


def test_an_interrupted_build_goes_on_and_embeds_only_the_rest(
    many: Path, folder: Path, interrupt: Interrupt, embedded: list[str], search: Search
) -> None:
    interrupt([many], folder, after=5)
    assert not (folder / "CURRENT").exists()
    embedded.clear()
    report = build([many], folder)
    assert sorted(embedded) == [f"room{n}" for n in range(4, 8)]
    assert report.embedded_passages == 4
    assert report.added == [f"room{n}" for n in range(8)]
    assert sorted(article for article, _ in _passages(folder, search).values()) == report.added


def test_an_interrupted_update_leaves_the_index_as_it_was(
    many: Path, articles: Path, folder: Path, interrupt: Interrupt, search: Search, embedded: list[str]
) -> None:
    build([articles], folder)
    before = _passages(folder, search)
    interrupt([articles, many], folder, after=7)
    assert _passages(folder, search) == before
    embedded.clear()
    build([articles, many], folder)
    assert sorted(embedded) == ["room6", "room7"]
    after = _passages(folder, search)
    assert len(after) == 11
    assert before.items() <= after.items()


def test_what_changed_since_the_interruption_is_embedded_again(
    many: Path, folder: Path, interrupt: Interrupt, embedded: list[str], search: Search
) -> None:
    interrupt([many], folder, after=5)
    write(many, {"room0.txt": "Room 0 of the castle burned down."})
    (many / "room2.txt").unlink()
    embedded.clear()
    build([many], folder)
    assert sorted(embedded) == ["room0", "room4", "room5", "room6", "room7"]
    texts = [text for _, text in _passages(folder, search).values()]
    assert "Room 0 of the castle burned down." in texts
    assert "Room 0 of the castle is painted." not in texts
    assert len(texts) == 7


def test_a_build_interrupted_again_and_again_ends_whole(
    many: Path, folder: Path, interrupt: Interrupt, search: Search
) -> None:
    for after in (3, 3, 3):
        interrupt([many], folder, after=after)
    assert build([many], folder).embedded_passages == 2
    assert len(_passages(folder, search)) == 8


def test_a_build_interrupted_while_saving_embeds_nothing_again(
    many: Path, folder: Path, embedded: list[str], search: Search
) -> None:
    def stop(what: str, done: int, total: int) -> None:
        if what == "Saving":
            raise _Interrupted

    with pytest.raises(_Interrupted):
        build([many], folder, progress=stop)
    embedded.clear()
    assert len(build([many], folder).added) == 8
    assert embedded == []
    assert len(_passages(folder, search)) == 8


def test_nothing_of_an_interrupted_build_is_left_behind(many: Path, folder: Path, interrupt: Interrupt) -> None:
    interrupt([many], folder, after=5)
    write(many, {f"room{n}.txt": f"Room {n} was torn down." for n in range(8)})
    build([many], folder)
    used = {part.name for part in store_at(folder).open().manifest.parts}
    assert {place.name for place in (folder / "segments").iterdir()} == used
    assert len(list((folder / "generations").iterdir())) == 1


def test_passages_of_an_interrupted_rebuild_do_not_get_numbers_that_are_taken(
    many: Path, folder: Path, interrupt: Interrupt, search: Search
) -> None:
    build([many], folder)
    write(many, {f"room{n}.txt": f"Room {n} was torn down." for n in range(3)})
    interrupt([many], folder, after=3, rebuild=True)
    build([many], folder)
    assert len(_passages(folder, search)) == 8


def test_an_interrupted_update_and_an_interrupted_rebuild_are_not_mixed(
    many: Path, articles: Path, folder: Path, interrupt: Interrupt, search: Search
) -> None:
    build([articles], folder)
    interrupt([articles, many], folder, after=3)
    interrupt([articles, many], folder, after=9, rebuild=True)
    build([articles, many], folder)
    passages = _passages(folder, search)
    assert sorted(article for article, _ in passages.values()) == _ids(folder)
    assert len(passages) == 11


def test_what_cannot_be_read_is_named_by_each_build_that_was_interrupted_before(
    many: Path, folder: Path, interrupt: Interrupt, embedded: list[str]
) -> None:
    broken = ["room0.pdf", "room5.pdf", "room9.txt"]
    for name in broken:
        (many / name).touch()
    for _ in range(2):
        interrupt([many], folder, after=3)
    embedded.clear()
    report = build([many], folder)
    assert [error.path.name for error in report.skipped] == broken
    assert (len(report.added), len(embedded), report.embedded_passages) == (8, 4, 4)
    assert [error.path.name for error in build([many], folder).skipped] == broken


def test_finished_lots_lie_on_disk_while_the_build_goes_on(many: Path, folder: Path, interrupt: Interrupt) -> None:
    interrupt([many], folder, after=7)
    finished = [place for place in (folder / "segments").iterdir() if (place / "finished.json").exists()]
    assert len(finished) == 3
    before = {place.name: place.stat().st_ino for place in finished}
    interrupt([many], folder, after=1)
    assert before.items() <= {place.name: place.stat().st_ino for place in (folder / "segments").iterdir()}.items()


def test_what_an_interrupted_build_finished_is_kept_for_it_while_others_write(
    many: Path, articles: Path, folder: Path, interrupt: Interrupt, embedded: list[str], search: Search
) -> None:
    build([articles], folder)
    interrupt([many], folder, after=5)
    assert build([articles], folder).added == []
    remove(["bridge"], folder)
    build([write(articles, {"mill.txt": "The mill was sold.\n"})], folder)
    embedded.clear()
    assert len(build([many], folder).added) == 8
    assert sorted(embedded) == [f"room{n}" for n in range(4, 8)]
    texts = [text for _, text in _passages(folder, search).values()]
    assert len(texts) == 11 and "Room 0 of the castle is painted." in texts
    store_at(folder).verify()
    used = {part.name for part in store_at(folder).current().parts}
    assert {place.name for place in (folder / "segments").iterdir()} == used


def test_what_an_interrupted_build_finished_of_files_that_changed_goes_with_the_next_change(
    many: Path, articles: Path, folder: Path, interrupt: Interrupt
) -> None:
    build([articles], folder)
    interrupt([many], folder, after=5)
    (many / "room0.txt").unlink()
    write(many, {f"room{n}.txt": f"Room {n} burned down." for n in range(1, 8)})
    build([write(articles, {"mill.txt": "The mill was sold.\n"})], folder)
    used = {part.name for part in store_at(folder).current().parts}
    assert {place.name for place in (folder / "segments").iterdir()} == used


def test_a_segment_of_an_interrupted_build_that_broke_is_embedded_again(
    many: Path, folder: Path, interrupt: Interrupt, search: Search
) -> None:
    interrupt([many], folder, after=3)
    (segment,) = (place for place in (folder / "segments").iterdir() if (place / "finished.json").exists())
    (segment / "articles.sqlite").write_bytes(b"")
    assert build([many], folder).embedded_passages == 8
    assert len(_passages(folder, search)) == 8


def test_what_an_interrupted_build_finished_is_not_looked_into_by_others(
    many: Path, articles: Path, folder: Path, interrupt: Interrupt
) -> None:
    build([articles], folder)
    interrupt([many], folder, after=3)
    (segment,) = (place for place in (folder / "segments").iterdir() if (place / "finished.json").exists())
    (segment / "passages.bin").write_bytes(b"")
    remove(["bridge"], folder)
    build([write(articles, {"mill.txt": "The mill was sold.\n"})], folder)
    assert segment.exists()
    assert build([many], folder).embedded_passages == 8
    assert not segment.exists()


def test_what_an_interrupted_build_finished_is_kept_while_the_system_refuses_to_read_it(
    many: Path, folder: Path, interrupt: Interrupt, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt([many], folder, after=5)

    def refuse(*_: object) -> None:
        raise OSError(EMFILE, os.strerror(EMFILE))

    with monkeypatch.context() as patch, pytest.raises(StoreError, match="Too many open files"):
        patch.setattr(files, "checksums", refuse)
        build([many], folder)
    assert build([many], folder).embedded_passages == 4


# Engines


def test_an_engine_that_is_not_there_is_an_error_that_names_those_that_are(articles: Path, folder: Path) -> None:
    with pytest.raises(SettingsError, match="no engine spark: name ray"):
        build([articles], folder, engine="spark")
    assert not (folder / "CURRENT").exists()


@pytest.mark.parametrize("passages", [1, 2, 3, 512])
def test_lots_of_any_size_make_the_same_index(
    many: Path, folder: Path, search: Search, monkeypatch: pytest.MonkeyPatch, passages: int
) -> None:
    monkeypatch.setattr(local_engine, "_LOT", passages)
    monkeypatch.setattr(building, "_KEPT_TOGETHER", 4 - passages % 4)
    write(many, {"sea.txt": LONG, "room3x.pdf": "no PDF"})
    report = build([many], folder)
    assert [error.path.name for error in report.skipped] == ["room3x.pdf"]
    found = _passages(folder, search)
    # Numbers follow the order of the files, and that of the passages in them.
    assert [article for _, (article, _) in sorted(found.items())] == sorted(article for article, _ in found.values())
    index = store_at(folder).open()
    assert [text for article, text in dict(sorted(found.items())).values() if article == "sea"] == [
        passage.text for _, passage in index.passages_of("sea")
    ]


# Many updates


def test_many_small_updates_make_few_segments_and_the_same_search(tmp_path: Path, folder: Path, search: Search) -> None:
    root = tmp_path / "articles"
    rooms = {f"room{n:02}.txt": f"Room {n} of the castle holds {n * 7} paintings of ships." for n in range(40)}
    for name, text in rooms.items():
        build([write(root, {name: text})], folder)
    assert len(store_at(folder).open().manifest.parts) <= 6
    assert len(list((folder / "segments").iterdir())) <= 6
    assert len(list((folder / "generations").iterdir())) == 1
    at_once = tmp_path / "at-once"
    build([root], at_once)
    assert Counter(_passages(folder, search).values()) == Counter(_passages(at_once, search).values())
    for question in ("paintings of ships in room 7", "the castle", "How many paintings does room 20 hold?"):
        found, expected = ({hit.passage.text: hit for hit in search(place, question)} for place in (folder, at_once))
        assert found.keys() == expected.keys()
        for text, hit in found.items():
            assert hit.lexical == pytest.approx(expected[text].lexical, abs=1e-4)
            # In half precision a vector depends a little on what else is in its batch.
            assert hit.dense == pytest.approx(expected[text].dense, abs=1e-2)


def test_many_small_changes_search_like_an_index_built_at_once(tmp_path: Path, folder: Path, search: Search) -> None:
    root = write(tmp_path / "articles", {f"room{n}.txt": f"Room {n} holds ships." for n in range(12)})
    build([root], folder)
    for n in range(10):
        build([write(root, {f"room{n}.txt": f"Room {n} holds paintings of ships and birds."})], folder)
    at_once = tmp_path / "at-once"
    build([root], at_once)
    assert Counter(_passages(folder, search).values()) == Counter(_passages(at_once, search).values())
    found, expected = (
        {hit.passage.text: hit.lexical for hit in search(place, "paintings of ships")} for place in (folder, at_once)
    )
    assert found == pytest.approx(expected, abs=1e-3)


def test_numbers_are_never_given_twice(articles: Path, folder: Path, search: Search) -> None:
    build([articles], folder)
    given: dict[int, tuple[str, str]] = {}
    for version in range(6):
        write(articles, {"bridge.txt": f"The bridge was painted {version} times.\n", f"mill{version}.txt": LONG})
        (articles / f"mill{version - 2}.txt").unlink(missing_ok=True)
        build([articles], folder, prune=True)
        now = _passages(folder, search)
        assert all(given.setdefault(number, passage) == passage for number, passage in now.items())


def test_an_index_inside_its_articles_is_not_read_as_one(articles: Path) -> None:
    build([articles], articles / "index")
    assert build([articles], articles / "index").skipped == []
