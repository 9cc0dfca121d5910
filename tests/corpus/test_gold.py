"""Gold questions: what a file of them must be, and where their quotes stand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from corpus.errors import BadGoldFile, PathNotFound
from corpus.gold import GoldQuestion, GoldQuote, load_gold, locate

SHARED = Path(__file__).parents[3] / "shared"

WHOLE = {
    "id": "q1",
    "question": "And Pakistan?",
    "answers": ["China"],
    "evidence": [
        {"article": "members", "quote": "China backed Pakistan."},
        {"article": "summit", "quote": "Beijing supported Pakistan.", "fact": 0},
    ],
    "unanswerable": False,
    "history": [["Who backed India?", "Russia."]],
    "kind": "follow-up",
}


def _write(folder: Path, *lines: object) -> Path:
    path = folder / "gold.jsonl"
    text = "\n".join(line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines)
    path.write_text(text + "\n", "utf-8")
    return path


def _error(path: Path) -> BadGoldFile:
    with pytest.raises(BadGoldFile) as raised:
        load_gold(path)
    assert raised.value.path == path
    assert "\n" not in str(raised.value)
    assert str(path) in str(raised.value)
    return raised.value


def test_a_question_is_read_with_all_it_has(tmp_path: Path) -> None:
    assert load_gold(_write(tmp_path, WHOLE)) == [
        GoldQuestion(
            id="q1",
            question="And Pakistan?",
            answers=("China",),
            evidence=(
                GoldQuote("members", "China backed Pakistan.", 0),
                GoldQuote("summit", "Beijing supported Pakistan.", 0),
            ),
            unanswerable=False,
            history=(("Who backed India?", "Russia."),),
            kind="follow-up",
        )
    ]


def test_quotes_without_a_fact_each_prove_their_own(tmp_path: Path) -> None:
    quotes = [{"article": "a", "quote": "One."}, {"article": "a", "quote": "Two."}]
    (question,) = load_gold(_write(tmp_path, {**WHOLE, "evidence": quotes}))
    assert [quote.fact for quote in question.evidence] == [0, 1]


def test_little_is_enough_to_say_what_is_right(tmp_path: Path) -> None:
    (question,) = load_gold(_write(tmp_path, {"id": 7, "question": "Why?", "answers": ["Because."]}))
    assert (question.id, question.answers, question.evidence, question.history) == ("7", ("Because.",), (), ())
    assert not question.unanswerable


def test_questions_keep_their_order_and_empty_lines_are_passed_over(tmp_path: Path) -> None:
    path = _write(tmp_path, {**WHOLE, "id": "b"}, "", "   ", {**WHOLE, "id": "a"})
    assert [question.id for question in load_gold(path)] == ["b", "a"]


@pytest.mark.parametrize(
    "line",
    [
        "not json",
        "{",
        "[]",
        "7",
        "null",
        {"question": "Why?"},
        {"id": "q"},
        {**WHOLE, "evidence": [{"article": "a"}]},
        {**WHOLE, "evidence": ["a"]},
        {**WHOLE, "evidence": 3},
        {**WHOLE, "answers": 3},
        {**WHOLE, "history": [["only a question"]]},
        {**WHOLE, "history": 3},
    ],
    ids=str,
)
def test_a_line_that_is_no_gold_question_is_named(tmp_path: Path, line: object) -> None:
    error = _error(_write(tmp_path, WHOLE, "", line, {**WHOLE, "id": "q2"}))
    assert error.line == 3
    assert "line 3" in str(error)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ({"question": "Why?"}, "has no `id`"),
        ({**WHOLE, "question": 3}, "`question` is not text"),
        ({**WHOLE, "answers": "China"}, "`answers` is not a list"),
        ({**WHOLE, "question": "  "}, "`question` is empty"),
        ({**WHOLE, "evidence": [{"article": "a", "quote": " "}]}, "`quote` is empty"),
        ({**WHOLE, "unanswerable": True}, "take away one or the other"),
        ({"id": "a", "question": "Why?", "answer": "Because."}, "say what is right"),
        ('{"id": "a" "question": "Why?"}', "is not JSON: Expecting ',' delimiter at character 12"),
        ({**WHOLE, "unanswerable": "no"}, "`unanswerable` is not true or false"),
        ({**WHOLE, "evidence": [{"article": "a"}]}, "has no `quote`"),
        ({**WHOLE, "history": [["only a question"]]}, "is not a pair of a question and its answer"),
        ("[]", "is not a JSON object"),
    ],
)
def test_what_is_wrong_with_a_line_is_said_in_words(tmp_path: Path, line: object, reason: str) -> None:
    assert reason in str(_error(_write(tmp_path, line)))


def test_an_id_that_is_there_twice_is_an_error(tmp_path: Path) -> None:
    error = _error(_write(tmp_path, WHOLE, WHOLE))
    assert error.line == 2
    assert "q1" in str(error)


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85"])
def test_a_separator_inside_a_string_does_not_end_the_line(tmp_path: Path, mark: str) -> None:
    (question,) = load_gold(_write(tmp_path, {**WHOLE, "question": f"Why{mark}so?"}))
    assert question.question == f"Why{mark}so?"


def test_a_mark_before_the_first_character_is_passed_over(tmp_path: Path) -> None:
    path = _write(tmp_path, WHOLE)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert [question.id for question in load_gold(path)] == ["q1"]


def test_a_file_without_questions_is_an_error(tmp_path: Path) -> None:
    assert "no question" in str(_error(_write(tmp_path, "", "  ")))


def test_a_file_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_bytes(b"\xff\xfe\x00\x81")
    assert "is not UTF-8 text" in str(_error(path))


def test_a_folder_is_an_error(tmp_path: Path) -> None:
    assert "cannot be read" in str(_error(tmp_path))


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PathNotFound) as raised:
        load_gold(tmp_path / "nowhere.jsonl")
    assert raised.value.path == tmp_path / "nowhere.jsonl"
    assert "gold questions" in str(raised.value)


TEXT = "The summit opened.\nIts members (all ten) spoke of trade,  then of security."


@pytest.mark.parametrize(
    "quote, expected",
    [
        ("The summit opened.", "The summit opened."),
        ("opened. Its members", "opened.\nIts members"),
        ("of trade, then of\nsecurity", "of trade,  then of security"),
        ("  (all\tten) spoke ", "(all ten) spoke"),
        (TEXT, TEXT),
    ],
)
def test_a_quote_is_found_whatever_its_white_space(quote: str, expected: str) -> None:
    found = locate(quote, TEXT)
    assert found
    start, end = found
    assert TEXT[start:end] == expected


@pytest.mark.parametrize("quote", ["the summit", "members all ten", "opened.Its", ".*", "(all"[::-1]])
def test_other_words_are_not_found(quote: str) -> None:
    assert locate(quote, TEXT) is None


@pytest.mark.skipif(not (SHARED / "gold").is_dir(), reason="needs ../shared/gold")
def test_the_gold_questions_on_the_original_articles_are_read() -> None:
    questions = load_gold(SHARED / "gold" / "articles.jsonl")
    assert len({question.id for question in questions}) == len(questions) == 24


def test_every_bundled_question_has_what_proves_it() -> None:
    path = Path(__file__).parents[2] / "corpus" / "gold.jsonl"
    for question in load_gold(path):
        proven: tuple[Any, Any] = (question.answers, question.evidence)
        assert question.unanswerable == (proven == ((), ())), question.id


@pytest.mark.parametrize("text", ["[" * 100_000, '{"id": ' + "9" * 5_000 + "}"])
def test_json_that_no_one_can_read_is_refused_in_a_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "gold.jsonl"
    file.write_text(text)
    with pytest.raises(BadGoldFile, match="line 1: is not JSON"):
        load_gold(file)
