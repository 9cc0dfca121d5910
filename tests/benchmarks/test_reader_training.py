"""The training of the reader, shortened to what shows that it learns and can be exported."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from corpus.sentences import sentences
from rag.reader.graph import tokenizer
from tests.benchmarks.reader import train
from tests.benchmarks.reader.batches import Batch, Batches
from tests.benchmarks.reader.export import export
from tests.benchmarks.reader.losses import losses
from tests.benchmarks.reader.negatives import twisted
from tests.benchmarks.reader.network import Network
from tests.benchmarks.reader.sets import Item
from tests.benchmarks.statements import stated

TEXT = "The tower stands in Lund. Anna Berg built it in 1921. Its bells are from Utrecht."


def item(question: str, words: str) -> Item:
    ranges = tuple(sentences(TEXT, (0, len(TEXT))))
    start = TEXT.index(words)
    evidence = frozenset(number for number, (first, last) in enumerate(ranges) if first <= start < last)
    return Item("made", question, "Lund", TEXT, ranges, evidence, (start, start + len(words)))


ITEMS = [item("Who built the tower?", "Anna Berg"), item("Where are the bells from?", "Utrecht")]


@pytest.fixture(autouse=True)
def _few_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches for two questions, where there are two."""
    monkeypatch.setattr("tests.benchmarks.reader.batches._BATCH", 256)


def batches(items: Sequence[Item] = ITEMS) -> Batches:
    return Batches(items, {}, {}, {}, seed=1)


def test_the_words_taught_are_those_of_the_answer() -> None:
    (batch,) = batches().epoch(0, 1)
    known = tokenizer()
    for row in range(len(batch.relevant)):
        if batch.relevant[row] and batch.start[row] > 0:
            ids = batch.ids[row, batch.start[row] : batch.end[row] + 1].tolist()
            assert known.decode(ids) in ("anna berg", "utrecht")


def test_the_same_seed_gives_the_same_batches() -> None:
    first, again = ([batch.ids for batch in batches().epoch(3, 1)] for _ in range(2))
    assert all(torch.equal(one, other) for one, other in zip(first, again, strict=True))


def test_a_twisted_question_is_another_and_is_not_answered() -> None:
    made = [twisted(ITEMS[0], ITEMS, random.Random(seed)) for seed in range(5)]
    named = item("When did Anna Berg build the tower in Lund?", "1921")
    made += [twisted(named, ITEMS, random.Random(seed)) for seed in range(20)]
    found = [each for each in made if each]
    assert found
    assert all(not each.evidence and each.words is None and each.text == TEXT for each in found)
    assert all(each.question not in (named.question, ITEMS[0].question) for each in found)


def test_it_learns() -> None:
    torch.manual_seed(0)
    network = Network.pretrained(layers=2).train()
    network.words.requires_grad_(False)
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-4)
    lost = []
    for number in range(25):
        (batch,) = batches().epoch(number, 1)
        total = torch.stack(list(losses(network(batch.ids, batch.kinds, batch.mask), batch).values())).sum()
        total.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
        lost.append(float(total.detach()))
    assert lost[-1] < lost[0] / 2


class Stopped(Batches):
    """Batches that end in the midst of a training."""

    def epoch(self, number: int, beside: int) -> Iterator[Batch]:
        if number == 3:
            raise KeyboardInterrupt
        return super().epoch(number, beside)


def test_a_training_that_was_stopped_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "_SAVED", 2)
    monkeypatch.setattr(train, "_ROUNDS", (train.Round(0, 1.0, 1), train.Round(2, 0.5, 1)))
    whole, parted = tmp_path / "whole", tmp_path / "parted"
    whole.mkdir()
    parted.mkdir()
    train.train(whole, batches(), steps=5, layers=1, seed=0)
    with pytest.raises(KeyboardInterrupt):
        train.train(parted, Stopped(ITEMS, {}, {}, {}, seed=1), steps=5, layers=1, seed=0)
    assert not (parted / "network.pt").exists()
    train.train(parted, batches(), steps=5, layers=1, seed=0)
    one, other = (torch.load(folder / "network.pt") for folder in (whole, parted))
    assert all(torch.allclose(one[name], other[name], atol=1e-6) for name in one)


def test_a_training_leaves_the_mean_of_its_last_two_rounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "_ROUNDS", tuple(train.Round(first, 1.0, 1) for first in (0, 2, 4)))
    train.train(tmp_path, batches(), steps=6, layers=1, seed=0)
    ends = [torch.load(tmp_path / f"network-{step}.pt") for step in (2, 4, 6)]
    left = torch.load(tmp_path / "network.pt")
    assert all(torch.allclose(left[name], (ends[1][name] + ends[2][name]) / 2) for name in left)
    assert not all(torch.equal(ends[0][name], ends[1][name]) for name in left)


@pytest.mark.parametrize(
    ("question", "answer", "statement"),
    [
        ("What is the capital of France?", "Paris", "The capital of France is Paris."),
        ("Who built the tower?", "Anna Berg", "Anna Berg built the tower."),
        ("When did the bells arrive in Lund?", "in 1921", "The bells arrive in Lund in 1921."),
        ("How many people live in Lund?", "90,000", "90,000 people live in Lund."),
        ("The tower was built in what year?", "1921", "The tower was built in 1921."),
        ("Does aspirin prevent stroke?", "", "Aspirin prevent stroke."),
        ("What is known about aspirin?", "", None),
        ("Aspirin", "90", None),
    ],
)
def test_a_question_and_its_answer_are_told_as_a_statement(question: str, answer: str, statement: str | None) -> None:
    assert stated(question, answer) == statement


@pytest.mark.parametrize(("full", "tolerance"), [(True, 1e-3), (False, 1.0)], ids=["32 bits", "8 bits"])
def test_the_exported_graph_says_what_the_network_says(tmp_path: Path, full: bool, tolerance: float) -> None:
    torch.manual_seed(0)
    network = Network.pretrained(layers=2).eval()
    export(network, tmp_path / "reader.onnx", full_precision=full)
    encoded = tokenizer().encode("Who built the tower?", f"Lund\n{TEXT}")
    fed = {"ids": np.array([encoded.ids]), "kinds": np.array([encoded.type_ids])}
    with torch.inference_mode():
        start, *_ = network(*map(torch.tensor, fed.values()), torch.ones(1, len(encoded.ids)))
    said = onnxruntime.InferenceSession(tmp_path / "reader.onnx").run(None, fed)
    assert np.abs(said[0][0] - start[0].numpy()).max() < tolerance
