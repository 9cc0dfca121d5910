"""The article beside a conversation, open at the words that an answer rests on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import gradio as gr

from corpus.article import Range
from corpus.errors import RagError
from rag.answer import Answer, Citation, ShortAnswer
from rag.chatbot import Chatbot
from rag.quotes import find_quote
from ui.conversations import Conversations
from ui.door.accounts import account_of
from ui.render.article import evidence, no_evidence
from ui.serving.trouble import told


class Quote(NamedTuple):
    """Words that an answer shows, where they began when it was given, and the short answer if it is among them."""

    article_id: str
    start: int
    words: str
    short: ShortAnswer | None = None

    def place_in(self, text: str) -> Range | None:
        """Where the words are now."""
        return find_quote(text, self.words, self.start)

    def stress_in(self, text: str, place: Range | None) -> Range | None:
        """Where the short answer is now, if the words are in some place."""
        if place is None or self.short is None:
            return None
        return find_quote(text, self.short.text, place[0] + self.short.start - self.start)


class EvidenceDesk:
    """Opens what answers rest on, as the articles are now."""

    def __init__(self, chatbot: Callable[[], Chatbot], conversations: Conversations) -> None:
        self._chatbot = chatbot
        self._conversations = conversations

    def open(self, wanted: dict[str, Any], request: gr.Request) -> str:
        """The article behind a quote of an answer, with all its quotes marked; both are named by their buttons."""
        own = self._conversations.of(account_of(request).name)
        try:
            exchange = own.exchange(str(wanted.get("exchange")))
        except RagError as error:
            return no_evidence(told(error, own.owner))
        quotes = _quotes(exchange.reply) if exchange and isinstance(exchange.reply, Answer) else {}
        quote = quotes.get(str(wanted.get("quote")))
        if quote is None:
            return no_evidence("This answer is no longer kept: ask again.")
        return self._marked(own.owner, quote, [other for other in quotes.values() if other is not quote])

    def _marked(self, account: str, quote: Quote, others: Sequence[Quote]) -> str:
        try:
            article = self._chatbot().index.article(quote.article_id)
        except KeyError:
            return no_evidence("This article is no longer in the index. It said:", quote.words)
        except RagError as error:
            return no_evidence(told(error, account), quote.words)
        focus = quote.place_in(article.text)
        found = (other.place_in(article.text) for other in others if other.article_id == article.id)
        note = "" if focus else f"The article has changed since, and these words are no longer in it: “{quote.words}”"
        stress = quote.stress_in(article.text, focus)
        return evidence(article, focus, filter(None, found), stress=stress, note=note)


def _quotes(answer: Answer) -> dict[str, Quote]:
    """What can be opened of an answer, by the name that its button has."""
    if answer.abstained:
        passages = enumerate(hit.passage for hit in answer.hits)
        return {f"nearest-{place}": Quote(item.article_id, item.start, item.text) for place, item in passages}
    return {f"cite-{item.number}": _quote(item, answer.short) for item in answer.citations}


def _quote(citation: Citation, short: ShortAnswer | None) -> Quote:
    within = short if short and short.is_in(citation) else None
    return Quote(citation.article_id, citation.start, citation.quote, within)
