"""Finds the files to read in what was named."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from corpus.errors import PathNotFound

# What systems and Word leave lying in a folder; nobody means these as articles.
_LITTER = re.compile(r"\.|~\$|(thumbs\.db|desktop\.ini)$", re.IGNORECASE)


def find_files(paths: Sequence[Path]) -> list[Path]:
    """The files to read: each named file, and all below each named folder, sorted, each once.

    What cannot be read is among them, so that the caller can name what it skips: files of an unknown format, and links
    that lead out of the folders named, which are not followed. A link to what is found anyway is not.

    Raises:
        PathNotFound: one of the paths does not exist.
    """
    for path in paths:
        if not path.exists():
            raise PathNotFound(path)
    roots = {path.resolve() for path in paths}
    named = [file for path in paths for file in (sorted(_below(path)) if path.is_dir() else [_itself(path)])]
    found: dict[Path, Path] = {}
    for file in sorted(named, key=Path.is_symlink):  # links last: a file goes by its own name
        target = file.resolve()
        if not (file.is_dir() and roots & {target, *target.parents}):
            found.setdefault(target, file)
    return list(found.values())


def _itself(path: Path) -> Path:
    """The file that is meant by a path: who names a link means what it leads to."""
    return path.resolve() if path.is_symlink() else path


def _below(folder: Path) -> Iterator[Path]:
    """Every file under a folder and every link to a folder, without hidden ones and litter; no link is followed."""
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not _LITTER.match(name)]
        yield from (link for name in folders if (link := Path(parent, name)).is_symlink())
        for name in names:
            file = Path(parent, name)
            if not _LITTER.match(name) and file.is_file():
                yield file
