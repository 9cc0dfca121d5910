"""Text made plain: one newline form, nothing hidden in it, NFC."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

_NEWLINES = re.compile(r"\r\n|[\r\v\f\x85\u2028\u2029]")
# Characters that show nothing but can carry or reorder words: zero-width, bidirectional and tag characters,
# soft hyphens, letters that are blank, controls, halves of surrogate pairs, and all but the first of the characters
# that select how the one before looks, for rows of them spell.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff"
    r"\uffa0\ud800-\udfff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e0fff]|(?<=[\ufe00-\ufe0f])[\ufe00-\ufe0f]+"
)
# Joiners spell Persian, Hindi and emoji; beside a Latin letter they only split words that look whole.
_IDLE_JOINER = re.compile(r"(?<=[\x00-\u024f])[\u200c\u200d]+|[\u200c\u200d]+(?=[\x00-\u024f]|$)|^[\u200c\u200d]+")

# Lines broken by hand at a width between these are prose; shorter ones may be verse, longer ones are paragraphs.
_NARROWEST_WRAP = 60
_WIDEST_WRAP = 120


def tidy(text: str) -> str:
    """The text in NFC, with plain newlines, no unseen characters, no trailing spaces, one blank line at most."""
    text = _UNSEEN.sub("", _NEWLINES.sub("\n", text))
    text = unicodedata.normalize("NFC", _IDLE_JOINER.sub("", text))
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def unwrap(text: str) -> str:
    """The text with lines that were broken only to fit a width joined again, so that sentences are whole.

    A line was broken for width if the next line's first word would not have fitted on it. Three such lines prove
    that a text is wrapped; without them it is left as it is.
    """
    paragraphs = re.split(r"(\n\s*\n)", _NEWLINES.sub("\n", text))
    width = max((_wrap_width(paragraph.split("\n")) for paragraph in paragraphs), default=0)
    if not width:
        return text
    return "".join(part if part.isspace() else _joined(part.split("\n"), width) for part in paragraphs)


def _wrap_width(lines: list[str]) -> int:
    """The width a paragraph was wrapped at, 0 if it was not."""
    width = max(map(len, lines))
    wrapped = len(lines) >= 3 and _NARROWEST_WRAP <= width <= _WIDEST_WRAP and _is_full(lines, width)
    return width if wrapped else 0


def _joined(lines: list[str], width: int) -> str:
    """A paragraph as one line if it was wrapped at this width, else as it was."""
    return " ".join(line.strip() for line in lines) if _is_full(lines, width) else "\n".join(lines)


def _is_full(lines: list[str], width: int) -> bool:
    """Whether each line but the last had no room for the next line's first word."""
    pairs = pairwise(lines)
    return all(len(line.rstrip()) + 1 + len((after.split() or [""])[0]) > width for line, after in pairs)
