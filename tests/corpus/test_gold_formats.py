"""SQuAD's and BEIR's own files become gold questions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from corpus.errors import BadGoldFile, PathNotFound
from corpus.gold import GoldQuote, load_beir, load_gold, write_beir_articles
from corpus.readers import find_files, read_file

SHARED = Path(__file__).parents[3] / "shared" / "bench"

CONTEXT = "Normandy lies in France. It was named for the Normans, who came from the north. Rouen is its capital."


def squad(folder: Path, *questions: dict[str, Any]) -> Path:
    path = folder / "dev.json"
    paragraphs = [{"context": CONTEXT, "qas": list(questions)}]
    path.write_text(json.dumps({"version": "v2.0", "data": [{"title": "Normans", "paragraphs": paragraphs}]}), "utf-8")
    return path


def marked(*answers: str) -> list[dict[str, Any]]:
    return [{"text": answer, "answer_start": CONTEXT.index(answer)} for answer in answers]


def test_a_squad_answer_is_proved_by_the_sentence_that_holds_it(tmp_path: Path) -> None:
    (question,) = load_gold(squad(tmp_path, {"id": "a", "question": " Where? ", "answers": marked("France", "France")}))
    assert (question.id, question.question, question.answers) == ("a", "Where?", ("France",))
    assert question.evidence == (GoldQuote("Normans", "Normandy lies in France.", fact=0),)


def test_places_that_annotators_marked_differently_prove_one_fact(tmp_path: Path) -> None:
    (question,) = load_gold(squad(tmp_path, {"id": "a", "question": "What?", "answers": marked("Normandy", "Rouen")}))
    assert [quote.quote for quote in question.evidence] == ["Normandy lies in France.", "Rouen is its capital."]
    assert {quote.fact for quote in question.evidence} == {0}


def test_an_impossible_squad_question_is_unanswerable(tmp_path: Path) -> None:
    impossible = {
        "id": "a",
        "question": "Why?",
        "is_impossible": True,
        "answers": [],
        "plausible_answers": marked("Rouen"),
    }
    (question,) = load_gold(squad(tmp_path, impossible))
    assert question.unanswerable
    assert (question.answers, question.evidence) == ((), ())


@pytest.mark.parametrize("text", ["[]", "{}", '{"data": 3}', '{"data": [{"title": "a"}]}', "not json", '{"data": []}'])
def test_a_json_file_that_is_not_squad_is_an_error_of_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(text, "utf-8")
    with pytest.raises(BadGoldFile) as raised:
        load_gold(path)
    assert "\n" not in str(raised.value)
    assert str(path) in str(raised.value)


@pytest.fixture
def beir(tmp_path: Path) -> Path:
    documents = [
        {"_id": "4", "title": "White: matter", "text": "# Brains\nare *white* inside."},
        {"_id": "a/b", "title": "", "text": "No title here."},
        {"_id": "6", "title": "Only a title", "text": ""},
    ]
    queries = [{"_id": "1", "text": "What is white?"}, {"_id": "2", "text": "Never judged?"}]
    (tmp_path / "qrels").mkdir()
    (tmp_path / "corpus.jsonl").write_text("\n".join(map(json.dumps, documents)), "utf-8")
    (tmp_path / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)), "utf-8")
    judged = "query-id\tcorpus-id\tscore\n1\t4\t2\n1\ta/b\t1\n1\t6\t0\n"
    (tmp_path / "qrels" / "test.tsv").write_text(judged, "utf-8")
    return tmp_path


def test_a_beir_query_asks_for_whole_documents_by_grade(beir: Path) -> None:
    (question,) = load_beir(beir)
    assert (question.id, question.question, question.unanswerable) == ("1", "What is white?", False)
    assert question.evidence == (GoldQuote("4", None, fact=0, grade=2), GoldQuote("a%2Fb", None, fact=1, grade=1))


def test_beir_documents_become_articles_of_the_names_that_are_asked_for(beir: Path, tmp_path: Path) -> None:
    target = tmp_path / "articles"
    write_beir_articles(beir, target)
    articles = {file.stem: read_file(file, file.stem) for file in target.iterdir()}
    assert articles.keys() == {"4", "a%2Fb", "6"}
    assert (articles["4"].title, articles["4"].text) == ("White: matter", "# Brains\nare *white* inside.")
    assert articles["a%2Fb"].text == "No title here."
    assert articles["6"].title == "Only a title"


def test_beir_documents_of_odd_names_are_found_again_and_old_ones_go(beir: Path, tmp_path: Path) -> None:
    odd = (".hidden", "x" * 300, 'quo"te')
    documents = [{"_id": name, "title": "", "text": "Some text."} for name in odd]
    (beir / "corpus.jsonl").write_text("\n".join(map(json.dumps, documents)), "utf-8")
    judged = "".join(f"1\t{name}\t1\n" for name in (*odd, odd[0]))
    (beir / "qrels" / "test.tsv").write_text(f"query-id\tcorpus-id\tscore\n{judged}", "utf-8")
    target = tmp_path / "articles"
    target.mkdir()
    (target / "old.txt").write_text("Gone.", "utf-8")
    write_beir_articles(beir, target)
    (question,) = load_beir(beir)
    assert {quote.article for quote in question.evidence} == {file.stem for file in find_files([target])}
    assert len(question.evidence) == len(odd)


def test_a_beir_folder_that_lacks_a_file_is_an_error(beir: Path) -> None:
    (beir / "qrels" / "test.tsv").unlink()
    with pytest.raises(PathNotFound, match=r"test\.tsv does not exist: name a BEIR folder"):
        load_beir(beir)
    with pytest.raises(PathNotFound, match="nowhere does not exist: name a BEIR folder"):
        load_beir(beir / "nowhere")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("qrels/test.tsv", "query-id\tcorpus-id\tscore\n1\t4\tgood\n"),
        ("qrels/test.tsv", "1 4 1\n"),
        ("qrels/test.tsv", "query-id\tcorpus-id\tscore\n9\t4\t1\n"),
        ("queries.jsonl", '{"id": "1"}'),
        ("queries.jsonl", "1\twhat"),
    ],
)
def test_a_beir_file_of_another_form_is_an_error_of_one_line(beir: Path, name: str, text: str) -> None:
    (beir / name).write_text(text, "utf-8")
    with pytest.raises(BadGoldFile) as raised:
        load_beir(beir)
    assert "\n" not in str(raised.value)


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/bench")
def test_the_published_files_are_read_whole() -> None:
    squad_questions = load_gold(SHARED / "squad" / "dev-v2.0.json")
    assert (len(squad_questions), sum(question.unanswerable for question in squad_questions)) == (2917, 1477)
    claims = load_beir(SHARED / "scifact")
    assert (len(claims), sum(len(claim.evidence) for claim in claims)) == (300, 339)
