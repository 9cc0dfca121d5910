"""Reads plain text."""

from __future__ import annotations

from pathlib import Path

from corpus.readers.decoding import decode
from corpus.readers.draft import Draft
from corpus.readers.front_matter import with_front_matter
from corpus.readers.limits import Limits
from corpus.readers.tidying import unwrap


def read(path: Path, content: bytes, limits: Limits) -> Draft:
    """A `.txt` file: its lines, rejoined where they were wrapped, and its front matter if it has one."""
    return with_front_matter(decode(path, content), lambda body: Draft(unwrap(body)))
