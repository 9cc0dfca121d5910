"""The server's settings come from the same places as the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.errors import SettingsError
from rag import Settings
from ui.serving.server_settings import ServerSettings


def test_a_setting_that_is_true_or_false_is_read_from_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_SERVER_READ_ONLY", "false")
    assert not ServerSettings.load().read_only
    monkeypatch.setenv("RAG_SERVER_READ_ONLY", "yes")
    assert ServerSettings.load().read_only
    monkeypatch.setenv("RAG_SERVER_READ_ONLY", "perhaps")
    with pytest.raises(SettingsError, match="true or false"):
        ServerSettings.load()


def test_the_servers_settings_are_a_table_of_the_same_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "rag.toml"
    file.write_text("passages = 3\n[server]\nport = 80\nmcp = true\n", "utf-8")
    monkeypatch.setenv("RAG_SERVER_PORT", "81")
    server = ServerSettings.load(file)
    assert (Settings.load(file).passages, server.port, server.mcp) == (3, 81, True)
    file.write_text("[server]\nprot = 80\n", "utf-8")
    with pytest.raises(SettingsError, match=r"no setting prot of server.*port"):
        ServerSettings.load(file)
