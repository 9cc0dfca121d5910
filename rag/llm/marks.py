"""Reads a language model's reply as it streams: its sentences, and the passages that each one's marks name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from corpus.sentences import paragraphs, sentences

# "[1]", "[1, 2]", "[1-3]", "[^1]", "[passage 1]", "［１］" and "【1†source】".
_MARK = re.compile(
    r"\s*[\[［【]\s*\^?\s*(?:(?:passages?|sources?|no\.?)\s*)?#?(\d{1,4}(?:\s*(?:[,;、，&–—~-]|and|to)\s*\d{1,4})*)"
    r"\s*(?:†[^\]］】]*)?[\]］】]",
    re.IGNORECASE,
)
_SPAN = re.compile(r"(\d+)(?:\s*(?:[–—~-]|to)\s*(\d+))?")
_LONGEST_SPAN = 50
# What a reasoning model thinks aloud before it answers.
_THOUGHT = re.compile(r"\s*<think>.*?(?:</think>|$)", re.DOTALL)
_MAY_BE_THOUGHT = "<think>"
# What a piece may break off in the middle of: a word, and a mark.
_UNFINISHED = re.compile(r"(?:\s*[\[［【][^\]］】]{0,60})?\S*$")
_LINE_BEGINS = re.compile(r"(?:[-*•>]|\d{1,2}[.)]|#{1,6})\s+")
_EMPHASIS = re.compile(r"\*\*|__|`")


@dataclass(frozen=True, slots=True)
class Written:
    """A sentence of a reply without its marks and its layout, and the numbers that its marks name."""

    text: str
    numbers: tuple[int, ...]


class ReplyReader:
    """Takes a reply piece by piece and gives its sentences, each as soon as what follows shows that it is whole."""

    def __init__(self) -> None:
        self._reply = ""
        self._given = 0

    def feed(self, piece: str) -> list[Written]:
        """The sentences that a further piece of the reply has completed."""
        self._reply += piece
        # The last one may go on, and its marks may still follow.
        return self._new(_read(_UNFINISHED.sub("", self._reply, count=1))[:-1])

    def close(self, *, is_whole: bool = True) -> list[Written]:
        """The sentences that are left; without the last where the reply was cut."""
        found = _read(self._reply)
        return self._new(found if is_whole else found[:-1])

    def _new(self, found: list[Written]) -> list[Written]:
        new = found[self._given :]
        self._given += len(new)
        return new


def _read(reply: str) -> list[Written]:
    """The sentences of a reply, or of its beginning; its marks are those up to where the next sentence begins."""
    reply = _THOUGHT.sub("", reply, count=1)
    if _MAY_BE_THOUGHT.startswith(reply.strip()):
        return []
    return [written for start, end in paragraphs(reply) for written in _read_line(_unlisted(reply[start:end]))]


def _read_line(line: str) -> Iterator[Written]:
    marks = list(_MARK.finditer(line))
    bare, places, reached = "", [], 0
    for mark in marks:
        bare += line[reached : mark.start()]
        places.append(len(bare))
        reached = mark.end()
    bare += line[reached:]
    ranges = sentences(bare, (0, len(bare)))
    ends = [start for start, _ in ranges[1:]] + [len(bare) + 2]
    # Marks that begin a line belong to what follows them, and so do all the others in it.
    leads = bool(marks) and marks[0].start() == 0
    for (start, end), following in zip(ranges, ends, strict=False):
        own = [mark for mark, place in zip(marks, places, strict=True) if _belongs(place, start, following, leads)]
        if text := _EMPHASIS.sub("", bare[start:end]).strip():
            yield Written(text, tuple(dict.fromkeys(number for mark in own for number in _numbers(mark[1]))))


def _unlisted(line: str) -> str:
    """A line without what makes it a heading, or an item of a list."""
    begins = _LINE_BEGINS.match(line)
    return line[begins.end() :] if begins else line


def _belongs(place: int, start: int, following: int, leads: bool) -> bool:
    return start - 1 <= place < following - 1 if leads else start < place < following


def _numbers(listed: str) -> Iterator[int]:
    """The numbers in "1, 3-5"; of a span that goes backwards or on and on, its two ends."""
    for first, last in _SPAN.findall(listed):
        begin, end = int(first), int(last or first)
        yield from range(begin, end + 1) if begin <= end < begin + _LONGEST_SPAN else (begin, end)
