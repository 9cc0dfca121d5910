"""The pages as one: questions and answers, the articles they are asked of, and how good the answers are."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import Any

import gradio as gr

from rag.current import CurrentChatbot
from ui.api import add_endpoints
from ui.conversations import Conversations
from ui.door.accounts import Accounts, account_of
from ui.door.sign_in import SIGN_OUT
from ui.librarian import Librarian
from ui.pages.chat import ChatDesk, chat_page
from ui.pages.evaluation import EvaluationDesk, evaluation_page
from ui.pages.evidence import EvidenceDesk
from ui.pages.library import LibraryDesk, library_page
from ui.pages.parts import ASSETS, QUIETLY, html_part
from ui.runs import Runs
from ui.serving.events import guard
from ui.serving.metrics import Metrics
from ui.uploads import Uploads

# On 2 cores, questions a second and the median wait, by limit: 1: 119, 8 ms; 2: 119, 16 ms; 4: 121, 31 ms.
# A second one keeps a long question from holding up the others; more would only make every answer slower.
CONCURRENT_QUESTIONS = 2
WAITING_QUESTIONS = 64
# A language model at an address is waited for, not worked for: no reader should wait for what others asked it.
CONCURRENT_WRITINGS = 8

# Gradio's own copies of what was uploaded: each hour, those of a day ago, in seconds.
_UPLOADS_GO = (3_600, 86_400)
_SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "sans-serif")
_MONO = ("ui-monospace", "Menlo", "Consolas", "monospace")
_STYLES = ("base", "tools", "chat", "evidence", "library", "evaluation")


@dataclass(frozen=True, slots=True)
class Site:
    """What the pages are about: an index with its chatbot, what readers leave, who they are, and what is counted."""

    chatbot: CurrentChatbot
    conversations: Conversations
    runs: Runs
    uploads: Uploads
    accounts: Accounts = field(default_factory=Accounts)
    metrics: Metrics = field(default_factory=Metrics)


def build_page(site: Site) -> gr.Blocks:
    """The pages over an index, and the endpoints for programs."""
    chatbot, conversations, settings = site.chatbot, site.conversations, site.chatbot.settings
    page = gr.Blocks(title="Ask your articles", analytics_enabled=False, fill_width=True, delete_cache=_UPLOADS_GO)
    with page:
        # First, so that nothing of the page's own takes their names.
        add_endpoints(chatbot, settings.passages, site.metrics)
        masthead = html_part("masthead", _masthead())
        with gr.Tabs(elem_id="pages"):
            with gr.Tab("Chat", id="chat") as tab:
                desk = ChatDesk(chatbot, conversations, site.metrics)
                chat_page(page, tab, desk, EvidenceDesk(chatbot, conversations), settings.passages)
            with gr.Tab("Library", id="library") as tab:
                library_page(tab, LibraryDesk(Librarian.open(chatbot, site.uploads), site.metrics))
            with gr.Tab("Evaluation", id="evaluation") as tab:
                evaluation_page(tab, EvaluationDesk(chatbot, chatbot.location, conversations, site.runs))
        if site.accounts:
            page.load(_signed_in, None, masthead, queue=False, **QUIETLY)
    limit = CONCURRENT_WRITINGS if _is_waiting(site) else CONCURRENT_QUESTIONS
    page.queue(default_concurrency_limit=limit, max_size=WAITING_QUESTIONS)
    guard(page)
    return page


def share_of(site: Site) -> int:
    """How many questions one of many readers may have under way on the page, so that there is room for the others."""
    return (CONCURRENT_WRITINGS if _is_waiting(site) else WAITING_QUESTIONS) // 2


def _is_waiting(site: Site) -> bool:
    """Whether answers are waited for, from a language model at an address."""
    return "://" in site.chatbot.settings.llm


def appearance() -> dict[str, Any]:
    """How the pages look, as `gradio.mount_gradio_app` takes it."""
    styles = "\n".join((ASSETS / f"{name}.css").read_text("utf-8") for name in _STYLES)
    # In the head as it is written: what is given as `css` is prefixed, and broken at commas inside brackets.
    return {"theme": gr.themes.Base(font=_SANS, font_mono=_MONO), "head": f"<style>{styles}</style>"}


def _signed_in(request: gr.Request) -> str:
    return _masthead(account_of(request).name)


def _masthead(name: str = "") -> str:
    leaving = (
        f'<form method="post" action="{SIGN_OUT}" id="account"><span class="quiet">{escape(name)}</span>'
        f'<button class="tool leave" aria-label="Sign out" title="Sign out {escape(name)}"></button></form>'
    )
    return (
        '<h1>Ask your articles</h1><button type="button" class="tool side" id="side-toggle" '
        'aria-label="Show or hide the conversations" title="Conversations"></button>'
        f'<button type="button" id="fresh">New conversation</button>{leaving if name else ""}'
    )
