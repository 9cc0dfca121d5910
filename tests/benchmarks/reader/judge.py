"""Judges networks on questions that none was trained on: python -m tests.benchmarks.reader.judge [--full] NETWORK…

Each is exported as it would be shipped (`--full`: in full precision) and reads what retrieval finds for the held-out
questions of SQuAD's training set, all heads weighing the same in one sum, so that networks compare before anything is
fitted to one. For the learning curve, and for whatever is tried.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
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
from tests.benchmarks.data import Asked, require, squad_training
from tests.benchmarks.fit_evidence import answering
from tests.benchmarks.fit_reranking import answers
from tests.benchmarks.reader.export import export, load

_QUESTIONS = 400
# How much the retrieval's score counts beside the reader's logits.
_FOUND = 20.0
FIGURES = ("recall@1", "recall@5", "evidence@1", "evidence@3", "short_f1")


def main() -> None:
    """Print the figures of each network."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="+", type=Path, metavar="NETWORK")
    parser.add_argument("--full", action="store_true")
    arguments = parser.parse_args()
    require()
    index, found = _found()
    print(f"{'':24} {' '.join(f'{name:>10}' for name in FIGURES)}")
    for file in arguments.networks:
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "reader.onnx"
            export(load(file), target, full_precision=arguments.full)
            reader = Reader(graph.session_of(target.read_bytes()), graph.tokenizer())
        rows = [_judged(reader, index, *each) for each in tqdm(found, desc=file.stem, leave=False, disable=None)]
        print(f"{file.stem:24} {' '.join(f'{value:10.3f}' for value in np.mean(rows, axis=0))}", flush=True)


def _found() -> tuple[FolderIndex, list[tuple[Asked, Question, list[Reading]]]]:
    """The index, and each question with what retrieval finds for it."""
    training = squad_training().unread
    asked = training.questions[:_QUESTIONS]
    questions = Question.understand_all([each.question for each in asked], [""] * len(asked), training.index)
    readings = list(retrieve(questions, READ, training.index, SentenceReranker()))
    return training.index, list(zip(asked, questions, readings, strict=True))


def _judged(
    reader: Reader, index: FolderIndex, asked: Asked, question: Question, found: Sequence[Reading]
) -> list[float]:
    """The figures of one question, in the order of `FIGURES`."""
    views = [view for reading in viewed(question, found, index, reader) if (view := reading.view)]
    scores = [_score(reading, view) for reading, view in zip(found, views, strict=True)]
    order = np.argsort(scores)[::-1]
    right = [answers(found[place].hit, asked) for place in order]
    sentences = sorted(
        (
            (scores[place] + views[place].evidence[number] + views[place].certainty[number], place, number)
            for place in range(len(found))
            for number in range(len(found[place].sentences))
        ),
        reverse=True,
    )
    evidence = [answering(reading, asked) for reading in found]
    proves = [evidence[place][number] for _, place, number in sentences]
    _, place, number = max(sentences[:3], key=lambda each: views[each[1]].certainty[each[2]])
    words = views[place].words[number]
    passage = found[place].hit.passage
    said = passage.quote(*words) if words else ""
    return [any(right[:1]), any(right[:5]), any(proves[:1]), any(proves[:3]), f1(said, [asked.answer])]


def _score(reading: Reading, view: View) -> float:
    return _FOUND * reading.hit.score + view.relevance + view.best_evidence + view.best_certainty


if __name__ == "__main__":
    main()
