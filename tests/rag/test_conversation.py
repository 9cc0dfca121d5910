"""What a question takes from the turns before it."""

from __future__ import annotations

import pytest

from rag.conversation import context_of, is_elliptical

BEFORE = [("Why did Russia back India's membership?", "It balanced China.")]


@pytest.mark.parametrize(
    "question", ["And Pakistan?", "When did it join?", "What about Iran?", "Why?", "Who supported the other?"]
)
def test_a_question_that_points_back_takes_the_question_before(question: str) -> None:
    assert is_elliptical(question)
    assert context_of(question, BEFORE) == BEFORE[0][0]


@pytest.mark.parametrize(
    "question", ["What is the capital of Australia?", "Which banks lend to SCO members?", "x" * 45, "a b c d"]
)
def test_a_question_that_stands_alone_takes_nothing(question: str) -> None:
    assert context_of(question, BEFORE) == ""


def test_a_chain_of_follow_ups_reaches_back_to_the_question_that_stands_alone() -> None:
    history = [*BEFORE, ("And Pakistan?", "China did.")]
    assert context_of("When?", history) == "Why did Russia back India's membership? And Pakistan?"


def test_without_turns_there_is_no_context() -> None:
    assert context_of("And Pakistan?", []) == ""
