"""Work in the background, and what it tells meanwhile: answers as they are written."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest

from corpus.errors import BadQuestion
from rag import Answer, Chatbot
from rag.answerer import OnToken
from ui.working import Done, replies

QUESTION = "Why did Russia back India's membership?"


def test_what_is_written_comes_before_the_answer_is_whole(bundled_index: Path) -> None:
    chatbot, read = Chatbot.open(bundled_index), Event()

    def slowly(on_token: OnToken) -> Answer:
        on_token("Russia ")
        assert read.wait(30)
        return chatbot.ask(QUESTION, on_token=on_token)

    pieces = replies(slowly)
    assert next(pieces) == "Russia "
    read.set()
    *written, done = pieces
    assert isinstance(done, Done)
    assert "".join(piece for piece in written if isinstance(piece, str)) == done.value.text


def test_an_error_is_raised_where_the_answer_was_awaited(bundled_index: Path) -> None:
    chatbot = Chatbot.open(bundled_index)
    with pytest.raises(BadQuestion):
        list(replies(lambda on_token: chatbot.ask("", on_token=on_token)))
