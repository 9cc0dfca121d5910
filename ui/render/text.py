"""What several parts of the page are made of. Everything that is not written here is escaped before it is shown."""

from __future__ import annotations

from datetime import date
from html import escape

_PREVIEW = 150


def notice(message: str) -> str:
    """One plain line in place of an answer or an article."""
    return f'<p class="notice" role="alert">{escape(flat(message))}</p>'


def tool_button(name: str, label: str, *, more: str = "") -> str:
    """A button that shows an icon of `assets/tools.css`; its label is read out, and shown when it is pointed at."""
    said = escape(label)
    return f'<button type="button" class="tool {name}" aria-label="{said}" title="{said}" {more}></button>'


def tool_link(name: str, label: str, address: str) -> str:
    """The same for something that is downloaded."""
    said, href = escape(label), escape(address)
    return f'<a class="tool {name}" href="{href}" download aria-label="{said}" title="{said}"></a>'


def with_bold(before: str, words: str, after: str) -> str:
    """A text in three parts, of which the one in the middle is bold; it may be empty."""
    bold = f"<strong>{escape(words)}</strong>" if words else ""
    return f"{escape(before)}{bold}{escape(after)}"


def count(number: int, noun: str) -> str:
    """A number of things: "1 passage", "1,200 passages"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def flat(text: str) -> str:
    """The text on one line."""
    return " ".join(text.split())


def shortened(text: str, length: int = _PREVIEW) -> str:
    """The text on one line, cut at a word where it is long."""
    line = flat(text)
    return line if len(line) <= length else line[:length].rsplit(" ", 1)[0] + " …"


def written_date(published: str) -> str:
    """An ISO 8601 date in words, as precise as it is: "2024-07" is "July 2024"."""
    try:
        year, month, day = (*map(int, published.split("-")), 1, 1)[:3]
        whole = date(year, month, day)
    except ValueError:
        return published
    return (f"{year}", f"{whole:%B} {year}", f"{day} {whole:%B} {year}")[min(published.count("-"), 2)]
