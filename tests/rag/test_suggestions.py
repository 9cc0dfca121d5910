"""The questions that are offered after an answer, and those that a sentence answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.build import build
from index.filters import Filters
from rag import Chatbot, Settings
from rag.suggestions import starters, suggest
from rag.suggestions.patterns import questions_in

INDIA = "Why did Russia back India's membership?"


@pytest.fixture(scope="module")
def chatbot(bundled_index: Path) -> Chatbot:
    return Chatbot.open(bundled_index)


def _is_name(word: str, following: str) -> bool | None:
    """What the articles would tell: all that is not listed here has its capital inside a sentence too."""
    return {"Relations": False, "Natural": None}.get(word, True)


def _made_of(sentence: str) -> list[str]:
    return [made.text for made in questions_in(sentence, _is_name)]


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        (
            "CPEC has inflamed tensions between China and India because its route crosses Kashmir.",
            "Why has CPEC inflamed tensions between China and India?",
        ),
        (
            "The Chinese Development Bank (CDB) dominates the IBC, because it offers most of the loans.",
            "Why does the Chinese Development Bank dominate the IBC?",
        ),
        (
            "India and Pakistan both joined the SCO in 2017, each with a leading power behind it.",
            "When did India and Pakistan join the SCO?",
        ),
        (
            "The United Nations Headquarters was completed on 9 October 1952.",
            "When was the United Nations Headquarters completed?",
        ),
        ("China supported Pakistan's membership, and India came in too.", "Who supported Pakistan's membership?"),
        ("The White Tower was built by William the Conqueror on the Thames.", "Who built the White Tower?"),
        ("In 2018, Xi announced a special facility for the consortium.", "What did Xi announce in 2018?"),
        ("CPEC concentrates on the transfer and storage of energy.", "What does CPEC concentrate on?"),
        ("Norfolk Island is located in the South Pacific Ocean.", "Where is Norfolk Island located?"),
        (
            "In 2009 Tajikistan had 26 airports, of which many had runways.",
            "How many airports did Tajikistan have in 2009?",
        ),
        (
            "Xinjiang's border with the states of Central Asia is 5,600km long.",
            "How long is Xinjiang's border with the states of Central Asia?",
        ),
        ('The "Shanghai Spirit" is the name given to the ethos of the SCO.', "What is the Shanghai Spirit?"),
        ("The role of the IBC is the joint funding of projects.", "What is the role of the IBC?"),
        ("Zeno Leoni, a lecturer in defence studies, agreed with that.", "Who is Zeno Leoni?"),
        ("Temur Umarov is a fellow at the Carnegie Centre in Berlin.", "Who is Temur Umarov?"),
        ("Leoni warned that China is so mighty that it could undermine the plans.", "What did Leoni say about China?"),
        ("“Russia is looking to the East for its trade,” Wang said.", "What did Wang say about Russia?"),
        (
            "Luca Anceschi, a professor in Glasgow, has written that Kazakhstan and Uzbekistan are turning away.",
            "What has Luca Anceschi written about Kazakhstan and Uzbekistan?",
        ),
        (
            "Relations between China and India were strained by the war in Kashmir in 2013.",
            "When were relations between China and India strained by the war in Kashmir?",
        ),
    ],
)
def test_a_sentence_answers_the_question_made_of_it(sentence: str, question: str) -> None:
    assert question in _made_of(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        # Nobody knows who or what is meant.
        "He supported the membership of Pakistan in the SCO.",
        "The initiative was founded by China in the year 2001.",
        "Both countries joined it in 2017.",
        # Presidents follow each other, and it is not said when.
        "Burns became president of the University of Notre Dame.",
        # "Founded" may be no verb of its own.
        "The bank founded in 1990 by Russia was closed by the government.",
        # Whether "natural" is a name cannot be told.
        "Natural resources were discovered in Kazakhstan in 1990.",
        # Only the first of a list would be asked for.
        "Murad II defeated the Hungarian, Polish and Wallachian armies of the king.",
        "Was der Bund in Berlin will, war in 1990 an der Tür zu lesen.",
        "Die Organisation wurde in 2001 in Shanghai von China gegründet.",
        "L'organisation a été fondée par la Chine en 2001.",
        "China [supported] the membership of Pakistan in 2017.",
        "Xi, Putin.",
    ],
)
def test_a_sentence_that_could_be_misread_gives_no_question(sentence: str) -> None:
    assert _made_of(sentence) == []


def test_what_is_suggested_is_answered_by_what_was_not_shown_yet(chatbot: Chatbot) -> None:
    answer = chatbot.ask(INDIA)
    suggestions = suggest(chatbot, answer)
    assert 0 < len(suggestions) <= 3
    assert len(set(suggestions)) == len(suggestions)
    for question in suggestions:
        reply = chatbot.ask(question, history=[(INDIA, answer.text)])
        assert not reply.abstained
        assert reply.standalone == question
        assert reply.evidence[0].quote not in answer.text


def test_suggestions_are_the_same_every_time_and_as_many_as_wanted(chatbot: Chatbot) -> None:
    answer = chatbot.ask(INDIA)
    assert suggest(chatbot, answer) == suggest(chatbot, answer)
    assert len(suggest(chatbot, answer, limit=1)) == 1
    assert suggest(chatbot, answer, limit=0) == []


def test_what_was_asked_or_said_before_is_not_suggested_again(chatbot: Chatbot) -> None:
    first = chatbot.ask(INDIA)
    asked = suggest(chatbot, first)[0]
    second = chatbot.ask(asked, history=[(INDIA, first.text)])
    following = suggest(chatbot, second, history=[(INDIA, first.text)])
    assert asked not in following
    assert not any("Why did Russia back India" in question for question in following)


def test_what_somebody_is_is_asked_when_the_name_has_come_up(chatbot: Chatbot) -> None:
    answers = [chatbot.ask(question) for question in (INDIA, "Where does Wan Qingsong work?", "Who is Temur Umarov?")]
    for answer in answers:
        shown = f"{answer.question} {' '.join(citation.quote for citation in answer.citations)}"
        for question in suggest(chatbot, answer, limit=8):
            if question.startswith("Who is "):
                assert question.removeprefix("Who is ").rstrip("?") in shown


def test_after_a_refusal_the_nearest_articles_suggest_what_they_answer(chatbot: Chatbot) -> None:
    answer = chatbot.ask("Why did Turkey ask to join the SCO?")
    assert answer.abstained
    assert suggest(chatbot, answer)


def test_nothing_is_suggested_when_the_articles_are_about_other_things(chatbot: Chatbot) -> None:
    answer = chatbot.ask("How long should I boil an egg so the yolk stays soft?")
    assert answer.abstained
    assert suggest(chatbot, answer) == []


def test_suggestions_come_from_the_articles_that_pass_the_filters(chatbot: Chatbot) -> None:
    filters = Filters(sources=frozenset({"The Diplomat"}))
    answer = chatbot.ask(INDIA, filters=filters)
    suggestions = suggest(chatbot, answer, filters=filters)
    assert suggestions
    for question in suggestions:
        cited = chatbot.ask(question, history=[(INDIA, answer.text)], filters=filters).citations
        assert {chatbot.index.article(citation.article_id).source for citation in cited} == {"The Diplomat"}


def test_nothing_is_suggested_that_the_threshold_would_refuse(bundled_index: Path) -> None:
    strict = Chatbot.open(bundled_index, Settings(threshold=1.0))
    assert suggest(strict, strict.ask(INDIA)) == []


def test_one_can_begin_with_questions_that_different_articles_answer(chatbot: Chatbot) -> None:
    offered = starters(chatbot)
    assert len(offered) == 4 == len(set(offered))
    answers = [chatbot.ask(question) for question in offered]
    assert not any(answer.abstained for answer in answers)
    assert len({answer.evidence[0].article_id for answer in answers}) == 4
    assert starters(chatbot) == offered


def test_nothing_is_begun_with_where_no_sentence_can_be_asked_for(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "list.txt").write_text("Fische\n\nHecht, Barsch und Zander.\n", "utf-8")
    build([tmp_path / "articles"], tmp_path / "index")
    assert starters(Chatbot.open(tmp_path / "index")) == []
