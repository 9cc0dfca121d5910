"""A chatbot that follows its index, and the paths an index is made from."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

import rag.current
from corpus.errors import IndexDamaged, IndexNotFound
from index.build import build
from index.remove import remove
from rag import Chatbot, Settings
from rag.current import CurrentChatbot
from rag.library import paths_of
from tests.index.manifests import rewrite

CHAPEL = "Who painted the ceiling of the Morton chapel?"


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    """A folder of two articles."""
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "bridge.txt").write_text("The bridge at Morton was closed in 2019 after a crack was found.", "utf-8")
    (folder / "chapel.txt").write_text("The ceiling of the Morton chapel was painted by Clara Voss.", "utf-8")
    return folder


@pytest.fixture
def index(articles: Path, tmp_path: Path) -> Path:
    """An index of them."""
    build([articles], tmp_path / "index")
    return tmp_path / "index"


def test_it_is_the_same_chatbot_until_the_index_changes(index: Path) -> None:
    current = CurrentChatbot(index, Settings())
    before = current()
    assert current() is before
    remove(["chapel"], index)
    assert current() is not before
    assert current() is current()
    assert current().index.manifest.articles == 1
    assert "Clara Voss" in before.ask(CHAPEL).text


def test_an_index_that_was_deleted_and_made_again_is_opened_again(index: Path, articles: Path) -> None:
    current = CurrentChatbot(index, Settings())
    before = current()
    shutil.rmtree(index)
    with pytest.raises(IndexNotFound):
        current()
    (articles / "chapel.txt").unlink()
    build([articles], index)
    assert current().index.manifest.generation == before.index.manifest.generation
    assert current().index.manifest.articles == 1


def test_many_threads_open_it_once(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Chatbot] = []
    open_one = Chatbot.open

    def noted(folder: Path, settings: Settings) -> Chatbot:
        opened.append(open_one(folder, settings))
        return opened[-1]

    monkeypatch.setattr(Chatbot, "open", noted)
    current = CurrentChatbot(index, Settings())
    with ThreadPoolExecutor(8) as readers:
        given = {id(chatbot) for chatbot in readers.map(lambda _: current(), range(64))}
    assert given == {id(opened[0])}
    assert len(opened) == 1


def test_nobody_waits_for_another_thread_that_opens_a_new_generation(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    current = CurrentChatbot(index, Settings())
    before = current()
    remove(["chapel"], index)
    begun, go_on, open_one = Event(), Event(), Chatbot.open

    def slowly(folder: Path, settings: Settings) -> Chatbot:
        begun.set()
        assert go_on.wait(30)
        return open_one(folder, settings)

    monkeypatch.setattr(Chatbot, "open", slowly)
    with ThreadPoolExecutor(2) as others:
        opening = others.submit(current)
        assert begun.wait(30)
        assert current() is before
        waiting = others.submit(current.newest)
        go_on.set()
        assert opening.result() is waiting.result() is current() is not before
    assert current().index.manifest.articles == 1


def test_a_damaged_index_is_read_once_in_some_seconds_by_however_many_ask(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file,) = index.glob("generations/*/manifest.json")
    sound = file.read_bytes()
    file.write_bytes(sound + b" ")
    opened, now, open_one = [], 1000.0, Chatbot.open

    def noted(folder: Path, settings: Settings) -> Chatbot:
        opened.append(folder)
        return open_one(folder, settings)

    monkeypatch.setattr(Chatbot, "open", noted)
    monkeypatch.setattr(rag.current, "monotonic", lambda: now)
    current = CurrentChatbot(index, Settings())
    for _ in range(3):
        with pytest.raises(IndexDamaged, match="not what was written"):
            current()
    assert len(opened) == 1
    file.write_bytes(sound)
    now += 6
    assert "Clara Voss" in current().ask(CHAPEL).text


def test_a_new_generation_is_opened_at_once_where_the_one_before_was_damaged(index: Path, articles: Path) -> None:
    (file,) = index.glob("generations/*/manifest.json")
    file.write_bytes(file.read_bytes() + b" ")
    current = CurrentChatbot(index, Settings())
    with pytest.raises(IndexDamaged):
        current()
    build([articles], index, rebuild=True)
    assert "Clara Voss" in current().ask(CHAPEL).text


def test_the_settings_are_those_it_was_given(index: Path) -> None:
    assert CurrentChatbot(index, Settings(threshold=1.0))().ask(CHAPEL).abstained


def test_an_index_of_another_format_still_tells_what_it_was_made_from(index: Path, articles: Path) -> None:
    rewrite(index, format=1)
    assert paths_of(index, rebuild=True) == [articles]
    build(paths_of(index, rebuild=True), index, rebuild=True)
    assert len(paths_of(index)) == 1
