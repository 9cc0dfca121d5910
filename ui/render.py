"""Answers and articles as HTML. Everything that is not written here is escaped before it becomes part of a page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from itertools import pairwise

from corpus.article import Article, Range
from corpus.errors import RagError
from rag.answer import Answer, Citation
from rag.conversation import Turn

# Words, because the number is a probability for harder askers than most (see `rag.confidence`).
_CONFIDENCE_WORDS = ((0.6, "High confidence"), (0.35, "Fair confidence"), (0.0, "Low confidence"))
_NEAREST = 3
_PREVIEW = 150
_BLANK_LINES = re.compile(r"\n\s*\n")
_HEADING = re.compile(r"[^\n]{1,80}[^\n.,;:!?…\"'”’)\]]")


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and what came of it: an answer, or the error that prevented one."""

    question: str
    reply: Answer | RagError

    @property
    def turn(self) -> Turn | None:
        """The exchange as the chatbot remembers it; an error is nothing to remember."""
        return (self.question, self.reply.text) if isinstance(self.reply, Answer) else None


def conversation(exchanges: Sequence[Exchange], *, articles: int, examples: Sequence[str] = ()) -> str:
    """The conversation so far, or a welcome with example questions when there is none."""
    inner = "".join(map(exchange, exchanges)) if exchanges else _welcome(articles, examples)
    return f'<div class="conversation" role="log" aria-label="Conversation">{inner}</div>'


def exchange(item: Exchange) -> str:
    """A question and its answer, refusal or error."""
    if isinstance(item.reply, RagError):
        said = notice(str(item.reply))
    elif item.reply.abstained:
        said = _refusal(item.reply)
    else:
        said = _answer(item.reply)
    return f'<section class="exchange"><h2 class="asked">{escape(item.question)}</h2>{said}</section>'


def notice(message: str) -> str:
    """One plain line in place of an answer or an article."""
    return f'<p class="notice" role="alert">{escape(_flat(message))}</p>'


def evidence(article: Article, focus: Range, others: Iterable[Range] = ()) -> str:
    """An article with the characters in focus marked, and those of the same answer's other quotes marked faintly."""
    text = marked(article.text, focus, others)
    region = f'<div class="text" tabindex="0" role="region" aria-label="Text of the article">{text}</div>'
    return _panel(article.title, f'<p class="quiet">{_origin(article)}</p>', region)


def no_evidence(message: str) -> str:
    """One plain line where an article should be."""
    return _panel("No article", "", notice(message))


def marked(text: str, focus: Range, others: Iterable[Range] = ()) -> str:
    """The text as paragraphs with `<mark class="focus">` and `<mark>` at exact characters.

    Without its tags it is the text itself, to the character. Where ranges overlap the focus wins.
    """
    marks = _layers(len(text), focus, others)
    parts, reached = [], 0
    for start, end in _paragraphs(text):
        kind = ' class="heading"' if _HEADING.fullmatch(text, start, end) else ""
        inside = ((max(first, start), min(last, end), name) for first, last, name in marks)
        body = "".join(_piece(text[first:last], name) for first, last, name in inside if first < last)
        parts.append(f"{escape(text[reached:start])}<p{kind}>{body}</p>")
        reached = end
    return "".join(parts) + escape(text[reached:])


def work_line(answer: Answer) -> str:
    """What was done for an answer and how long it took: "12 passages from 4 articles, 9 ms"."""
    articles = len({hit.passage.article_id for hit in answer.hits})
    read = f"{_count(len(answer.hits), 'passage')} from {_count(articles, 'article')}"
    return f"{read}, {answer.timings['total']:.0f} ms" if "total" in answer.timings else read


def written_date(published: str) -> str:
    """An ISO 8601 date in words, as precise as it is: "2024-07" is "July 2024"."""
    try:
        year, month, day = (*map(int, published.split("-")), 1, 1)[:3]
        whole = date(year, month, day)
    except ValueError:
        return published
    return (f"{year}", f"{whole:%B} {year}", f"{day} {whole:%B} {year}")[min(published.count("-"), 2)]


def _welcome(articles: int, examples: Sequence[str]) -> str:
    buttons = "".join(
        f'<li><button type="button" class="example" data-question="{escape(question)}">{escape(question)}</button></li>'
        for question in examples
    )
    return (
        f'<div class="welcome"><h2>Ask {_count(articles, "article")}</h2>'
        "<p>Every sentence of an answer opens the words it rests on. What the articles do not hold is not answered.</p>"
        f"{f'<ul>{buttons}</ul>' if buttons else ''}</div>"
    )


def _answer(answer: Answer) -> str:
    cited = {item.number: item for item in answer.citations}
    sentences = (
        f"{escape(sentence.text)} {''.join(_cite(cited[number]) for number in sentence.citations)}"
        for sentence in answer.sentences
    )
    return (
        f'<div class="answer"><p class="said">{" ".join(sentences)}</p>{_sources(answer.citations)}'
        f'<p class="quiet">{_meter(answer.confidence)}<span class="work">{work_line(answer)}</span></p></div>'
    )


