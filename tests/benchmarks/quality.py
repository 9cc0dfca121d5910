"""Measures our pipeline against simpler ones: python -m tests.benchmarks.quality [SET…] [--folder FOLDER]

Asks all sets of questions, or some, writes each run to the folder (default: quality/ in the project's cache) as `rag
eval --json` does, and prints the comparisons. The confidence is fitted on every other of SQuAD's eight articles of gold
questions; `squad-unseen` are the rest.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from corpus.gold import GoldQuestion, load_beir, load_gold
from index.article_index import ArticleIndex
from index.home import home
from rag.chatbot import Chatbot
from rag.evaluation import Evaluation, compare, evaluate
from rag.evaluation.summary import summarise
from rag.library import BUNDLED_ARTICLES
from rag.settings import NO_READER, Settings
from tests.benchmarks.data import BENCH, SQUAD, indexed, require, scifact_articles, squad_gold
from tests.benchmarks.simple import AsFound, SimpleAnswerer

GOLD = BENCH.parent / "gold" / "articles.jsonl"
ARTICLES = BENCH.parent / "articles"
# Every so many of the questions that are asked of other articles.
_OFF_TOPIC = 8

_UNREAD = Settings(reader=NO_READER)
PIPELINES: dict[str, Callable[[ArticleIndex], Chatbot]] = {
    "simple": lambda index: Chatbot(index, _UNREAD, reranker=AsFound(), answerer=SimpleAnswerer()),
    "simple answers from our passages": lambda index: Chatbot(index, _UNREAD, answerer=SimpleAnswerer()),
    "ours without the reader": lambda index: Chatbot(index, _UNREAD),
    "ours": Chatbot,
}

Set = tuple[str, Sequence[GoldQuestion], Sequence[Path]]


def main() -> None:
    """Run every pipeline over every set that is wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="*", metavar="SET")
    parser.add_argument("--folder", type=Path, default=home() / "quality")
    arguments = parser.parse_args()
    require()
    folder = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, questions, articles in _sets():
        if arguments.sets and name not in arguments.sets:
            continue
        index = indexed(name, *articles)
        runs = {kind: _run(make(index), questions, f"{name}, {kind}") for kind, make in PIPELINES.items()}
        print(f"\n{index.manifest.articles} articles, {index.manifest.passages} passages")
        _tell(name, runs, folder)
        if name == "squad":
            unseen = {question.id for about in squad_gold()[1].values() for question in about}
            _tell("squad-unseen", {kind: _only(run, unseen) for kind, run in runs.items()}, folder)


def _sets() -> Iterator[Set]:
    """Each set's name, its questions, and the articles they are asked of."""
    squad, spans = load_gold(SQUAD / "gold.jsonl"), load_gold(BENCH / "spans" / "gold.jsonl")
    yield "squad", squad, [SQUAD / "articles"]
    yield "spans", spans, [BENCH / "spans"]
    elsewhere = [replace(gold, answers=(), evidence=(), unanswerable=True) for gold in squad]
    yield "offtopic", [*spans, *elsewhere][::_OFF_TOPIC], [BENCH / "spans", ARTICLES]
    yield "articles", load_gold(GOLD), [ARTICLES]
    yield "bundled", load_gold(BUNDLED_ARTICLES.with_name("gold.jsonl")), [BUNDLED_ARTICLES]
    yield "scifact", load_beir(BENCH / "scifact"), [scifact_articles()]


def _tell(name: str, runs: dict[str, Evaluation], folder: Path) -> None:
    """Write the runs, and print how ours differs from each of the others."""
    for kind, run in runs.items():
        (folder / f"{name}-{kind.replace(' ', '-')}.json").write_text(run.to_json(), "utf-8")
        if kind != "ours":
            print(f"\n{name}: ours after {kind}\n{compare(run, runs['ours'])}", flush=True)


def _only(run: Evaluation, wanted: set[str]) -> Evaluation:
    """A run's part on some of its questions."""
    outcomes = tuple(outcome for outcome in run.outcomes if outcome.gold.id in wanted)
    return replace(run, outcomes=outcomes, metrics=summarise([outcome.values for outcome in outcomes]))


def _run(chatbot: Chatbot, questions: Sequence[GoldQuestion], title: str) -> Evaluation:
    with tqdm(desc=title, total=len(questions), unit=" questions", leave=False) as bar:

        def show(done: int, total: int) -> None:
            bar.update(done - bar.n)

        return evaluate(questions, chatbot, progress=show)


if __name__ == "__main__":
    main()
