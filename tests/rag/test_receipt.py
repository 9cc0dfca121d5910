"""Receipts: what they hold, and what they say of articles that have changed since."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from corpus.errors import BadReceipt
from index.build import build
from index.folder import files
from index.store import store_at
from rag import Answer, Chatbot
from rag.quotes import find_quote
from rag.receipt import QuoteCheck, Receipt, Verdict, check, receipt
from rag.settings import Settings
from tests.rag.llm.model_server import ModelServer
from ui.cli import main

QUESTION = "When do cats sleep?"
CATS = "Cats sleep by day, because mice are out at night. They hunt alone."
Lasting = Callable[[str], list[QuoteCheck]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of two articles."""
    place = tmp_path_factory.mktemp("pets")
    _write(place / "articles", CATS)
    build([place / "articles"], place / "index")
    return place / "index"


@pytest.fixture(scope="module")
def chatbot(folder: Path) -> Chatbot:
    return Chatbot.open(folder)


@pytest.fixture(scope="module")
def kept(chatbot: Chatbot, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A receipt of an answer, in a file."""
    return _keep(chatbot.ask(QUESTION), chatbot, tmp_path_factory.mktemp("kept") / "receipt.json")


@pytest.fixture
def after(kept: Path, tmp_path: Path) -> Lasting:
    """What the receipt's quotes have become in an index whose article on cats says something else, or is gone."""

    def checked(text: str) -> list[QuoteCheck]:
        _write(tmp_path / "articles", text)
        build([tmp_path / "articles"], tmp_path / "index")
        return check(Receipt.read(kept), store_at(tmp_path / "index").open())

    return checked


def _write(folder: Path, cats: str) -> None:
    folder.mkdir()
    (folder / "dogs.md").write_text("---\nurl: https://example.org/dogs\n---\n# Dogs\n\nDogs bark at strangers.\n")
    if cats:
        (folder / "cats.md").write_text(f"# Cats\n\n{cats}\n")


def _keep(answer: Answer, chatbot: Chatbot, file: Path) -> Path:
    file.write_text(receipt(answer, chatbot.index, chatbot.settings).to_json(), "utf-8")
    return file


def _edited(kept: Path, tmp_path: Path, edit: Callable[[dict[str, Any]], object], *, sealed: bool = False) -> Path:
    """The receipt with something changed in it, and with a seal that fits where the forger knows how to make one."""
    written = json.loads(kept.read_text("utf-8"))
    edit(written)
    if sealed:
        said = {name: value for name, value in written.items() if name != "sha256"}
        flat = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        written["sha256"] = hashlib.sha256(flat.encode()).hexdigest()
    file = tmp_path / "edited.json"
    file.write_text(json.dumps(written), "utf-8")
    return file


def test_a_receipt_holds_what_was_said_and_from_where(chatbot: Chatbot, folder: Path, kept: Path) -> None:
    read, answer = Receipt.read(kept), chatbot.ask(QUESTION)
    assert (read.question, read.standalone, read.text) == (answer.question, answer.standalone, answer.text)
    assert (read.sentences, read.confidence, read.answered_by) == (answer.sentences, answer.confidence, "extractive")
    for quote, citation in zip(read.quotes, answer.citations, strict=True):
        text = chatbot.index.article(quote.article_id).text
        assert text[quote.start : quote.end] == quote.quote == citation.quote
        assert quote.article_sha256 == hashlib.sha256(text.encode()).hexdigest()
    manifest = files.manifest_file(folder, chatbot.index.manifest.generation)
    assert read.index.manifest_sha256 == hashlib.sha256(manifest.read_bytes()).hexdigest()
    assert read.index.model_digest == chatbot.index.manifest.recipe.digest
    assert read.decided["threshold"] == chatbot.settings.threshold


def test_what_is_read_is_what_was_kept(chatbot: Chatbot, tmp_path: Path) -> None:
    made = receipt(chatbot.ask(QUESTION), chatbot.index, chatbot.settings)
    file = tmp_path / "receipt.json"
    file.write_text(made.to_json(), "utf-8")
    assert Receipt.read(file) == made
    file.write_text(json.dumps(json.loads(made.to_json()), indent=4, sort_keys=True), "utf-8")
    assert Receipt.read(file) == made


def test_a_refusal_has_the_nearest_passages(chatbot: Chatbot) -> None:
    refusal = receipt(chatbot.ask("Who won the cup?"), chatbot.index, chatbot.settings)
    assert refusal.abstained
    assert not refusal.sentences
    assert {quote.article_id for quote in refusal.quotes} == {"cats", "dogs"}
    assert "https://example.org/dogs" in {quote.url for quote in refusal.quotes}
    assert all(item.verdict is Verdict.HOLDS for item in check(refusal, chatbot.index))


def test_a_receipt_of_a_models_answer_says_what_decided_and_names_no_address(chatbot: Chatbot, tmp_path: Path) -> None:
    with ModelServer("Cats sleep by day, because mice are out at night. [1] Cats can fly to Mars.") as server:
        address = server.address.replace("//", "//reader:secret@")
        settings = Settings(llm=address, verification="flag")
        answer = Chatbot(chatbot.index, settings).ask(QUESTION)
    made = receipt(answer, chatbot.index, settings)
    assert made.answered_by == "language model"
    assert [sentence.support for sentence in made.sentences] == [item.support for item in answer.sentences]
    assert (made.decided["llm_model"], made.decided["verification"]) == ("scripted", "flag")
    file = tmp_path / "receipt.json"
    file.write_text(made.to_json(), "utf-8")
    assert Receipt.read(file) == made
    assert all(item.verdict is Verdict.HOLDS for item in check(made, chatbot.index))
    assert not re.search("127.0.0.1|secret", made.to_json())
    gone = Chatbot(chatbot.index, settings).ask(QUESTION)
    assert gone.model and gone.model.failure
    unaided = receipt(gone, chatbot.index, settings)
    assert "llm_model" not in unaided.decided
    assert not re.search("127.0.0.1|secret", unaided.to_json())


def test_quotes_of_the_same_articles_hold(after: Lasting) -> None:
    found = after(CATS)
    assert found
    assert all(item.verdict is Verdict.HOLDS for item in found)


def test_words_that_stand_elsewhere_have_moved(after: Lasting) -> None:
    before = after(f"An owl is a bird.\n\n{CATS.replace('mice are', 'mice' + chr(10) + 'are')}")[0]
    assert before.verdict is Verdict.MOVED
    assert before.place
    assert before.place[0] > before.quote.start


def test_words_that_are_no_longer_there_have_changed(after: Lasting) -> None:
    found = after(CATS.replace("day", "night"))[0]
    assert (found.verdict, found.place) == (Verdict.CHANGED, None)


def test_an_article_that_is_no_longer_there_is_gone(after: Lasting) -> None:
    assert after("")[0].verdict is Verdict.GONE


@pytest.mark.parametrize(
    "edit",
    [
        lambda written: written["quotes"][0].update(quote="Cats never sleep."),
        lambda written: written["quotes"][0].update(article_sha256="0" * 64),
        lambda written: written.update(text="Cats never sleep."),
        lambda written: written.update(sha256="0" * 64),
        lambda written: written["quotes"][0].update(start="0"),
        lambda written: written.update(extra=1),
    ],
)
def test_an_edit_by_hand_is_found_out(
    kept: Path, tmp_path: Path, edit: Callable[[dict[str, Any]], object], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(_edited(kept, tmp_path, edit))]) == 2
    assert "was changed after it was made" in capsys.readouterr().err


