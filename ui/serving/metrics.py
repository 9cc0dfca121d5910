"""What is counted and timed while the server runs, as Prometheus collects it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

from corpus.errors import BadFilter, BadQuestion, RagError, SettingsError
from ui.serving.logs import request_id, say

if TYPE_CHECKING:
    from rag.answer import Answer
    from rag.chatbot import Chatbot


# What comes of a question.
ANSWERED, REFUSED, ERROR = "answered", "refused", "error"
# Of a question that was no fit one, the log has nothing to explain.
_ASKERS_FAULT = (BadQuestion, BadFilter, SettingsError)
# Seconds: from an extractive answer's milliseconds to the limit of a language model's.
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """The counts of one server, in a registry of its own; safe to share between threads.

    Args:
        log_questions: whether what is logged of an answer holds its question.
    """

    def __init__(self, *, log_questions: bool = False) -> None:
        self._log_questions = log_questions
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self.questions = Counter(
            "rag_questions", "Questions, by the door they came through.", ["door", "outcome"], registry=registry
        )
        self.answer_seconds = Histogram(
            "rag_answer_seconds", "What an answer took, by stage.", ["stage"], registry=registry, buckets=_BUCKETS
        )
        self.model_failures = Counter(
            "rag_language_model_failures", "Answers that a language model was to write and did not.", registry=registry
        )
        self.updates = Counter("rag_updates", "Changes of the index on the page.", ["outcome"], registry=registry)
        self.sign_in_failures = Counter("rag_sign_in_failures", "Wrong names and passwords.", registry=registry)
        self.limited = Counter("rag_limited", "Requests that a limit refused.", ["limit"], registry=registry)
        self.requests = Counter(
            "rag_http_requests", "Requests, by route.", ["method", "route", "status"], registry=registry
        )
        self.request_seconds = Histogram(
            "rag_http_request_seconds", "What a request took.", ["route"], registry=registry, buckets=_BUCKETS
        )

    def ask(self, door: str, chatbot: Chatbot, question: str, **arguments: Any) -> Answer:
        """Ask the chatbot, and count, time and log what comes of it.

        Args:
            door: the way the question came in: `page`, `api`, `v1` or `mcp`.

        Raises:
            RagError: what `Chatbot.ask` raises; for what nobody expected, a line that leads to the log.
        """
        try:
            answer = chatbot.ask(question, **arguments)
        except Exception as error:
            self.questions.labels(door, ERROR).inc()
            raise self._failed(error, door, question) from error
        self.questions.labels(door, REFUSED if answer.abstained else ANSWERED).inc()
        self._timed(answer)
        model = answer.model
        say(
            "answer",
            door=door,
            ms=answer.timings["total"],
            embed_ms=answer.timings["embed"],
            search_ms=answer.timings["search"],
            answer_ms=answer.timings["answer"],
            abstained=answer.abstained,
            passages=len(answer.hits),
            generation=chatbot.index.manifest.generation,
            model=model and model.name,
            model_failure=model and (model.failure or None),
            question=question if self._log_questions else None,
        )
        return answer

    def changed(self, error: Exception | None) -> None:
        """Count and log a change of the index, and what kept it from being made."""
        self.updates.labels(ERROR if error else "done").inc()
        say("index changed" if error is None else "index not changed", reason=error and type(error).__name__)

    def watch(self, name: str, about: str, look: Callable[[], float]) -> None:
        """Show a number as it is whenever it is looked at."""
        Gauge(name, about, registry=self.registry).set_function(look)

    def text(self) -> bytes:
        """Everything in Prometheus' own format."""
        return generate_latest(self.registry)

    def _timed(self, answer: Answer) -> None:
        for stage, milliseconds in answer.timings.items():
            self.answer_seconds.labels(stage).observe(milliseconds / 1000)
        if answer.model and answer.model.failure:
            self.model_failures.inc()

    def _failed(self, error: Exception, door: str, question: str) -> RagError:
        asked = question if self._log_questions else None
        if isinstance(error, RagError):
            if not isinstance(error, _ASKERS_FAULT):
                say("question failed", door=door, reason=str(error), question=asked)
            return error
        say("question failed", level=logging.ERROR, error=error, door=door, question=asked)
        return unexpected()


def unexpected() -> RagError:
    """What a reader is told of an error that nobody expected: where the log says more."""
    return RagError(f"something went wrong: the server's log says what, under {request_id.get() or 'its time'}")
