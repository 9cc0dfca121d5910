"""The passages that are read for a question, and their order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from corpus.errors import ModelError
from index.store import store_at
from rag import Chatbot, Settings, retrieval
from rag.question import Question
from rag.reranker import SentenceReranker
from rag.retrieval import retrieve

ASKED = "When was the SCO founded?"


@pytest.fixture(scope="module")
def chatbot(bundled_index: Path) -> Chatbot:
    return Chatbot.open(bundled_index)


def test_scores_fall_and_lie_between_nought_and_one(chatbot: Chatbot) -> None:
    scores = [hit.score for hit in chatbot.search(ASKED, 1000)]
    assert len(scores) == chatbot.index.manifest.passages
    assert scores == sorted(scores, reverse=True)
    assert 0 <= scores[-1] <= scores[0] <= 1


@pytest.fixture(params=[retrieval.POOL, 10], ids=["all looked at closely", "ten looked at closely"], autouse=True)
def _pool(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrieval, "POOL", request.param)


@pytest.mark.parametrize("k", [1, 9, 10, 11, 12])
def test_the_best_few_are_the_same_however_many_are_asked_for(chatbot: Chatbot, k: int) -> None:
    every = [hit.id for hit in chatbot.search(ASKED, 1000)]
    assert [hit.id for hit in chatbot.search(ASKED, k)] == every[:k]
    assert len(set(every)) == len(every)


def test_what_is_answered_from_is_what_is_found(chatbot: Chatbot) -> None:
    assert chatbot.ask(ASKED).hits == tuple(chatbot.search(ASKED, chatbot.settings.passages))


def test_a_follow_up_is_searched_for_with_what_it_leaves_unsaid(chatbot: Chatbot) -> None:
    history = [("Who backed India's membership?", "Russia backed India's membership.")]
    assert chatbot.search("And Pakistan's?", 5, history=history) != chatbot.search("And Pakistan's?", 5)


def test_a_passage_with_a_sentence_that_answers_comes_before_one_on_the_subject(
    _own_home: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from index.build import build

    folder = tmp_path_factory.mktemp("articles")
    around = "The harbour was busy. Ships came from many lands. The lighthouse was known to all who sailed there. "
    subject = "The lighthouse of the harbour was a lighthouse like no other lighthouse. " * 8
    (folder / "subject.txt").write_text(f"The lighthouse\n\n{subject}\n", "utf-8")
    answer = around * 3 + "Anna Berg painted the lighthouse red in the spring. " + around * 3
    (folder / "answer.txt").write_text(f"The harbour\n\n{answer}\n", "utf-8")
    target = tmp_path_factory.mktemp("index")
    build([folder], target)
    index = store_at(target).open()
    question = Question.understand("Who painted the lighthouse red?", "", index)
    ((best,),) = retrieve([question], 1, index, SentenceReranker())
    assert best.hit.passage.article_id == "answer"


def test_nothing_is_found_where_nothing_is_asked_for(chatbot: Chatbot) -> None:
    assert chatbot.search(ASKED, 0) == []


@pytest.fixture(scope="session")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small cross-encoder that has learned nothing, saved as sentence-transformers saves them."""
    return _saved_cross_encoder(tmp_path_factory.mktemp("cross-encoder"), outputs=1)


def _saved_cross_encoder(folder: Path, outputs: int) -> Path:
    import torch
    import transformers

    library: Any = transformers
    words = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *"abcdefghijklmnopqrstuvwxyz",
        *map("##{}".format, "etaoinshr"),
    ]
    (folder / "vocab.txt").write_text("\n".join(words), "utf-8")
    library.BertTokenizerFast(str(folder / "vocab.txt"), model_max_length=64).save_pretrained(folder)
    torch.manual_seed(0)
    config = library.BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        num_labels=outputs,
    )
    library.BertForSequenceClassification(config).save_pretrained(folder)
    return folder


def test_a_cross_encoder_named_in_the_settings_orders_the_passages(bundled_index: Path, cross_encoder: Path) -> None:
    settings = Settings(reranker=str(cross_encoder))
    asked = Chatbot.open(bundled_index, settings)
    hits = asked.search(ASKED, 20)
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert 0 <= scores[-1] <= scores[0] <= 1
    own = Chatbot.open(bundled_index, replace(settings, reranker=""))
    assert [hit.id for hit in hits] != [hit.id for hit in own.search(ASKED, 20)]
    assert asked.ask(ASKED).hits[0].id == hits[0].id


def test_a_reranker_that_is_none_is_an_error_of_one_line(bundled_index: Path, tmp_path: Path) -> None:
    def complaint(folder: Path) -> str:
        with pytest.raises(ModelError) as raised:
            Chatbot.open(bundled_index, Settings(reranker=str(folder)))
        return str(raised.value)

    two = _saved_cross_encoder(tmp_path, outputs=2)
    assert "gives 2 scores" in complaint(two)
    assert "cannot be loaded" in complaint(tmp_path / "nowhere")
    assert "\n" not in complaint(tmp_path / "nowhere")