def _refusal(answer: Answer) -> str:
    passages = [hit.passage for hit in answer.hits[:_NEAREST]]
    nearest = "".join(
        f'<li><button type="button" class="nearest" {_place(passage.article_id, passage.start, passage.end)}>'
        f"{escape(_shortened(passage.text))}</button></li>"
        for passage in passages
    )
    return (
        f'<div class="refusal"><h3>Not in these articles</h3><p class="said">{escape(answer.text)}</p>'
        f"{f'<p>What comes nearest:</p><ul>{nearest}</ul>' if nearest else ''}"
        f'<p class="quiet"><span class="work">{work_line(answer)}</span></p></div>'
    )


def _cite(citation: Citation) -> str:
    """The mark of a citation: hovering shows the quote, clicking opens it."""
    return (
        f'<button type="button" class="cite" {_place(citation.article_id, citation.start, citation.end)} '
        f'title="{escape(f"“{_flat(citation.quote)}” ({citation.title})")}">[{citation.number}]</button>'
    )


def _sources(citations: Sequence[Citation]) -> str:
    """The articles cited, each once, with the numbers that point into it."""
    numbers: dict[str, list[Citation]] = {}
    for item in citations:
        numbers.setdefault(item.article_id, []).append(item)
    lines = (
        f"<li>{escape(items[0].title)} "
        f'<span class="numbers">{"".join(f"[{item.number}]" for item in items)}</span></li>'
        for items in numbers.values()
    )
    return f'<ul class="sources" aria-label="Articles cited">{"".join(lines)}</ul>'


def _place(article_id: str, start: int, end: int) -> str:
    """The attributes by which a button says what it opens; `assets/evidence.js` reads them."""
    return f'data-article="{escape(article_id)}" data-start="{start}" data-end="{end}"'


def _meter(confidence: float) -> str:
    words = next(words for least, words in _CONFIDENCE_WORDS if confidence >= least)
    percent = round(100 * confidence)
    return (
        f'<span class="confidence" title="How sure it is that these quotes answer"><span>{words}</span>'
        f'<span class="bar" role="meter" aria-label="Confidence" aria-valuemin="0" aria-valuemax="100" '
        f'aria-valuenow="{percent}"><span style="width:{percent}%"></span></span></span>'
    )


def _panel(title: str, beneath: str, body: str) -> str:
    return (
        f'<article class="evidence" tabindex="-1" aria-label="{escape(title)}">'
        f"<header><h2>{escape(title)}</h2>{beneath}"
        '<button type="button" class="close" aria-label="Close the article" title="Close (Esc)">✕</button></header>'
        f"{body}</article>"
    )


def _origin(article: Article) -> str:
    known = (article.source, article.author, article.published and written_date(article.published))
    said = [escape(part) for part in known if part]
    if article.url and re.match(r"https?://", article.url, re.IGNORECASE):
        link = f'<a href="{escape(article.url)}" target="_blank" rel="noopener noreferrer">original</a>'
        said.append(link)
    return " · ".join(said)


def _layers(length: int, focus: Range, others: Iterable[Range]) -> list[tuple[int, int, str]]:
    """The whole text as runs that are plain, marked faintly or in focus; neighbours of one kind are one run."""
    first, last = _within(length, focus)
    faint = [_within(length, other) for other in others]
    edges = sorted({0, length, first, last, *(edge for pair in faint for edge in pair)})
    runs: list[tuple[int, int, str]] = []
    for start, end in pairwise(edges):
        quoted = any(begin <= start and end <= stop for begin, stop in faint)
        name = "focus" if first <= start and end <= last else "faint" if quoted else ""
        if runs and runs[-1][2] == name:
            start = runs.pop()[0]
        runs.append((start, end, name))
    return runs


def _within(length: int, pair: Range) -> Range:
    start, end = (min(max(edge, 0), length) for edge in pair)
    return start, end


def _piece(text: str, name: str) -> str:
    return f'<mark class="{name}">{escape(text)}</mark>' if name else escape(text)


def _paragraphs(text: str) -> list[Range]:
    """The ranges between blank lines; in a text that has no blank line, its lines."""
    breaks = list(_BLANK_LINES.finditer(text)) or list(re.finditer(r"\n", text))
    starts = [0, *(found.end() for found in breaks)]
    ends = [*(found.start() for found in breaks), len(text)]
    return [(start, end) for start, end in zip(starts, ends, strict=True) if start < end]


def _flat(text: str) -> str:
    return " ".join(text.split())


def _shortened(text: str) -> str:
    flat = _flat(text)
    return flat if len(flat) <= _PREVIEW else flat[:_PREVIEW].rsplit(" ", 1)[0] + " …"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
