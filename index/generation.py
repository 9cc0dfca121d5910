"""A new generation of an index, made of segments: those of the generation before, and fresh ones."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import numpy as np

from index import store
from index.dense import DenseIndex
from index.lexical import Document, LexicalIndex
from index.manifest import Manifest, Part, Recipe
from index.segment import Segment, SourceFile, write

# Passages whose words are indexed in about five seconds.
_INDEXED_ANEW = 100_000


def open_segments(folder: Path, manifest: Manifest) -> list[Segment]:
    """The segments of a generation, in the order of their passages' numbers."""
    return [Segment(store.segment_folder(folder, part.name), part.removed) for part in manifest.parts]


def sources_of(segments: Sequence[Segment]) -> dict[str, SourceFile]:
    """The file behind each article of some segments, by article id."""
    return {name: source for segment in segments for name, source in segment.sources().items()}


def write_generation(
    folder: Path,
    base: Manifest | None,
    fresh: Sequence[Segment],
    gone: set[str],
    recipe: Recipe,
    roots: Sequence[str],
    excluded: Sequence[str] = (),
) -> None:
    """Put in force the base without the articles that are `gone`, and with the fresh segments."""
    before = open_segments(folder, base) if base else []
    number = _next_number(folder)
    place = store.generation_folder(folder, number)
    place.mkdir()
    kept = [Segment(segment.folder, segment.removed | (gone & segment.sources().keys())) for segment in before]
    removed = [passage_id for segment in before for passage_id in segment.passage_ids(gone)]
    # tantivy goes on counting the words of what was removed until it merges, so few passages are indexed anew.
    anew = base is None or (removed and base.passages <= _INDEXED_ANEW)
    LexicalIndex.update(
        place,
        base=store.generation_folder(folder, base.generation) if base and not anew else None,
        added=chain.from_iterable(map(_documents, [*kept, *fresh] if anew else fresh)),
        removed=[] if anew else removed,
    )
    segments = _merge(folder, [*kept, *fresh], recipe.dim)
    vectors = [segment.vectors() for segment in segments]
    DenseIndex.build(np.concatenate([ids for ids, _ in vectors]), np.concatenate([rows for _, rows in vectors])).save(
        place
    )
    held, held_before = _places(segments), _places(before)
    known = base.files if base else {}
    unchanged = {name: checksum for name, checksum in known.items() if (folder / name).parent in held}
    manifest = Manifest(
        generation=number,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        recipe=recipe,
        roots=tuple(roots),
        excluded=tuple(excluded),
        articles=sum(len(segment.sources()) for segment in segments),
        passages=sum(len(ids) for ids, _ in vectors),
        next_id=max([base.next_id if base else 0, *(segment.last_id + 1 for segment in segments)]),
        parts=tuple(Part(segment.folder.name, tuple(sorted(segment.removed))) for segment in segments),
        files={**unchanged, **store.checksums(folder, [place, *(held - held_before)])},
    )
    store.commit(folder, manifest)
    store.remove_unused(folder, manifest)


def new_segment_folder(folder: Path) -> Path:
    """An empty folder for a segment that nothing points to yet."""
    place = store.segment_folder(folder, uuid.uuid4().hex)
    place.mkdir()
    return place


def _merge(folder: Path, segments: Sequence[Segment], dim: int) -> list[Segment]:
    """Neighbours joined until each segment is at least twice as large as the next, so that there are few of them."""
    groups: list[tuple[int, list[Segment]]] = []
    for segment in segments:
        size, group = len(segment.passage_ids(segment.sources())), [segment]
        while size and groups and groups[-1][0] < 2 * size:
            before = groups.pop()
            size, group = before[0] + size, [*before[1], *group]
        if size:
            groups.append((size, group))
    return [group[0] if len(group) == 1 else join(folder, group, dim) for _, group in groups]


def join(folder: Path, group: Sequence[Segment], dim: int) -> Segment:
    """One segment of the index in `folder` with all that several hold, from whatever index they are."""
    place = new_segment_folder(folder)
    articles = (
        (article, source)
        for segment in group
        for sources in [segment.sources()]
        for article in segment.articles()
        for source in [sources[article.id]]
    )
    write(place, articles, chain.from_iterable(segment.embedded() for segment in group), dim)
    return Segment(place)


def _documents(segment: Segment) -> Iterator[Document]:
    titles = {article.id: article.title for article in segment.articles()}
    return ((number, titles[passage.article_id], passage.text) for number, _, passage in segment.passages())


def _places(segments: Sequence[Segment]) -> set[Path]:
    return {segment.folder for segment in segments}


def _next_number(folder: Path) -> int:
    """A number above every generation's, those of interrupted builds too."""
    taken = [int(place.name) for place in (folder / store.GENERATIONS).iterdir() if place.name.isdecimal()]
    return max(taken, default=0) + 1
