"""Which index is meant when none is named, and the bundled one, made when it is first needed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import corpus
from index import store
from index.build import Progress, Report, build
from index.home import home
from rag.settings import Settings

BUNDLED_ARTICLES = Path(corpus.__file__).parent / "articles"
OWN_INDEX = Path(".rag")


def default_index() -> Path:
    """`RAG_INDEX` where that is set, else `.rag` in the working folder if there is one, else the bundled index."""
    if named := os.environ.get("RAG_INDEX"):
        return Path(named)
    return OWN_INDEX if store.exists(OWN_INDEX) else bundled_index()


def bundled_index() -> Path:
    """Where the index of the bundled articles lies."""
    return home() / "bundled"


def update_index(
    paths: Sequence[Path],
    folder: Path,
    settings: Settings,
    *,
    rebuild: bool = False,
    prune: bool = False,
    progress: Progress | None = None,
) -> Report:
    """`index.build.build` with the model and the splitter of the settings."""
    return build(
        paths,
        folder,
        model=settings.model,
        splitter=settings.splitter,
        rebuild=rebuild,
        prune=prune,
        progress=progress,
    )


def ready_index(named: Path | str | None, settings: Settings, progress: Progress | None = None) -> Path:
    """The folder of the index that is meant; the bundled one is made if it is not there yet (some ten seconds)."""
    folder = Path(named) if named is not None else default_index()
    if folder == bundled_index() and not store.exists(folder):
        update_index([BUNDLED_ARTICLES], folder, settings, progress=progress)
    return folder
