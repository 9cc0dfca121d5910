"""What can be downloaded from the page: conversations, receipts, and judged answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from fastapi import APIRouter, HTTPException, Response

from ui.conversations import Conversations, Exchange
from ui.exports import as_gold, as_markdown, as_page

Kept = TypeVar("Kept")


def router(conversations: Conversations) -> APIRouter:
    """The addresses, each answering with a file."""
    routes = APIRouter()

    @routes.get("/conversations/{name}.md")
    def markdown(name: str) -> Response:
        return _file("conversation.md", "text/markdown", _written(name, as_markdown))

    @routes.get("/conversations/{name}.html")
    def page(name: str) -> Response:
        return _file("conversation.html", "text/html", _written(name, as_page))

    @routes.get("/answers/{name}/receipt.json")
    def receipt(name: str) -> Response:
        return _file(f"receipt-{name}.json", "application/json", known(conversations.receipt(name)))

    @routes.get("/judged.jsonl")
    def judged() -> Response:
        return _file("judged.jsonl", "application/jsonl", as_gold(conversations.judged()))

    def _written(name: str, write: Callable[[str, list[Exchange]], str]) -> str:
        return write(known(conversations.get(name)).name, conversations.exchanges(name))

    return routes


def known(found: Kept | None, gone: str = "It is no longer kept.") -> Kept:
    """What was found, or else the answer that it is not there."""
    if found is None:
        raise HTTPException(404, gone)
    return found


def _file(name: str, kind: str, text: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return Response(text, media_type=f"{kind}; charset=utf-8", headers=headers)
