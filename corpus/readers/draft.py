"""What a reader hands over: the words of a file and what it says about itself, not yet tidied."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Draft:
    """A file as its format gives it; `read_file` turns it into an `Article`."""

    text: str
    title: str | None = None
    source: str | None = None
    author: str | None = None
    published: str | None = None
    url: str | None = None
    language: str | None = None
