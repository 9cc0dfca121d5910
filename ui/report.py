"""A run as one HTML file: its figures, its charts, and every question with what was read and said for it."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus.article import Passage
from corpus.gold.question import GoldQuote
from index.article_index import ArticleIndex
from rag.answer import Answer, Citation, ModelUse
from rag.evaluation.bootstrap import Table
from rag.evaluation.evaluate import Evaluation, Outcome
from rag.evaluation.facts import Facts
from rag.evaluation.failures import Failure
from rag.evaluation.metrics import places_of, touches
from rag.evaluation.ranking import DEPTHS
from rag.evaluation.summary import METRICS, Figure, counted
from ui.charts import (
    RIGHT,
    RIGHTLY_REFUSED,
    STAGES,
    Bar,
    reliability_chart,
    risk_coverage_chart,
    stages_chart,
    svg,
)

if TYPE_CHECKING:
    from jinja2 import Environment

_ASSETS = Path(__file__).parent / "assets"

# What each metric of `rag.evaluation.summary.METRICS` says, in the order in which a question meets them.
SECTIONS: dict[str, dict[str, str]] = {
    "Finding the evidence": {
        "recall@1": "facts stated by the first found",
        **{f"recall@{depth}": f"facts stated by the first {depth} found" for depth in DEPTHS[1:]},
        "mrr@10": "one over the rank of the first that states a fact",
        "ndcg@10": "how near the top all that state a fact stand",
    },
    "Answering from it": {
        "answer_match": "answers that hold a gold answer",
        "answer_em": "answers that are a gold answer, word for word",
        "answer_f1": "words shared with the gold answer",
        "short_em": "short answers that are a gold answer, word for word",
        "short_f1": "their words shared with the gold answer",
        "citation_recall": "gold evidence that is cited",
        "citation_precision": "citations that lie in gold evidence",
        "evidence@1": "best sentence lies in gold evidence",
        "evidence@3": "one of the best three sentences does",
    },
    "Knowing when to refuse": {
        "refusal_recall": "unanswerable questions that are refused",
        "refusal_precision": "refusals that are of unanswerable questions",
        "answered": "answerable questions that are answered",
        "refusal_auroc": "how well confidence tells the two apart",
    },
    "Knowing how sure to be": {
        "aurc": "errors among the surest, over all thresholds; less is better",
        "calibration_error": "confidence against share right; less is better",
    },
    "Time, on the machine that ran it": {
        "latency_ms_p50": "half of the answers take less",
        "latency_ms_p95": "nineteen of twenty take less",
    },
    "What the language model did, for a question": {
        "model_failed": "how often its reply could not be used",
        "weak_sentences": "its sentences that their sources support weakly",
        "unsupported_sentences": "those that they do not support",
        "dropped_sentences": "of these, the ones that were dropped",
        "unknown_citations": "its marks for passages that it was not given",
        "prompt_tokens": "tokens read, with all its calls",
        "completion_tokens": "tokens written",
    },
}

# What it means that a question ended at a stage.
MEANINGS: dict[str, str] = {
    RIGHT: "The answer holds what the gold question asks for.",
    RIGHTLY_REFUSED: "The articles do not hold an answer, and none was given.",
    Failure.NOT_INDEXED: "The index holds none of the gold evidence.",
    Failure.NOT_RETRIEVED: "No passage that was found states the evidence.",
    Failure.RANKED_TOO_LOW: "The evidence was found, but below the passages that were read.",
    Failure.WRONGLY_REFUSED: "The answer was withheld, and the evidence, as far as it is known, was read.",
    Failure.MISREAD: "What is quoted does not answer, and the evidence, as far as it is known, was read.",
    Failure.MIS_CITED: "The answer is right, and none of its citations lies in the evidence.",
    Failure.WRONGLY_ANSWERED: "The articles do not hold an answer, and one was given.",
}


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn chart, or why there is none."""

    title: str
    caption: str
    drawing: str = ""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The articles' titles and the passages that questions refer to, each stored once."""

    index: ArticleIndex
    titles: dict[str, str] = field(default_factory=dict)
    passages: dict[int, dict[str, Any]] = field(default_factory=dict)

    def article(self, article_id: str) -> str:
        """Note an article's title and hand back its id, which stands for it."""
        if article_id not in self.titles:
            try:
                self.titles[article_id] = self.index.title(article_id)
            except KeyError:
                self.titles[article_id] = article_id
        return article_id

    def passage(self, number: int, passage: Passage) -> int:
        """Note a passage and hand back its number, which stands for it."""
        article = self.article(passage.article_id)
        self.passages[number] = {"article": article, "start": passage.start, "text": passage.text}
        return number


