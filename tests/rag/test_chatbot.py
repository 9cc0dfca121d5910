"""What a person gets who asks: answers, proofs, refusals, follow-ups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

import rag
from corpus.errors import BadQuestion, IndexNotFound, SettingsError
from index.article_index import ArticleIndex
from index.build import build
from rag import Answer, Chatbot, Filters, Settings, ask
from rag.answerer import OnToken
from rag.extractive import ExtractiveAnswerer
from rag.question import Question
from rag.reading import Reading

INDIA = "why did Russia back India's membership?"


@pytest.fixture(scope="module")
def chatbot(bundled_index: Path) -> Chatbot:
    return Chatbot.open(bundled_index)


@pytest.fixture(scope="module")
def own_articles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two articles on other things."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "lighthouse.md").write_text(
        "# The lighthouse\n\nThe lighthouse on Skerry Rock was built in 1844. Its keeper, Anna Holm, lit it by hand. "
        "The lamp was given up because passing ships had come to use radio beacons instead.\n",
        "utf-8",
    )
    (folder / "bridge.txt").write_text(
        "The bridge\n\nThe bridge at Morton carries two lanes. It was closed in 2019 after a crack was found.\n",
        "utf-8",
    )
    return folder


def _proofs(chatbot: Chatbot, answer: Answer) -> Iterator[tuple[str, str]]:
    for citation in answer.citations:
        yield chatbot.index.article(citation.article_id).text[citation.start : citation.end], citation.quote


def test_the_answer_says_that_it_balanced_chinas_dominance(chatbot: Chatbot) -> None:
    answer = chatbot.ask(INDIA)
    assert not answer.abstained
    assert "balanced China's dominance" in answer.text


def test_the_answer_from_the_originals_says_so_too(original_index: Path) -> None:
    answer = ask(INDIA, index=original_index)
    assert "balanced the dominance of China" in answer.text


def test_every_sentence_is_cited_and_every_citation_is_exact(chatbot: Chatbot) -> None:
    answer = chatbot.ask(INDIA)
    assert answer.sentences
    numbers = {citation.number for citation in answer.citations}
    for sentence in answer.sentences:
        assert sentence.citations
        assert set(sentence.citations) <= numbers
    for found, quote in _proofs(chatbot, answer):
        assert found == quote


def test_a_question_the_articles_do_not_answer_is_refused_with_the_nearest_passages(chatbot: Chatbot) -> None:
    answer = chatbot.ask("What is the capital of Australia?")
    assert answer.abstained
    assert answer.citations == ()
    assert answer.hits
    assert "do not hold the answer" in str(answer)


def test_a_follow_up_is_completed_from_the_turn_before(chatbot: Chatbot) -> None:
    first = chatbot.ask(INDIA)
    second = chatbot.ask("And who supported Pakistan's?", history=[(INDIA, first.text)])
    assert "China supported Pakistan's membership" in second.text
    assert INDIA in second.standalone


def test_a_refusal_does_not_lean_on_good_turns_before_it(chatbot: Chatbot) -> None:
    first = chatbot.ask(INDIA)
    assert chatbot.ask("How do I reset my router password?", history=[(INDIA, first.text)]).abstained


@pytest.mark.parametrize("question", ["x", "?", "the of and", "Who is he?"])
def test_a_question_that_asks_for_nothing_is_refused(chatbot: Chatbot, question: str) -> None:
    assert chatbot.ask(question).abstained


def test_the_same_question_gets_the_same_answer(chatbot: Chatbot) -> None:
    first, second = chatbot.ask(INDIA), chatbot.ask(INDIA)
    assert (first.text, first.citations, first.confidence) == (second.text, second.citations, second.confidence)


def test_printing_an_answer_shows_marks_and_sources(chatbot: Chatbot) -> None:
    printed = str(chatbot.ask(INDIA))
    assert "[1]" in printed.splitlines()[0]
    assert "  [1] " in printed


def test_the_text_streams_to_the_callback(chatbot: Chatbot) -> None:
    pieces: list[str] = []
    answer = chatbot.ask(INDIA, on_token=pieces.append)
    assert "".join(pieces) == answer.text


@pytest.mark.parametrize("question", [INDIA, "What is the capital of Australia?"])
def test_the_text_streams_sentence_by_sentence(chatbot: Chatbot, question: str) -> None:
    pieces: list[str] = []
    answer = chatbot.ask(question, on_token=pieces.append)
    assert [piece.strip() for piece in pieces] == ([item.text for item in answer.sentences] or [answer.text])
    assert len(pieces) == max(len(answer.sentences), 1)


def test_timings_say_where_the_time_went(chatbot: Chatbot) -> None:
    timings = chatbot.ask(INDIA).timings
    assert set(timings) == {"embed", "search", "answer", "total"}
    assert timings["total"] >= timings["search"] >= 0


@pytest.mark.parametrize("question", ["", "  \n ", "why " * 1000])
def test_an_empty_or_endless_question_is_an_error(chatbot: Chatbot, question: str) -> None:
    with pytest.raises(BadQuestion):
        chatbot.ask(question)


@pytest.mark.parametrize(
    "question", ["?", "the of and", "😀", "why", "a" * 1999, "\x00", "SELECT * FROM passages", "¿Qué?"]
)
def test_an_odd_question_is_answered_or_refused_without_an_error(chatbot: Chatbot, question: str) -> None:
    assert isinstance(chatbot.ask(question), Answer)


# What one question may have otherwise


def test_only_the_articles_that_were_chosen_answer(chatbot: Chatbot) -> None:
    sources = chatbot.index.sources()
    for source in sources:
        answer = chatbot.ask(INDIA, filters=Filters(frozenset({source})))
        assert {chatbot.index.article(hit.passage.article_id).source for hit in answer.hits} == {source}
    assert {hit.id for hit in chatbot.search(INDIA, 1000, filters=Filters(since="2000"))} <= {
        hit.id for hit in chatbot.search(INDIA, 1000)
    }
    assert chatbot.ask(INDIA, filters=Filters()).hits == chatbot.ask(INDIA).hits


@pytest.mark.parametrize("threshold", [0.0, 0.25])
def test_where_no_article_was_chosen_the_answer_is_a_refusal(bundled_index: Path, threshold: float) -> None:
    chatbot = Chatbot.open(bundled_index, Settings(threshold=threshold))
    answer = chatbot.ask(INDIA, filters=Filters(frozenset({"Nobody"})))
    assert (answer.abstained, answer.confidence, answer.hits, answer.citations) == (True, 0.0, (), ())
    assert str(answer) == answer.text


def test_one_question_may_read_another_number_of_passages(chatbot: Chatbot) -> None:
    assert [len(chatbot.ask(INDIA, passages=count).hits) for count in (1, 3, 20)] == [1, 3, 20]
    assert len(chatbot.ask(INDIA).hits) == chatbot.settings.passages
    with pytest.raises(SettingsError, match="passages is 0"):
        chatbot.ask(INDIA, passages=0)


class _Parrot:
    """Answers with the question."""

    name = "parrot"

    def __init__(self, index: ArticleIndex, settings: Settings) -> None:
        self._extractive = ExtractiveAnswerer(index, settings)

    def answer(self, question: Question, readings: Sequence[Reading], *, on_token: OnToken | None = None) -> Answer:
        return replace(self._extractive.answer(question, readings), text=question.text, answered_by=self.name)


def test_a_question_may_choose_who_answers(chatbot: Chatbot) -> None:
    both = Chatbot(chatbot.index, answerer=_Parrot(chatbot.index, chatbot.settings))
    assert both.answerers == ("parrot", "extractive")
    assert both.ask(INDIA).text == both.ask(INDIA, answerer="parrot").text == INDIA
    assert both.ask(INDIA, answerer="extractive").text == chatbot.ask(INDIA).text


def test_an_answerer_that_is_not_there_is_an_error_that_names_those_that_are(chatbot: Chatbot) -> None:
    assert chatbot.answerers == ("extractive",)
    with pytest.raises(SettingsError, match="no answerer parrot: name one of extractive"):
        chatbot.ask(INDIA, answerer="parrot")


def test_many_can_ask_at_once(chatbot: Chatbot) -> None:
    alone = chatbot.ask(INDIA)
    with ThreadPoolExecutor(8) as askers:
        for answer in askers.map(chatbot.ask, [INDIA] * 32):
            assert answer.text == alone.text


# Many questions at once

MANY = [
    INDIA,
    "What is the capital of Australia?",
    "When was the SCO founded?",
    "?",
    "Which countries joined the SCO in 2017?",
    "Who leads the SCO?",
]


def _assert_same(answer: Answer, alone: Answer) -> None:
    assert (answer.question, answer.text, answer.citations) == (alone.question, alone.text, alone.citations)
    assert (answer.abstained, answer.standalone, answer.answered_by) == (
        alone.abstained,
        alone.standalone,
        alone.answered_by,
    )
    assert answer.confidence == pytest.approx(alone.confidence, abs=1e-4)
    assert [hit.id for hit in answer.hits] == [hit.id for hit in alone.hits]


def test_questions_asked_together_get_the_answers_that_each_gets_alone(chatbot: Chatbot) -> None:
    for question, answer in zip(MANY, chatbot.ask_many(MANY), strict=True):
        _assert_same(answer, chatbot.ask(question))
        for found, quote in _proofs(chatbot, answer):
            assert found == quote


@pytest.mark.parametrize("lot", [1, 2, 4, 6, 7])
def test_they_come_in_their_order_in_lots_of_any_size(
    chatbot: Chatbot, monkeypatch: pytest.MonkeyPatch, lot: int
) -> None:
    monkeypatch.setattr("rag.chatbot._LOT", lot)
    asked = [MANY[number % 3] for number in (0, 1, 2, 1, 0, 0)]
    assert [answer.question for answer in chatbot.ask_many(asked)] == asked


def test_no_question_gets_no_answer(chatbot: Chatbot) -> None:
    assert chatbot.ask_many([]) == []


def test_a_bad_question_is_refused_before_any_is_answered(chatbot: Chatbot) -> None:
    asked: list[str] = []

    class Noting(_Parrot):
        def answer(self, question: Question, readings: Sequence[Reading], *, on_token: OnToken | None = None) -> Answer:
            asked.append(question.text)
            return super().answer(question, readings, on_token=on_token)

    noting = Chatbot(chatbot.index, answerer=Noting(chatbot.index, chatbot.settings))
    with pytest.raises(BadQuestion, match="empty"):
        noting.ask_many([INDIA, " ", INDIA])
    assert asked == []
    noting.ask_many([INDIA])
    assert asked == [INDIA]


def test_what_one_question_may_have_otherwise_many_may(chatbot: Chatbot) -> None:
    source = chatbot.index.sources()[0]
    chosen = Filters(frozenset({source}))
    for question, answer in zip(MANY, chatbot.ask_many(MANY, filters=chosen, passages=2), strict=True):
        _assert_same(answer, chatbot.ask(question, filters=chosen, passages=2))
        assert len(answer.hits) <= 2
    both = Chatbot(chatbot.index, answerer=_Parrot(chatbot.index, chatbot.settings))
    assert [answer.text for answer in both.ask_many([INDIA])] == [INDIA]
    (answer,) = both.ask_many([INDIA], answerer="extractive")
    _assert_same(answer, chatbot.ask(INDIA))
    with pytest.raises(SettingsError, match="no answerer nobody"):
        both.ask_many([INDIA], answerer="nobody")
    with pytest.raises(SettingsError, match="passages is 0"):
        both.ask_many([INDIA], passages=0)


def test_where_no_article_was_chosen_every_answer_is_a_refusal(chatbot: Chatbot) -> None:
    answers = chatbot.ask_many(MANY, filters=Filters(frozenset({"Nobody"})))
    assert all((answer.abstained, answer.hits) == (True, ()) for answer in answers)


def test_each_of_many_says_where_its_time_went(chatbot: Chatbot) -> None:
    for answer in chatbot.ask_many(MANY):
        assert set(answer.timings) == {"embed", "search", "answer", "total"}
        assert answer.timings["total"] >= answer.timings["answer"] >= 0


def test_many_threads_may_ask_many(chatbot: Chatbot) -> None:
    expected = [answer.text for answer in chatbot.ask_many(MANY)]
    with ThreadPoolExecutor(4) as askers:
        for answers in askers.map(chatbot.ask_many, [MANY] * 8):
            assert [answer.text for answer in answers] == expected


def test_own_articles_are_answered_from(own_articles: Path, tmp_path: Path) -> None:
    build([own_articles], tmp_path / "index")
    answer = ask("Why was the lamp given up?", index=tmp_path / "index")
    assert ask("Why was the lamp given up?", filters=Filters(since="2024"), index=tmp_path / "index").abstained
    assert "radio beacons" in answer.text
    assert answer.citations[0].title == "The lighthouse"


def test_ask_sees_a_new_generation_without_a_restart(own_articles: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    build([own_articles], index)
    question = "Who painted the ceiling of the Morton chapel?"
    assert ask(question, index=index).abstained
    extra = tmp_path / "chapel.txt"
    extra.write_text("The ceiling of the Morton chapel was painted by Clara Voss in 1921.", "utf-8")
    build([extra], index)
    assert "Clara Voss" in ask(question, index=index).text


def test_a_missing_index_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(IndexNotFound, match="rag index"):
        ask("anything", index=tmp_path / "nowhere")


def test_the_threshold_decides_between_answer_and_refusal(bundled_index: Path) -> None:
    assert Chatbot.open(bundled_index, Settings(threshold=1.0)).ask(INDIA).abstained
    assert not Chatbot.open(bundled_index, Settings(threshold=0.0)).ask("What is the capital of Australia?").abstained


def test_the_public_names_are_there() -> None:
    for name in rag.__all__:
        assert getattr(rag, name)
