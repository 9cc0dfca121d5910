"""Articles are split into passages here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from corpus.article import Article, Passage, Range
from corpus.sentences import is_heading, paragraphs, sentences, stripped
from corpus.tokens import count_tokens

# A title and a section's heading may stand above a paragraph; more short lines than that are a list.
_HEADINGS = 2
# Characters: what is longer than a passage of these is not counted before it is halved.
_LONGEST_TOKEN = 128


@dataclass(frozen=True, slots=True)
class _Piece:
    """A sentence, or a part of one too long for a passage, with its tokens; a heading is read but not quoted."""

    range: Range
    tokens: int
    heading: bool = False


@dataclass(frozen=True, slots=True)
class Splitter:
    """Packs whole sentences into passages of at most `max_tokens` tokens (cl100k), never across articles.

    A paragraph that fits is not cut, and short neighbours are packed together. Of a paragraph that does not fit, each
    passage repeats the last `overlap` sentences of the one before. A heading goes with the paragraph after it.
    200 tokens and a title are within all-MiniLM-L6-v2's window of 256 word pieces.
    """

    max_tokens: int = 200
    overlap: int = 1

    def split(self, article: Article) -> list[Passage]:
        """The article's passages in reading order; together they hold every sentence of it."""
        runs = _pack(self._blocks(article), self.max_tokens)
        return [_passage(article, ordinal, run) for ordinal, run in enumerate(runs)]

    def _blocks(self, article: Article) -> Iterator[list[_Piece]]:
        """The article's paragraphs as sentences; one too long for a passage comes in runs that fit."""
        waiting: list[_Piece] = []
        for paragraph in paragraphs(article.text):
            ranges = sentences(article.text, paragraph, article.language or "en")
            pieces = [piece for sentence in ranges for piece in _fit(article.text, sentence, self.max_tokens)]
            if is_heading(article.text, paragraph) and _tokens(waiting + pieces) <= self.max_tokens // 2:
                waiting += pieces
                continue
            if len(waiting) <= _HEADINGS:
                waiting = [replace(piece, heading=True) for piece in waiting]
            yield from _windows(waiting + pieces, self.max_tokens, self.overlap)
            waiting = []
        if waiting:
            yield waiting


def _pack(blocks: Iterator[list[_Piece]], max_tokens: int) -> Iterator[list[_Piece]]:
    """Neighbouring blocks joined for as long as they fit together."""
    packed: list[_Piece] = []
    for block in blocks:
        if packed and (_tokens(packed) + _tokens(block) > max_tokens or block[0].range[0] < packed[-1].range[1]):
            yield packed
            packed = []
        packed += block
    if packed:
        yield packed


def _windows(pieces: list[_Piece], max_tokens: int, overlap: int) -> Iterator[list[_Piece]]:
    """Runs of sentences that fit, each starting with the last `overlap` sentences of the run before."""
    window: list[_Piece] = []
    for piece in pieces:
        if window and _tokens(window) + piece.tokens > max_tokens and not all(held.heading for held in window):
            yield window
            window = _tail(window, overlap, max_tokens - piece.tokens)
        window.append(piece)
    if window:
        yield window


def _tail(window: list[_Piece], overlap: int, room: int) -> list[_Piece]:
    """The last sentences of a window, at most `overlap`, as many as leave room for the next one."""
    tail = window[len(window) - overlap :] if overlap else []
    while tail and _tokens(tail) > room:
        tail = tail[1:]
    # A window of nothing but its own tail would repeat for ever.
    return tail if len(tail) < len(window) else []


def _fit(text: str, sentence: Range, max_tokens: int) -> list[_Piece]:
    """The sentence with its number of tokens; a "sentence" longer than a passage is halved at white space."""
    start, end = sentence
    if end - start > _LONGEST_TOKEN * max_tokens:
        return _halves(text, sentence, max_tokens)
    # With the line break that may follow it when it is packed with others.
    tokens = count_tokens(text[start:end] + "\n")
    if tokens <= max_tokens or end - start < 2:
        return [_Piece(sentence, tokens)]
    return _halves(text, sentence, max_tokens)


def _halves(text: str, sentence: Range, max_tokens: int) -> list[_Piece]:
    start, end = sentence
    middle = _middle(text, start, end)
    halves = (stripped(text, start, middle), stripped(text, middle, end))
    return [piece for half in halves if half for piece in _fit(text, half, max_tokens)]


def _middle(text: str, start: int, end: int) -> int:
    """Where a word begins near the middle of a range, or the middle itself where there is no white space."""
    centre = (start + end) // 2
    space = text.rfind(" ", start + 1, centre)
    return space + 1 if space > start else centre


def _tokens(pieces: Sequence[_Piece]) -> int:
    return sum(piece.tokens for piece in pieces)


def _passage(article: Article, ordinal: int, run: Sequence[_Piece]) -> Passage:
    start, end = run[0].range[0], run[-1].range[1]
    quoted = tuple(piece.range for piece in run if not piece.heading)
    return Passage(article.id, ordinal, start, end, article.text[start:end], quoted)
