"""The chat page: the conversations on one side, the open one, and beside it the words that answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from corpus.errors import RagError
from index.filters import Filters
from rag.answer import Answer
from rag.answerer import OnToken
from rag.chatbot import LONGEST_QUESTION, Chatbot
from rag.conversation import Turn
from rag.extractive import ExtractiveAnswerer
from rag.receipt import receipt
from rag.suggestions import starters, suggest
from ui.conversations import MOST_EXCHANGES, REASONS, Conversations, Exchange, Verdict, new_id
from ui.door.accounts import account_of
from ui.pages.evidence import EvidenceDesk
from ui.pages.parts import QUIETLY, UNREACHABLE, html_part
from ui.render.article import no_evidence
from ui.render.conversation import conversation, failed, pending, suggestions, unavailable, welcome
from ui.render.history import history
from ui.render.text import notice
from ui.serving.metrics import Metrics
from ui.serving.trouble import told
from ui.working import Done, replies

_MOST_PASSAGES = 50
_GONE = "This answer is no longer kept."
_FULL = f"this conversation has {MOST_EXCHANGES} questions, which is the most: begin a new conversation"
_EVERYWHERE = "Search in all articles"
# Said by the page itself: of two that the server would say the older can come last.
_SAY_SCOPE = f"""(sources, since, until) => {{
  const parts = [(sources ?? []).join(" or "), since && `from ${{since}}`, until && `up to ${{until}}`];
  const limits = parts.filter(Boolean).join(", ");
  return {{ __type__: "update", label: limits ? `Search only in articles ${{limits}}` : "{_EVERYWHERE}" }};
}}"""
# To assets/live.js, which asks it.
_TAKE_QUESTION = (
    "question => { document.dispatchEvent(new CustomEvent('ask', { detail: { question, again: null } })); return ''; }"
)


class Scope(NamedTuple):
    """What a question is asked of, in the order of the page's fields; None in one that was never opened."""

    sources: Sequence[str] | None = None
    since: str | None = None
    until: str | None = None
    passages: int | None = None
    answerer: str | None = None

    def arguments(self) -> dict[str, Any]:
        """What `Chatbot.ask` takes of it; RagError as `filters` says."""
        return {"filters": self.filters, "passages": self.passages, "answerer": self.answerer}

    @property
    def filters(self) -> Filters | None:
        """The filters, or None where all articles are asked; RagError for a date that is none."""
        sources, since, until = frozenset(self.sources or ()), (self.since or "").strip(), (self.until or "").strip()
        return Filters(sources, since or None, until or None) if sources or since or until else None


class Asked(NamedTuple):
    """A question, the conversation it is asked in, what was said there, and the exchange whose place it takes."""

    question: str
    opened: str
    scope: Scope
    before: Sequence[Exchange]
    kept: Conversations  # of whoever asks
    replaced: Exchange | None = None

    @property
    def turns(self) -> list[Turn]:
        """What was said before, as the chatbot takes it."""
        return [exchange.turn for exchange in self.before if exchange.turn]


class Shown(NamedTuple):
    """What an event changes on the page; what is left out stays as it is."""

    open: Any = gr.skip()  # the id of the open conversation, which a new one has from the beginning
    conversation: Any = gr.skip()
    live: Any = gr.skip()  # what is being answered, or how one can go on
    history: Any = gr.skip()


