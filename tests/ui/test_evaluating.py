"""The evaluation on the command line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.rag.llm.model_server import Completion, ModelServer
from ui.cli import main

GOLD: list[dict[str, object]] = [
    {"id": "a", "question": "When was the SCO founded?", "answers": ["2001"]},
    {"id": "b", "question": "What is the capital of Australia?", "unanswerable": True},
]


def write(path: Path, questions: list[dict[str, object]]) -> Path:
    path.write_text("\n".join(map(json.dumps, questions)), "utf-8")
    return path


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    return write(tmp_path / "gold.jsonl", GOLD)


def without_times(file: Path) -> str:
    """A run as it was written, its timings aside."""
    run = json.loads(file.read_text("utf-8"))
    for name in ("latency_ms_p50", "latency_ms_p95"):
        del run["metrics"][name]
    for question in run["questions"]:
        del question["timings"], question["values"]["latency_ms"]
    return json.dumps(run)


def test_a_run_prints_its_figures_and_writes_the_same_twice(
    bundled_index: Path, gold: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [tmp_path / "one.json", tmp_path / "two.json"]
    for file in files:
        assert main(["eval", str(gold), "--json", str(file)]) == 0
    printed = capsys.readouterr()
    assert "answer_match            1.000  [1.000, 1.000]        1" in printed.out
    assert "0 of 2 answers are wrong" in printed.out
    assert "a second" in printed.err
    assert without_times(files[0]) == without_times(files[1])


def test_articles_that_are_named_are_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "cats.txt").write_text("About cats\n\nCats sleep by day. They hunt at night.\n", "utf-8")
    gold = write(tmp_path / "cats.jsonl", [{"id": "a", "question": "When do cats sleep?", "answers": ["by day"]}])
    assert main(["eval", str(gold), "--articles", str(tmp_path / "articles")]) == 0
    assert "answer_match            1.000" in capsys.readouterr().out
    (tmp_path / "articles" / "broken.pdf").write_bytes(b"no pdf")
    assert main(["eval", str(gold), "--articles", str(tmp_path / "articles")]) == 0
    assert "skipped" in capsys.readouterr().err


def test_half_a_character_in_a_gold_file_does_not_lose_the_run(bundled_index: Path, tmp_path: Path) -> None:
    question: dict[str, object] = {"id": "a", "question": "When was the SCO \ud800 founded?", "answers": ["2001"]}
    gold = write(tmp_path / "gold.jsonl", [question])
    assert main(["eval", str(gold), "--json", str(tmp_path / "run.json")]) == 0
    assert json.loads((tmp_path / "run.json").read_text("utf-8"))["questions"]


def test_a_beir_folder_is_indexed_and_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "qrels").mkdir()
    texts = {"1": "Cats sleep by day.", "2": "Whales sing in the deep sea.", "3": "Owls hunt at night."}
    write(tmp_path / "corpus.jsonl", [{"_id": name, "title": "", "text": text} for name, text in texts.items()])
    write(tmp_path / "queries.jsonl", [{"_id": "q", "text": "Which animals sing?"}])
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq\t2\t1\n", "utf-8")
    assert main(["eval", "--beir", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "ndcg@10                 1.000" in printed
    assert "citation_recall" not in printed


def test_comparing_says_what_got_worse_by_its_status(
    bundled_index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = [{**GOLD[0], "id": str(number)} for number in range(12)]
    gold = write(tmp_path / "gold.jsonl", questions)
    runs = {name: str(tmp_path / f"{name}.json") for name in ("good", "silent")}
    assert main(["eval", str(gold), "--json", runs["good"]]) == 0
    monkeypatch.setenv("RAG_THRESHOLD", "1")
    assert main(["eval", str(gold), "--json", runs["silent"]]) == 0
    capsys.readouterr()
    assert main(["compare", runs["good"], runs["good"]]) == 0
    assert main(["compare", runs["silent"], runs["good"]]) == 0
    assert main(["compare", runs["good"], runs["silent"]]) == 1
    printed = capsys.readouterr().out.split("\n")
    assert next(line for line in printed[::-1] if line.startswith("answer_match")).endswith("worse")
    assert any(line.startswith("significantly worse: ") and "answer_match" in line for line in printed)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["eval", "nowhere.jsonl"], "nowhere.jsonl does not exist: name a file of gold questions"),
        (["eval", "nowhere.json"], "nowhere.json does not exist: name a file of gold questions"),
        (["eval", "--beir", "nowhere"], "does not exist"),
        (["eval", "gold.jsonl", "--json", "no/such/run.json"], "cannot be written (No such file or directory)"),
        (["eval", "gold.jsonl", "--report", "."], "cannot be written (Is a directory)"),
        (["eval", "gold.jsonl", "--articles", ".", "--index", "x"], "leave out --index and --beir"),
        (["eval", "gold.jsonl", "gold.jsonl"], "the id a is there 2 times"),
        (["eval", "gold.jsonl", "--json", "gold.jsonl"], "gold.jsonl is named twice"),
        (["eval", "gold.jsonl", "--json", "x", "--report", "x"], "x is named twice"),
        (["compare", "nowhere.json", "nowhere.json"], "cannot be read"),
    ],
)
def test_what_is_wrong_is_one_line_with_status_two(
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "gold.jsonl", GOLD)
    assert main(arguments) == 2
    complaint = capsys.readouterr().err
    assert message in complaint
    assert complaint.count("\n") == 1
    assert [file.name for file in tmp_path.iterdir()] == ["gold.jsonl"]


def test_evidence_that_the_index_lacks_is_named(
    bundled_index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = {**GOLD[0], "id": "b07", "evidence": [{"article": "fonding", "quote": "2001"}]}
    assert main(["eval", str(write(tmp_path / "gold.jsonl", [odd]))]) == 0
    assert "b07: the index does not hold the article fonding" in capsys.readouterr().err


def test_a_comparison_says_what_was_set_otherwise_and_ends_with_what_changed(
    bundled_index: Path, gold: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [str(tmp_path / name) for name in ("twelve.json", "one.json")]
    assert main(["eval", str(gold), "--json", runs[0]]) == 0
    monkeypatch.setenv("RAG_PASSAGES", "1")
    assert main(["eval", str(gold), "--json", runs[1]]) == 0
    capsys.readouterr()
    assert main(["compare", *runs]) == 0
    assert "passages: 12 before, 1 after" in capsys.readouterr().out


def test_a_run_with_a_language_model_tells_what_it_did_and_no_login(
    bundled_index: Path, gold: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reply = "The SCO was founded in June 2001. [99] Napoleon founded it in 1805. [1]"
    run, report = tmp_path / "run.json", tmp_path / "report.html"
    with ModelServer(Completion([reply], usage=(900, 21))) as server:
        address = server.address.replace("//", "//ada:secret@")
        options = ["--llm", address, "--model", "scripted", "--json", str(run), "--report", str(report)]
        assert main(["eval", str(gold), *options]) == 0
    printed = capsys.readouterr().out
    for name, value in {
        "model_failed": "0.000",
        "unsupported_sentences": "1.000",
        "dropped_sentences": "1.000",
        "unknown_citations": "1.000",
        "prompt_tokens": "900.000",
        "completion_tokens": "21.000",
    }.items():
        assert re.search(rf"^{name} +{value} +\[{value}, {value}\] +1$", printed, re.MULTILINE), name
    said = "2 sentences by scripted, 1 not supported, 1 dropped; 1 unknown citation; 900 tokens read, 21 written"
    assert said in report.read_text("utf-8")
    assert json.loads(run.read_text("utf-8"))["questions"][0]["model"]["dropped"] == 1
    assert "secret" not in printed + run.read_text("utf-8") + report.read_text("utf-8")
