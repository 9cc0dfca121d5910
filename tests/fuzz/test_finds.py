"""What the fuzzer has found, each as a test of its own."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from corpus.article import Article
from corpus.errors import BadGoldFile, RunError
from corpus.gold import load_beir, load_gold, write_beir_articles
from corpus.readers.dates import iso_date
from corpus.readers.limits import Limits
from corpus.readers.reading import read_here
from corpus.readers.web import visible_text
from index.words import terms
from rag import Chatbot
from rag.conversation import context_of
from rag.evaluation import compare
from rag.particulars import Held, particulars
from rag.suggestions import suggest
from rag.verification.attachment import misattached
from tests.fuzz.target import LONGEST, at_most
from ui.conversations import Conversations
from ui.runs import Runs
from ui.uploads import safe_name

DEEP = '{"a":' * 100_000


def _read(folder: Path, name: str, content: str) -> Article:
    file = folder / name
    file.write_text(content, "utf-8")
    return read_here(file, "an-id", Limits())


@pytest.mark.parametrize("word", ["ſix", "nıne", "ſeventh", "SİX"])
def test_letters_that_only_look_like_those_of_a_number_make_no_number(word: str) -> None:
    assert terms(f"{word} men") != terms("6 men")
    assert terms("six men") == terms("6 men")


@pytest.mark.parametrize(
    "text",
    ["5\nmillion", "five thouſand", "5 ſquare mileſ", "a third of", "US$5 mıllion", "the ſixth century", "5 dollarſ"],
)
def test_numbers_before_odd_letters_and_line_ends_are_read(text: str) -> None:
    assert not any(Held.of(text).lacks(item) for item in particulars(text))


@pytest.mark.parametrize(
    ("written", "date"), [("May 6, 0102", "0102-05-06"), ("March 0099", "0099-03"), ("0007/01/02", "0007-01-02")]
)
def test_a_year_before_1000_has_four_digits(written: str, date: str) -> None:
    assert iso_date(written) == date == iso_date(date)


@pytest.mark.parametrize(
    "css",
    [
        "@media (min-width: 1.2.3px) { p { color: red } }",
        f"p {{ color: rgb({'9' * 400}, 0, 0) }}",
        "p { color: rgb(1e999, 300, 0) }",
    ],
)
def test_a_style_with_numbers_that_are_none_hides_nothing(css: str) -> None:
    assert visible_text("<p>Seen.</p>", css) == "Seen."


def test_a_title_made_of_a_sentence_has_single_spaces(tmp_path: Path) -> None:
    assert _read(tmp_path, "000_0a3d01c2cfde673c.txt", "The  lamp \t went out.").title == "The lamp went out"


def test_an_article_below_a_leftover_begins_with_a_word(tmp_path: Path) -> None:
    text = "Advertisement\n   The lamp went out in the storm.\nNobody lit it again, and nobody knew why.\n"
    assert _read(tmp_path, "lamp.txt", text).text.startswith("The lamp")


def test_a_conversation_of_thousands_of_turns_that_point_back_is_followed() -> None:
    assert context_of("And it?", [("Who lit the lamp?", "Anna Holm.")] + [("And it?", "Yes.")] * 5000).endswith(
        "And it?"
    )


def test_halves_of_characters_in_earlier_turns_are_read_as_unknown(bundled_index: Path) -> None:
    chatbot = Chatbot.open(bundled_index)
    turns = [("When was the SCO founded \ud800?", "In 2001 \udfff.")]
    answer = chatbot.ask("And why?", history=turns)
    assert answer.question == "And why?"
    suggest(chatbot, answer, history=turns)
    assert chatbot.search("And why?", 1, history=turns)


@pytest.mark.parametrize("said", ["1998-99 ", "$5bn ", "Anna Holm, Clara Voss and ", "17–20 July 2024, "])
def test_a_sentence_that_a_model_says_for_ever_is_held_to_its_evidence_all_the_same(said: str) -> None:
    claim, evidence = (said * 600)[:4_000], (said * 200)[:1_000]
    with at_most(LONGEST):
        assert misattached(claim, [evidence, claim], frozenset()) in (True, False)


@pytest.mark.parametrize("name", ["a.txt -540853 {}", "a.", "a. ", "a.b ", " .x"])
def test_a_safe_name_ends_in_neither_space_nor_dot_and_is_safe_again(name: str) -> None:
    safe = safe_name(name)
    assert safe == safe_name(safe)
    assert not safe.endswith((" ", "."))


@pytest.mark.parametrize("start", ["Infinity", '"x"', "1e999"])
def test_a_gold_answer_at_no_place_is_refused(tmp_path: Path, start: str) -> None:
    answer = f'{{"text": "a", "answer_start": {start}}}'
    qas = f'[{{"id": "q", "question": "?", "answers": [{answer}]}}]'
    file = tmp_path / "gold.json"
    file.write_text(f'{{"data": [{{"title": "t", "paragraphs": [{{"context": "a", "qas": {qas}}}]}}]}}')
    with pytest.raises(BadGoldFile, match="SQuAD"):
        load_gold(file)


def test_half_of_a_character_in_gold_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "gold.json"
    qas = [{"id": "q", "question": "😀", "answers": [{"text": "a", "answer_start": 0}]}]
    file.write_text(json.dumps({"data": [{"title": "t", "paragraphs": [{"context": "a \ud800", "qas": qas}]}]}))
    (gold,) = load_gold(file)
    assert (gold.question, gold.evidence[0].quote) == ("😀", "a ?")
    write_beir_articles(_beir(tmp_path, document="\udfff"), tmp_path / "articles")
    assert len(list((tmp_path / "articles").iterdir())) == 1


def _beir(folder: Path, document: str = "d", judgements: str = "q\td\t1") -> Path:
    (folder / "qrels").mkdir()
    (folder / "corpus.jsonl").write_text(json.dumps({"_id": document, "text": "A text."}))
    (folder / "queries.jsonl").write_text(json.dumps({"_id": "q", "text": "What?"}))
    (folder / "qrels" / "test.tsv").write_text(f"query-id\tcorpus-id\tscore\n{judgements}\n")
    return folder


def test_a_judgement_without_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadGoldFile, match="not a table"):
        load_beir(_beir(tmp_path, judgements="q" * 200_000))


@pytest.mark.parametrize(
    "run",
    [DEEP, '{"questions": [{"id": "q", "gold": 1, "values": "x"}], "index": {"recipe": {}}, "settings": {}}', "[]"],
)
def test_a_run_that_is_none_is_not_compared(tmp_path: Path, run: str) -> None:
    file = tmp_path / "run.json"
    file.write_text(run)
    with pytest.raises(RunError, match="is not a run"):
        compare(file, file)


@pytest.mark.parametrize(
    "about", [DEEP, '{"id": "r", "gold": "g", "made": [], "questions": 1, "right": 1, "figures": {}}']
)
def test_a_kept_run_that_is_none_is_not_listed(tmp_path: Path, about: str) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "about.json").write_text(about)
    assert Runs(tmp_path).all() == []


def test_an_id_with_half_of_a_character_is_of_no_conversation(tmp_path: Path) -> None:
    with closing(Conversations(tmp_path / "kept.sqlite")) as kept:
        kept.add("\ud800", "Who?", "there is no answerer \udfff")
        assert kept.get("another \udfff") is None
        assert kept.exchange("\ud800") is None
        kept.rename("\ud800", "A name")
        kept.delete("\ud800")
        assert kept.all() == []
