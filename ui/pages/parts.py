"""What every page is built with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import gradio as gr

ASSETS = Path(__file__).parents[1] / "assets"

UNREACHABLE = "The page does not reach its server: start it again."
# For an event of the page's own: no spinner over what is read, and no endpoint for programs.
QUIETLY: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


def html_part(
    name: str, value: str = "", *server_functions: Callable[..., Any], uses: Sequence[str] = (), **more: Any
) -> gr.HTML:
    """A part of a page, with its script from `assets` after those it uses, and the methods that it may call."""
    return gr.HTML(
        value,
        elem_id=name,
        js_on_load="\n".join((ASSETS / f"{script}.js").read_text("utf-8") for script in (*uses, name)),
        apply_default_css=False,
        server_functions=[_plain(function) for function in server_functions],
        **more,
    )


def _plain(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method as a function: gradio sets an attribute on those that scripts may call, and a method takes none."""

    @wraps(method)
    def function(*arguments: Any) -> Any:
        return method(*arguments)

    return function
