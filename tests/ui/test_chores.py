"""What a server forgets by itself."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import gradio as gr
import pytest
from fastapi import Request
from gradio.queueing import Event
from gradio.routes import App

from ui.serving.chores import forget


@pytest.fixture
def page() -> gr.Blocks:
    made = gr.Blocks()
    with made:
        gr.State("")
        made.load(str)
    App.create_app(made)
    return made


def test_pages_that_were_closed_are_forgotten_but_the_last_ones_and_open_ones_never(page: gr.Blocks) -> None:
    sessions = page.state_holder
    for number in range(80):
        sessions[f"{number:02}"].is_closed = number % 4 != 0
        sessions[f"{number:02}"].state_data[0] = "what it showed"
    # It was closed first, and came back.
    sessions["01"].state_data[0] = "what it showed again"
    forget(page)
    closed = [f"{number:02}" for number in range(80) if number % 4]
    left = [*sessions.session_data]
    assert {name for name in left if int(name) % 4} == {"01", *closed[-49:]}
    assert {name for name in left if int(name) % 4 == 0} == {f"{number:02}" for number in range(0, 80, 4)}
    assert sessions.time_last_used.keys() == sessions.session_data.keys()
    assert sessions["01"].state_data[0] == "what it showed again"


def test_what_programs_called_is_forgotten_when_its_reply_was_fetched_or_is_fetched_no_more(page: gr.Blocks) -> None:
    sessions, queue = page.state_holder, page._queue
    ages = {"now": 0.0, "fetched": 2.0, "not fetched": 50.0, "never fetched": 70.0}
    for name, minutes in ages.items():
        assert sessions[name]
        sessions.time_last_used[name] = datetime.now() - timedelta(minutes=minutes)
        queue.pending_messages_per_session[name] = asyncio.Queue()
        queue.pending_event_ids_session[name] = {"a reply"} if "not" in name or "never" in name else set()
    # Those that came too many have lost their sessions, as one has that has not begun.
    under_way = Event("under way", page.fns[0], Request({"type": "http"}), None)
    queue.event_ids_to_events[under_way._id] = under_way
    for name, reply in (("under way", under_way._id), ("done", "a reply")):
        queue.pending_messages_per_session[name] = asyncio.Queue()
        queue.pending_event_ids_session[name] = {reply}
    forget(page)
    assert set(sessions.session_data) == {"now", "not fetched"}
    for kept in (queue.pending_messages_per_session, queue.pending_event_ids_session):
        assert set(kept) == {"now", "not fetched", "under way"}
