"""A generation of a folder's index in the making."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from corpus.errors import IndexDamaged
from index.durable import sync, sync_tree
from index.engines.engine import EmbeddedArticle
from index.folder import files
from index.folder.generation import new_segment_folder, open_segment, sources_of, write_generation
from index.folder.segment_writer import SegmentWriter
from index.manifest import Manifest, Part, Recipe
from index.plan import digest
from index.source_file import SourceFile


@dataclass(frozen=True, slots=True)
class _Finished:
    """A segment that an interrupted build finished, its files, the first number in it, and what its articles are of."""

    name: str
    files: Mapping[str, object]
    first_id: int
    sources: Mapping[str, SourceFile]


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
    def anew(cls, folder: Path, recipe: Recipe) -> FolderDraft:
        """A draft of the index made anew, which starts over when it is interrupted."""
        with files.written(folder):
            files.unmark(folder, [place.name for place in (folder / files.SEGMENTS).iterdir()])
        return cls(folder, None, recipe)

    @classmethod
    def resumed(
        cls, folder: Path, base: Manifest | None, wanted: Mapping[str, SourceFile], recipe: Recipe
    ) -> FolderDraft:
        """A draft with what interrupted builds finished of what is wanted; what another build may want stays there."""
        draft = cls(folder, base, recipe)
        used = {part.name for part in base.parts} if base else set()
        with files.written(folder):
            left = [place for place in (folder / files.SEGMENTS).iterdir() if place.name not in used]
            live = sources_of(folder, base) if base and left else {}
            for segment in sorted(_finished(folder, left, recipe), key=lambda segment: segment.first_id):
                sources = segment.sources
                # An update and a rebuild were interrupted one after the other: what one has, the other may have too.
                here = {name for name in sources if wanted.get(name) == sources[name]} - draft.finished
                others = {name: source for name, source in sources.items() if name not in wanted}
                # What was damaged since would be signed as sound.
                if here and _is_as_written(folder, segment.name, segment.files):
                    draft._take(segment, here)
                elif here or not any(_may_be_wanted(source, live.get(name)) for name, source in others.items()):
                    shutil.rmtree(files.segment_folder(folder, segment.name), ignore_errors=True)
        return draft

    def add(self, articles: Sequence[EmbeddedArticle]) -> None:
        """See `Draft.add`."""
        if not any(embedded.passages for embedded in articles):
            return
        with files.written(self._folder):
            place = new_segment_folder(self._folder)
            first_id = self._next_id
            with SegmentWriter.open(place) as writer:
                for embedded in articles:
                    writer.add(embedded, self._next_id)
                    self._next_id += len(embedded.passages)
            self._finish(place)
        self._fresh.append(Part(place.name, self._next_id - first_id))

    def put_in_force(self, gone: Collection[str], roots: Sequence[str], excluded: Sequence[str]) -> None:
        """See `Draft.put_in_force`."""
        with files.written(self._folder):
            write_generation(self._folder, self._base, self._fresh, gone, self._recipe, roots, excluded)

    def _finish(self, place: Path) -> None:
        """Mark a segment as whole, once all of it is on disk."""
        sync_tree(place)
        mark = place / files.FINISHED
        mark.write_text(json.dumps({"recipe": asdict(self._recipe), "files": _checksums(place)}), "utf-8")
        for written in (mark, place, place.parent):
            sync(written)

    def _take(self, segment: _Finished, articles: Collection[str]) -> None:
        """Take over some articles of a segment."""
        part = Part(segment.name, 0, tuple(sorted(segment.sources.keys() - articles)))
        if segment.first_id < self._next_id:
            part = self._renumbered(part)
        with closing(open_segment(self._folder, part)) as opened:
            held = int(opened.kept.sum())
            self._next_id = opened.last_id + 1
        self._fresh.append(replace(part, passages=held))
        self.finished |= set(articles)

    def _renumbered(self, part: Part) -> Part:
        """A part's passages under numbers that are free: another build or a rebuild has given theirs."""
        place = new_segment_folder(self._folder)
        with closing(open_segment(self._folder, part)) as segment, SegmentWriter.open(place) as writer:
            writer.copy(segment, self._next_id - segment.first_id)
        self._finish(place)
        shutil.rmtree(files.segment_folder(self._folder, part.name), ignore_errors=True)
        return Part(place.name, writer.passages)


def _finished(folder: Path, places: Sequence[Path], recipe: Recipe) -> list[_Finished]:
    """The finished segments made by a recipe among some; the others are deleted."""
    found = []
    for place in places:
        if segment := _read(folder, place.name, recipe):
            found.append(segment)
        else:
            shutil.rmtree(place, ignore_errors=True)
    return found


def _read(folder: Path, name: str, recipe: Recipe) -> _Finished | None:
    """A finished segment; None where it is none, cannot be one any more, or was made by another recipe."""
    try:
        written = json.loads((files.segment_folder(folder, name) / files.FINISHED).read_text("utf-8"))
        if written["recipe"] != asdict(recipe):
            return None
        expected = dict(written["files"])
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return None
    try:
        with closing(open_segment(folder, Part(name, 0))) as segment:
            return _Finished(name, expected, segment.first_id, segment.sources())
    except (OSError, ValueError, IndexError, sqlite3.Error, IndexDamaged):
        # What the system refuses to read today may be worth a day's embedding tomorrow.
        if _is_as_written(folder, name, expected):
            raise
        return None


def _is_as_written(folder: Path, name: str, expected: Mapping[str, object]) -> bool:
    """Whether a segment's files are those it was finished with; what an interrupted saving put beside them is none."""
    found = _checksums(files.segment_folder(folder, name))
    return found == {**found, **expected}


def _may_be_wanted(source: SourceFile, live: SourceFile | None) -> bool:
    """Whether a build may yet want an article: its file is as it was, and not in the index so."""
    return live != source and digest(source.path)[0] == source.digest


def _checksums(place: Path) -> dict[str, dict[str, object]]:
    """Those of a segment's files."""
    return {name: asdict(checksum) for name, checksum in files.checksums(place, [place]).items()}
