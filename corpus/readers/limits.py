"""How much one file may ask of the machine that reads it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """More than any document takes that people write and read, and less than what brings a machine to a stand.

    Sizes in bytes.
    """

    file: int = 100_000_000  # a scanned book of 1,000 pages with its text has some 50 MB
    unpacked: int = 300_000_000  # all parts of a Word document; its pictures do not shrink, and its XML to a twentieth
    parts: int = 10_000  # of a Word document, each picture one
    pages: int = 10_000  # of a PDF; the largest printed documents, such as statute books, have half of it
    characters: int = 10_000_000  # of text: twice the Bible's, or 3,000 pages; an hour's embedding at most
    sentences: int = 250_000  # each has a vector of 1.5 kB until it is stored; so long a text has 100,000 in prose
    seconds: float = 60.0  # a PDF of 1,000 full pages takes 4 on the machine this was measured on, a 2 MB web page 9
    memory: int = 2_000_000_000  # of address space; that PDF takes .15 GB, that page .25, 5 MB of Markdown .4


LIMITS = Limits()


def megabytes(size: int) -> str:
    """A size as people say it."""
    return f"{size / 1_000_000:,.0f} MB"
