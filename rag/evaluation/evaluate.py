"""Asks gold questions and says how good the answers are."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from corpus.errors import RunError
from corpus.gold import GoldQuestion, load_gold
from index.query import Hit
from rag.answer import Answer
from rag.chatbot import LONGEST_QUESTION, Chatbot
from rag.evaluation.facts import Facts
from rag.evaluation.failures import Failure, failure_of
from rag.evaluation.metrics import Values, measure
from rag.evaluation.ranking import DEPTHS, measure_ranking
from rag.evaluation.summary import Figure, summarise

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question, what was found and answered, what was measured of it, and why it is wrong, if it is.

    `hits` go on below the passages that the answer was made from, to the depth of the deepest recall.
    """

    gold: GoldQuestion
    answer: Answer
    hits: tuple[Hit, ...]
    values: Values
    failure: Failure | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A run over gold questions: its figures, how it was set, and every question with its answer."""

    metrics: dict[str, Figure]
    settings: dict[str, Any]
    index: dict[str, Any]
    outcomes: tuple[Outcome, ...]

    def __str__(self) -> str:
        """The figures as a table."""
        rows = [f"{'metric':20} {'value':>8}  {'95 % interval':17} {'n':>5}"]
        for name, figure in self.metrics.items():
            interval = "[{:.3f}, {:.3f}]".format(*figure.ci95)
            rows.append(f"{name:20} {figure.value:8.3f}  {interval:17} {figure.n:5}")
        return "\n".join(rows)

    def to_json(self) -> str:
        """The run as `--json` writes it: metrics, settings, index, questions."""
        return json.dumps(
            {
                "metrics": {name: asdict(figure) for name, figure in self.metrics.items()},
                "settings": self.settings,
                "index": self.index,
                "questions": [_as_written(outcome) for outcome in self.outcomes],
            },
            indent=1,
            ensure_ascii=False,
        )


def evaluate(
    gold: Path | str | Sequence[GoldQuestion], chatbot: Chatbot | None = None, *, progress: Progress | None = None
) -> Evaluation:
    """Ask gold questions of a chatbot and measure the answers.

    Args:
        gold: the questions, or a file of them (see `corpus.gold.load_gold`).
        chatbot: by default the one over the default index.
        progress: called with how many questions are done, and how many there are.

    Raises:
        PathNotFound, BadGoldFile: see `corpus.gold.load_gold`.
        RunError: two questions have the same id.
    """
    questions = load_gold(Path(gold)) if isinstance(gold, (str, Path)) else gold
    for name, count in Counter(question.id for question in questions).items():
        if count > 1:
            raise RunError(f"the id {name} is there {count} times: give each question its own")
    chatbot = chatbot or Chatbot.open()
    outcomes = []
    for count, question in enumerate(questions, start=1):
        outcomes.append(_ask(question, chatbot))
        if progress:
            progress(count, len(questions))
    manifest = chatbot.index.manifest
    return Evaluation(
        metrics=summarise([outcome.values for outcome in outcomes]),
        settings=chatbot.settings.described(),
        index={"recipe": asdict(manifest.recipe), "articles": manifest.articles, "passages": manifest.passages},
        outcomes=tuple(outcomes),
    )


def _ask(gold: GoldQuestion, chatbot: Chatbot) -> Outcome:
    # Some sets ask with whole documents.
    answer = chatbot.ask(gold.question[:LONGEST_QUESTION], history=gold.history)
    facts = Facts.of(gold, chatbot.index)
    hits = _deep_search(gold, facts, chatbot) if facts.places else list(answer.hits)
    values = {**measure_ranking(facts, hits, chatbot.index), **measure(gold, answer, facts)}
    return Outcome(gold, answer, tuple(hits), values, failure_of(gold, answer, values, facts, hits))


def _deep_search(gold: GoldQuestion, facts: Facts, chatbot: Chatbot) -> list[Hit]:
    """As many passages as the deepest recall counts; where it counts articles, enough for so many articles."""
    depth = DEPTHS[-1]
    while True:
        hits = chatbot.search(gold.question[:LONGEST_QUESTION], depth, history=gold.history)
        articles = {hit.passage.article_id for hit in hits}
        if facts.are_quotes or len(articles) >= DEPTHS[-1] or len(hits) < depth:
            return hits
        depth *= 2


def _as_written(outcome: Outcome) -> dict[str, Any]:
    answer = outcome.answer
    return {
        "id": outcome.gold.id,
        "question": answer.question,
        "standalone": answer.standalone,
        "gold": asdict(outcome.gold),
        "answer": answer.text,
        "abstained": answer.abstained,
        "confidence": answer.confidence,
        "failure": outcome.failure,
        "citations": [asdict(citation) for citation in answer.citations],
        "withheld": [asdict(citation) for citation in answer.withheld],
        "evidence": [asdict(citation) for citation in answer.evidence],
        "retrieved": [
            {"article": hit.passage.article_id, "start": hit.passage.start, "end": hit.passage.end, "score": hit.score}
            for hit in answer.hits
        ],
        "values": outcome.values,
        "timings": dict(answer.timings),
        "model": asdict(answer.model) if answer.model else None,
    }
