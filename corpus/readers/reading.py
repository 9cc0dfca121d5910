"""Reads one file, whatever its format, into an `Article`: in the process that calls, with no bound but on sizes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from corpus import leftovers
from corpus.article import Article
from corpus.errors import UnreadableFile
from corpus.readers import markdown, pdf, plain, titles, web, word
from corpus.readers.content import check_kind, content_of
from corpus.readers.dates import iso_date
from corpus.readers.draft import Draft
from corpus.readers.limits import Limits, megabytes
from corpus.readers.tidying import tidy
from corpus.sentences import paragraphs, sentences

Reader = Callable[[Path, bytes, Limits], Draft]

_READERS: dict[str, Reader] = {
    ".txt": plain.read,
    ".text": plain.read,
    ".md": markdown.read,
    ".markdown": markdown.read,
    ".html": web.read,
    ".htm": web.read,
    ".pdf": pdf.read,
    ".docx": word.read,
}
FORMATS = tuple(_READERS)


def read_here(path: Path, article_id: str, limits: Limits) -> Article:
    """One file as an article, its text tidied, trimmed and in NFC. Raises `UnreadableFile`, and nothing else."""
    try:
        check_kind(path, content := content_of(path, limits))
        return _article(path, article_id, _READERS[path.suffix.lower()](path, content, limits), limits)
    except UnreadableFile:
        raise
    except MemoryError as error:
        needed = f"needs more than {megabytes(limits.memory)} of memory to read: split it into smaller files"
        raise UnreadableFile(path, needed) from error
    except RecursionError as error:
        raise UnreadableFile(path, "is broken: its parts are nested too deeply") from error
    except Exception as error:  # whatever a library raises on a malformed file, the user gets one plain line
        detail = " ".join(str(error).split())[:120] or type(error).__name__
        raise UnreadableFile(path, f"is broken: {detail}") from error


def _article(path: Path, article_id: str, draft: Draft, limits: Limits) -> Article:
    """The draft with its text tidied and its title settled; a title's own line is not repeated in the text."""
    if len(draft.text) > limits.characters:
        raise UnreadableFile(path, f"holds more than {limits.characters:,} characters: split it into smaller files")
    text = leftovers.trim(tidy(draft.text))
    if not text:
        raise UnreadableFile(path, "holds no text")
    if len(text) > 2 * limits.sentences and _sentences_in(text) > limits.sentences:
        raise UnreadableFile(path, f"holds more than {limits.sentences:,} sentences: split it into smaller files")
    title = titles.clean(draft.title)
    if title:
        text = titles.without_line(text, title)
    else:
        title, text = titles.from_first_line(text)
    return Article(
        id=article_id,
        title=title or titles.from_file_name(path.stem) or titles.from_first_sentence(text),
        text=text,
        source=titles.clean(draft.source),
        author=titles.clean(draft.author),
        published=iso_date(draft.published),
        url=_web_address(draft.url),
        language=titles.clean(draft.language),
    )


def _sentences_in(text: str) -> int:
    return sum(len(sentences(text, paragraph)) for paragraph in paragraphs(text))


def _web_address(url: str | None) -> str | None:
    """The address if it is one of the web: it becomes a link, and `javascript:` must not."""
    cleaned = titles.clean(url)
    return cleaned if cleaned and re.match(r"https?://\S+$", cleaned, re.IGNORECASE) else None
