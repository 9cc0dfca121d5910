"""Settings come from arguments, the environment and a file, and wrong ones are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from corpus.errors import SettingsError
from rag import Settings


def test_arguments_win_over_the_environment_and_that_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "rag.toml"
    file.write_text("passages = 3\nmax_quotes = 3\noverlap = 3\n", "utf-8")
    monkeypatch.setenv("RAG_MAX_QUOTES", "4")
    monkeypatch.setenv("RAG_OVERLAP", "4")
    loaded = Settings.load(file, overlap=5)
    assert (loaded.passages, loaded.max_quotes, loaded.overlap) == (3, 4, 5)


def test_an_unknown_setting_is_refused_and_the_known_ones_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_PASAGES", "4")
    with pytest.raises(SettingsError, match=r"no setting pasages.*passages"):
        Settings.load()


@pytest.mark.parametrize("wrong", [{"threshold": 2}, {"passages": 0}, {"max_tokens": "many"}, {"max_tokens": 1}])
def test_an_impossible_value_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        Settings.load(**wrong)


def test_a_settings_file_that_is_not_toml_is_named(tmp_path: Path) -> None:
    file = tmp_path / "rag.toml"
    file.write_text("passages: 3", "utf-8")
    with pytest.raises(SettingsError, match=r"rag\.toml"):
        Settings.load(file)