def report(evaluation: Evaluation, index: ArticleIndex) -> str:
    """A run as an HTML page that needs no other file; `index` is the one that was asked."""
    from markupsafe import Markup

    script = (_ASSETS / "report.js").read_text("utf-8")
    html = (
        _environment()
        .get_template("report.html")
        .render(
            heading=_heading(evaluation),
            settings=_settings(evaluation),
            sections=_sections(evaluation.metrics),
            charts=_charts(evaluation),
            filters=_filters(evaluation.outcomes),
            data=_data(evaluation.outcomes, index),
            style=Markup((_ASSETS / "report.css").read_text("utf-8")),
            script=Markup(script),
            script_hash=b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii"),
        )
    )
    # A gold file can bring in half of a surrogate pair, and no UTF-8 file can hold one.
    return html.encode("utf-8", "replace").decode("utf-8")


def stage_of(outcome: Outcome) -> str:
    """Where a question ended: its failure, or which way it went well."""
    return outcome.failure or (RIGHTLY_REFUSED if outcome.answer.abstained else RIGHT)


def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_ASSETS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Texts are most of the file: they are written as they are, and without spaces between.
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    return environment


def _heading(evaluation: Evaluation) -> str:
    right = sum(outcome.failure is None for outcome in evaluation.outcomes)
    return f"{right:,} of {_count(len(evaluation.outcomes), 'answer')} right"


def _settings(evaluation: Evaluation) -> str:
    """What was measured: the index, how it was made, and every setting that is set and is not the index's."""
    recipe: dict[str, Any] = evaluation.index["recipe"]
    settings = {name: value for name, value in evaluation.settings.items() if name not in recipe and value != ""}
    made = {name: value for name, value in recipe.items() if name not in ("model", "digest", "dim")}
    answerers = sorted({outcome.answer.answered_by for outcome in evaluation.outcomes})
    parts = (
        _count(len(evaluation.outcomes), "question"),
        _count(evaluation.index["articles"], "article"),
        _count(evaluation.index["passages"], "passage"),
        recipe["model"],
        *(f"{answerer} answers" for answerer in answerers),
        *(f"{name}\u00a0{value}" for name, value in {**made, **settings}.items()),
    )
    return " · ".join(parts)


def _sections(figures: dict[str, Figure]) -> dict[str, list[dict[str, Any]]]:
    """The figures of the run under their headings; a heading without one is left out."""
    sections = {
        heading: [_row(name, said, figures[name]) for name, said in names.items() if name in figures]
        for heading, names in SECTIONS.items()
    }
    return {heading: rows for heading, rows in sections.items() if rows}


def _row(name: str, said: str, figure: Figure) -> dict[str, Any]:
    unit = METRICS[name].unit
    numbers = [f"{number:.0f} {unit}" if unit else f"{number:.3f}" for number in (figure.value, *figure.ci95)]
    value, low, high = numbers
    return {"name": name, "said": said, "figure": figure, "unit": unit, "value": value, "low": low, "high": high}


def _charts(evaluation: Evaluation) -> list[Chart]:
    judged = counted(METRICS["aurc"].table([outcome.values for outcome in evaluation.outcomes]))
    return [
        _stages(evaluation.outcomes),
        _risk_coverage(judged, evaluation.settings["threshold"]),
        _reliability(judged),
    ]


def _stages(outcomes: Sequence[Outcome]) -> Chart:
    title = "Where questions end"
    if not outcomes:
        return Chart(title, "There is nothing to draw: no question was asked.")
    bars = [_bar("all", outcomes)]
    kinds = dict.fromkeys(outcome.gold.kind for outcome in outcomes)
    if set(kinds) != {None}:
        bars += [_bar(kind or "no kind", [item for item in outcomes if item.gold.kind == kind]) for kind in kinds]
    said = ". ".join(f"{bar.name}: {_listed(bar)}" for bar in bars)
    caption = "Right and rightly refused, then the stage at which the others were lost."
    return Chart(title, caption, svg(stages_chart(bars), f"{title}. {said}."))


def _bar(name: str, outcomes: Iterable[Outcome]) -> Bar:
    return Bar(name, Counter(map(stage_of, outcomes)))


def _listed(bar: Bar) -> str:
    return ", ".join(f"{bar.counts[stage]} {stage}" for stage in STAGES if bar.counts.get(stage))


def _risk_coverage(judged: Table, threshold: float) -> Chart:
    title = "Errors by how much is answered"
    if len(judged) < 2:
        return Chart(title, "There is no curve: it takes two questions or more.")
    held = judged[judged[:, 0] >= threshold]
    if len(held):
        share, wrong = len(held) / len(judged), 1 - held[:, 1].mean()
        caption = f"At the threshold of {threshold:g}, {share:.0%} are answered, and {wrong:.0%} of those wrongly."
    else:
        caption = f"At the threshold of {threshold:g}, nothing is answered."
    caption = caption.replace("%", " %")
    return Chart(title, caption, svg(risk_coverage_chart(judged, threshold), f"{title}. {caption}"))


