"""Reads Word documents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from corpus.errors import UnreadableFile
from corpus.readers.draft import Draft
from corpus.readers.titles import unless_nameless

_OLD_OR_ENCRYPTED = bytes.fromhex("d0cf11e0a1b11ae1")  # the container of .doc, and of any document with a password
_LARGEST_UNPACKED = 500_000_000  # bytes; a small file that unpacks to more is an attack, not an article
_TITLES = ("Title", "Heading 1")
_UNSEEN = ("pPr", "rPr", "del", "moveFrom", "instrText", "Fallback")  # settings, deletions, fields, second copies
_SPACES = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}


def read(path: Path) -> Draft:
    """A `.docx` file: paragraphs and table rows in the order of the document, and its properties."""
    _check(path)
    from docx import Document  # 80 ms

    document = Document(str(path))
    about = document.core_properties
    return Draft(
        text="\n\n".join(_blocks(document.element.body)),
        title=unless_nameless(about.title) or next((p.text for p in document.paragraphs[:1] if _is_title(p)), None),
        author=about.author,
        published=about.created.date().isoformat() if about.created else None,
        language=about.language,
    )


def _check(path: Path) -> None:
    """Refuses what is not a Word document, before the library sees it."""
    import zipfile  # 4 ms

    with path.open("rb") as file:
        if file.read(8) == _OLD_OR_ENCRYPTED:
            raise UnreadableFile(path, "is encrypted or an old Word file: save it as .docx without a password")
    if not zipfile.is_zipfile(path):
        raise UnreadableFile(path, "is broken: not a Word document, or cut off; save it again as .docx")
    with zipfile.ZipFile(path) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > _LARGEST_UNPACKED:
            raise UnreadableFile(path, "is broken: it unpacks to more than any article holds")


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
    """The visible words below an element: no hidden text, nothing deleted."""
    kind = _kind(element)
    if kind == "t":
        return element.text or ""
    if kind in _SPACES:
        return _SPACES[kind]
    if kind in _UNSEEN or (kind == "r" and _is_hidden(element)):
        return ""
    return "".join(map(_text, element))


def _is_hidden(run: Any) -> bool:
    """Whether a run is formatted as hidden text."""
    return any(_kind(mark) == "vanish" and "0" not in mark.values() for formatting in run[:1] for mark in formatting)


def _kind(element: Any) -> str:
    """An element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]
