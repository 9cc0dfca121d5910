"""What a file holds, by its bytes: its name is only what somebody called it."""

from __future__ import annotations

import re
from pathlib import Path

from corpus.errors import UnreadableFile
from corpus.readers.limits import Limits, megabytes

_PDF, _WORD, _ARCHIVE, _OLD = "a PDF", "a Word document", "a zip archive", "an old or encrypted Office file"
# How files begin that are taken for articles by mistake, or are meant to be. No text begins like these.
_KINDS = {
    rb"%PDF-": _PDF,
    rb"PK(?:\x03\x04|\x05\x06)": _ARCHIVE,
    rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": _OLD,
    rb"\{\\rtf": "a document in Rich Text Format",
    rb"%!PS(?:-Adobe-\d|\s*[\r\n])": "a PostScript document",
    rb"\x7fELF|MZ.{0,200}\x00|[\xce\xcf]\xfa\xed\xfe|\xca\xfe\xba\xbe": "a program",
    rb"\x1f\x8b|BZh\d1AY|\xfd7zXZ|7z\xbc\xaf|Rar!\x1a|\x28\xb5\x2f\xfd": "a compressed archive",
    rb"\x89PNG|\xff\xd8\xff|GIF8[79]a.{6}\x00|RIFF....WEBP|II\*\x00|MM\x00\*|\x00...ftyp(?:heic|avif)": "a picture",
    rb"ID3[\x02-\x04]\x00|OggS\x00|fLaC[\x00\x80]\x00\x00\x22|\x1aE\xdf\xa3": "a recording",
    rb"RIFF....(?:WAVE|AVI )|\x00...ftyp": "a sound or a film",
    rb"SQLite format 3\x00": "a database",
}
_SHAPES = {kind: re.compile(beginning, re.DOTALL) for beginning, kind in _KINDS.items()}
_BEGINNING = 1024  # bytes
# What documents are that are archives, by the name of a part that each of them has.
_DOCUMENTS = {
    "word/document.xml": _WORD,
    "xl/workbook.xml": "an Excel workbook",
    "ppt/presentation.xml": "a PowerPoint presentation",
    "mimetype": "an OpenDocument text or an e-book",
}
_WANTED = {".pdf": _PDF, ".docx": _WORD, ".html": "a web page", ".htm": "a web page"}
_ADVICE = {
    _PDF: "rename it to end in .pdf",
    _WORD: "rename it to end in .docx",
    _ARCHIVE: "unpack it first",
    _OLD: "save it as .docx without a password",
}


def content_of(path: Path, limits: Limits) -> bytes:
    """The bytes of a file of articles, never more than `limits.file`. Raises `UnreadableFile`."""
    refuse_link(path)
    check_place(path, limits)
    try:
        with path.open("rb") as file:
            content = file.read(limits.file + 1)
    except OSError as error:
        raise _unopened(path, error) from error
    if len(content) > limits.file:  # it grew, or its file system had told no size
        raise _too_large(path, limits)
    return content


def refuse_link(path: Path) -> None:
    """Refuses a link that leads anywhere but below the folder that it lies in: nobody said that this may be read."""
    try:
        leads_out = path.is_symlink() and path.exists() and path.parent.resolve() not in path.resolve().parents
    except (OSError, ValueError) as error:  # a name that no system takes
        raise _unopened(path, error) from error
    if leads_out:
        there = path.resolve()
        raise UnreadableFile(path, f"is a link out of its folder: name {there} itself if you mean it")


def check_place(path: Path, limits: Limits) -> None:
    """Refuses what is not worth opening: what is no file, or an empty or too large one."""
    try:
        size = path.stat().st_size
    except (OSError, ValueError) as error:
        raise _unopened(path, error) from error
    if not path.is_file():
        raise UnreadableFile(path, "is not a file")
    if size == 0:
        raise UnreadableFile(path, "is empty")
    if size > limits.file:
        raise _too_large(path, limits)


def check_kind(path: Path, content: bytes) -> None:
    """Refuses a file that is plainly of another kind than its ending says, and says of which."""
    beginning = content[:_BEGINNING]
    kind = next((kind for kind, shape in _SHAPES.items() if shape.match(beginning)), None)
    wanted = _WANTED.get(path.suffix.lower(), "text")
    if kind == _ARCHIVE:
        kind = _document(content) or wanted  # one that is cut off: its reader says so
    if kind is not None and kind != wanted:
        advice = _ADVICE.get(kind, "save what it says as text, .docx or .pdf")
        raise UnreadableFile(path, f"is {kind}, not {wanted}: {advice}")


def _document(archive: bytes) -> str | None:
    """The kind of document that an archive is; None where it cannot be opened."""
    import io
    import zipfile  # 4 ms

    try:
        names = set(zipfile.ZipFile(io.BytesIO(archive)).namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return None
    return next((kind for part, kind in _DOCUMENTS.items() if part in names), _ARCHIVE)


def _unopened(path: Path, error: Exception) -> UnreadableFile:
    why = (isinstance(error, OSError) and error.strerror) or error
    return UnreadableFile(path, f"cannot be opened: {why}")


def _too_large(path: Path, limits: Limits) -> UnreadableFile:
    return UnreadableFile(path, f"is larger than {megabytes(limits.file)}: split it into smaller files")
