"""The list of conversations as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ui.conversations import Conversation
from ui.render.text import tool_button, tool_link

# The list is sent with each answer, and held for each page.
_MOST = 50


def history(conversations: Sequence[Conversation], current: str, *, judged: bool = False, in_full: bool = False) -> str:
    """The conversations used last, or all of them, and what can be done with each; `current` is the open one's id."""
    shown = [item for place, item in enumerate(conversations) if in_full or place < _MOST or item.id == current]
    items = "".join(_item(item, item.id == current) for item in shown)
    kept = f"<ul>{items}</ul>" if items else '<p class="quiet">Conversations are kept here.</p>'
    more = f'<button type="button" class="more">Show all {len(conversations):,}</button>'
    gold = '<a class="gold" href="/judged.jsonl" download>Judged answers as gold questions</a>' if judged else ""
    rest = (more if len(shown) < len(conversations) else "") + gold
    return f'<nav class="history" aria-label="Conversations">{kept}{rest}</nav>'


def _item(item: Conversation, is_current: bool) -> str:
    mark = ' aria-current="true"' if is_current else ""
    return (
        f'<li data-conversation="{escape(item.id)}"{mark}>'
        f'<button type="button" class="open">{escape(item.name)}</button><span class="tools">'
        f"{tool_button('rename', 'Rename')}"
        f"{tool_link('markdown', 'Export as Markdown', f'/conversations/{item.id}.md')}"
        f"{tool_link('page', 'Export as a page', f'/conversations/{item.id}.html')}"
        f"{tool_button('delete', 'Delete')}</span></li>"
    )
