"""The reader: which passages answer, in which sentence, in which words; and the product without it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from corpus.article import Article, Passage
from corpus.errors import ModelError, SettingsError
from corpus.splitter import Splitter
from rag import Chatbot, Settings
from rag.question import Question
from rag.reader import graph, reader
from rag.reader.order import READ
from rag.reader.reader import UNSEEN, Reader, View
from rag.reranker import SentenceReranker
from rag.retrieval import retrieve

TOWER = (
    "The clock tower of Lund stands beside the market. It was built by Anna Berg in 1921. "
    "Its bells were cast in Utrecht, and weigh four tonnes. Visitors may climb it in summer."
)
MARKET = (
    "The market of Lund is held on Saturdays. Farmers sell cheese and honey there. "
    "The stalls stand beside the clock tower, which is a landmark of the town."
)
WHO = "Who built the clock tower?"
ASKED = "When was the SCO founded?"
NONE = Settings(reader="none")


def passage(text: str, title: str = "Lund") -> Passage:
    (only,) = Splitter().split(Article("article", title, text))
    return only


def read(question: str, *texts: str) -> list[View]:
    return Reader.open().read(question, [passage(text) for text in texts], ["Lund"] * len(texts))


def test_the_passage_that_answers_comes_before_one_on_the_subject() -> None:
    tower, market = read(WHO, TOWER, MARKET)
    assert tower.relevance > market.relevance
    assert tower.best_certainty > market.best_certainty


@pytest.mark.parametrize(
    ("question", "sentence", "words"),
    [
        (WHO, 1, "Anna Berg"),
        ("When was the clock tower built?", 1, "1921"),
        ("Where were the bells cast?", 2, "Utrecht"),
        ("When may visitors climb the tower?", 3, "summer"),
    ],
)
def test_the_sentence_and_the_words_that_answer_are_found(question: str, sentence: int, words: str) -> None:
    (view,) = read(question, TOWER)
    assert view.evidence.argmax() == sentence
    assert view.certainty.argmax() == sentence
    best = view.words[sentence]
    assert best is not None
    assert words in TOWER[slice(*best)]


def test_what_the_text_does_not_say_is_less_certain() -> None:
    (answered,), (unanswered,) = read(WHO, TOWER), read("Who painted the town hall?", TOWER)
    assert answered.best_certainty > unanswered.best_certainty
    assert answered.relevance > unanswered.relevance


def test_words_lie_within_their_sentence_and_count_from_the_articles_beginning() -> None:
    article = Article("article", "Lund", f"{MARKET} " * 20 + TOWER)
    passages = Splitter(80, 1).split(article)
    views = Reader.open().read(WHO, passages, ["Lund"] * len(passages))
    assert len(views) == len(passages) > 3
    for view, part in zip(views, passages, strict=True):
        assert len(view.words) == len(view.evidence) == len(view.certainty) == len(part.sentences)
        for words, (first, last) in zip(view.words, part.sentences, strict=True):
            assert words is not None
            assert first <= words[0] < words[1] <= last
    best = max(range(len(views)), key=lambda number: views[number].best_certainty)
    words = views[best].words[views[best].certainty.argmax()]
    assert words is not None
    assert "Anna Berg" in article.text[slice(*words)]


def test_a_sentence_beyond_what_the_reader_sees_is_unseen_and_nothing_is_lost() -> None:
    text = "It rained in Lund. " * 400 + "Anna Berg built the clock tower."
    (long,) = Splitter(5000, 0).split(Article("article", "Lund", text))
    (view,) = Reader.open().read(WHO, [long], ["Lund"])
    assert len(view.evidence) == len(long.sentences) == 401
    assert view.words[-1] is None
    assert view.evidence[-1] == view.certainty[-1] == UNSEEN


def test_a_question_longer_than_what_the_reader_sees_is_read_all_the_same() -> None:
    (view,) = read("Who built it? " * 400, TOWER)
    assert np.isfinite(view.relevance)


def test_of_nothing_nothing_is_said() -> None:
    assert Reader.open().read(WHO, [], []) == []


def test_a_passage_without_a_sentence_is_read() -> None:
    (view,) = Reader.open().read(WHO, [Passage("article", 0, 0, 5, "Title", ())], ["Lund"])
    assert np.isfinite(view.relevance)
    assert view.best_evidence == view.best_certainty == UNSEEN


@pytest.mark.parametrize("text", ["\u0000", "…", "𝔘𝔫𝔦", "塔は1921年に建てられた。", "a" * 300])
def test_any_text_is_read(text: str) -> None:
    (view,) = read(WHO, f"Lund. {text}")
    assert np.isfinite(view.relevance)


@pytest.fixture
def _a_graph_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    own = tmp_path / "reader.onnx"
    shutil.copy(graph.GRAPH, own)
    monkeypatch.setattr(graph, "GRAPH", own)
    reader.opened.cache_clear()
    yield own
    reader.opened.cache_clear()


def test_a_graph_that_is_not_the_shipped_one_is_an_error_of_one_line(
    bundled_index: Path, _a_graph_of_ones_own: Path
) -> None:
    _a_graph_of_ones_own.write_bytes(_a_graph_of_ones_own.read_bytes()[:-1])
    with pytest.raises(ModelError, match=r"not the one that was shipped: .*reader = none") as caught:
        Chatbot.open(bundled_index)
    assert "\n" not in str(caught.value)
    assert Chatbot.open(bundled_index, NONE).ask(ASKED).citations


def test_without_the_file_it_answers_as_without_a_reader(bundled_index: Path, _a_graph_of_ones_own: Path) -> None:
    _a_graph_of_ones_own.unlink()
    without, none = (Chatbot.open(bundled_index, settings).ask(ASKED) for settings in (None, NONE))
    assert without.citations == none.citations
    assert without.confidence == none.confidence
    assert without.short is none.short is None


def test_a_reader_that_there_is_not_is_refused() -> None:
    with pytest.raises(SettingsError, match="set it to own or none"):
        Settings(reader="gpt")


def test_reading_ends_where_one_is_clearly_the_best_and_nothing_is_lost(bundled_index: Path) -> None:
    index = Chatbot.open(bundled_index).index
    found = {}
    for asked in (ASKED, "Who painted the Mona Lisa?"):
        question = Question.understand(asked, "", index)
        (found[asked],) = retrieve([question], 2 * READ, index, SentenceReranker(), Reader.open())
    read = {asked: [reading.view is not None for reading in readings] for asked, readings in found.items()}
    assert 0 < sum(read[ASKED]) < READ
    assert sum(read["Who painted the Mona Lisa?"]) == READ
    for asked, readings in found.items():
        assert read[asked] == sorted(read[asked], reverse=True)
        scores = [reading.hit.score for reading in readings]
        assert scores == sorted(scores, reverse=True)
        assert len({reading.hit.id for reading in readings}) == 2 * READ


def test_a_passage_is_read_the_same_whatever_is_read_beside_it() -> None:
    (alone,), (beside, _) = read(WHO, TOWER), read(WHO, TOWER, MARKET * 3)
    assert beside.relevance == alone.relevance
    assert (beside.evidence == alone.evidence).all()


def test_the_short_answer_stands_to_the_character_in_a_quote(bundled_index: Path) -> None:
    chatbot = Chatbot.open(bundled_index)
    answer = chatbot.ask(ASKED)
    assert answer.short is not None
    assert "2001" in answer.short.text
    text = chatbot.index.article(answer.short.article_id).text
    assert text[answer.short.start : answer.short.end] == answer.short.text
    (sentence,) = [item for item in answer.sentences if answer.stressed(item)[1]]
    assert "".join(answer.stressed(sentence)) == sentence.text
