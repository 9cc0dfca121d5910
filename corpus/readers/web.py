"""Reads web pages: the main text as trafilatura finds it, without anything a visitor would not have seen."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from corpus.errors import UnreadableFile
from corpus.readers.dates import iso_date
from corpus.readers.decoding import decode
from corpus.readers.draft import Draft
from corpus.readers.titles import unless_nameless

_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_WESTERN = ("iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii")  # on the web all of these mean windows-1252

_DATE_NAMES = ("article:published_time", "datePublished", "date", "pubdate", "dc.date", "citation_date")
_BLOCK = re.compile(
    r"address|article|aside|blockquote|br|caption|center|d[dlt]|details|div|fieldset|fig(ure|caption)|footer|form|h[1-6r]|"
    r"header|li|main|nav|[ou]l|option|p|pre|section|summary|table|tr"
)
_UNSEEN = ["script", "style", "template", "noscript", "iframe", "object", "svg"]
_UNSEEN_STYLE = re.compile(
    r"display:none|visibility:(hidden|collapse)|font-size:[0.]+(?![\d.])|(^|;)(left|top|text-indent):-\d{3}"
)
_SPACES = re.compile(r"[\s\x00-\x1f\ud800-\udfff\ufffe\uffff]+")  # and what lxml takes from a page but refuses to set
_WHITE = r"(white|#fff|#ffffff|rgba?\(255,255,255[^)]*\))(?![\w])"
_WHITE_TEXT = re.compile(rf"(^|;)color:{_WHITE}")
_BACKGROUND = re.compile(r"(^|;)background(-color)?:")
_WHITE_BACKGROUND = re.compile(rf"(^|;)background(-color)?:{_WHITE}")


def read(path: Path) -> Draft:
    """An `.html` file: its article, or all its visible text where no article is found; no request is made."""
    _silence()
    from trafilatura import extract, extract_metadata  # 0.2 s

    source = decode(path, _declared_encoding(path))
    page = _parsed(source)
    if page is None:
        raise UnreadableFile(path, "holds no text")
    about = extract_metadata(page)
    text = extract(page, include_comments=False, include_tables=True) or visible_text(source)
    return Draft(
        text="\n".join(filter(None, map(_table_row, text.split("\n")))),
        title=unless_nameless(about.title or page.findtext(".//title")),
        source=about.sitename or about.hostname,
        author=about.author,
        published=_published(page),
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


def visible_text(source: str) -> str:
    """All the text of some HTML that a visitor would see, a line a block."""
    page = _parsed(source)
    if page is None:
        return ""
    for element in list(page.iter(*_UNSEEN, "head")):
        element.drop_tree()
    for element in page.iter():
        element.text, element.tail = (_SPACES.sub(" ", words or "") for words in (element.text, element.tail))
        if _BLOCK.fullmatch(str(element.tag)):
            element.text, element.tail = f"\n{element.text}", f"\n{element.tail}"
    lines = (line.strip() for line in page.text_content().split("\n"))
    return "\n".join(filter(None, lines))


def html_tag(tag: str) -> str | None:
    """The name in a tag such as `</b>`, None if HTML has no such element."""
    from lxml.html.defs import tags

    match = re.match(r"</?([a-zA-Z][\w-]*)", tag)
    name = match[1].lower() if match else None
    return name if name in tags else None


def hides_text(tag: str) -> bool:
    """Whether what follows an opening tag is not shown."""
    from lxml import html

    if tag.startswith(("</", "<!", "<?")) or html_tag(tag) is None:
        return False
    return any(_is_unseen(element) for element in html.fragment_fromstring(tag, create_parent=True))


def _parsed(source: str) -> Any:
    """The page without its hidden parts, None if there is nothing in it."""
    from lxml import etree, html

    source = re.sub(r"^\s*<\?xml[^>]*\?>", "", source)  # lxml refuses a string that names an encoding
    try:
        page = html.document_fromstring(source)
    except etree.ParserError:  # nothing but white space or comments
        return None
    for element in [each for each in page.iter() if isinstance(each.tag, str) and _is_unseen(each)]:
        if element.getparent() is not None:
            element.drop_tree()
    return page


def _is_unseen(element: Any) -> bool:
    """Whether an element is never shown: by its name, its attributes, or letters as white as the page.

    Scripts that hold a page's description of itself (JSON-LD) stay for its date and author.
    """
    if element.tag in _UNSEEN:
        return bool(element.get("type") != "application/ld+json")
    style = _style(element)
    return bool("hidden" in element.attrib or _UNSEEN_STYLE.search(style) or _is_white_on_white(element, style))


def _is_white_on_white(element: Any, style: str) -> bool:
    """Whether letters are made white where no element around them states another background."""
    if not (_WHITE_TEXT.search(style) or re.fullmatch(_WHITE, element.get("color", "").lower())):
        return False
    styles = (_style(each) for each in (element, *element.iterancestors()))
    behind = next((each for each in styles if _BACKGROUND.search(each)), None)
    return behind is None or bool(_WHITE_BACKGROUND.search(behind))


def _style(element: Any) -> str:
    """An element's own style without spaces, in lower case."""
    color = element.get("bgcolor")
    return re.sub(r"\s+", "", element.get("style", "") + (f";background:{color}" if color else "")).lower()


def _table_row(line: str) -> str:
    """A line; one that is a row of a table without its outer marks, and empty if it is only a rule."""
    if not (line.startswith("|") and line.rstrip().endswith("|")):
        return line
    return "" if re.fullmatch(r"[|\s:-]+", line) else line.strip().strip("|").strip()


def _declared_encoding(path: Path) -> str | None:
    """The encoding a page states at its beginning."""
    with path.open("rb") as file:
        match = _CHARSET.search(file.read(2048))
    name = match[1].decode("ascii").lower() if match else None
    return "cp1252" if name in _WESTERN else name


def _silence() -> None:
    """Keeps the libraries from printing warnings about odd pages: what cannot be read is said once, by us."""
    import logging  # 3 ms, and trafilatura imports it anyway

    for name in ("trafilatura", "htmldate", "courlan", "justext"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
