"""Reads Markdown as the plain text that its page would show.

Parsed by markdown-it-py (CommonMark), because regular expressions take the `_` of `snake_case`, the `*` of a sum
and the `#` in a code block for marks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from corpus.readers.decoding import decode
from corpus.readers.draft import Draft
from corpus.readers.front_matter import with_front_matter
from corpus.readers.limits import Limits
from corpus.readers.web import hides_text, html_tag, visible_text

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

# A line break in a paragraph is a space in Markdown; but nobody breaks lines longer than this by hand, and where
# lines are longer each is a paragraph of its own.
_WIDEST_WRAP = 120

_STYLE = re.compile(r"<style\b[^>]*>(.*?)</style", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<!--.*?(?:-->|$)|</?[a-zA-Z](?:[^<>\"']|\"[^\"]*\"|'[^']*')*>", re.DOTALL)
_VOID = ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")


@dataclass(slots=True)
class _Html:
    """The HTML elements that are open at a place of a document, and whether they hide what stands there."""

    css: str
    open: list[tuple[str, bool]] = field(default_factory=list)  # name, and whether it hides

    @property
    def hides(self) -> bool:
        """Whether text here is not shown."""
        return any(hides for _, hides in self.open)

    def after(self, html: str) -> str:
        """Goes past some HTML; what of it follows the place from which on text is shown."""
        shown_from = None if self.hides else 0
        for tag in _TAG.finditer(html):
            self._pass(tag[0])
            if shown_from is None and not self.hides:
                shown_from = tag.end()
        return "" if shown_from is None else html[shown_from:]

    def _pass(self, tag: str) -> None:
        name = html_tag(tag)
        if name is None or name in _VOID or tag.endswith("/>"):
            return
        if not tag.startswith("</"):
            self.open.append((name, hides_text(tag, self.css)))
        elif at := [depth for depth, (each, _) in enumerate(self.open) if each == name]:
            del self.open[at[-1] :]


def read(path: Path, content: bytes, limits: Limits) -> Draft:
    """A `.md` file: its text without the marks, its first heading as title, its front matter."""
    return with_front_matter(decode(path, content), _read_body)


def _read_body(source: str) -> Draft:
    """The text below the front matter."""
    from markdown_it.tree import SyntaxTreeNode

    document = SyntaxTreeNode(_parser().parse(source))
    first = document.children[0] if document.children else None
    raw = (node.content for node in document.walk() if node.type == "html_block")
    css = "\n".join(rules for html in raw for rules in _STYLE.findall(html))
    title = _block(first, _Html(css)) if first and first.type == "heading" else None
    return Draft(_block(document, _Html(css)), title)


@cache
def _parser() -> MarkdownIt:
    """CommonMark with tables and struck-out text."""
    from markdown_it import MarkdownIt  # 55 ms, and only for Markdown

    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


def _block(node: SyntaxTreeNode, html: _Html) -> str:
    """A block as text: paragraphs apart by a blank line, list items and table rows on lines of their own."""
    if node.type == "html_block":
        return visible_text(html.after(node.content), html.css)
    html.open[:] = [each for each in html.open if each[0] != "p"]  # a new block ends a paragraph
    depth = len(html.open)
    text = _shown(node, html)
    if node.type != "root":
        del html.open[depth:]
    return text


def _shown(node: SyntaxTreeNode, html: _Html) -> str:
    """A block of Markdown as text."""
    if node.type in ("paragraph", "heading"):
        widest = max(map(len, node.children[0].content.split("\n")))
        return _inline(node.children[0], html, line_break="\n" if widest > _WIDEST_WRAP else " ").strip()
    if node.type in ("fence", "code_block"):
        return "" if html.hides else node.content.strip("\n")
    if node.type == "tr":
        cells = [_inline(cell.children[0], html, line_break=" ") for cell in node.children]
        return " | ".join(cells) if any(cells) else ""
    if node.type == "list_item":
        mark = f"{node.info}{node.markup} " if node.info else "- "
        items = _blocks(node, html, "\n").replace("\n", "\n  ")
        return mark + items if items or not html.hides else ""
    apart = "\n" if node.type in ("bullet_list", "ordered_list", "table", "thead", "tbody") else "\n\n"
    return _blocks(node, html, apart)


def _blocks(node: SyntaxTreeNode, html: _Html, separator: str) -> str:
    """The blocks inside a block, without those that show no text."""
    return separator.join(filter(None, [_block(child, html) for child in node.children]))


def _inline(node: SyntaxTreeNode, html: _Html, line_break: str) -> str:
    """The words of a paragraph without emphasis, addresses, images and HTML tags; what a tag hides is left out."""
    words = ""
    for child in node.children:
        if child.type == "html_inline":
            tag = html_tag(child.content)
            html.after(child.content)
            if tag is None and not child.content.startswith("<!") and not html.hides:
                words += child.content  # no tag of HTML, such as `<unk>`: the author's own words
            words += "\n" if tag == "br" and not html.hides else ""
        elif child.children and child.type != "image":
            words += _inline(child, html, line_break)
        elif child.type != "image" and not html.hides:
            words += _word(child, line_break)
    return words


def _word(node: SyntaxTreeNode, line_break: str) -> str:
    """One part of a paragraph as text."""
    if node.type == "softbreak":
        return line_break
    return "\n" if node.type == "hardbreak" else node.content