@pytest.mark.parametrize(
    "edit",
    [
        lambda written: written["quotes"][0].update(quote="Cats never sleep."),
        lambda written: written["quotes"][0].update(start=3),
        lambda written: written["quotes"][0].update(article_id="lions"),
        lambda written: written["quotes"][0].update(article_sha256="0" * 64),
    ],
)
def test_an_edit_that_was_sealed_anew_contradicts_the_articles(
    kept: Path, chatbot: Chatbot, tmp_path: Path, edit: Callable[[dict[str, Any]], object]
) -> None:
    forged = Receipt.read(_edited(kept, tmp_path, edit, sealed=True))
    with pytest.raises(BadReceipt, match="said when it was read"):
        check(forged, chatbot.index)


def test_the_command_says_it_quote_by_quote_and_by_its_status(
    kept: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(kept), "--index", str(folder)]) == 0
    assert capsys.readouterr().out == (
        "holds    [1] cats 0-49: “Cats sleep by day, because mice are out at night.”\n"
        "holds    [2] cats 50-66: “They hunt alone.”\n"
        "2 quotes: 2 hold\n"
    )
    _write(tmp_path / "articles", "They are asleep now.")
    build([tmp_path / "articles"], tmp_path / "index")
    assert main(["check", str(kept), "--index", str(tmp_path / "index")]) == 1
    assert "changed  [1] cats 0-49: " in capsys.readouterr().out
    assert main(["check", str(kept), "--index", str(tmp_path / "index"), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["holds"], said["quotes"][0]["verdict"], said["quotes"][0]["now"]) == (False, "changed", None)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a receipt"),
        (b"[]", "is not a receipt"),
        (b"{}", "is not a receipt"),
        (b"\xff\xfe", "is not a receipt"),
        (b"[" * 100_000, "is not a receipt"),
        (b'{"format": 1, "sha256": "", "text": "\\ud800"}', "is not a receipt"),
        (b'{"format": 9, "sha256": ""}', "format 9, and this version reads format 1"),
    ],
)
def test_what_is_no_receipt_is_one_line_with_status_two(
    content: bytes, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "receipt.json"
    file.write_bytes(content)
    assert main(["check", str(file)]) == 2
    complaint = capsys.readouterr().err
    assert message in complaint
    assert complaint.count("\n") == 1


def test_a_receipt_that_lacks_something_names_it(kept: Path, tmp_path: Path) -> None:
    with pytest.raises(BadReceipt, match="confidence"):
        Receipt.read(_edited(kept, tmp_path, lambda written: written.update(confidence="high"), sealed=True))


@pytest.mark.parametrize("name", ["nowhere.json", "."])
def test_a_file_that_cannot_be_read_is_one_line(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path / name)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "quote", "near", "place"),
    [
        ("a cat, a cat, a cat", "a cat", 7, (7, 12)),
        ("a cat, a cat, a cat", "a cat", 9, (7, 12)),
        ("a cat, a cat, a cat", "a cat", 1_000, (14, 19)),
        ("a cat, a cat, a cat", "a cat", -5, (0, 5)),
        ("a  cat\nsleeps", "a cat sleeps", 0, (0, 13)),
        ("aaaa", "aa", 1, (1, 3)),
        ("(a.c)", "(a.c)", 0, (0, 5)),
        ("abc", "a.c", 0, None),
        ("abc", "", 0, None),
        ("", "abc", 0, None),
    ],
)
def test_words_are_found_where_they_stand_nearest(
    text: str, quote: str, near: int, place: tuple[int, int] | None
) -> None:
    assert find_quote(text, quote, near) == place
