"""The chat page: questions on one side, the words that answer them beside it."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from errno import EADDRINUSE
from pathlib import Path
from typing import Any

# Read when gradio is imported: nothing of what is asked here leaves the machine.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

import gradio as gr

from corpus.article import Range
from corpus.errors import RagError
from rag.answer import Answer
from rag.chatbot import LONGEST_QUESTION, Chatbot
from ui import render
from ui.render import Exchange

EXAMPLES = (
    "Why did Russia back India's membership?",
    "What is the Shanghai Spirit?",
    "Who dominates the Interbank Consortium's lending?",
    "Why has Turkmenistan stayed out of the organisation?",
)
FIRST_PORT = 7860
PORTS_TRIED = 100
# On 2 cores, questions a second and the median wait, by limit: 1: 119, 8 ms; 2: 119, 16 ms; 4: 121, 31 ms.
# A second one keeps a long question from holding up the others; more would only make every answer slower.
CONCURRENT_QUESTIONS = 2
WAITING_QUESTIONS = 64

_ASSETS = Path(__file__).parent / "assets"
_SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "sans-serif")
_MONO = ("ui-monospace", "Menlo", "Consolas", "monospace")

_UNREACHABLE = "The page does not reach its server: start it again."

Exchanges = tuple[Exchange, ...]


class Desk:
    """What the page does with a chatbot; it keeps nothing of a conversation, the reader's session does."""

    def __init__(self, chatbot: Chatbot, examples: Sequence[str]) -> None:
        self._chatbot = chatbot
        # An example that these articles do not answer is no example of them.
        self._examples = [question for question in examples if not chatbot.ask(question).abstained]

    def shown(self, exchanges: Exchanges = ()) -> str:
        """The conversation as HTML."""
        count = self._chatbot.index.manifest.articles
        return render.conversation(exchanges, articles=count, examples=self._examples)

    def ask(self, question: str, exchanges: Exchanges) -> tuple[Exchanges, str, str]:
        """The conversation with one more exchange, as it is kept and as it is shown, and an empty question box."""
        if not question.strip():
            return exchanges, self.shown(exchanges), ""
        exchanges = (*exchanges, Exchange(question.strip(), self._reply(question, exchanges)))
        return exchanges, self.shown(exchanges), ""

    def ask_example(self, exchanges: Exchanges, event: gr.EventData) -> tuple[Exchanges, str, str]:
        """The same for a question that was clicked."""
        return self.ask(str(event.question), exchanges)

    def clear(self) -> tuple[Exchanges, str, str, str]:
        """No conversation, nothing asked, no article open."""
        return (), self.shown(), "", ""

    def evidence(self, wanted: dict[str, Any]) -> str:
        """The article that a citation names, marked; what comes from the browser is checked before it is used."""
        try:
            article = self._chatbot.index.article(str(wanted["article"]))
            return render.evidence(article, _range(wanted["focus"]), map(_range, wanted["others"]))
        except (KeyError, TypeError, ValueError, OverflowError):
            return render.no_evidence("This article is no longer in the index: ask again.")

    def _reply(self, question: str, exchanges: Exchanges) -> Answer | RagError:
        history = [item.turn for item in exchanges if item.turn]
        try:
            return self._chatbot.ask(question, history=history)
        except RagError as error:
            return error


