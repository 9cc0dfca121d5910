"""What language models send: streams of events, and replies with marks; the same however they are cut into pieces."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from rag.llm.failures import Failed
from rag.llm.marks import ReplyReader, Written
from rag.llm.stream import Stream
from tests.fuzz.strategies import any_json, cut, readable, texts
from tests.fuzz.target import target
from tests.ui.serving import come_to
from ui.openai_reply import as_answered

_SAID = (
    *(
        "Foo is bar [1]. ",
        "Baz was 3.5 million [2, 3].",
        "[1] So it is.",
        "[",
        "]",
        "［１］",
        "【2†source】",
        "[1-3]",
        "[1–99999]",
    ),
    *(
        "U.S. Army left. [9] ",
        "- ",
        "# ",
        "| a |",
        "```",
        "**",
        "Sources:",
        "[^1]: ",
        "<b>",
        "a\nb\n",
        "\n\n",
        "[doc 1, 2 and 3]",
    ),
    *('"', "“", "” ", "'", "(", ") ", "} ", "« ", "»", "’", "He went. ", "5' tall. "),
)
_PLACES = st.lists(st.integers(0, 10_000), max_size=12)


@target(st.tuples(readable(_SAID, most=40), _PLACES), quick=60)
def marks_in_replies(case: tuple[str, list[int]]) -> None:
    reply, places = case
    # Where a thought ends that was never seen to begin, what was said before it cannot be taken back.
    reply = reply.replace("</think>", "")
    whole = _read([reply])
    assert set(whole) <= set(_read(cut(reply, places)))
    for written in whole:
        assert written.text.strip() == written.text != ""
        assert all(0 <= number <= 9999 for number in written.numbers)
    _read(cut(reply + "</think>" + reply, places))
    as_answered(reply)


def _read(pieces: Sequence[str]) -> list[Written]:
    reader = ReplyReader()
    return [*(written for piece in pieces for written in reader.feed(piece)), *reader.close()]


class _Response:
    """A response of which the bytes come in pieces."""

    def __init__(self, pieces: Sequence[bytes], kind: str) -> None:
        self.headers = {"content-type": kind}
        self._pieces = pieces

    async def iter_bytes(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


def _chunk(content: str, finish: str | None) -> bytes:
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": finish}
    return b"data: " + json.dumps({"choices": [choice]}).encode()


_EVENTS = st.one_of(
    st.builds(_chunk, texts(most=4), st.sampled_from([None, None, None, "stop", "length"])),
    any_json.map(lambda value: f"data: {value}".encode("utf-8", "replace")),
    st.sampled_from(
        [b"data: [DONE]", b"data:", b": ping", b'data: {"error": {"message": "no"}}', b'data: {"choices": []}']
    ),
    st.binary(max_size=30),
)
_KINDS = st.sampled_from(["text/event-stream", "application/json", "text/html", ""])


@target(st.tuples(st.lists(_EVENTS, max_size=12).map(b"\n\n".join), _PLACES, _KINDS), quick=50)
def streams_of_events(case: tuple[bytes, list[int], str]) -> None:
    sent, places, kind = case
    ends = sorted({place % (len(sent) + 1) for place in places} | {0, len(sent)})
    pieces = [sent[start:end] for start, end in pairwise(ends)]
    assert _heard(pieces, kind) == _heard([sent], kind)


def _heard(pieces: Sequence[bytes], kind: str) -> tuple[Any, ...]:
    told: list[str] = []
    stream = Stream(told.append)
    try:
        response: Any = _Response(pieces, kind)
        come_to(stream.read(response))
    except Failed as failure:
        assert "\n" not in failure.line("It", ())
        return str(failure), stream.text
    assert "".join(told) == stream.text
    return stream.text, stream.finish, stream.refusal
