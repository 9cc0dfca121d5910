"""Conversations: kept in one file, so that they outlive the server; and what leaves the page."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from corpus.errors import RagError
from corpus.gold import load_gold
from rag import Answer, Chatbot
from rag.answer import ModelUse
from ui.conversations import Conversations, Exchange, Verdict, new_id
from ui.exports import as_gold, as_markdown, as_page

INDIA = "Why did Russia back India's membership?"
AUSTRALIA = "What is the capital of Australia?"


@pytest.fixture(scope="module")
def answers(bundled_index: Path) -> tuple[Answer, Answer]:
    """An answer and a refusal."""
    chatbot = Chatbot.open(bundled_index)
    return chatbot.ask(INDIA), chatbot.ask(AUSTRALIA)


@pytest.fixture
def conversations(tmp_path: Path) -> Iterator[Conversations]:
    kept = Conversations(tmp_path / "kept" / "conversations.sqlite")
    yield kept
    kept.close()


def test_what_was_said_is_there_again_to_the_last_field(tmp_path: Path, answers: tuple[Answer, Answer]) -> None:
    file, name = tmp_path / "conversations.sqlite", new_id()
    first = Conversations(file)
    for answer in answers:
        first.add(name, answer.question, answer, '{"format": 1}')
    first.add(name, "x", "the question is too long")
    first.close()
    again = Conversations(file)
    assert [item.reply for item in again.exchanges(name)] == [*answers, "the question is too long"]
    assert [item.turn for item in again.exchanges(name)] == [*((item.question, item.text) for item in answers), None]
    assert again.receipt(again.exchanges(name)[0].id) == '{"format": 1}'
    again.close()


def test_a_conversation_is_named_after_its_first_question_until_it_is_renamed(conversations: Conversations) -> None:
    conversations.add("c", "What  is\nthe " + "very " * 30 + "long question?", "no")
    (item,) = conversations.all()
    assert re.fullmatch(r"What is the (very )+…", item.name)
    conversations.rename("c", "  Lamps ")
    conversations.add("c", "And then?", "no")
    conversations.rename("c", "   ")
    assert [item.name for item in conversations.all()] == ["Lamps"]


def test_the_conversation_used_last_comes_first(conversations: Conversations) -> None:
    for name in ("one", "two", "one"):
        conversations.add(name, name, "no")
    assert [item.id for item in conversations.all()] == ["one", "two"]


def test_what_is_deleted_or_taken_back_is_gone_and_an_empty_conversation_with_it(conversations: Conversations) -> None:
    first, second = conversations.add("c", "1?", "no"), conversations.add("c", "2?", "no")
    conversations.take_back(second.id)
    assert [item.question for item in conversations.exchanges("c")] == ["1?"]
    conversations.take_back(first.id)
    assert conversations.all() == []
    third = conversations.add("d", "3?", "no")
    conversations.delete("d")
    assert conversations.exchange(third.id) is None
    assert conversations.get("d") is None


def test_a_verdict_is_kept_and_can_be_withdrawn(conversations: Conversations, answers: tuple[Answer, Answer]) -> None:
    exchange = conversations.add("c", INDIA, answers[0])
    verdict = Verdict(liked=False, reason="wrong citation", correction="China did.")
    conversations.judge(exchange.id, verdict)
    assert conversations.exchanges("c")[0].verdict == verdict
    assert conversations.has_judged()
    conversations.judge(exchange.id, None)
    assert conversations.judged() == []
    assert not conversations.has_judged()


def test_two_servers_can_keep_conversations_in_one_file(tmp_path: Path) -> None:
    one, two = (Conversations(tmp_path / "conversations.sqlite") for _ in range(2))
    one.add("c", "1?", "no")
    two.add("c", "2?", "no")
    assert [item.question for item in one.exchanges("c")] == ["1?", "2?"]
    one.close()
    two.close()


def test_a_file_that_is_none_of_ours_is_left_alone_with_one_line(tmp_path: Path) -> None:
    file = tmp_path / "conversations.sqlite"
    file.write_text("Dear diary, " * 100)
    with pytest.raises(RagError, match="move it away"):
        Conversations(file)
    assert file.read_text() == "Dear diary, " * 100


def test_a_file_of_another_version_or_program_is_refused(tmp_path: Path) -> None:
    for name, change in (("later", "PRAGMA user_version = 99"), ("foreign", "CREATE TABLE conversations(a)")):
        with sqlite3.connect(tmp_path / name) as database:
            database.execute(change)
        with pytest.raises(RagError, match="another"):
            Conversations(tmp_path / name)


def test_whoever_is_not_the_owner_finds_and_changes_nothing(
    conversations: Conversations, answers: tuple[Answer, Answer]
) -> None:
    anna, bert = conversations.of("anna"), conversations.of("bert")
    exchange = anna.add("c", INDIA, answers[0], "{}")
    anna.judge(exchange.id, Verdict(liked=True))
    before = anna.exchanges("c")
    for other in (bert, conversations, conversations.of("Anna")):
        for listed in (other.all(), other.exchanges("c"), other.judged(), other.has_judged()):
            assert not listed
        for found in (other.get("c"), other.exchange(exchange.id), other.last("c"), other.receipt(exchange.id)):
            assert found is None
        assert other.conversation_of(exchange.id) is None
        other.rename("c", "mine")
        other.judge(exchange.id, Verdict(liked=False))
        other.take_back(exchange.id)
        other.delete("c")
        with pytest.raises(RagError, match="somebody else's"):
            other.add("c", "And then?", "no")
    assert anna.exchanges("c") == before
    assert [item.name for item in anna.all()] == [INDIA]
    assert [item.id for item in anna.all()] == ["c"]


def test_a_file_of_the_first_version_goes_on_as_that_of_no_account(
    tmp_path: Path, answers: tuple[Answer, Answer]
) -> None:
    file = tmp_path / "conversations.sqlite"
    first = Conversations(file)
    first.add("c", INDIA, answers[0])
    first.close()
    with sqlite3.connect(file) as database:
        database.execute("ALTER TABLE conversations DROP COLUMN owner")
        database.execute("PRAGMA user_version = 1")
    database.close()
    one, two = Conversations(file), Conversations(file)
    assert [item.reply for item in one.exchanges("c")] == [answers[0]]
    assert one.of("anna").all() == []
    two.of("anna").add("d", "Who?", "no")
    assert [item.id for item in one.of("anna").all()] == ["d"]
    one.close()
    two.close()


def test_an_answer_of_another_version_hides_no_other(tmp_path: Path, answers: tuple[Answer, Answer]) -> None:
    file = tmp_path / "conversations.sqlite"
    conversations = Conversations(file)
    old = conversations.add("c", INDIA, answers[0])
    conversations.add("c", AUSTRALIA, answers[1])
    conversations.judge(old.id, Verdict(liked=True))
    with sqlite3.connect(file) as database:
        database.execute("UPDATE exchanges SET answer = '{}' WHERE id = ?", (old.id,))
    first, second = conversations.exchanges("c")
    assert "another version" in str(first.reply)
    assert second.reply == answers[1]
    assert conversations.judged() == []
    conversations.close()


def test_what_another_program_holds_back_is_said_in_a_line(tmp_path: Path) -> None:
    file = tmp_path / "conversations.sqlite"
    conversations = Conversations(file)
    conversations._database.execute("PRAGMA busy_timeout = 10")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(RagError, match="locked"):
        conversations.add("c", "Who?", "no")
    other.execute("ROLLBACK")
    conversations.add("c", "Who?", "no")
    conversations.close()


def test_half_a_surrogate_pair_becomes_a_question_mark(
    conversations: Conversations, answers: tuple[Answer, Answer]
) -> None:
    exchange = conversations.add("c", "Who \ud800 sang?", answers[0])
    conversations.rename("c", "My \ud800")
    conversations.judge(exchange.id, Verdict(liked=False, correction="\ud800"))
    assert conversations.exchanges("c")[0].question == "Who ? sang?"
    assert as_gold(conversations.judged())


def test_an_error_is_not_judged(conversations: Conversations) -> None:
    exchange = conversations.add("c", "Who?", "no")
    conversations.judge(exchange.id, Verdict(liked=True))
    assert conversations.judged() == []


def test_judged_answers_are_gold_questions_that_can_be_asked_again(
    tmp_path: Path, conversations: Conversations, answers: tuple[Answer, Answer]
) -> None:
    answer, refusal = answers
    liked = conversations.add("c", INDIA, answer)
    rightly_refused = conversations.add("c", AUSTRALIA, refusal)
    wrongly_answered = conversations.add("c", "Who sang?", answer)
    corrected = conversations.add("c", "Who supported Pakistan?", answer)
    unclear = conversations.add("c", "What else?", answer)
    conversations.judge(liked.id, Verdict(liked=True))
    conversations.judge(rightly_refused.id, Verdict(liked=True))
    conversations.judge(wrongly_answered.id, Verdict(liked=False, reason="should have refused"))
    conversations.judge(corrected.id, Verdict(liked=False, reason="not helpful", correction="China"))
    conversations.judge(unclear.id, Verdict(liked=False, reason="wrong citation"))
    file = tmp_path / "judged.jsonl"
    file.write_text(as_gold(conversations.judged()), "utf-8")
    gold = {question.id: question for question in load_gold(file)}
    assert [quote.quote for quote in gold[liked.id].evidence] == [item.quote for item in answer.citations]
    assert gold[rightly_refused.id].unanswerable
    assert gold[wrongly_answered.id].unanswerable
    assert gold[corrected.id].answers == ("China",)
    assert len(gold[corrected.id].history) == 3
    assert unclear.id not in gold


def test_an_exported_conversation_holds_every_sentence_and_quote(answers: tuple[Answer, Answer]) -> None:
    said = [Exchange("1", INDIA, answers[0]), Exchange("2", AUSTRALIA, answers[1]), Exchange("3", "?", "too *short*")]
    markdown, page = as_markdown("My *talk*", said), as_page("My <talk>", said)
    assert markdown.startswith("# My \\*talk\\*\n\n## Why did Russia")
    for citation in answers[0].citations:
        assert f"> [{citation.number}] {' '.join(citation.quote.split())}" in markdown
        assert f'<a href="#q1-{citation.number}">' in page
        assert f'id="q1-{citation.number}"' in page
    assert answers[1].text in markdown
    assert "<h1>My &lt;talk&gt;</h1>" in page
    assert not re.search(r'(src|href)="(?!#|https://)', page)


def test_an_export_says_what_is_in_doubt_and_why_no_model_wrote_it(answers: tuple[Answer, Answer]) -> None:
    failed = replace(answers[0], model=ModelUse("writer", "http://x/v1 needs a *key*"))
    one, two = answers[0].sentences[:2]
    doubted = replace(answers[0], sentences=(replace(one, support=0.4), replace(two, citations=(), support=0.1)))
    said = [Exchange("1", INDIA, failed), Exchange("2", INDIA, doubted)]
    markdown, page = as_markdown("x", said), as_page("x", said)
    assert "*This is the extractive answer, because http://x/v1 needs a \\*key\\*.*" in markdown
    assert f"{one.text} [1] *(weakly supported)* {two.text} *(not supported)*" in markdown
    assert '<p class="fallback">This is the extractive answer, because http://x/v1 needs a *key*.</p>' in page
    for word in ("(weakly supported)", "(not supported)"):
        assert page.count(f"<em>{word}</em>") == 1


def test_nothing_that_was_said_becomes_markup_in_an_exported_page(answers: tuple[Answer, Answer]) -> None:
    hostile = "<script>alert(1)</script>"
    page = as_page(hostile, [Exchange("1", hostile, hostile)])
    assert "<script" not in page
    assert "\\<script\\>" in as_markdown("x", [Exchange("1", hostile, json.dumps(hostile))])
