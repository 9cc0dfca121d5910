"""Reads web pages: the main text as trafilatura finds it, without anything a visitor would not have seen."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from corpus.errors import UnreadableFile
from corpus.readers.dates import iso_date
from corpus.readers.decoding import decode
from corpus.readers.draft import Draft
from corpus.readers.hiding import drop_hidden, runs_scripts
from corpus.readers.limits import Limits
from corpus.readers.titles import unless_nameless

_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_WESTERN = ("iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii")  # on the web all of these mean windows-1252

_DATE_NAMES = ("article:published_time", "datePublished", "date", "pubdate", "dc.date", "citation_date")
_BLOCK = re.compile(
    r"address|article|aside|blockquote|br|caption|center|d[dlt]|details|div|fieldset|fig(ure|caption)|footer|form|h[1-6r]|"
    r"header|li|main|nav|[ou]l|option|p|pre|section|summary|table|tr"
)
_LEAST_WRITTEN = 250  # characters in paragraphs; a page with less holds no article until a script has run
_SPACES = re.compile(r"[\s\x00-\x1f\ud800-\udfff\ufffe\uffff]+")  # and what lxml takes from a page but refuses to set


def read(path: Path, content: bytes, limits: Limits) -> Draft:
    """An `.html` file: its article, or all its visible text where no article is found; no request is made."""
    _silence()
    from trafilatura import extract, extract_metadata  # 0.2 s

    source = decode(path, content, _declared_encoding(content))
    page = _parsed(source)
    if page is None:
        raise UnreadableFile(path, "holds no text")
    scripted = runs_scripts(page)
    drop_hidden(page, shown_by_scripts=True)
    about = extract_metadata(page)
    published = _published(page)
    _keep_to_sight(page, scripted)
    text = extract(page, include_comments=False, include_tables=True) or _all_text(page)
    return Draft(
        text="\n".join(filter(None, map(_table_row, text.split("\n")))),
        title=unless_nameless(about.title or page.findtext(".//title")),
        source=about.sitename or about.hostname,
        author=about.author,
        published=published,
        url=about.url,
        language=page.get("lang"),
    )


def _published(page: Any) -> str | None:
    """The date a page states in so many words; trafilatura's guesses complete `2024-08` with today's day."""
    names = " or ".join(f"@{key}='{name}'" for key in ("property", "name", "itemprop") for name in _DATE_NAMES)
    stated = page.xpath(f"//meta[{names}]/@content | //time[@itemprop='datePublished' or @pubdate]/@datetime")
    for script in page.xpath("//script[@type='application/ld+json']/text()"):
        stated += re.findall(r'"datePublished"\s*:\s*"([^"]+)"', script)
    return next(filter(None, map(iso_date, stated)), None)


def visible_text(source: str, css: str = "") -> str:
    """All the text of a piece of HTML that a visitor would see, a line a block; `css` are rules that hold for it."""
    page = _parsed(source)
    if page is None:
        return ""
    drop_hidden(page, css)
    return _all_text(page)


def _all_text(page: Any) -> str:
    """The text of a page without its hidden parts, a line a block; the page is changed."""
    for element in list(page.iter("head", "script")):
        element.drop_tree()
    for element in page.iter():
        element.text, element.tail = (_SPACES.sub(" ", words or "") for words in (element.text, element.tail))
        if _BLOCK.fullmatch(str(element.tag)):
            element.text, element.tail = f"\n{element.text}", f"\n{element.tail}"
    lines = (line.strip() for line in page.text_content().split("\n"))
    return "\n".join(filter(None, lines))


def _keep_to_sight(page: Any, scripted: bool) -> None:
    """Takes away what trafilatura reads though nobody sees it, and the marks by which it drops what everybody sees.

    It prefers the text in a page's description of itself (JSON-LD) to the page. That is read only where a script
    makes the page of it: of 1,038 real pages, in three.
    """
    written = sum(len(paragraph.text_content()) for paragraph in page.iter("p"))
    for script in [] if scripted and written < _LEAST_WRITTEN else list(page.iter("script")):
        script.drop_tree()
    for element in page.xpath("//*[@aria-hidden]"):
        del element.attrib["aria-hidden"]


def html_tag(tag: str) -> str | None:
    """The name in a tag such as `</b>`, None if HTML has no such element."""
    from lxml.html.defs import tags

    match = re.match(r"</?([a-zA-Z][\w-]*)", tag)
    name = match[1].lower() if match else None
    return name if name in tags else None


@lru_cache(maxsize=1024)
def hides_text(tag: str, css: str = "") -> bool:
    """Whether what follows an opening tag is not shown; the rules are read anew for each other tag."""
    from lxml import html

    if tag.startswith(("</", "<!", "<?")) or html_tag(tag) is None:
        return False
    piece = html.fragment_fromstring(f"{tag}.", create_parent=True)
    drop_hidden(piece, css)
    return not piece.text_content()


def _parsed(source: str) -> Any:
    """The page, None if there is nothing in it."""
    from lxml import etree, html

    source = re.sub(r"^\s*<\?xml[^>]*\?>", "", source)  # lxml refuses a string that names an encoding
    try:
        return html.document_fromstring(source)
    except etree.ParserError:  # nothing but white space or comments
        return None


def _table_row(line: str) -> str:
    """A line; one that is a row of a table without its outer marks, and empty if it is only a rule."""
    if not (line.startswith("|") and line.rstrip().endswith("|")):
        return line
    return "" if re.fullmatch(r"[|\s:-]+", line) else line.strip().strip("|").strip()


def _declared_encoding(content: bytes) -> str | None:
    """The encoding a page states at its beginning."""
    match = _CHARSET.search(content[:2048])
    name = match[1].decode("ascii").lower() if match else None
    return "cp1252" if name in _WESTERN else name


def _silence() -> None:
    """Keeps the libraries from printing warnings about odd pages: what cannot be read is said once, by us."""
    import logging  # 3 ms, and trafilatura imports it anyway

    for name in ("trafilatura", "htmldate", "courlan", "justext"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
