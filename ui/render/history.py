"""The list of conversations as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ui.conversations import Conversation
from ui.render.text import tool_button, tool_link


def history(conversations: Sequence[Conversation], current: str, *, judged: bool = False) -> str:
    """Every conversation and what can be done with it; `current` is the id of the open one."""
    items = "".join(_item(item, item.id == current) for item in conversations)
    kept = f"<ul>{items}</ul>" if items else '<p class="quiet">Conversations are kept here.</p>'
    gold = '<a class="gold" href="/judged.jsonl" download>Judged answers as gold questions</a>' if judged else ""
    return f'<nav class="history" aria-label="Conversations">{kept}{gold}</nav>'


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