def build_page(chatbot: Chatbot, *, examples: Sequence[str] = EXAMPLES) -> gr.Blocks:
    """The page over a chatbot; of the examples, those that its articles answer are offered."""
    desk = Desk(chatbot, examples)

    # Gradio sets an attribute on the functions that scripts may call, and a bound method takes none.
    def evidence(wanted: dict[str, Any]) -> str:
        return desk.evidence(wanted)

    page = gr.Blocks(title="Ask your articles", analytics_enabled=False, fill_width=True)
    with page:
        exchanges = gr.State(())
        with gr.Row(elem_id="masthead"):
            gr.HTML("<h1>Ask your articles</h1>", apply_default_css=False)
            fresh = gr.Button("New conversation", size="sm", scale=0, elem_id="fresh")
        with gr.Row(elem_id="desk"):
            with gr.Column(elem_id="chat"):
                conversation = _html("conversation", desk.shown())
                question = _question_box()
            article = _html("evidence", "", server_functions=[evidence], unreachable=render.no_evidence(_UNREACHABLE))
        told = [exchanges, conversation, question]
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        question.submit(desk.ask, [question, exchanges], told, **quiet)
        conversation.submit(desk.ask_example, [exchanges], told, **quiet)
        fresh.click(desk.clear, None, [*told, article], queue=False, **quiet)
    page.queue(default_concurrency_limit=CONCURRENT_QUESTIONS, max_size=WAITING_QUESTIONS)
    return page


def start(chatbot: Chatbot, *, host: str = "127.0.0.1", port: int | None = None) -> tuple[gr.Blocks, str]:
    """The page, served in the background, and its address; `close()` ends it.

    Raises:
        RagError: the port is taken, or none near `FIRST_PORT` is free when no port is named.
    """
    page = build_page(chatbot)
    chosen = _free_port(host, port)
    _leave_proxies_out(host)
    page.launch(
        server_name=host,
        server_port=chosen,
        prevent_thread_lock=True,
        quiet=True,
        inline=False,
        share=False,
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        mcp_server=False,
        pwa=False,
        theme=gr.themes.Base(font=_SANS, font_mono=_MONO),
        # In the head as it is written: what is given as `css` is prefixed, and broken at commas inside brackets.
        head=f"<style>{(_ASSETS / 'page.css').read_text('utf-8')}</style>",
    )
    return page, f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{chosen}"


def serve(chatbot: Chatbot, *, host: str = "127.0.0.1", port: int | None = None) -> None:
    """Serve the page until Ctrl+C; see `start`."""
    page, address = start(chatbot, host=host, port=port)
    with suppress(KeyboardInterrupt):
        print(f"Ask your articles at {address}", flush=True)  # noqa: T201
        while True:
            time.sleep(3600)
    page.close(verbose=False)


def _html(name: str, value: str, **more: Any) -> gr.HTML:
    """A part of the page with its script from `assets`."""
    script = (_ASSETS / f"{name}.js").read_text("utf-8")
    return gr.HTML(value, elem_id=name, js_on_load=script, apply_default_css=False, **more)


def _question_box() -> gr.Textbox:
    return gr.Textbox(
        elem_id="question",
        label="Your question",
        show_label=False,
        container=False,
        placeholder="Ask a question",
        submit_btn="Ask",
        autofocus=True,
        max_lines=6,
        max_length=LONGEST_QUESTION,
        html_attributes=gr.InputHTMLAttributes(autocomplete="off", enterkeyhint="send"),
    )


def _free_port(host: str, named: int | None) -> int:
    """The port that was named, or else the first free one; gradio would say neither what is wrong nor where."""
    for port in [named] if named else range(FIRST_PORT, FIRST_PORT + PORTS_TRIED):
        try:
            socket.create_server((host, port)).close()
            return port
        except OverflowError:
            raise RagError(f"{port} is no port: name one from 1 to 65535") from None
        except OSError as error:
            if error.errno != EADDRINUSE:
                raise RagError(f"the page cannot be served at {host}, port {port}: {error.strerror}") from error
    if named:
        raise RagError(f"port {named} is taken: name another, or none to take a free one")
    raise RagError(f"the ports {FIRST_PORT} to {FIRST_PORT + PORTS_TRIED - 1} are all taken: name a free one")


def _leave_proxies_out(host: str) -> None:
    """Gradio asks its own server whether it is up, and would ask a proxy for it where one is set."""
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(filter(None, (os.environ.get(name), host, "localhost")))


def _range(pair: Sequence[Any]) -> Range:
    start, end = pair
    return int(start), int(end)
