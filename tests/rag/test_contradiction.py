"""A sentence on the same subject may still speak of something else."""

from __future__ import annotations

import pytest

from index.words import terms
from rag.contradiction import contradicts

FALL = "Warsaw fell to the Swedes in 1655."


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Which city was not taken in 1655?", FALL),
        ("Who didn't take Warsaw?", FALL),
        ("Who wasnt at Warsaw?", FALL),
        ("When did Warsaw fall without a fight?", FALL),
        ("Who fell to Warsaw in 1733?", FALL),
        ("What is north of the river?", "The old town lies south of the river."),
        ("What happened before the war?", "After the war the city grew."),
    ],
)
def test_a_question_of_something_else_is_seen(question: str, sentence: str) -> None:
    assert contradicts(question, sentence, frozenset(terms(sentence)))


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Which city fell in 1655?", FALL),
        ("Which city fell?", FALL),
        ("Which state has no navy?", "Its neighbour has no navy."),
        ("What is north of the river?", "North and south of the river lie fields."),
        ("In which year did 20 ships fall?", FALL),
        ("What do notable nonsense knots show?", "They show notes."),
        ("What is its No. 1 export?", "Its main export is oil."),
        ("Why did the state win?", "The state won."),
    ],
)
def test_a_question_of_the_same_is_let_be(question: str, sentence: str) -> None:
    assert not contradicts(question, sentence, frozenset(terms(sentence)))


def test_a_number_that_stands_elsewhere_in_the_passage_is_no_contradiction() -> None:
    assert not contradicts("What followed the peace of 1648?", FALL, frozenset(terms("The peace of 1648 held.")))
