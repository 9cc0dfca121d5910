"""What an article is called: the file's own title, its first line, its name, or how it begins."""

from __future__ import annotations

import re
from urllib.parse import unquote

from corpus.readers.tidying import tidy

_LONGEST_TITLE_LINE = 120
_LONGEST_TITLE = 200
_LONGEST_OPENING = 80

# Names that programs give when nobody named the document.
_NAMELESS = re.compile(
    r"(microsoft (word|powerpoint|excel) - .*|powerpoint presentation|word document|untitled.*|no title|none|null"
    r"|(index|document|download|article|page|file|scan|text|\W)*[\W\d]*|.*\.(docx?|rtf|odt|indd|dvi|tex|qxd|p65|pdf))",
    re.IGNORECASE,
)
_FIELD = re.compile(r"[\w-]+(?: [\w-]+){0,2}: ")  # a heading of fields, such as `Accession ID: PMC176545`
_HEX = re.compile(r"(?=[a-f]*\d)[0-9a-f]{8,}", re.IGNORECASE)


def clean(words: str | None) -> str | None:
    """A title, name or other short text on one line; None if it says nothing."""
    return _shortened(" ".join(tidy(words or "").split()), _LONGEST_TITLE) or None


def unless_nameless(words: str | None) -> str | None:
    """A document's recorded title or a file's name; None if it is one that a program gave."""
    title = clean(words)
    return None if title and _NAMELESS.fullmatch(title) else title


def from_first_line(text: str) -> tuple[str | None, str]:
    """The title if the text begins with a line that looks like one, and the text without it."""
    first, _, rest = text.partition("\n")
    following = [line for line in rest.split("\n") if line.strip()][:2]
    if not _is_title_line(first) or all(len(line) <= len(first) for line in following):
        return None, text
    if _FIELD.match(first) and _FIELD.match(following[0]):
        return None, text
    return clean(first.strip("#=*_ \t")), rest.strip()


def without_line(text: str, title: str) -> str:
    """The text without its first line if that only repeats the title."""
    first, _, rest = text.partition("\n")
    return rest.strip() if rest.strip() and _letters(first) == _letters(title) else text


def from_file_name(stem: str) -> str | None:
    """A readable file name as a title (`1973_oil_crisis`); None for one like `000_0a3d01c2cfde673c`."""
    name = " ".join(unquote(stem).replace("_", " ").split())
    if " " not in name and name.islower():
        name = name.replace("-", " ")  # a web page's address, not a word such as Guinea-Bissau
    has_word = any(len(word) > 1 for word in re.findall(r"[^\W\d_]+", _HEX.sub("", name)))
    return unless_nameless(name) if has_word else None


def from_first_sentence(text: str) -> str:
    """How the text begins: its first sentence, or as many of its words as make a title."""
    sentence = re.split(r"(?<=\w\w\w[.!?])\s|\n", text, maxsplit=1)[0]
    return _shortened(" ".join((sentence.removesuffix(".") or sentence).split()), _LONGEST_OPENING)


def _is_title_line(line: str) -> bool:
    """Whether a line is short, begins like a title and does not end like a sentence (a question may be a title)."""
    ends = re.search(r"[.!…:;,][\"'”’)\]]*$", line)
    begins = re.match(r"[#=*_\s]*[^\W_]", line) and not re.match(r"[#=*_\s]*[a-z]+\b", line)
    return len(line) <= _LONGEST_TITLE_LINE and bool(begins) and not ends and bool(re.search(r"[^\W\d_]{2}", line))


def _letters(line: str) -> str:
    """A line without case, spaces and marks, to compare two."""
    return re.sub(r"[\W_]+", "", line).casefold()


def _shortened(line: str, limit: int) -> str:
    """The line, cut after a whole word with an ellipsis if it is longer than the limit."""
    if len(line) <= limit:
        return line
    kept = line[: limit - 1]
    return (kept.rsplit(" ", 1)[0] if " " in kept else kept).rstrip(" ,;:–—-") + "…"
