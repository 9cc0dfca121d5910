"""An article as HTML, with the quoted characters marked in their place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from itertools import pairwise

from corpus.article import Article, Range
from ui.render.text import notice, tool_button, with_bold, written_date

_BLANK_LINES = re.compile(r"\n\s*\n")
_HEADING = re.compile(r"[^\n]{1,80}[^\n.,;:!?…\"'”’)\]]")
_NOWHERE = (0, 0)


def evidence(
    article: Article,
    focus: Range | None,
    others: Iterable[Range] = (),
    *,
    stress: Range | None = None,
    note: str = "",
) -> str:
    """An article with the characters in focus marked, and those of the same answer's other quotes marked faintly.

    Args:
        focus: None where nothing is in focus: the article is opened to be read, or the words are no longer there.
        stress: the characters in focus that are bold; None where none are.
        note: what there is to say about it, in a line above the text.
    """
    text = marked(article.text, focus or _NOWHERE, others, stress or _NOWHERE)
    region = f'<div class="text" tabindex="0" role="region" aria-label="Text of the article">{text}</div>'
    return _panel(article.title, f'<p class="quiet">{_origin(article)}</p>', (notice(note) if note else "") + region)


def no_evidence(message: str, quote: str = "") -> str:
    """One plain line where an article should be, and the words that were quoted from it."""
    kept = f"<blockquote>{escape(quote)}</blockquote>" if quote else ""
    return _panel("No article", "", notice(message) + kept)


def marked(text: str, focus: Range, others: Iterable[Range] = (), stress: Range = _NOWHERE) -> str:
    """The text as paragraphs with `<mark class="focus">` and `<mark>` at exact characters.

    Without its tags it is the text itself, to the character. Where ranges overlap the focus wins; what is stressed is
    bold where it is in focus.
    """
    marks = _layers(len(text), focus, others)
    bold = _within(focus, stress)
    parts, reached = [], 0
    for start, end in _paragraphs(text):
        kind = ' class="heading"' if _HEADING.fullmatch(text, start, end) else ""
        inside = ((max(first, start), min(last, end), name) for first, last, name in marks)
        body = "".join(_piece(text, (first, last), name, bold) for first, last, name in inside if first < last)
        parts.append(f"{escape(text[reached:start])}<p{kind}>{body}</p>")
        reached = end
    return "".join(parts) + escape(text[reached:])


def _panel(title: str, beneath: str, body: str) -> str:
    """The panel; `assets/evidence.js` fills in which quote of how many it shows."""
    steps = (
        '<nav class="steps" aria-label="Quotes of this answer" hidden>'
        f"{tool_button('previous', 'The quote before (←)')}"
        f'<span class="place" role="status"></span>{tool_button("next", "The next quote (→)")}</nav>'
    )
    return (
        f'<article class="evidence" tabindex="-1" aria-label="{escape(title)}">'
        f"<header><h2>{escape(title)}</h2>{beneath}{steps}{tool_button('close', 'Close the article (Esc)')}</header>"
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
    first, last = _within((0, length), focus)
    faint = [_within((0, length), other) for other in others]
    edges = sorted({0, length, first, last, *(edge for pair in faint for edge in pair)})
    runs: list[tuple[int, int, str]] = []
    for start, end in pairwise(edges):
        quoted = any(begin <= start and end <= stop for begin, stop in faint)
        name = "focus" if first <= start and end <= last else "faint" if quoted else ""
        if runs and runs[-1][2] == name:
            start = runs.pop()[0]
        runs.append((start, end, name))
    return runs


def _within(bounds: Range, pair: Range) -> Range:
    """What of a range lies between two places; nothing, at the nearer of them, where none of it does."""
    first, last = bounds
    start, end = (min(max(edge, first), last) for edge in pair)
    return start, end


def _piece(text: str, run: Range, name: str, bold: Range) -> str:
    (first, last), (begin, end) = run, _within(run, bold)
    said = with_bold(text[first:begin], text[begin:end], text[end:last])
    return f'<mark class="{name}">{said}</mark>' if name else said


def _paragraphs(text: str) -> list[Range]:
    """The ranges between blank lines; in a text that has no blank line, its lines."""
    breaks = list(_BLANK_LINES.finditer(text)) or list(re.finditer(r"\n", text))
    starts = [0, *(found.end() for found in breaks)]
    ends = [*(found.start() for found in breaks), len(text)]
    return [(start, end) for start, end in zip(starts, ends, strict=True) if start < end]
