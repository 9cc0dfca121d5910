"""What many tests share: a home of their own, and indexes built once with the real model."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session", autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The tests neither use nor change what the user has; what is exported once serves the whole session."""
    os.environ["RAG_HOME"] = str(tmp_path_factory.mktemp("home"))
    os.environ.pop("RAG_INDEX", None)


@pytest.fixture(scope="session")
def bundled_index(_own_home: None) -> Path:
    """An index of the bundled articles."""
    from rag import library
    from rag.settings import Settings

    place = library.bundled_index()
    library.ready_index(place, Settings())
    return place


@pytest.fixture(scope="session")
def original_index(_own_home: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the two original articles; the test is skipped where they are absent."""
    from index.build import build

    articles = SHARED / "articles"
    if not articles.is_dir():
        pytest.skip("needs ../shared/articles")
    folder = tmp_path_factory.mktemp("original") / "index"
    build([articles], folder)
    return folder
