"""Finds the files of a folder and reads each one, whatever its format, into an `Article`."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from corpus import leftovers
from corpus.article import Article
from corpus.errors import PathNotFound, UnreadableFile
from corpus.readers import markdown, pdf, plain, titles, web, word
from corpus.readers.dates import iso_date
from corpus.readers.draft import Draft
from corpus.readers.tidying import tidy

__all__ = ["FORMATS", "find_files", "read_file"]

_READERS: dict[str, Callable[[Path], Draft]] = {
    ".txt": plain.read,
    ".text": plain.read,
    ".md": markdown.read,
    ".markdown": markdown.read,
    ".html": web.read,
    ".htm": web.read,
    ".pdf": pdf.read,
    ".docx": word.read,
}
FORMATS = tuple(_READERS)

# What systems and Word leave lying in a folder; nobody means these as articles.
_LITTER = re.compile(r"\.|~\$|(thumbs\.db|desktop\.ini)$", re.IGNORECASE)


def find_files(paths: Sequence[Path]) -> list[Path]:
    """The files to read: each named file, and all below each named folder, sorted, each once.

    Files of an unknown format are among them, so that the caller can name what it skips. Raises `PathNotFound`.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        if not path.exists():
            raise PathNotFound(path)
        for file in sorted(_below(path)) if path.is_dir() else [path]:
            found.setdefault(file.resolve(), file)
    return list(found.values())


def read_file(path: Path, article_id: str) -> Article:
    """One file as an article, its text tidied, trimmed and in NFC. Raises `UnreadableFile`, and nothing else."""
    try:
        return _article(path, article_id, _draft(path))
    except UnreadableFile:
        raise
    except OSError as error:
        raise UnreadableFile(path, f"cannot be opened: {error.strerror or error}") from error
    except Exception as error:  # whatever a library raises on a malformed file, the user gets one plain line
        detail = " ".join(str(error).split())[:120] or type(error).__name__
        raise UnreadableFile(path, f"is broken: {detail}") from error


def _below(folder: Path) -> Iterator[Path]:
    """Every file under a folder, without hidden files, hidden folders and litter."""
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not _LITTER.match(name)]
        for name in names:
            file = Path(parent, name)
            if not _LITTER.match(name) and file.is_file():
                yield file


def _draft(path: Path) -> Draft:
    """The file through the reader of its format."""
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise UnreadableFile(path, f"unknown format {path.suffix or '(no ending)'}; known: {', '.join(FORMATS)}")
    if path.exists() and not path.is_file():
        raise UnreadableFile(path, "is not a file")
    if path.stat().st_size == 0:
        raise UnreadableFile(path, "is empty")
    return reader(path)


def _article(path: Path, article_id: str, draft: Draft) -> Article:
    """The draft with its text tidied and its title settled; a title's own line is not repeated in the text."""
    text = leftovers.trim(tidy(draft.text))
    if not text:
        raise UnreadableFile(path, "holds no text")
    title = titles.clean(draft.title)
    if title:
        text = titles.without_line(text, title)
    else:
        title, text = titles.from_first_line(text)
    return Article(
        id=article_id,
        title=title or titles.from_file_name(path.stem) or titles.from_first_sentence(text),
        text=text,
        source=titles.clean(draft.source),
        author=titles.clean(draft.author),
        published=iso_date(draft.published),
        url=_web_address(draft.url),
        language=titles.clean(draft.language),
    )


def _web_address(url: str | None) -> str | None:
    """The address if it is one of the web: it becomes a link, and `javascript:` must not."""
    cleaned = titles.clean(url)
    return cleaned if cleaned and re.match(r"https?://\S+$", cleaned, re.IGNORECASE) else None
