"""Reads a language model's reply as it streams: its sentences, and the passages that each one's marks name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, takewhile

from corpus.readers.tidying import tidy
from corpus.sentences import sentences

# "[1]", "[1, 2]", "[1-3]", "[^1]", "[[1]]", "[passage 1]", "［１］", "【1†source】" and "[1](https://…)".
_MARK = re.compile(
    r"\\?[\[［【⟦]{1,2}\s?\^?(?:(?:passages?|sources?|documents?|docs?|citations?|references?|refs?|nos?)\b[.:]?\s?)?#?"
    r"(\d{1,4}(?:\s?(?:[,;、，&–—~-]|and|to)\s?\d{1,4})*)\.?\s?(?:†[^\]】]{0,80})?\\?[\]］】⟧]{1,2}"
    r"(?:\(https?://[^\s)]*\))?",
    re.IGNORECASE,
)
_SPAN = re.compile(r"(\d+)(?:\s?(?:[–—~-]|to)\s?(\d+))?")
_LONGEST_SPAN = 50
_CLOSING = ")]}\"'”’»›“‘」』"
# What a reasoning model thinks aloud before it answers; where its template begins the thought, only the end is there.
_THOUGHT = re.compile(r"\s*<(think|thinking|thought|reasoning)>.*?(?:</\1>|$)", re.DOTALL)
_THOUGHT_ENDS = "</think>"
_THOUGHT_BEGINS = ("<think>", "<thinking>", "<thought>", "<reasoning>")
# What begins a line that does not go on with the one before it, and lines that say nothing: rows and lists of sources.
_LINE_BEGINS = re.compile(r"(?:[-*•>]|\d{1,2}[.)]|#{1,6})\s+")
_NOTHING = re.compile(r"\||```|[\[［【]\^?\d+[\]］】]:|(?:sources?|references?|answer):?$", re.IGNORECASE)
_LAYOUT = re.compile(r"</?[a-z][^<>]{0,80}>|\*+(?=\S)|(?<=\S)\*+|__|`", re.IGNORECASE)
# More than any answer has: what follows is not read.
_LONGEST_REPLY = 4_000


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
        self._add(piece)
        # Nothing new is whole before a word is.
        if not re.search(r"\s", piece):
            return []
        begun = _finished(self._reply)
        found = _read(begun)[:-1]
        # Most words complete nothing: what would follow them need not be read.
        return self._new(_settled(found, begun)) if max(_ends(found), default=0) > self._given else []

    def close(self, *, is_whole: bool = True) -> list[Written]:
        """The sentences that are left; without the last where the reply was cut."""
        found = _read(self._reply)
        return self._new(found if is_whole and len(self._reply) < _LONGEST_REPLY else found[:-1])

    def _add(self, piece: str) -> None:
        _, is_thought, said = (self._reply + piece).rpartition(_THOUGHT_ENDS)
        if is_thought:
            self._given = 0
        self._reply = said if said.lstrip().startswith(_THOUGHT_BEGINS) else said[:_LONGEST_REPLY]

    def _new(self, found: list[Written]) -> list[Written]:
        """What goes beyond the letters that were given: what follows may yet part or join them in another way."""
        ends = _ends(found)
        new = [written for written, end in zip(found, ends, strict=True) if end > self._given]
        self._given = max([self._given, *ends[-1:]])
        return new


def without_thought(reply: str) -> str:
    """What a reply says after what a reasoning model thinks aloud."""
    return _THOUGHT.sub("", reply, count=1).rpartition(_THOUGHT_ENDS)[2]


def _finished(reply: str) -> str:
    """The reply without the word, or the mark, that a piece may have broken off in."""
    words = reply[: max(map(reply.rfind, " \n")) + 1]
    opened = max(map(words.rfind, "[［【"))
    is_open = opened >= 0 and not any(bracket in words[opened:] for bracket in "]］】")
    return words[:opened] if is_open else words


def _ends(found: list[Written]) -> list[int]:
    """How many letters there are up to the end of each sentence."""
    return [*accumulate(len("".join(written.text.split())) for written in found)]


def _settled(found: list[Written], reply: str) -> list[Written]:
    """Those of the sentences found in a beginning, without its last, that stay as they are whatever follows.

    The last may go on, or its marks follow; and what closes a quotation or a bracket makes one sentence of all in it.
    """
    pairs = zip(found, _read(reply + _CLOSING), strict=False)
    return [here for here, _ in takewhile(lambda pair: pair[0] == pair[1], pairs)]


def _read(reply: str) -> list[Written]:
    """The sentences of a reply, or of its beginning; its marks are those up to where the next sentence begins."""
    reply = without_thought(reply)
    begun = reply.strip()
    if any(thought.startswith(begun) for thought in _THOUGHT_BEGINS):
        return []
    return [written for paragraph in _paragraphs(reply) for written in _read_paragraph(paragraph)]


def _paragraphs(reply: str) -> Iterator[str]:
    """What is said in one go: lines broken within it are joined, and what makes a list or a heading is left out."""
    joined: list[str] = []
    for line in map(str.strip, [*reply.split("\n"), ""]):
        begins = _LINE_BEGINS.match(line)
        is_apart = not line or begins or _NOTHING.match(line)
        if is_apart and joined:
            yield " ".join(joined)
            joined = []
        if not _NOTHING.match(line):
            joined += filter(None, [line[begins.end() :] if begins else line])
        if line.startswith("#"):
            yield " ".join(joined)
            joined = []


def _read_paragraph(paragraph: str) -> Iterator[Written]:
    paragraph = _LAYOUT.sub("", paragraph)
    marks = list(_MARK.finditer(paragraph))
    bare, places, reached = "", [], 0
    for mark in marks:
        bare += paragraph[reached : mark.start()].rstrip()
        places.append(len(bare))
        reached = mark.end()
    bare += paragraph[reached:]
    ranges = sentences(bare, (0, len(bare)))
    starts = [start for start, _ in ranges]
    # Marks that begin a paragraph belong to what follows them, and so do all the others in it.
    leads = bool(marks) and marks[0].start() == 0
    owners = [_owner(place, starts, leads) for place in places]
    for number, (start, end) in enumerate(ranges):
        own = [mark for mark, owner in zip(marks, owners, strict=True) if owner == number]
        if text := tidy(bare[start:end]):
            yield Written(text, tuple(dict.fromkeys(named for mark in own for named in _numbers(mark[1]))))


def _owner(place: int, starts: list[int], leads: bool) -> int:
    """The sentence, by its number, to which a mark belongs that stood at a place of the text without marks."""
    # A mark between two sentences stands at the end of the first, and its text goes on behind white space.
    begun = sum(start <= place + 1 if leads else start < place for start in starts)
    return max(begun - 1, 0)


def _numbers(listed: str) -> Iterator[int]:
    """The numbers in "1, 3-5"; of a span that goes backwards or on and on, its two ends."""
    for first, last in _SPAN.findall(listed):
        begin, end = int(first), int(last or first)
        yield from range(begin, end + 1) if begin <= end < begin + _LONGEST_SPAN else (begin, end)
