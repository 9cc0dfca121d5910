"""What can be downloaded from the page: conversations, receipts, and judged answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from fastapi import APIRouter, HTTPException, Request, Response

from ui.conversations import Conversations, Exchange
from ui.door.accounts import account_of
from ui.exports import as_gold, as_markdown, as_page

Kept = TypeVar("Kept")


def router(conversations: Conversations) -> APIRouter:
    """The addresses, each answering with a file."""
    routes = APIRouter()

    @routes.get("/conversations/{name}.md")
    def markdown(name: str, request: Request) -> Response:
        return _file("conversation.md", "text/markdown", _written(_own(request), name, as_markdown))

    @routes.get("/conversations/{name}.html")
    def page(name: str, request: Request) -> Response:
        return _file("conversation.html", "text/html", _written(_own(request), name, as_page))

    @routes.get("/answers/{name}/receipt.json")
    def receipt(name: str, request: Request) -> Response:
        return _file(f"receipt-{name}.json", "application/json", known(_own(request).receipt(name)))

    @routes.get("/judged.jsonl")
    def judged(request: Request) -> Response:
        return _file("judged.jsonl", "application/jsonl", as_gold(_own(request).judged()))

    def _own(request: Request) -> Conversations:
        return conversations.of(account_of(request).name)

    return routes


def known(found: Kept | None, gone: str = "It is no longer kept.") -> Kept:
    """What was found, or else the answer that it is not there."""
    if found is None:
        raise HTTPException(404, gone)
    return found


def _written(kept: Conversations, name: str, write: Callable[[str, list[Exchange]], str]) -> str:
    return write(known(kept.get(name)).name, kept.exchanges(name))


def _file(name: str, kind: str, text: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return Response(text, media_type=f"{kind}; charset=utf-8", headers=headers)
