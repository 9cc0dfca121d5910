"""Which index is meant when none is named, and the bundled one, made when it is first needed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import corpus
from corpus.errors import StoreError
from index.home import home
from index.location import Location, location
from index.manifest import FORMAT
from index.store import store_at
from rag.settings import Settings

if TYPE_CHECKING:
    from index.build import Progress, Report

BUNDLED_ARTICLES = Path(corpus.__file__).parent / "articles"
OWN_INDEX = Path(".rag")


def default_index() -> Location:
    """`RAG_INDEX` where that is set, else `.rag` in the working folder if there is one, else the bundled index."""
    if named := os.environ.get("RAG_INDEX"):
        return location(named)
    return OWN_INDEX if store_at(OWN_INDEX).exists() else bundled_index()


def bundled_index() -> Path:
    """Where the index of the bundled articles lies; that of another format is another's."""
    return home() / f"bundled-{FORMAT}"


def target_index(named: Location | None, paths: Sequence[Path]) -> Location:
    """Where an index of some paths is made when none is named: own articles never go into the bundled index."""
    if named is not None:
        return named
    return default_index() if not paths or "RAG_INDEX" in os.environ else OWN_INDEX


def paths_of(place: Location, *, rebuild: bool = False) -> list[Path]:
    """The paths an index was made from, for as far as they are still there; IndexNotFound for a new one."""
    if place == bundled_index():
        return [BUNDLED_ARTICLES]
    try:
        roots = store_at(place).roots()
    except StoreError as error:
        if rebuild:
            raise StoreError(place, f"{place} does not say what it was made from: name the articles' paths") from error
        raise
    return [root for root in roots if root.exists()]


def update_index(
    paths: Sequence[Path],
    place: Location,
    settings: Settings,
    *,
    engine: str = "",
    rebuild: bool = False,
    prune: bool = False,
    progress: Progress | None = None,
) -> Report:
    """`index.build.build` with the model and the splitter of the settings."""
    from index.build import build

    return build(
        paths,
        place,
        model=settings.model,
        splitter=settings.splitter,
        engine=engine,
        rebuild=rebuild,
        prune=prune,
        progress=progress,
    )


def ready_index(named: Location | None, settings: Settings, progress: Progress | None = None) -> Location:
    """Where the index is that is meant; the bundled one is made if it is not there yet (some ten seconds)."""
    place = default_index() if named is None else named
    if place == bundled_index() and not store_at(place).exists():
        update_index([BUNDLED_ARTICLES], place, settings, progress=progress)
    return place
