"""What leaves the page: a conversation as Markdown or as one HTML file, and judged answers as gold questions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote as quote_plainly

from rag.answer import Answer, Sentence
from rag.conversation import Turn
from ui.conversations import Exchange
from ui.render.text import flat, with_bold
from ui.render.work import fallback

_STYLE = Path(__file__).parent / "assets" / "export.css"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
# What Markdown, and templates and formulas in it, take for more than a letter: anywhere, and where a line begins.
_MARKS = re.compile(r"[\\`*_<>#\[\]|~&${}]")
_BEGINS = re.compile(r"^(\d*)([-+=.)])")


def as_markdown(name: str, exchanges: Sequence[Exchange]) -> str:
    """A conversation with the quotes that prove it, for a text editor."""
    parts = [f"# {_plain(name)}"]
    for item in exchanges:
        parts.append(f"## {_plain(item.question)}")
        parts += _markdown(item.reply)
    return "\n\n".join(parts) + "\n"


def as_page(name: str, exchanges: Sequence[Exchange]) -> str:
    """The same as an HTML file that needs no other."""
    body = "".join(_section(number, item) for number, item in enumerate(exchanges, start=1))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>{escape(name)}</title><style>{_STYLE.read_text('utf-8')}</style></head>"
        f"<body><main><h1>{escape(name)}</h1>{body}</main></body></html>"
    )


def as_gold(judged: Sequence[tuple[Exchange, Sequence[Turn]]]) -> str:
    """Judged answers as gold questions for `rag eval`, a line each, where it is known what is right.

    A liked answer's quotes are its evidence, and a liked refusal is right; "should have refused" means that there is no
    answer; what the reader wrote instead of a disliked answer is an answer.
    """
    questions = (_gold(item, turns) for item, turns in judged)
    return "".join(f"{json.dumps(question, ensure_ascii=False)}\n" for question in questions if question)


def _gold(item: Exchange, turns: Sequence[Turn]) -> dict[str, Any] | None:
    assert item.verdict and isinstance(item.reply, Answer)
    right = _right(item)
    history = {"history": turns} if turns else {}
    kind = "liked" if item.verdict.liked else item.verdict.reason or "disliked"
    return {"id": item.id, "question": item.question, **right, **history, "kind": kind} if right else None


def _right(item: Exchange) -> dict[str, Any]:
    """What is right by the reader's verdict; nothing where it does not say."""
    assert item.verdict and isinstance(item.reply, Answer)
    if item.verdict.correction:
        return {"answers": [item.verdict.correction]}
    if item.verdict.reason == "should have refused" or (item.verdict.liked and item.reply.abstained):
        return {"unanswerable": True}
    if item.verdict.liked:
        quotes = [{"article": quote.article_id, "quote": quote.quote} for quote in item.reply.citations]
        return {"evidence": quotes} if quotes else {}
    return {}


def _markdown(reply: Answer | str) -> Iterator[str]:
    if isinstance(reply, str):
        yield f"*{_plain(reply)}*"
        return
    yield " ".join(map(_marked, reply.sentences)) or _plain(reply.text)
    if instead := fallback(reply):
        yield f"*{_plain(instead)}*"
    for quote in reply.citations:
        link = f" (<{_address(quote.url)}>)" if quote.url and _is_web(quote.url) else ""
        yield f"> [{quote.number}] {_plain(quote.quote)}\n> — *{_plain(quote.title)}*{link}"


def _marked(sentence: Sentence) -> str:
    doubted, marks = sentence.doubt, "".join(f"[{number}]" for number in sentence.citations)
    return " ".join(filter(None, (_plain(sentence.text), marks, f"*({doubted})*" if doubted else "")))


def _section(number: int, item: Exchange) -> str:
    if isinstance(item.reply, str):
        said = f'<p class="error">{escape(item.reply)}</p>'
    else:
        instead = fallback(item.reply)
        note = f'<p class="fallback">{escape(instead)}</p>' if instead else ""
        said = f"<p>{_sentences(number, item.reply)}</p>{_quotes(number, item.reply)}{note}"
    return f"<section><h2>{escape(item.question)}</h2>{said}</section>"


def _sentences(section: int, answer: Answer) -> str:
    def mark(number: int) -> str:
        return f'<a href="#q{section}-{number}">[{number}]</a>'

    def said(item: Sentence) -> str:
        doubted, marks = item.doubt, "".join(map(mark, item.citations))
        if not doubted:
            return f"{with_bold(*answer.stressed(item))} {marks}"
        return f'<span class="{item.standing}">{escape(item.text)}</span> {marks} <em>({doubted})</em>'

    return " ".join(map(said, answer.sentences)) or escape(answer.text)


def _quotes(section: int, answer: Answer) -> str:
    def title(text: str, url: str | None) -> str:
        return f'<a href="{escape(url or "")}">{escape(text)}</a>' if _is_web(url) else escape(text)

    lines = (
        f'<li id="q{section}-{item.number}" value="{item.number}"><q>{escape(item.quote)}</q> '
        f"<cite>{title(item.title, item.url)}</cite></li>"
        for item in answer.citations
    )
    return f"<ol>{''.join(lines)}</ol>" if answer.citations else ""


def _is_web(url: str | None) -> bool:
    return bool(url) and str(url).lower().startswith(("http://", "https://"))


def _address(url: str) -> str:
    """An address that stays inside the brackets that Markdown puts around one."""
    return quote_plainly(url, safe="!#$%&'()*+,/:;=?@[]~", errors="replace")


def _plain(text: str) -> str:
    """Text that Markdown shows as it is: on one line, and its marks without their meaning."""
    return _BEGINS.sub(r"\1\\\2", _MARKS.sub(r"\\\g<0>", flat(text)))
