"""Asks gold questions and says how good the answers are."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from corpus.gold import GoldQuestion, locate
from rag.answer import Answer
from rag.chatbot import Chatbot
from rag.evaluation.bootstrap import interval
from rag.evaluation.metrics import Place, Values, measure, summary

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Metric:
    """A mean over `n` questions, with its 95 % interval where it is a mean of values of its own."""

    value: float
    ci95: tuple[float, float] | None
    n: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question, what was answered, and what was measured of it."""

    gold: GoldQuestion
    answer: Answer
    values: Values


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A run over gold questions: its figures, how it was set, and every question with its answer."""

    metrics: dict[str, Metric]
    settings: dict[str, Any]
    index: dict[str, Any]
    outcomes: tuple[Outcome, ...]

    def to_json(self) -> str:
        """The run as `--json` writes it: metrics, settings, index, questions."""
        return json.dumps(
            {
                "metrics": {name: asdict(metric) for name, metric in self.metrics.items()},
                "settings": self.settings,
                "index": self.index,
                "questions": [_as_written(outcome) for outcome in self.outcomes],
            },
            indent=1,
            ensure_ascii=False,
        )


def evaluate(questions: Sequence[GoldQuestion], chatbot: Chatbot, *, progress: Progress | None = None) -> Evaluation:
    """Ask every question of a chatbot and measure the answers.

    Args:
        progress: called with how many questions are done, and how many there are.
    """
    outcomes = []
    for count, gold in enumerate(questions, start=1):
        answer = chatbot.ask(gold.question, history=gold.history)
        outcomes.append(Outcome(gold, answer, measure(gold, answer, _facts(gold, chatbot))))
        if progress:
            progress(count, len(questions))
    manifest = chatbot.index.manifest
    return Evaluation(
        metrics=_metrics(outcomes),
        settings=asdict(chatbot.settings),
        index={"recipe": asdict(manifest.recipe), "articles": manifest.articles, "passages": manifest.passages},
        outcomes=tuple(outcomes),
    )


def _facts(gold: GoldQuestion, chatbot: Chatbot) -> list[list[Place]]:
    """Where the articles of the index state each fact; a fact that none of them states has no place."""
    facts: dict[int, list[Place]] = {}
    for quote in gold.evidence:
        places = facts.setdefault(quote.fact, [])
        article = _article_text(quote.article, chatbot)
        if found := locate(quote.quote, article):
            places.append((quote.article, *found))
    return [places for places in facts.values() if places]


def _article_text(article_id: str, chatbot: Chatbot) -> str:
    try:
        return chatbot.index.article(article_id).text
    except KeyError:
        return ""


def _metrics(outcomes: Sequence[Outcome]) -> dict[str, Metric]:
    means = {
        name: Metric(float(np.mean(values)), interval(values), len(values))
        for name, values in summary([outcome.values for outcome in outcomes]).items()
        if values
    }
    spent = [outcome.answer.timings["total"] for outcome in outcomes]
    latency = {
        f"latency_ms_p{percent}": Metric(float(np.percentile(spent, percent)), None, len(spent)) for percent in (50, 95)
    }
    return {**means, **latency}


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
        "citations": [asdict(citation) for citation in answer.citations],
        "retrieved": [
            {"article": hit.passage.article_id, "start": hit.passage.start, "end": hit.passage.end, "score": hit.score}
            for hit in answer.hits
        ],
        "values": outcome.values,
        "timings": dict(answer.timings),
    }
