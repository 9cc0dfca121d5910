"""Finds the files of a folder and reads each one, whatever its format, into an `Article`."""

from __future__ import annotations

from corpus.readers.bounded import get_ready, read_file
from corpus.readers.content import content_of
from corpus.readers.finding import find_files
from corpus.readers.limits import LIMITS, Limits
from corpus.readers.reading import FORMATS

__all__ = ["FORMATS", "LIMITS", "Limits", "content_of", "find_files", "get_ready", "read_file"]
