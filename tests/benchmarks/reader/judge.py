"""Judges networks on questions that none was trained on: python -m tests.benchmarks.reader.judge [--full] NETWORK…

Each is exported as it would be shipped (`--full`: in full precision) and reads what retrieval finds for the held-out
questions of SQuAD's training set and of BioASQ, and for the gold questions on one article, half of which cannot be
answered; all heads weigh the same in one sum, so that networks compare before anything is fitted to one. For the
learning curve, and for whatever is tried.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score
from tqdm import tqdm

from index.folder.folder_index import FolderIndex
from rag.evaluation.metrics import f1
from rag.question import Question
from rag.reader import graph
from rag.reader.order import READ, viewed
from rag.reader.reader import Reader, View
from rag.reading import Reading
from rag.reranker import SentenceReranker
from rag.retrieval import retrieve
from tests.benchmarks.data import CALIBRATING, Asked, TrainingSet, bioasq, require, squad_gold, squad_training
from tests.benchmarks.fit_evidence import answering
from tests.benchmarks.fit_reranking import answers
from tests.benchmarks.reader.export import export, load
from tests.benchmarks.reader.sets import articles

# Questions asked of SQuAD, of BioASQ, and on the one article.
_QUESTIONS, _OF_MEDICINE, _OF_GOLD = 400, 150, 150
# How much the retrieval's score counts beside the reader's logits.
_FOUND = 20.0
_OF_SQUAD = ("recall@1", "recall@5", "evidence@1", "evidence@3", "short_f1")
FIGURES = (*_OF_SQUAD, "bioasq@1", "auroc")


@dataclass(frozen=True, slots=True)
class Found:
    """A question, and what retrieval finds for it in an index."""

    index: FolderIndex
    question: Question
    readings: list[Reading]


def main() -> None:
    """Print the figures of some networks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="+", type=Path, metavar="NETWORK")
    parser.add_argument("--full", action="store_true")
    arguments = parser.parse_args()
    require()
    print_figures([(f"{file.parent.name}/{file.stem}", file) for file in arguments.networks], arguments.full)


def print_figures(networks: Iterable[tuple[str, Path]], full_precision: bool = False) -> None:
    """Print the figures of networks, each with what it is to be called."""
    squad, medicine = _of(squad_training().unread, _QUESTIONS), _of(bioasq().unread, _OF_MEDICINE)
    gold = squad_gold()[0][CALIBRATING][:_OF_GOLD]
    answerable = [not each.unanswerable for each in gold]
    about = _found(articles(), [each.question for each in gold])
    print(f"{'':32} {' '.join(f'{name:>10}' for name in FIGURES)}")
    for name, file in networks:
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "reader.onnx"
            export(load(file), target, full_precision=full_precision)
            reader = Reader(graph.session_of(target.read_bytes()), graph.tokenizer())
        figures = (
            *np.mean([_judged(reader, *each) for each in tqdm(squad, desc=name, leave=False, disable=None)], axis=0),
            np.mean([_judged(reader, *each)[0] for each in medicine]),
            roc_auc_score(answerable, [max(_scores(found, _views(reader, found))) for found in about]),
        )
        print(f"{name:32} {' '.join(f'{value:10.3f}' for value in figures)}", flush=True)


def _of(training: TrainingSet, count: int) -> list[tuple[Found, Asked]]:
    """Questions of a set, with what retrieval finds for each."""
    asked = training.questions[:count]
    return list(zip(_found(training.index, [each.question for each in asked]), asked, strict=True))


def _found(index: FolderIndex, asked: Sequence[str]) -> list[Found]:
    questions = Question.understand_all(asked, [""] * len(asked), index)
    readings = retrieve(questions, READ, index, SentenceReranker())
    return [Found(index, *each) for each in zip(questions, readings, strict=True)]


def _judged(reader: Reader, found: Found, asked: Asked) -> list[float]:
    """The figures of one question, in the order of `_OF_SQUAD`."""
    views, readings = _views(reader, found), found.readings
    scores = _scores(found, views)
    order = np.argsort(scores)[::-1]
    right = [answers(readings[place].hit, asked) for place in order]
    sentences = sorted(
        (
            (scores[place] + views[place].evidence[number] + views[place].certainty[number], place, number)
            for place in range(len(readings))
            for number in range(len(readings[place].sentences))
        ),
        reverse=True,
    )
    evidence = [answering(reading, asked) for reading in readings]
    proves = [evidence[place][number] for _, place, number in sentences]
    _, place, number = max(sentences[:3], key=lambda each: views[each[1]].certainty[each[2]])
    words = views[place].words[number]
    said = readings[place].hit.passage.quote(*words) if words else ""
    return [any(right[:1]), any(right[:5]), any(proves[:1]), any(proves[:3]), f1(said, [asked.answer])]


def _views(reader: Reader, found: Found) -> list[View]:
    return [view for reading in viewed(found.question, found.readings, found.index, reader) if (view := reading.view)]


def _scores(found: Found, views: Sequence[View]) -> list[float]:
    return [
        _FOUND * reading.hit.score + view.relevance + view.best_evidence + view.best_certainty
        for reading, view in zip(found.readings, views, strict=True)
    ]


if __name__ == "__main__":
    main()