class ChatDesk:
    """What the chat page does with a chatbot and with the conversations it keeps."""

    def __init__(
        self, chatbot: Callable[[], Chatbot], conversations: Conversations, metrics: Metrics | None = None
    ) -> None:
        self._chatbot = chatbot
        self._conversations = conversations
        self._metrics = metrics or Metrics()
        self._examples: tuple[Chatbot | None, list[str]] = None, []

    def show(self, kept: Conversations, opened: str = "") -> Shown:
        """A conversation; a new one where there is none of that id."""
        exchanges = kept.exchanges(opened)
        opened = opened if exchanges else new_id()
        html = conversation(exchanges, name=opened) if exchanges else self._welcome(kept, opened)
        return Shown(opened, html, "", _history(kept, opened))

    def land(self, request: gr.Request) -> Shown:
        """The conversation that the page's address names, by its own id or by that of an answer in it."""
        wanted, kept = dict(request.query_params), self._own(request)
        answer = wanted.get("answer")
        if not answer:
            return self.show(kept, wanted.get("conversation", ""))
        opened = kept.conversation_of(answer)
        return self.show(kept, opened) if opened else self.show(kept)._replace(live=notice(_GONE))

    def look(self, opened: str, event: gr.EventData, request: gr.Request) -> Shown:
        """The open conversation as it is now, if it has gone on from the last exchange that the page shows."""
        kept = self._own(request)
        return Shown() if kept.last(opened) == event.last else self.show(kept, opened)

    def choices(self, chosen: str | None) -> tuple[Any, Any]:
        """The sources and the answerers that there are to choose from, where there is more than one.

        Args:
            chosen: the answerer that was chosen before, which stays so if it still can be.
        """
        try:
            chatbot = self._chatbot()
            sources, answerers = chatbot.index.sources(), chatbot.answerers
        except RagError:
            return gr.skip(), gr.skip()
        return (
            gr.Dropdown(sources, visible=len(sources) > 1),
            gr.Radio(
                [(name if name == ExtractiveAnswerer.name else f"written by {name}", name) for name in answerers],
                value=chosen if chosen in answerers else answerers[0],
                visible=len(answerers) > 1,
            ),
        )

    def ask(self, event: gr.EventData, request: gr.Request, opened: str, *scope: Any) -> Iterator[Shown]:
        """The open conversation with one more exchange: as its answer is written, whole, and with ways to go on.

        The question was typed, or clicked, or is the last one asked again, or changed.
        """
        yield from self._asked(event, self._own(request), opened, Scope(*scope))
        # Gradio sends the last step once more when all is over: by then the page can show a newer answer.
        yield Shown()

    def undo(self, opened: str, event: gr.EventData, request: gr.Request) -> Shown:
        """The conversation without its last exchange."""
        kept, exchange = self._own(request), str(event.exchange)
        if kept.last(opened) == exchange:
            kept.take_back(exchange)
        return self.show(kept, opened)

    def open(self, event: gr.EventData, request: gr.Request) -> Shown:
        """Another conversation."""
        return self.show(self._own(request), str(event.conversation))

    def list_all(self, wanted: dict[str, Any], request: gr.Request) -> str:
        """The list, with the conversations that were used longest ago."""
        return _listed(wanted, self._own(request))

    def rename(self, wanted: dict[str, Any], request: gr.Request) -> str:
        """The list after a conversation got another name."""
        kept = self._own(request)
        kept.rename(str(wanted["conversation"]), str(wanted["name"]))
        return _listed(wanted, kept)

    def delete(self, wanted: dict[str, Any], request: gr.Request) -> str:
        """The list after a conversation was deleted."""
        kept = self._own(request)
        kept.delete(str(wanted["conversation"]))
        return _listed(wanted, kept)

    def judge(self, wanted: dict[str, Any], request: gr.Request) -> str:
        """Keep the reader's verdict; the list of conversations, which leads to all of them."""
        kept = self._own(request)
        reason, correction = wanted.get("reason"), str(wanted.get("correction") or "").strip()
        verdict = Verdict(bool(wanted["liked"]), reason if reason in REASONS else None, correction or None)
        kept.judge(str(wanted["exchange"]), None if wanted["liked"] is None else verdict)
        return _history(kept, str(wanted["open"]))

    def _own(self, request: gr.Request) -> Conversations:
        return self._conversations.of(account_of(request).name)

    def _asked(self, event: gr.EventData, kept: Conversations, opened: str, scope: Scope) -> Iterator[Shown]:
        before, replaced = kept.exchanges(opened), None
        if event.again:
            if kept.last(opened) != event.again:
                yield self.show(kept, opened)
                return
            replaced = before.pop()
        question = str(event.question).strip()
        if len(before) >= MOST_EXCHANGES:
            yield self.show(kept, opened)._replace(live=failed(question, _FULL))
            return
        yield from self._answered(Asked(question, opened or new_id(), scope, before, kept, replaced))

    def _answered(self, asked: Asked) -> Iterator[Shown]:
        said = ""
        yield Shown(live=pending(asked.question, said, conversation=asked.opened))
        try:
            for piece in replies(partial(self._kept, asked)):
                if isinstance(piece, Done):
                    exchange = piece.value
                else:
                    said += piece
                    yield Shown(live=pending(asked.question, said, conversation=asked.opened))
        except RagError as error:
            live = failed(asked.question, told(error, asked.kept.owner))
            yield self.show(asked.kept, asked.opened)._replace(live=live)
            return
        yield self.show(asked.kept, asked.opened)
        if isinstance(exchange.reply, Answer):
            try:
                following = suggest(self._chatbot(), exchange.reply, history=asked.turns, filters=asked.scope.filters)
            except RagError:  # The answer was given; the next question is told what is wrong.
                return
            # In another window the conversation may have gone on.
            if asked.kept.last(asked.opened) == exchange.id:
                yield Shown(live=suggestions(following, conversation=asked.opened))

    def _kept(self, asked: Asked, on_token: OnToken) -> Exchange:
        """Answer, and keep what came of it, even where the reader has left meanwhile."""
        try:
            chatbot = self._chatbot()
            scope = asked.scope.arguments()
            answer = self._metrics.ask("page", chatbot, asked.question, history=asked.turns, on_token=on_token, **scope)
        except RagError as error:
            if asked.replaced:  # An answer is not given up for an error.
                raise
            return asked.kept.add(asked.opened, asked.question, told(error, asked.kept.owner))
        proof = receipt(answer, chatbot.index, chatbot.settings).to_json()
        exchange = asked.kept.add(asked.opened, asked.question, answer, proof)
        if asked.replaced:
            asked.kept.take_back(asked.replaced.id)
        return exchange

    def _welcome(self, kept: Conversations, name: str) -> str:
        """The empty page, with questions to begin with; they are looked for once for each state of the index."""
        try:
            chatbot = self._chatbot()
            if self._examples[0] is not chatbot:
                self._examples = chatbot, starters(chatbot)
        except RagError as error:
            return unavailable(told(error, kept.owner))
        return welcome(chatbot.index.manifest.articles, self._examples[1], name=name)


