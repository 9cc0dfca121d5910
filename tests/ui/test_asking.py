"""The commands that ask an index and tell what is in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from index.build import build
from index.remove import remove
from ui.cli import main

LAMP = ["ask", "Why was the lamp given up?"]


@pytest.fixture(scope="module")
def index(_own_home: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two articles of two sources, and one that was removed."""
    folder = tmp_path_factory.mktemp("asking")
    for name, text in {
        "lamp.md": "---\nsource: Gazette\ndate: 2024-06\n---\nThe lamp was given up because ships had radio.",
        "bridge.md": "---\nsource: Herald\ndate: 2019\n---\nThe bridge was closed after a crack was found.",
        "mill.md": "The mill was sold.",
    }.items():
        (folder / name).write_text(text, "utf-8")
    build([folder], folder / "index")
    remove(["mill"], folder / "index")
    return folder / "index"


@pytest.mark.parametrize(
    "options, answered",
    [
        ([], True),
        (["--source", "Gazette"], True),
        (["--source", "Herald", "--source", "Gazette"], True),
        (["--source", "Herald"], False),
        (["--since", "2024-06-10"], True),
        (["--since", "2020", "--until", "2023"], False),
    ],
)
def test_a_question_is_asked_of_the_articles_chosen(
    index: Path, options: list[str], answered: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*LAMP, "--index", str(index), *options]) == 0
    assert ("radio" in capsys.readouterr().out) == answered


@pytest.mark.parametrize(
    "options, complaint",
    [(["--source", "gazette"], "its sources are Gazette, Herald"), (["--since", "June"], "since is 'June'")],
)
def test_a_choice_that_cannot_be_is_an_error_of_one_line(
    index: Path, options: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*LAMP, "--index", str(index), *options]) == 2
    told = capsys.readouterr().err
    assert complaint in told
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    "address", ["ftp://ada:s3cret@h", "ada:s3cret@h/v1", " HTTP://ada:s3cret@h:x/v1", "http://h/v1?key=s3cret"]
)
@pytest.mark.parametrize("command", ["ask", "chat", "info"])
def test_what_is_secret_in_an_address_is_not_repeated(
    index: Path, address: str, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAG_LLM", address)
    status = main([*(LAMP if command == "ask" else [command]), "--index", str(index)])
    told = capsys.readouterr()
    assert status == (0 if command == "info" else 2)
    assert "s3cret" not in told.out + told.err


def test_an_index_tells_what_updates_leave_out(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["info", "--json", "--index", str(index)])
    assert json.loads(capsys.readouterr().out)["left out"] == [str(index.parent / "mill.md")]
