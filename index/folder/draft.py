"""A generation of a folder's index in the making."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from corpus.errors import IndexDamaged
from index.engines.engine import EmbeddedArticle
from index.folder import files
from index.folder.generation import new_segment_folder, open_segment, write_generation
from index.folder.segment_writer import SegmentWriter
from index.manifest import Manifest, Part, Recipe
from index.source_file import SourceFile

_COMPLETE = "recipe.json"


class FolderDraft:
    """See `index.store.Draft`: each lot of articles is a segment, whole on disk before the next begins."""

    def __init__(self, folder: Path, base: Manifest | None, recipe: Recipe) -> None:
        self.finished: set[str] = set()
        self._folder = folder
        self._base = base
        self._recipe = recipe
        self._fresh: list[Part] = []
        self._next_id = base.next_id if base else 0

    @classmethod
    def resumed(
        cls, folder: Path, base: Manifest | None, wanted: Mapping[str, SourceFile], recipe: Recipe
    ) -> FolderDraft:
        """A draft with the segments that an interrupted build finished, as far as they are wanted; others go."""
        draft = cls(folder, base, recipe)
        used = {part.name for part in base.parts} if base else set()
        found = []
        for place in (folder / files.SEGMENTS).iterdir():
            if place.name in used:
                continue
            # An interrupted rebuild numbers its passages from nought, as those in use are numbered.
            if (segment := _finished(place, recipe, wanted)) and segment[0] >= draft._next_id:
                found.append(segment)
            else:
                shutil.rmtree(place, ignore_errors=True)
        for first_id, last_id, part, articles in sorted(found, key=lambda segment: segment[0]):
            # An update and a rebuild were interrupted one after the other: what one has, the other may have too.
            if first_id < draft._next_id or articles & draft.finished:
                shutil.rmtree(files.segment_folder(folder, part.name), ignore_errors=True)
                continue
            draft._fresh.append(part)
            draft.finished |= articles
            draft._next_id = last_id + 1
        return draft

    def add(self, articles: Sequence[EmbeddedArticle]) -> None:
        """See `Draft.add`."""
        if not any(embedded.passages for embedded in articles):
            return
        place = new_segment_folder(self._folder)
        first_id = self._next_id
        with SegmentWriter.open(place) as writer:
            for embedded in articles:
                writer.add(embedded, self._next_id)
                self._next_id += len(embedded.passages)
        files.sync_tree(place)
        complete = {"recipe": asdict(self._recipe), "files": _checksums(place)}
        (place / _COMPLETE).write_text(json.dumps(complete), "utf-8")
        self._fresh.append(Part(place.name, self._next_id - first_id))

    def put_in_force(self, gone: Collection[str], roots: Sequence[str], excluded: Sequence[str]) -> None:
        """See `Draft.put_in_force`."""
        write_generation(self._folder, self._base, self._fresh, gone, self._recipe, roots, excluded)


def _finished(place: Path, recipe: Recipe, wanted: Mapping[str, SourceFile]) -> tuple[int, int, Part, set[str]] | None:
    """A finished segment's first and last number, what is wanted of it and the articles of that; None for no such."""
    try:
        written = json.loads((place / _COMPLETE).read_text("utf-8"))
        # What was damaged since would be signed as sound; what an interrupted saving put beside it is none of it.
        found = _checksums(place)
        if written["recipe"] != asdict(recipe) or found | written["files"] != found:
            return None
        with closing(open_segment(place.parents[1], Part(place.name, 0))) as segment:
            sources = segment.sources()
            stale = {name for name, source in sources.items() if wanted.get(name) != source}
            if stale >= sources.keys():
                return None
            held = len(segment.ids) - len(segment.passage_ids(stale))
            part = Part(place.name, held, tuple(sorted(stale)))
            return segment.first_id, segment.last_id, part, sources.keys() - stale
    except (OSError, ValueError, KeyError, TypeError, sqlite3.Error, IndexDamaged):
        return None


def _checksums(place: Path) -> dict[str, dict[str, object]]:
    """Those of a segment's files."""
    return {name: asdict(checksum) for name, checksum in files.checksums(place, [place]).items()}
