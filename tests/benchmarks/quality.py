"""Measures our pipeline against the simple one on public data: python -m tests.benchmarks.quality [FOLDER]

Writes each run to the folder (default: quality/ in the project's cache) as `rag eval --json` does, and prints the
comparisons. The confidence is fitted on every other of SQuAD's eight articles of gold questions; `squad-unseen` are the
rest.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from corpus.gold import GoldQuestion, load_beir, load_gold
from index.home import home
from rag.chatbot import Chatbot
from rag.evaluation import Evaluation, compare, evaluate
from tests.benchmarks.data import BENCH, SQUAD, indexed, scifact_articles, squad_gold
from tests.benchmarks.simple import simple_chatbot
from ui.evaluating import differences

GOLD = BENCH.parent / "gold" / "articles.jsonl"
ARTICLES = BENCH.parent / "articles"

PIPELINES = {"simple": simple_chatbot, "ours": Chatbot}

Set = tuple[str, Sequence[GoldQuestion], Sequence[Path]]


def main() -> None:
    """Run both pipelines over every set."""
    folder = Path(sys.argv[1]) if sys.argv[1:] else home() / "quality"
    folder.mkdir(parents=True, exist_ok=True)
    for name, questions, articles in _sets():
        index = indexed(name.partition("-")[0], *articles)
        runs = {kind: _run(make(index), questions, f"{name}, {kind}") for kind, make in PIPELINES.items()}
        for kind, run in runs.items():
            (folder / f"{name}-{kind}.json").write_text(run.to_json(), "utf-8")
        print(f"\n{name}: {index.manifest.articles} articles, {index.manifest.passages} passages")
        print(differences(compare(*runs.values())), flush=True)


def _sets() -> Iterator[Set]:
    """Each set's name, its questions, and the articles they are asked of."""
    fitted, unseen = squad_gold()
    squad, spans = [*fitted, *unseen], load_gold(BENCH / "spans" / "gold.jsonl")
    yield "squad", squad, [SQUAD / "articles"]
    yield "squad-unseen", unseen, [SQUAD / "articles"]
    yield "spans", spans, [BENCH / "spans"]
    elsewhere = [replace(gold, answers=(), evidence=(), unanswerable=True) for gold in squad]
    yield "offtopic", [*spans, *elsewhere], [BENCH / "spans", ARTICLES]
    yield "articles", load_gold(GOLD), [ARTICLES]
    yield "scifact", load_beir(BENCH / "scifact"), [scifact_articles()]


def _run(chatbot: Chatbot, questions: Sequence[GoldQuestion], title: str) -> Evaluation:
    with tqdm(desc=title, total=len(questions), unit=" questions", leave=False) as bar:

        def show(done: int, total: int) -> None:
            bar.update(done - bar.n)

        return evaluate(questions, chatbot, progress=show)


if __name__ == "__main__":
    main()