def _reliability(judged: Table) -> Chart:
    title = "Confidence against outcome"
    if len(judged) < 2:
        return Chart(title, "There is no diagram: it takes two questions or more.")
    sure, right = judged.mean(axis=0)
    caption = f"Mean confidence {sure:.2f}, share right if all were answered {right:.2f}; on the dashes they agree."
    return Chart(title, caption, svg(reliability_chart(judged), f"{title}. {caption}"))


def _filters(outcomes: Sequence[Outcome]) -> list[tuple[str, str, int]]:
    """What the questions can be narrowed to: its name for the script, in words, and how many they are."""
    stages = Counter(map(stage_of, outcomes))
    wrong = sum(stages[failure] for failure in Failure)
    refused = sum(outcome.answer.abstained for outcome in outcomes)
    failures = [(str(failure), str(failure), stages[failure]) for failure in Failure if stages[failure]]
    return [("all", "all", len(outcomes)), ("wrong", "wrong", wrong), *failures, ("refused", "refused", refused)]


def _data(outcomes: Sequence[Outcome], index: ArticleIndex) -> dict[str, Any]:
    """What the script shows of each question; positions count characters, not the UTF-16 units of JavaScript."""
    shelf = Shelf(index)
    questions = [_question(outcome, shelf) for outcome in outcomes]
    stages = {
        str(stage): {"means": MEANINGS[stage], "colour": colour, "wrong": stage in list(Failure)}
        for stage, colour in STAGES.items()
    }
    return {"stages": stages, "articles": shelf.titles, "passages": shelf.passages, "questions": questions}


def _question(outcome: Outcome, shelf: Shelf) -> dict[str, Any]:
    gold, answer = outcome.gold, outcome.answer
    facts = Facts.of(gold, shelf.index)
    return {
        "id": gold.id,
        "question": gold.question,
        "history": gold.history,
        "standalone": answer.standalone if answer.standalone != answer.question else None,
        "kind": gold.kind,
        "stage": stage_of(outcome),
        "refused": answer.abstained,
        "confidence": round(answer.confidence, 4),
        "model": _model(answer.model),
        "unanswerable": gold.unanswerable,
        "answers": gold.answers,
        "said": [(item.text, item.citations) for item in answer.sentences] or [(answer.text, ())],
        "quotes": [_quote(citation, shelf) for citation in _shown(answer)],
        "evidence": [_evidence(quote, outcome, shelf) for quote in gold.evidence],
        "depth": len(outcome.hits),
        "hits": [
            {
                "passage": shelf.passage(hit.id, hit.passage),
                "score": [round(score, 3) for score in (hit.score, hit.dense, hit.lexical)],
                "gold": bool(facts.stated_in(hit.passage)),
            }
            for hit in answer.hits
        ],
    }


def _model(use: ModelUse | None) -> str | None:
    """What a language model did for an answer, in a line."""
    if use is None:
        return None
    if use.failure:
        return f"Nothing: {use.failure}"
    done = (
        ("weakly supported", use.weak),
        ("not supported", use.unsupported),
        ("replaced", use.replaced),
        ("dropped", use.dropped),
    )
    told = [f"{number} {what}" for what, number in done if number]
    marks = [_count(use.unknown_citations, "unknown citation")] if use.unknown_citations else []
    tokens = f"{_count(use.prompt_tokens, 'token')} read, {use.completion_tokens:,} written"
    return "; ".join([", ".join([f"{_count(use.sentences, 'sentence')} by {use.name}", *told]), *marks, tokens])


def _shown(answer: Answer) -> tuple[Citation, ...]:
    """What is quoted, or, of a refusal, what was withheld."""
    return answer.withheld if answer.abstained else answer.citations


def _quote(citation: Citation, shelf: Shelf) -> dict[str, Any]:
    return {
        "number": citation.number,
        "article": shelf.article(citation.article_id),
        "start": citation.start,
        "end": citation.end,
        "quote": citation.quote,
    }


def _evidence(quote: GoldQuote, outcome: Outcome, shelf: Shelf) -> dict[str, Any]:
    """A gold quote, where it stands, whether it is cited, and at which rank a passage that states it came first."""
    facts = Facts.of(replace(outcome.gold, evidence=(quote,)), shelf.index)
    cited = places_of(outcome.answer.citations)
    ranks = (rank for rank, hit in enumerate(outcome.hits, start=1) if facts.stated_in(hit.passage))
    return {
        "article": shelf.article(quote.article),
        "quote": quote.quote,
        "fact": quote.fact,
        "places": [place[1:] for places in facts.places for place in places],
        "cited": touches(cited, facts),
        "rank": next(ranks, None),
    }


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
