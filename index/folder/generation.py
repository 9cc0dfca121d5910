"""A new generation of an index, made of segments: those of the generation before, and fresh ones."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from index.folder import files
from index.folder.approximate import EXACT_UP_TO, approximate
from index.folder.lexical import Document, LexicalIndex
from index.folder.segment import Segment
from index.folder.segment_writer import SegmentWriter
from index.manifest import Manifest, Part, Recipe
from index.source_file import SourceFile

# Passages whose words are indexed in about three seconds.
_INDEXED_ANEW = 100_000


def open_segment(folder: Path, part: Part) -> Segment:
    """A segment of the index in `folder`, without what was removed from it."""
    return Segment(files.segment_folder(folder, part.name), part.removed)


def sources_of(folder: Path, manifest: Manifest) -> dict[str, SourceFile]:
    """The file behind each article of a generation, by article id."""
    return {name: source for segment in _segments(folder, manifest.parts) for name, source in segment.sources().items()}


def write_generation(
    folder: Path,
    base: Manifest | None,
    fresh: Sequence[Part],
    gone: Collection[str],
    recipe: Recipe,
    roots: Sequence[str],
    excluded: Sequence[str],
) -> None:
    """Put in force the base without the articles that are `gone`, and with the fresh segments."""
    number = _next_number(folder)
    place = files.generation_folder(folder, number)
    place.mkdir()
    before = base.parts if base else ()
    removed = [number for segment in _segments(folder, before) for number in segment.passage_ids(gone)]
    kept = [_without(folder, part, gone) for part in before] if gone else before
    # tantivy goes on counting the words of what was removed until it merges, so few passages are indexed anew.
    anew = base is None or (removed and base.passages <= _INDEXED_ANEW)
    LexicalIndex.update(
        place,
        base=files.generation_folder(folder, base.generation) if base and not anew else None,
        added=_documents(folder, [*kept, *fresh] if anew else fresh),
        removed=[] if anew else removed,
    )
    parts = _merged(folder, kept, fresh)
    held_before = {part.name for part in before}
    new = [files.segment_folder(folder, part.name) for part in parts if part.name not in held_before]
    known = base.files if base else {}
    held = {files.segment_folder(folder, part.name) for part in parts}
    manifest = Manifest(
        generation=number,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        recipe=recipe,
        roots=tuple(roots),
        excluded=tuple(excluded),
        articles=sum(segment.count() for segment in _segments(folder, parts)),
        passages=sum(part.passages for part in parts),
        next_id=max([base.next_id if base else 0, *(segment.last_id + 1 for segment in _segments(folder, parts))]),
        parts=tuple(parts),
        files={
            **{name: checksum for name, checksum in known.items() if (folder / name).parent in held},
            **files.checksums(folder, [place, *new]),
        },
    )
    files.commit(folder, manifest, new)
    files.unmark(folder, (part.name for part in fresh))
    files.remove_unused(folder, manifest)


def new_segment_folder(folder: Path) -> Path:
    """An empty folder for a segment that nothing points to yet."""
    place = files.segment_folder(folder, uuid.uuid4().hex)
    place.mkdir()
    return place


def _segments(folder: Path, parts: Iterable[Part]) -> Iterator[Segment]:
    """Segments, one open at a time: an interrupted build of a million passages leaves two thousand."""
    for part in parts:
        with closing(open_segment(folder, part)) as segment:
            yield segment


def _without(folder: Path, part: Part, gone: Collection[str]) -> Part:
    """The part without the articles that are gone."""
    with closing(open_segment(folder, part)) as segment:
        removed = tuple(sorted(segment.removed | segment.holding(gone)))
        return replace(part, removed=removed, passages=part.passages - len(segment.passage_ids(gone)))


def _merged(folder: Path, kept: Sequence[Part], fresh: Sequence[Part]) -> list[Part]:
    """The fresh parts as one, and neighbours joined until each is at least twice as large as the next."""
    groups: list[list[Part]] = []
    for group in [*([part] for part in kept), [*fresh]]:
        while groups and _size(groups[-1]) < 2 * _size(group):
            group = [*groups.pop(), *group]
        groups.append(group)
    return [_one(folder, group, kept) for group in groups if _size(group)]


def _one(folder: Path, group: Sequence[Part], kept: Sequence[Part]) -> Part:
    """A group as one part; a kept one stays as it is, for what is in its folder has been signed."""
    if len(group) > 1:
        return join(folder, group)
    return group[0] if group[0] in kept else _searchable(folder, group[0])


def _size(group: Sequence[Part]) -> int:
    return sum(part.passages for part in group)


def join(folder: Path, parts: Sequence[Part]) -> Part:
    """One segment with all that several hold."""
    place = new_segment_folder(folder)
    with SegmentWriter.open(place) as writer:
        for segment in _segments(folder, parts):
            writer.copy(segment)
    return _searchable(folder, Part(place.name, writer.passages))


def _searchable(folder: Path, part: Part) -> Part:
    """The part with what its search needs beside it."""
    if part.search or part.passages <= EXACT_UP_TO:
        return part
    with closing(open_segment(folder, part)) as segment:
        return replace(part, search=approximate(segment))


def _documents(folder: Path, parts: Iterable[Part]) -> Iterator[Document]:
    for segment in _segments(folder, parts):
        yield from segment.documents()


def _next_number(folder: Path) -> int:
    """A number above every generation's, those of interrupted builds too."""
    taken = [int(place.name) for place in (folder / files.GENERATIONS).iterdir() if place.name.isdecimal()]
    return max(taken, default=0) + 1
