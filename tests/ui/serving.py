"""What the tests of the doors for programs share: articles, and a server for an application."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any, TypeVar

import gradio as gr
import httpx
import uvicorn
from fastapi import FastAPI, Request

from index.build import build
from ui.door.accounts import Account

Come = TypeVar("Come")

ARTICLES = {
    "lamp.md": (
        "---\nsource: Coast\npublished: 2021-05-01\nurl: https://example.org/lamp\n---\n# The lighthouse\n\n"
        "The lamp was given up because ships carry radio beacons. The tower was painted by Clara Voss in 1921.\n"
    ),
    "cats.md": (
        "---\nsource: Pets\npublished: 2023\n---\n# Cats\n\n"
        "Cats sleep by day, because mice are out at night. They hunt alone.\n"
    ),
}
LAMP = "Why was the lamp given up?"
CATS = "When do cats sleep?"
UNKNOWN = "What is the capital of Australia?"


def built(folder: Path) -> Path:
    """An index of the articles."""
    (folder / "articles").mkdir()
    for name, text in ARTICLES.items():
        (folder / "articles" / name).write_text(text, "utf-8")
    build([folder / "articles"], folder / "index")
    return folder / "index"


def asked_by(account: Account | None = None) -> gr.Request:
    """A request of an account, or of whoever is at a page without accounts, as events of the page get it."""
    return gr.Request(Request({"type": "http", "user": account or Account("", "editor")}))


def event_of(client: httpx.Client, name: str) -> int:
    """The number of the page's event of some name, such as `ask`."""
    events = client.get("/config").raise_for_status().json()["dependencies"]
    return next(int(event["id"]) for event in events if any(target[1] == name for target in event["targets"]))


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """An application on a free port; its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


def come_to(work: Coroutine[Any, Any, Come]) -> Come:
    """What a coroutine comes to, in a thread of its own: a browser's driver keeps a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    ends = monotonic() + 60
    while not is_so():
        assert monotonic() < ends
        sleep(0.05)
