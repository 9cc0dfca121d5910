"""Texts, bytes and JSON that nobody would write, and that somebody will send."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

# What programs that read text take for something else: letters that only look like i, s and k, marks that turn or
# join, halves of characters, digits of other scripts, and what has a meaning to one of us.
_MARKS = (
    "ſ ı İ K ß ﬁ Å é a\u0301 \u0301 \u200d \u200b \u202e \u2066 \ufeff \ufffe \ud800 \udfff \U000e0041 😀 👩\u200d🚀 "
    "漢字 ٣ १ ² Ⅷ ½ 1,200 1.200.300 1,5 -5 −5 5% $5m €1.2bn 1e9 10:30 3.11.2 017 2017-08 2017-02-30 31/12/2024 0099 "
    "'90s 1920s 21st century ſixth nıne thouſand twenty-five million dozen half third a hundred and five "
    "January 1, 0099 17–20 July 2024 May March 1998-99 U.S. Dr. e.g. VEB.RF … ... !? 。 ？ “ ” ' \" ’ "
    "[1] [2,3] [1-3] [^1] [[1]] 【1†source】 [1](https://a.example/b) [99999] [0] <think> </think> \\[4\\] "
    "--- ... title: date: source: {} [] [[ & *a !!python/object <b> </b> <script> </style> <!-- --> <?xml <![CDATA[ "
    "<p style='display:none'> <td> &amp; &#0; &#xd800; &#x110000; @media ( ) { } ; : /* */ url( \\ \\64 # ## * ** _ "
    "__ ` ``` ~~~ | |-|-| > - + 1. 1) Russia India's Clara Voss NATO McDonald H1N1 Why Who And it? not never"
)
_SPACES = ("\n", "\n\n", "\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\t", "\u00a0", "\u3000", " ", "  ")
PIECES = (*_MARKS.split(" "), *_SPACES)

_ANY_CHARACTER = st.characters(exclude_categories=())
_RUNS = st.tuples(st.sampled_from(PIECES), st.integers(1, 3000)).map(lambda run: (run[0] * run[1])[:20_000])


def texts(pieces: Sequence[str] = (), most: int = 30) -> SearchStrategy[str]:
    """Texts of odd pieces, and of some of one's own, with or without spaces between them; now and then a long run."""
    own = [st.sampled_from([*pieces])] * 3 if pieces else []
    piece = st.one_of(*own, st.sampled_from(PIECES), st.text(_ANY_CHARACTER, max_size=6), st.integers().map(str))
    joined = st.builds(str.join, st.sampled_from(["", " ", "\n"]), st.lists(piece, max_size=most))
    return st.one_of(joined, joined, joined, st.builds("".join, st.tuples(joined, _runs(pieces), joined)))


def readable(pieces: Sequence[str] = (), most: int = 30) -> SearchStrategy[str]:
    """The same without halves of characters, for what lies behind a door that takes them out."""
    return texts(pieces, most).map(lambda text: text.encode("utf-8", "replace").decode())


def _runs(pieces: Sequence[str]) -> SearchStrategy[str]:
    own = st.tuples(st.sampled_from([*pieces]), st.integers(1, 3000)).map(lambda run: (run[0] * run[1])[:20_000])
    return st.one_of(_RUNS, own) if pieces else _RUNS


@st.composite
def mutated(draw: DrawFn, originals: Sequence[bytes]) -> bytes:
    """One of some files with bytes of it changed, put in, taken out or repeated."""
    data = bytearray(draw(st.sampled_from([*originals])))
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from([1, 2, 4, 16, 256])))
        how = draw(st.sampled_from(["change", "change", "insert", "remove", "repeat", "cut"]))
        if how == "change" and start < len(data):
            data[start] ^= draw(st.integers(1, 255))
        elif how == "insert":
            data[start:start] = draw(st.one_of(st.binary(max_size=8), st.sampled_from(PIECES).map(_as_bytes)))
        elif how == "remove":
            del data[start:end]
        elif how == "repeat":
            data[start:start] = data[start:end] * draw(st.integers(1, 40))
        elif how == "cut":
            del data[start:]
    return bytes(data)


_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([-1, 0, 1, 2**31, 2**63, 10**30, 10**400]),
    st.floats(),
    texts(most=5),
)
any_json: SearchStrategy[Any] = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts(most=2), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def altered(draw: DrawFn, original: Any) -> Any:
    """A value like JSON's with some of its parts taken out, or put in place of another by something else."""
    if draw(st.integers(0, 5)) == 0:
        return draw(any_json)
    if isinstance(original, dict):
        kept = {name: draw(altered(value)) for name, value in original.items() if draw(st.integers(0, 11))}
        return kept | draw(st.dictionaries(texts(most=2), any_json, max_size=1))
    if isinstance(original, list):
        return [draw(altered(value)) for value in original if draw(st.integers(0, 11))] * draw(st.integers(1, 2))
    return original


def altered_json(original: Any) -> SearchStrategy[bytes]:
    """The same as a file: JSON with something wrong in it, or hardly JSON any more."""
    written = json.dumps(original).encode()
    nested = st.tuples(st.sampled_from([b"[", b'{"a":', b"[[{"]), st.integers(1, 100_000)).map(
        lambda run: run[0] * run[1]
    )
    return st.one_of(altered(original).map(_written), mutated([written]), nested, st.binary(max_size=40))


def cut(text: str, places: Sequence[int]) -> list[str]:
    """A text in pieces, cut at some places of it, which may lie beyond its end."""
    ends = sorted({place % (len(text) + 1) for place in places} | {0, len(text)})
    return [text[start:end] for start, end in pairwise(ends)]


def _as_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _written(value: Any) -> bytes:
    """JSON; a number too long to be printed is printed shorter."""
    try:
        return json.dumps(value).encode()
    except ValueError:
        return b"9" * 5000
