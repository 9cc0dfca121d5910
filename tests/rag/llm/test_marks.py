"""How a language model's reply is read: its sentences, and the passages they name."""

from __future__ import annotations

import pytest

from rag.llm.marks import ReplyReader, Written

REPLIES: dict[str, list[tuple[str, tuple[int, ...]]]] = {
    "Foo is bar [1]. Baz was 3.5 million [2, 3].": [("Foo is bar.", (1,)), ("Baz was 3.5 million.", (2, 3))],
    "Foo is bar. [1][2] Baz went. [1-3]": [("Foo is bar.", (1, 2)), ("Baz went.", (1, 2, 3))],
    "Foo is bar.[2]\n\nBaz went [2–3].": [("Foo is bar.", (2,)), ("Baz went.", (2, 3))],
    "[1] Foo is bar. [2] Baz went.": [("Foo is bar.", (1,)), ("Baz went.", (2,))],
    "Foo is ［１］ bar 【2†source】.": [("Foo is bar.", (1, 2))],
    "It is so [passages 1 and 4] [^2] [#3].": [("It is so.", (1, 4, 2, 3))],
    "The U.S. Army left. [9] Dr. King stayed.": [("The U.S. Army left.", (9,)), ("Dr. King stayed.", ())],
    "# Title\n- **Foo** is bar. [1]\n2. Baz went. [2]": [("Title", ()), ("Foo is bar.", (1,)), ("Baz went.", (2,))],
    "<think>Is it so [3]? Yes.</think>It is so. [1]": [("It is so.", (1,))],
    "He wrote a[i] and [sic] and [1921-1922]. [1]": [("He wrote a[i] and [sic] and.", (1921, 1922, 1))],
    "Backwards [5-2], and on and on [1-4000].": [("Backwards, and on and on.", (5, 2, 1, 4000))],
    "Russia backed\nIndia in 2017. [1]\nIt did so [2].": [("Russia backed India in 2017.", (1,)), ("It did so.", (2,))],
    "It is so [doc 1] [Source: 2] [[3]] \\[4\\] [5.] [6](https://a.example/b).": [("It is so.", (1, 2, 3, 4, 5, 6))],
    "| a | b |\n|---|---|\nIt *is* <b>so</b>.<sup>[1]</sup>\n\n[^1]: The source.\nSources:": [("It is so.", (1,))],
    'He says: "Foo is bar. Baz went." [1] So it is. [2]': [
        ('He says: "Foo is bar. Baz went."', (1,)),
        ("So it is.", (2,)),
    ],
    "Foo is (bar. Baz went. [1] And so on [2]) too. So it is. [3]": [
        ("Foo is (bar. Baz went. And so on) too.", (1, 2)),
        ("So it is.", (3,)),
    ],
    "<thinking>Hm.</thinking>\nIt is \u202eso. [1]": [("It is so.", (1,))],
    "[1]": [],
    "": [],
}


@pytest.mark.parametrize("reply", REPLIES)
@pytest.mark.parametrize("length", [1, 3, 1000])
def test_sentences_and_marks_are_the_same_however_a_reply_is_cut_into_pieces(reply: str, length: int) -> None:
    reader = ReplyReader()
    read = [
        sentence for start in range(0, len(reply), length) for sentence in reader.feed(reply[start : start + length])
    ]
    assert [*read, *reader.close()] == [Written(text, numbers) for text, numbers in REPLIES[reply]]


def test_a_sentence_is_given_as_soon_as_the_next_one_begins() -> None:
    reader = ReplyReader()
    assert reader.feed("Foo is bar. [1") == []
    assert reader.feed("] Baz") == []
    assert reader.feed(" went") == [Written("Foo is bar.", (1,))]


def test_what_was_thought_aloud_is_known_at_its_end() -> None:
    reader = ReplyReader()
    assert reader.feed("Let me see. It says so.</think>It is so. [1]") == []
    assert reader.close() == [Written("It is so.", (1,))]


def test_a_reply_without_end_is_read_to_a_length_that_an_answer_has() -> None:
    reader = ReplyReader()
    read = [*(sentence for _ in range(2000) for sentence in reader.feed("So it is. \n   ")), *reader.close()]
    assert 200 < len(read) < 400


def test_of_a_reply_that_was_cut_the_last_sentence_is_left_out() -> None:
    reader = ReplyReader()
    first = reader.feed("Foo is bar. [1] Baz went to the")
    assert [*first, *reader.close(is_whole=False)] == [Written("Foo is bar.", (1,))]
