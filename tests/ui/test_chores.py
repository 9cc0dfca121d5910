"""What a server forgets by itself."""

from __future__ import annotations

import gradio as gr
from gradio.routes import App

from ui.serving.chores import forget_closed


def test_pages_that_were_closed_are_forgotten_but_the_last_ones_and_open_ones_never() -> None:
    with gr.Blocks() as page:
        gr.State("")
    App.create_app(page)
    sessions = page.state_holder
    for number in range(80):
        sessions[f"{number:02}"].is_closed = number % 4 != 0
    # It was closed first, and came back.
    sessions["01"].state_data[0] = "what it showed"
    forget_closed(page)
    closed = [f"{number:02}" for number in range(80) if number % 4]
    left = [*sessions.session_data]
    assert {name for name in left if int(name) % 4} == {"01", *closed[-49:]}
    assert {name for name in left if int(name) % 4 == 0} == {f"{number:02}" for number in range(0, 80, 4)}
    assert sessions.time_last_used.keys() == sessions.session_data.keys()
    assert sessions["01"].state_data[0] == "what it showed"
