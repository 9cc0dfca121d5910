"""What kind of answer is wanted, and what gives it."""

from __future__ import annotations

import pytest

from rag.answer_type import AnswerType, defines


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("When did Iran join?", AnswerType.TIME),
        ("In which year was it built?", AnswerType.TIME),
        ("How many members are there?", AnswerType.NUMBER),
        ("Who lit the lamp?", AnswerType.NAME),
        ("Which country joined last?", AnswerType.NAME),
        ("Why was it closed?", None),
    ],
)
def test_a_question_says_what_kind_of_answer_it_wants(question: str, kind: AnswerType | None) -> None:
    assert AnswerType.of(question) is kind


@pytest.mark.parametrize(
    ("question", "sentence", "held"),
    [
        ("When did Iran join?", "Iran joined in 2023.", True),
        ("When did Iran join?", "Iran joined late.", False),
        ("What happened in which year after 2020?", "It fell in 2020.", False),
        ("How many members are there?", "The group has ten members.", True),
        ("Who backed India?", "It was Russia that backed India.", True),
        ("Who backed India?", "The one who backed India won.", False),
    ],
)
def test_a_sentence_holds_the_kind_unless_the_question_named_it(question: str, sentence: str, held: bool) -> None:
    kind = AnswerType.of(question)
    assert kind is not None
    assert kind.is_in(sentence, question) is held


@pytest.mark.parametrize(
    ("question", "sentence", "defined"),
    [
        ("What is the Shanghai Spirit?", "The “Shanghai Spirit” is the name of its ethos.", True),
        ("What does RATS stand for?", "RATS stands for a structure against terror.", True),
        ("Who is Wan Qingsong?", "Wan Qingsong is a professor.", True),
        ("What is CPEC?", "CPEC (a corridor) is one of many initiatives.", True),
        ("What is the Shanghai Spirit?", "Xi praised the Shanghai Spirit.", False),
        ("Why is the bridge closed?", "The bridge is closed.", False),
        ("What is a*b(?", "a*b( is odd.", True),
    ],
)
def test_a_definition_begins_with_what_is_asked_about(question: str, sentence: str, defined: bool) -> None:
    assert defines(sentence, question) is defined
