"""Reads Markdown as the plain text that its page would show.

Parsed by markdown-it-py (CommonMark), because regular expressions take the `_` of `snake_case`, the `*` of a sum
and the `#` in a code block for marks.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from corpus.readers.decoding import decode
from corpus.readers.draft import Draft
from corpus.readers.front_matter import with_front_matter
from corpus.readers.web import hides_text, html_tag, visible_text

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

# A line break in a paragraph is a space in Markdown; but nobody breaks lines longer than this by hand, and where
# lines are longer each is a paragraph of its own.
_WIDEST_WRAP = 120


def read(path: Path) -> Draft:
    """A `.md` file: its text without the marks, its first heading as title, its front matter."""
    return with_front_matter(decode(path), _read_body)


def _read_body(source: str) -> Draft:
    """The text below the front matter."""
    from markdown_it.tree import SyntaxTreeNode

    document = SyntaxTreeNode(_parser().parse(source))
    first = document.children[0] if document.children else None
    return Draft(_block(document), title=_block(first) if first and first.type == "heading" else None)


@cache
def _parser() -> MarkdownIt:
    """CommonMark with tables and struck-out text."""
    from markdown_it import MarkdownIt  # 55 ms, and only for Markdown

    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


def _block(node: SyntaxTreeNode) -> str:
    """A block as text: paragraphs apart by a blank line, list items and table rows on lines of their own."""
    if node.type in ("paragraph", "heading"):
        widest = max(map(len, node.children[0].content.split("\n")))
        return _inline(node.children[0], line_break="\n" if widest > _WIDEST_WRAP else " ").strip()
    if node.type in ("fence", "code_block"):
        return node.content.strip("\n")
    if node.type == "html_block":
        return visible_text(node.content)
    if node.type == "tr":
        return " | ".join(_inline(cell.children[0], line_break=" ") for cell in node.children)
    if node.type == "list_item":
        mark = f"{node.info}{node.markup} " if node.info else "- "
        return mark + _blocks(node, "\n").replace("\n", "\n  ")
    return _blocks(node, "\n" if node.type in ("bullet_list", "ordered_list", "table", "thead", "tbody") else "\n\n")


def _blocks(node: SyntaxTreeNode, separator: str) -> str:
    """The blocks inside a block, without those that show no text."""
    return separator.join(filter(None, map(_block, node.children)))


def _inline(node: SyntaxTreeNode, line_break: str) -> str:
    """The words of a paragraph without emphasis, addresses, images and HTML tags; what a tag hides is left out."""
    words, hidden_by = "", None
    for child in node.children:
        if child.type == "html_inline":
            tag = html_tag(child.content)
            if hidden_by is None and hides_text(child.content):
                hidden_by = tag
            elif hidden_by is not None and child.content.startswith(f"</{hidden_by}"):
                hidden_by = None
            elif tag is None and not child.content.startswith("<!"):
                words += child.content  # no tag of HTML, such as `<unk>`: the author's own words
            words += "\n" if tag == "br" else ""
        elif hidden_by is None and child.type != "image":
            words += _word(child, line_break)
    return words


def _word(node: SyntaxTreeNode, line_break: str) -> str:
    """One part of a paragraph as text."""
    if node.type == "softbreak":
        return line_break
    if node.type == "hardbreak":
        return "\n"
    return _inline(node, line_break) if node.children else node.content
