"""Reads Word documents."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from corpus.errors import UnreadableFile
from corpus.readers.draft import Draft
from corpus.readers.limits import Limits, megabytes
from corpus.readers.titles import unless_nameless

_BROKEN = "is broken: not a Word document, or cut off; save it again as .docx"
_TITLES = ("Title", "Heading 1")
_UNSEEN = ("pPr", "rPr", "del", "moveFrom", "instrText", "Fallback")  # settings, deletions, fields, second copies
_OFF = ("0", "false", "off", "none")
_SMALLEST = 4  # half points; smaller letters are not read
_SHADED = ("r", "p", "tc", "tbl")  # what has a colour behind it; the body, with a child for each paragraph, has none
_DEEPEST_STYLE = 50  # styles based on each other; Word itself takes eleven
_SPACES = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}


def read(path: Path, content: bytes, limits: Limits) -> Draft:
    """A `.docx` file: paragraphs and table rows in the order of the document, and its properties."""
    _check(path, content, limits)
    from docx import Document  # 80 ms

    document = Document(io.BytesIO(content))
    about = document.core_properties
    _drop_hidden(document)
    return Draft(
        text="\n\n".join(_blocks(document.element.body)),
        title=unless_nameless(about.title) or next((p.text for p in document.paragraphs[:1] if _is_title(p)), None),
        author=about.author,
        published=about.created.date().isoformat() if about.created else None,
        language=about.language,
    )


def _check(path: Path, content: bytes, limits: Limits) -> None:
    """Refuses what is not a Word document, or unpacks to too much, before the library sees it.

    What an archive says of its parts' sizes is what `zipfile` unpacks of them at most.
    """
    import zipfile  # 4 ms

    try:
        parts = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except zipfile.BadZipFile as error:
        raise UnreadableFile(path, _BROKEN) from error
    if len(parts) > limits.parts:
        raise UnreadableFile(path, f"holds more than {limits.parts:,} parts: split it into smaller files")
    if sum(part.file_size for part in parts) > limits.unpacked:
        raise UnreadableFile(path, f"unpacks to more than {megabytes(limits.unpacked)}: split it into smaller files")


def _is_title(paragraph: Any) -> bool:
    """Whether a paragraph is styled as the title of the document."""
    return bool(paragraph.style is not None and paragraph.style.name in _TITLES)


def _blocks(element: Any) -> Iterator[str]:
    """The paragraphs and tables below an element.

    Walks the XML, because python-docx passes over insertions and content controls, whose text readers see.
    """
    for child in element:
        kind = _kind(child)
        if kind == "p":
            yield _text(child)
        elif kind == "tbl":
            yield "\n".join(_rows(child))
        elif kind != "sectPr":
            yield from _blocks(child)


def _rows(table: Any) -> Iterator[str]:
    """Each row of a table on a line."""
    for row in _parts(table, "tr"):
        yield " | ".join(" ".join(" ".join(_blocks(cell)).split()) for cell in _parts(row, "tc"))


def _parts(element: Any, kind: str) -> Iterator[Any]:
    """The rows of a table or the cells of a row, also those inside content controls."""
    for child in element:
        if _kind(child) == kind:
            yield child
        elif _kind(child) in ("sdt", "sdtContent", "ins"):
            yield from _parts(child, kind)


def _text(element: Any) -> str:
    """The words below an element without what was deleted."""
    kind = _kind(element)
    if kind == "t":
        return element.text or ""
    if kind in _SPACES:
        return _SPACES[kind]
    if kind in _UNSEEN:
        return ""
    return "".join(map(_text, element))


def _drop_hidden(document: Any) -> None:
    """Takes out the runs that are formatted not to be seen: hidden, as white as the page, smaller than a speck."""
    styles = {style.style_id: style.element for style in document.styles if style.style_id}
    page = _value(document.element, "background", "color")
    for run in [each for each in document.element.body.iter() if _kind(each) == "r"]:
        if _is_hidden(run, styles, page or "FFFFFF"):
            run.getparent().remove(run)


def _is_hidden(run: Any, styles: dict[str, Any], page: str) -> bool:
    """Whether a run is not seen, by its own formatting or its style's."""
    paragraph = next((each for each in run.iterancestors() if _kind(each) == "p"), run)
    formats = [*_formats(run, "rPr", "rStyle", styles), *_formats(paragraph, "pPr", "pStyle", styles)[1:]]
    vanish, size, colour = (_first(formats, mark) for mark in ("vanish", "sz", "color"))
    small = size is not None and size.isdigit() and int(size) < _SMALLEST
    lost = colour is not None and colour.upper() == _behind(run, formats, page)
    return small or lost or (vanish is not None and vanish not in _OFF)


def _formats(element: Any, own: str, reference: str, styles: dict[str, Any]) -> list[Any]:
    """A run's or paragraph's own formatting, and the letters' formatting in its style and those it is based on."""
    formats = [_child(element, own)]
    name = _value(formats[0], reference)
    while name in styles and len(formats) < _DEEPEST_STYLE:  # a style based on itself is an error, not a loop
        style = styles[name]
        formats.append(_child(style, "rPr"))
        name = _value(style, "basedOn")
    return formats


def _first(formats: list[Any], mark: str) -> str | None:
    """The value of a mark where it is first given; empty where it stands without one."""
    return next((value for value in (_value(each, mark) for each in formats) if value is not None), None)


def _behind(run: Any, formats: list[Any], page: str) -> str | None:
    """The colour behind a run; None where a table's style, a picture or a marker may have put one there."""
    if _first(formats, "highlight") is not None:
        return None
    for element in (run, *run.iterancestors()):
        kind = _kind(element)
        fill = _value(_child(element, f"{kind}Pr"), "shd", "fill") if kind in _SHADED else None
        if kind == "txbxContent" or (kind == "tbl" and _value(_child(element, "tblPr"), "tblStyle")):
            return None
        if fill and fill != "auto":
            return fill.upper()
    return page.upper()


def _child(element: Any, kind: str) -> Any:
    """The child of a kind, None if there is none."""
    return next(element.iterchildren(f"{{*}}{kind}"), None) if element is not None else None


def _value(element: Any, kind: str, name: str = "val") -> str | None:
    """An attribute of the child of a kind; empty if it lacks it, None if there is no such child."""
    child = _child(element, kind)
    if child is None:
        return None
    return next((str(value) for key, value in child.attrib.items() if key.rpartition("}")[2] == name), "")


def _kind(element: Any) -> str:
    """An element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]
