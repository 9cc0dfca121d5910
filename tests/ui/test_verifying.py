"""`rag verify`, and what is told of damage where questions are asked."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import gradio as gr
import pytest

from index.folder.segment_writer import RECORDS
from index.store import store_at
from rag.current import CurrentChatbot
from rag.settings import Settings
from tests.ui.serving import LAMP, asked_by, built
from ui.cli import main
from ui.conversations import Conversations
from ui.pages.chat import ChatDesk


@pytest.fixture(scope="module")
def made(_own_home: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of two articles, not to be changed."""
    return built(tmp_path_factory.mktemp("verifying"))


@pytest.fixture
def index(made: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    return Path(shutil.copytree(made, tmp_path / "index"))


def _damage(index: Path) -> Path:
    """Change every passage, in place."""
    (file,) = (index / "segments").rglob(RECORDS)
    content = bytes(byte ^ 1 for byte in file.read_bytes())
    with file.open("r+b") as opened:
        opened.write(content)
    return file


def test_a_sound_index_is_told_in_a_line(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--index", str(index)]) == 0
    told = capsys.readouterr()
    assert told.out.startswith(f"{index} is sound: 2 articles, 2 passages, ")
    assert (told.out.count("\n"), told.err) == (1, "")


def test_a_damaged_index_is_told_in_a_line_that_names_the_file(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = _damage(index)
    assert main(["verify", "--index", str(index)]) == 2
    told = capsys.readouterr()
    mend = f"make the index anew with `rag index --rebuild --index {index} ARTICLES`"
    assert told.err == f"rag: {file} is not what was written: {mend}\n"
    assert told.out == ""


def test_programs_are_told_in_json(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--json", "--index", str(index)]) == 0
    sound = json.loads(capsys.readouterr().out)
    files = store_at(index).current().files
    assert (sound["sound"], sound["articles"], sound["files"]) == (True, 2, len(files))
    assert sound["bytes"] == sum(checksum.size for checksum in files.values())
    file = _damage(index)
    assert main(["verify", "--json", "--index", str(index)]) == 2
    damaged = json.loads(capsys.readouterr().out)
    assert (damaged["sound"], damaged["file"], damaged["index"]) == (False, str(file), str(index))
    assert "rag index --rebuild" in damaged["error"]


def test_where_there_is_no_index_there_is_nothing_to_verify(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--json", "--index", str(tmp_path / "nowhere")]) == 2
    assert "there is no index" in capsys.readouterr().err


def test_a_question_to_a_damaged_index_is_answered_by_a_line(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = _damage(index)
    assert main(["ask", LAMP, "--index", str(index)]) == 2
    told = capsys.readouterr()
    assert told.err.startswith(f"rag: {file} is not what was written")
    assert (told.err.count("\n"), told.out) == (1, "")


def test_the_page_says_what_is_damaged_since_it_was_opened(index: Path, tmp_path: Path) -> None:
    current = CurrentChatbot(index, Settings())
    current()
    file = _damage(index)
    conversations = Conversations(tmp_path / "conversations.sqlite")
    desk = ChatDesk(current, conversations)
    assert f"{file} is not what was written" in desk.show(conversations).conversation
    *_, shown, _ = desk.ask(gr.EventData(None, {"question": LAMP, "again": None}), asked_by(), "")
    assert f"{file} is not what was written" in shown.conversation
