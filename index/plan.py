"""What an update has to do: which files are new or changed, which articles lost theirs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from corpus.errors import UnreadableFile
from corpus.readers import LIMITS, content_of
from index.source_file import SourceFile


@dataclass(frozen=True, slots=True)
class Planned:
    """A file to read, the id that its article gets, and its size in bytes."""

    path: Path
    article_id: str
    source: SourceFile
    size: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Files to read, and by article id what needs nothing and what has lost its file."""

    to_read: list[Planned]
    unchanged: list[str]
    missing: list[str]


def make_plan(files: Sequence[Path], roots: Sequence[Path], live: Mapping[str, SourceFile]) -> Plan:
    """Compare files with the articles of an index, by content and not by date."""
    ids = {source.path: article_id for article_id, source in live.items()}
    lost = {article_id for article_id, source in live.items() if not source.path.exists()}
    taken = set(live) - lost
    to_read, unchanged = [], []
    now = datetime.now(UTC).isoformat(timespec="seconds")
    for file in files:
        content, size = digest(file)
        source = SourceFile(file.resolve(), content, now)
        article_id = ids.get(source.path) or next(name for name in _names(file, roots) if name not in taken)
        taken.add(article_id)
        # A file that was moved finds its article again by name.
        lost.discard(article_id)
        if live.get(article_id) == source:
            unchanged.append(article_id)
        else:
            to_read.append(Planned(file, article_id, source, size))
    return Plan(to_read, unchanged, sorted(lost))


def _names(file: Path, roots: Collection[Path]) -> Iterator[str]:
    """Ids for a file's article: its path below the folder given, then with more that tells namesakes apart."""
    root = next((root for root in roots if root in file.parents), file.parent)
    below = file.relative_to(root)
    yield below.with_suffix("").as_posix()
    yield below.as_posix()
    yield (Path(root.resolve().name) / below).as_posix()
    yield file.resolve().as_posix()


def digest(file: Path) -> tuple[str, int]:
    """What the file's bytes hash to, and how many there are."""
    import xxhash

    try:
        content = content_of(file, LIMITS)
    except UnreadableFile:
        return "", 0  # it will be named with the reason when it is read
    return xxhash.xxh3_128_hexdigest(content), len(content)
