"""Whether the server is well, and what it has counted, for those who run it."""

from __future__ import annotations

from collections.abc import Callable

import gradio as gr
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST

from corpus.errors import RagError
from rag.chatbot import Chatbot
from ui.door.accounts import Accounts, account_of
from ui.librarian import UNREADABLE
from ui.serving.limits import Turns
from ui.serving.metrics import Metrics

_STOPPING = "The server is being stopped."


def router(chatbot: Callable[[], Chatbot], turns: Turns, metrics: Metrics, accounts: Accounts) -> APIRouter:
    """The addresses `/healthz`, which anyone may ask for, and `/metrics`."""
    routes = APIRouter()

    # Many a probe asks by HEAD.
    @routes.api_route("/healthz", methods=["GET", "HEAD"])
    def health(request: Request) -> Response:
        """Whether questions can be answered; where not, why in a line that names no path.

        What is served is said to those alone who may ask it.
        """
        if turns.is_closed:
            return _unwell(_STOPPING)
        try:
            manifest = chatbot().index.manifest
        except RagError as error:
            return _unwell(UNREADABLE.get(type(error), "The index cannot be opened."))
        if accounts and not account_of(request).name:
            return JSONResponse({"status": "ok"})
        known = {"generation": manifest.generation, "articles": manifest.articles, "passages": manifest.passages}
        return JSONResponse({"status": "ok", **known})

    @routes.get("/metrics")
    def counts() -> Response:
        """See `ui.serving.metrics`."""
        return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)

    return routes


def watch(metrics: Metrics, chatbot: Callable[[], Chatbot], turns: Turns, page: gr.Blocks) -> None:
    """Have the metrics show the index in force, and how much is under way."""

    def of_index(look: Callable[[Chatbot], float]) -> Callable[[], float]:
        def number() -> float:
            try:
                return look(chatbot())
            except RagError:
                return float("nan")

        return number

    metrics.watch("rag_index_generation", "Of the index in force.", of_index(lambda it: it.index.manifest.generation))
    metrics.watch("rag_index_articles", "Articles of the index.", of_index(lambda it: it.index.manifest.articles))
    metrics.watch("rag_index_passages", "Passages of the index.", of_index(lambda it: it.index.manifest.passages))
    metrics.watch("rag_under_way", "Questions and changes that are worked on.", lambda: under_way(turns, page))
    metrics.watch("rag_waiting", "Questions and changes that wait.", lambda: waiting(turns, page))


def under_way(turns: Turns, page: gr.Blocks) -> int:
    """How many questions and changes are worked on, in gradio's queue and beside it."""
    return turns.under_way + sum(len(job) for job in page._queue.active_jobs if job)


def waiting(turns: Turns, page: gr.Blocks) -> int:
    """How many questions and changes wait, in gradio's queue and beside it."""
    return turns.waiting + len(page._queue)


def _unwell(why: str) -> Response:
    return JSONResponse({"status": "unwell", "why": why}, 503)
