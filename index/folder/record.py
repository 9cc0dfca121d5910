"""A passage as it lies on disk: one record of bytes, with the checksums of itself and of its sentences' vectors.

Passages are read seventy to a question, and from a file of records that takes a quarter of the time that it takes from
SQLite, which also gives way to other threads at every row.
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

import xxhash

from corpus.article import Passage
from index.words import passage_words

# Its number, ordinal, first character and the one after its last; how many sentences it has; and the bytes of its
# article's id, of the words of that one's title, and of its text. What follows those are its own words.
_HEAD = Struct("<qIIIIIII")
_NUMBER = Struct("<q")
# A sentence's first character and the one after its last.
_RANGE = Struct("<II")
_SEAL = 8


class Record(NamedTuple):
    """A passage, the words of its article's title and of itself by line (see `passage_words`), and a checksum."""

    number: int
    passage: Passage
    title: str
    words: str
    sentences_seal: bytes


def seal(content: bytes) -> bytes:
    """A checksum of what is read by itself, so that it need not be read with all the rest to be trusted."""
    return xxhash.xxh3_64_digest(content)


# The same checksum as a number, for those that are kept in an array: four hundred are compared for a question.
seal_number = xxhash.xxh3_64_intdigest


def encode(number: int, passage: Passage, title: str, sentences: bytes) -> bytes:
    """The record of a passage, of the words of its article's title, and of the bytes of its sentences' vectors."""
    strings = [text.encode() for text in (passage.article_id, title, passage.text)]
    head = _HEAD.pack(
        number, passage.ordinal, passage.start, passage.end, len(passage.sentences), *(len(part) for part in strings)
    )
    ranges = b"".join(_RANGE.pack(*place) for place in passage.sentences)
    words = "\n".join(passage_words(passage)).encode()
    content = b"".join([head, ranges, *strings, words, seal(sentences)])
    return content + seal(content)


def renumbered(record: bytes, number: int) -> bytes:
    """The same record of a passage under another number."""
    content = _NUMBER.pack(number) + record[_NUMBER.size : -_SEAL]
    return content + seal(content)


def sentences_seal(record: bytes) -> bytes | None:
    """The checksum of the vectors of a passage's sentences; None where its record is not what was written."""
    if len(record) < _HEAD.size + 2 * _SEAL or seal(record[:-_SEAL]) != record[-_SEAL:]:
        return None
    return record[-2 * _SEAL : -_SEAL]


def decode(record: bytes) -> Record | None:
    """The passage of a record; None where it is not what was written."""
    expected = sentences_seal(record)
    if expected is None:
        return None
    number, ordinal, start, end, sentences, *lengths = _HEAD.unpack_from(record)
    place = _HEAD.size + sentences * _RANGE.size
    ranges = tuple(_RANGE.iter_unpack(record[_HEAD.size : place]))
    strings = []
    for length in lengths:
        strings.append(record[place : place + length].decode())
        place += length
    article_id, title, text = strings
    words = record[place : -2 * _SEAL].decode()
    passage = Passage(article_id, ordinal, start, end, text, ranges)
    return Record(number, passage, title, words, expected)
