"""What a request asks of gradio, read as gradio reads it."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl

import gradio as gr
from pydantic import TypeAdapter, ValidationError
from starlette.types import Scope

from ui.serving.limits import UPLOAD

COMPLETIONS = "/v1/chat/completions"
# What gradio puts into its own queue.
QUEUED = ("call", "queue/join")
# Where gradio does what its page can do.
EVENTS = (*QUEUED, "run")
# Gradio's own names for sessions and events have at most 32 characters.
LONGEST_NAME = 64
_NAMING = ("session_hash", "event_id")

_GRADIO = "/gradio_api/"
_EVENT = re.compile(r"/gradio_api/(?:run|api|call/v2|call)/([^/]*)/?")
_ADDRESS = re.compile(r"\s*[a-z][a-z\d+.-]+:", re.IGNORECASE)
_ASKING = ("ask", "search")
_NUMBER: TypeAdapter[int | None] = TypeAdapter(int | None)


class Events:
    """Which of the page's events are questions: those of its box, and those for programs."""

    def __init__(self, page: gr.Blocks) -> None:
        # The first of a name is the one that is called by it.
        self._by_name = {event.api_name: number for number, event in reversed(page.fns.items())}
        self._others = frozenset(number for number, event in page.fns.items() if not _is_asking(event))

    def is_question(self, way: str, path: str, said: Any) -> bool:
        """Whether a request is a question; what cannot be told is one.

        Args:
            way: as `way_of` names it.
            said: the body's JSON, None where it is none.
        """
        if way == COMPLETIONS:
            return True
        if way == "mcp":
            calls = said if isinstance(said, list) else [said]
            return not all(isinstance(call, dict) and call.get("method") != "tools/call" for call in calls)
        return way in EVENTS and self._event(way, path, said) not in self._others

    def _event(self, way: str, path: str, said: Any) -> int | None:
        """The number of the event that is called; None where there is no telling."""
        if way != "call":
            try:
                number = _NUMBER.validate_python(said.get("fn_index") if isinstance(said, dict) else None)
            except ValidationError:
                return None
            if number is not None:
                return number
        named = _EVENT.fullmatch(path)
        return self._by_name.get(named[1]) if named else None


def _is_asking(event: Any) -> bool:
    return event.api_name in _ASKING or any(name == "ask" for _, name in event.targets)


def way_of(scope: Scope) -> str:
    """How something is asked for whose body is looked at; empty for all else, "other" for what gradio does besides."""
    path = scope["path"].rstrip("/")
    if scope["method"] != "POST" or path == UPLOAD:
        return ""
    if path == COMPLETIONS:
        return COMPLETIONS
    if not path.startswith(_GRADIO):
        return ""
    first, _, rest = path.removeprefix(_GRADIO).partition("/")
    if first == "queue":
        return "queue/join" if rest == "join" else "other"
    return {"run": "run", "api": "run", "call": "call", "mcp": "mcp"}.get(first, "other")


def read(body: bytes) -> Any:
    """The JSON of a body; None where it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def has_long_name(scope: Scope, said: Any = None) -> bool:
    """Whether a session or an event has a longer name than gradio gives any: it keeps them."""
    path: str = scope["path"]
    if not path.startswith(_GRADIO):
        return False
    # The page sends on what its own address asks for, however long.
    query = (value for key, value in parse_qsl(scope["query_string"].decode("latin-1")) if key in _NAMING)
    named = [said.get(key) for key in _NAMING] if isinstance(said, dict) else []
    names = (*path.split("/"), *query, *(name for name in named if isinstance(name, str)))
    return any(len(name) > LONGEST_NAME for name in names)


def is_fetching(said: Any) -> bool:
    """Whether a body names an address where a file of gradio's should be, which gradio would fetch before all else."""
    left = [said]
    while left:
        part = left.pop()
        if isinstance(part, dict):
            path = part.get("path")
            if "meta" in part and isinstance(path, str) and _ADDRESS.match(path):
                return True
            left.extend(part.values())
        elif isinstance(part, list):
            left.extend(part)
    return False