def _history(kept: Conversations, opened: str, *, in_full: bool = False) -> str:
    """The list of conversations."""
    return history(kept.all(), opened, judged=kept.has_judged(), in_full=in_full)


def _listed(wanted: dict[str, Any], kept: Conversations) -> str:
    """The list of conversations as far as the page showed it."""
    return _history(kept, str(wanted["open"]), in_full=bool(wanted["in_full"]))


def chat_page(page: gr.Blocks, tab: gr.Tab, desk: ChatDesk, evidence: EvidenceDesk, passages: int) -> None:
    """Lay the page out inside a tab; it is filled in when the pages are opened.

    Args:
        passages: how many are read for an answer where the reader sets nothing else.
    """
    with gr.Row(elem_id="desk"):
        with gr.Column(elem_id="side", min_width=0):
            past = html_part("history", "", desk.list_all, desk.rename, desk.delete, uses=["sure"])
        with gr.Column(elem_id="chat"):
            with gr.Column(elem_id="scroll"):
                shown = html_part("conversation", "", desk.judge)
                live = html_part("live")
            fold, scope = _scope_fields(passages)
            box = _question_box()
        html_part("evidence", "", evidence.open, unreachable=no_evidence(UNREACHABLE))
    opened = gr.State("")
    changed = [opened, shown, live, past]
    asked = [opened, *scope]
    for field in scope[:3]:
        field.change(None, scope[:3], fold, js=_SAY_SCOPE, **QUIETLY)
    # Otherwise a question that is asked while ways to go on are still being looked for would be lost.
    always: dict[str, Any] = {"trigger_mode": "multiple", **QUIETLY}
    asking = live.ask(desk.ask, asked, changed, **always)
    # The box is emptied where it is typed in, and is nobody's output: that would wipe what is typed meanwhile.
    box.submit(None, box, box, js=_TAKE_QUESTION, **QUIETLY)
    # What is being answered is kept, but comes no longer into a page that shows something else.
    elsewhere: dict[str, Any] = {"cancels": asking, "queue": False, **QUIETLY}
    shown.undo(desk.undo, opened, changed, **elsewhere)
    past.open(desk.open, None, changed, **elsewhere)
    live.look(desk.look, opened, changed, queue=False, **QUIETLY)
    live.wake(lambda: None, None, None, **QUIETLY)  # Whatever is queued has gradio's page listen to the queue again.
    page.load(desk.land, None, changed, queue=False, **QUIETLY)
    for opening in (page.load, tab.select):
        opening(desk.choices, scope[-1], [scope[0], scope[-1]], queue=False, **QUIETLY)


def _scope_fields(passages: int) -> tuple[gr.Accordion, list[Any]]:
    """What a question is asked of and how, in the order of `Scope`; what there is to choose from comes later."""
    with gr.Accordion(_EVERYWHERE, open=False, elem_id="scope") as fold, gr.Row():
        sources = gr.Dropdown([], multiselect=True, label="Sources", min_width=200)
        since = gr.Textbox(label="Published from", placeholder="2024-07", max_lines=1, min_width=110)
        until = gr.Textbox(label="Published up to", placeholder="2025", max_lines=1, min_width=110)
        read = gr.Slider(1, max(_MOST_PASSAGES, passages), passages, step=1, label="Passages to read", min_width=160)
        answerer = gr.Radio([], label="Answers are", visible=False, min_width=160)
    return fold, [sources, since, until, read, answerer]


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
