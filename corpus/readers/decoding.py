"""Bytes to characters: the encoding a file states, else UTF-8, else the likeliest."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from corpus.errors import UnreadableFile

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark is the beginning of this one
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_CONTROLS = re.compile(r"[\x01-\x08\x0e-\x1f\x7f]")
# Random bytes hold one control character in nine; the oddest text here, a list of hostile strings, one in 300.
_MOST_CONTROLS = 0.02
# A file cut inside a character, or with a few foreign lines, is still UTF-8 if nine in ten of its characters are.
_MOST_MENDED = 0.1


def decode(path: Path, content: bytes, declared: str | None = None) -> str:
    """The characters of a text file; `declared` is an encoding the file itself names. Raises `UnreadableFile`."""
    text = _characters(content, declared)
    if text is None or "\0" in text or len(_CONTROLS.findall(text)) > _MOST_CONTROLS * len(text):
        raise UnreadableFile(path, "is binary, not text: check that its ending says what it is")
    return text


def _characters(data: bytes, declared: str | None) -> str | None:
    """The first encoding that fits, from the surest to the guessed."""
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    if b"\0" in data:
        return None
    for encoding in filter(None, ("utf-8", declared)):
        try:
            return data.decode(encoding)
        except (UnicodeError, LookupError):
            continue
    return _mended(data) or _guessed(data)


def _mended(data: bytes) -> str | None:
    """UTF-8 with its few broken characters replaced, if they are few."""
    text = data.decode("utf-8", "replace")
    beyond_ascii = sum(character > "\x7f" for character in text)
    return text if text.count("\ufffd") <= _MOST_MENDED * beyond_ascii else None


def _guessed(data: bytes) -> str | None:
    """The likeliest encoding, Western European where it is as likely as any.

    Left alone charset-normalizer reads French Latin-1 as Central European (`à` as `ŕ`), equal in its scores.
    """
    from charset_normalizer import from_bytes  # 26 ms, and only for files that are not UTF-8

    best = from_bytes(data).best()
    western = from_bytes(data, cp_isolation=["cp1252"]).best()
    if best and western and western.chaos <= best.chaos and western.coherence >= best.coherence:
        best = western
    return str(best) if best else None
