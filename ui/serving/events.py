"""What the page does for a reader: under the name of the request that asked for it, and with every error told."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import wraps
from typing import Any

import gradio as gr
from gradio.context import LocalContext
from starlette.exceptions import HTTPException

from corpus.errors import RagError
from ui.serving.limits import account_name
from ui.serving.logs import request_id, say
from ui.serving.metrics import unexpected
from ui.serving.trouble import told


def guard(page: gr.Blocks) -> None:
    """Guard every event of a page that is built: gradio would print a traceback, and tell the reader nothing."""
    for event in page.fns.values():
        # Those of gradio itself cancel others, and wait in its loop.
        if event.fn and not event.cancels:
            event.fn = _guarded(event.fn)
    for part in page.blocks.values():
        if isinstance(part, gr.HTML) and part.server_fns:
            functions = [_replying(_guarded(function)) for function in part.server_fns]
            # Gradio makes the part anew for each session in which it was changed.
            part.constructor_args["server_functions"] = functions
            for function in functions:
                setattr(part, function.__name__, function)


def asker() -> str:
    """The name of the account that gradio does something for, in whatever thread; empty where there are no accounts."""
    request = LocalContext.request.get(None)
    return account_name(getattr(request, "request", request).scope) if request else ""


def _guarded(work: Callable[..., Any]) -> Callable[..., Any]:
    if inspect.isgeneratorfunction(work):

        @wraps(work)
        def steps(*arguments: Any, **named: Any) -> Iterator[Any]:
            with closing(work(*arguments, **named)) as made:
                while True:
                    # Gradio takes each step in a context of its own.
                    with _told(work.__name__):
                        try:
                            step = next(made)
                        except StopIteration:
                            return
                    yield step

        return steps

    @wraps(work)
    def call(*arguments: Any, **named: Any) -> Any:
        with _told(work.__name__):
            return work(*arguments, **named)

    return call


def _replying(work: Callable[..., Any]) -> Callable[..., Any]:
    """What a page's script calls, with its errors as replies: gradio has none for them."""

    @wraps(work)
    def call(*arguments: Any) -> Any:
        try:
            return work(*arguments)
        except gr.Error as error:
            raise HTTPException(500, str(error.message)) from error

    return call


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Work under the name of the request, and tell what goes wrong."""
    request_id.set(_request())
    try:
        yield
    except gr.Error:
        raise
    except RagError as error:
        raise gr.Error(told(error, asker()), print_exception=False) from error
    except Exception as error:
        say("event failed", level=logging.ERROR, error=error, name=name)
        raise gr.Error(str(unexpected()), print_exception=False) from error


def _request() -> str:
    """The name of the request that gradio does something for, in whatever thread."""
    request = getattr(LocalContext.request.get(None), "request", None)
    name: str = request.scope["state"].get("request_id", "") if request else request_id.get()
    return name
