"""What an index holds, as a list to look through: its articles, in order of title."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from unicodedata import normalize


@dataclass(frozen=True, slots=True)
class Entry:
    """One article of the catalogue: where it is from and how long it is.

    `published` is as precise as the article gives it, `indexed` is when it was read, ISO 8601 in UTC, and `path` the
    file that it was read from.
    """

    id: str
    title: str
    source: str | None
    published: str | None
    words: int
    passages: int
    indexed: str
    path: Path


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Some of the articles that a search found, in order of title, and how many it found in all."""

    total: int
    entries: tuple[Entry, ...]


def folded(text: str) -> str:
    """A text as it is sought: upper and lower case are one, and so are the two ways to write an accented letter."""
    return normalize("NFC", text.casefold())


def sought_of(title: str, source: str | None, article_id: str) -> str:
    """What is sought of an article; it begins with the title, so that its order is theirs."""
    return folded("\n".join([title, source or "", article_id]))
