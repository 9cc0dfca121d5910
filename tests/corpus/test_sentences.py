"""Where sentences and paragraphs begin and end."""

from __future__ import annotations

import pytest

from corpus.sentences import is_heading, paragraphs, sentences


def _sentences(text: str, language: str = "en") -> list[str]:
    return [text[start:end] for start, end in sentences(text, (0, len(text)), language)]


def test_a_paragraph_is_a_line_with_something_on_it() -> None:
    text = "  First line. \n\n \t \nSecond line.\n"
    assert [text[start:end] for start, end in paragraphs(text)] == ["First line.", "Second line."]


@pytest.mark.parametrize("text", ["", " ", "\n\n", " \t\u00a0\u3000"])
def test_where_nothing_stands_there_is_no_paragraph(text: str) -> None:
    assert paragraphs(text) == []


@pytest.mark.parametrize(
    "expected",
    [
        ["The bank VEB.RF lent the money.", "It was paid back."],
        ["He works for Gazprom and VEB.RF.", "She does not."],
        ["Dr. Smith met Mr. Jones at 5 p.m. on Monday.", "They talked."],
        ["The U.S. government objected.", "The E.U. did not."],
        ["J. R. R. Tolkien wrote it.", "He was a professor."],
        ["Growth was 3.5 per cent in 2023.", "It was 2.1 before."],
        ["Eggs, milk, etc. were sold.", "Prices rose."],
        ["Is it true?", "Yes!", "It is."],
        ["See https://example.org/a.b?c=d for more.", "It is free."],
        ["“We will not go,” she said.", "He left."],
        ["The 1st of May came.", "Version 2.0.1 was released."],
    ],
    ids=lambda expected: expected[0],
)
def test_sentences_are_told_apart(expected: list[str]) -> None:
    assert _sentences(" ".join(expected)) == expected


@pytest.mark.parametrize("opening, closing", ['""', "“”", "()"])
def test_a_quotation_keeps_its_closing_mark(opening: str, closing: str) -> None:
    text = f"He spoke at length. {opening}It was over by noon.{closing} Nobody stayed."
    for sentence in _sentences(text):
        assert sentence.count(opening) <= 2
        assert not sentence.startswith(closing if closing != opening else "\0")
    assert "".join(_sentences(text)).replace(" ", "") == text.replace(" ", "")


def test_ranges_count_characters_of_the_whole_text() -> None:
    text = "Skipped. 😀\n\U0001d4d7ere it begins. Ünd hier geht es weiter. 你好。再见。\nSkipped."
    paragraph = paragraphs(text)[1]
    found = [text[start:end] for start, end in sentences(text, paragraph)]
    assert found[:2] == ["\U0001d4d7ere it begins.", "Ünd hier geht es weiter."]
    assert "".join(found[2:]) == "你好。再见。"


@pytest.mark.parametrize("language", ["de", "en-GB", "fr_FR", "zh-Hans", "english", "x-default", "zz", "", "日本語"])
def test_whatever_an_article_says_its_language_is_the_sentences_are_found(language: str) -> None:
    assert _sentences("One is here. Two is there.", language) == ["One is here.", "Two is there."]


@pytest.mark.parametrize("text", ["!!!", "…", "- ", "\u200b", "\x00", "?!?! ...", ". . .", "\ufeffWord", "a\u0301b."])
def test_odd_text_is_neither_lost_nor_repeated(text: str) -> None:
    assert "".join(_sentences(text)).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("line", ["Background", "The road to Astana", "Who was there", "A" * 100])
def test_a_short_line_without_an_end_mark_is_a_heading(line: str) -> None:
    assert is_heading(line, (0, len(line)))


@pytest.mark.parametrize(
    "line",
    [
        "It rained.",
        "Did it rain?",
        "“It rained.”",
        "It rained (at last.)",
        "They are these:",
        "A" * 101,
        "- bread",
        "• bread",
        "1. bread",
        "a) bread",
        "| bread | 2 |",
    ],
)
def test_a_sentence_or_an_item_of_a_list_is_no_heading(line: str) -> None:
    assert not is_heading(line, (0, len(line)))
