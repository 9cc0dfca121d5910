"""Reads PDF files: lines put back together into paragraphs, without page numbers and repeated headers.

By pypdfium2. On four PDFs (16 pages) it takes 0.04 s where pypdf takes 0.30 s, it marks the hyphens that end lines,
and it spells out the ligatures that pypdf leaves as single characters, which no search for "fine" would find.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from corpus.errors import UnreadableFile
from corpus.readers.draft import Draft
from corpus.readers.limits import Limits
from corpus.readers.titles import unless_nameless

_HYPHEN = "\x02"  # what pdfium puts in place of a hyphen and the line end after it

_EDGE = 2  # how many lines at the top and the bottom of a page may be a header or a footer
_PAGE_NUMBER = re.compile(r"(page |p\. ?)?[-–—]? ?(\d{1,4}|[ivxl]{1,6}) ?[-–—]?( ?(of|/) ?\d{1,4})?", re.IGNORECASE)
_ITEM_OR_FIELD = re.compile(r"[-•*–‣▪◦]\s|\(?(\d{1,3}|[a-zA-Z])[.)]\s|[A-Z][^.:;]{0,40}:(\s|$)")
_SENTENCE_END = re.compile(r"[.!?:;][\"'”’)\]]*\d*$")

_SCAN = 0.5  # of a page; pictures that cover less are in the text, not behind it
_WHITE = 250  # of 255, in red, green and blue

_SAME_SIZE = 0.6  # points
_INDENT = 6.0  # points
_SAME_PARAGRAPH = 1.3  # times the page's usual distance between lines
_ROW_DIGITS = 0.25  # of a line's characters
_TITLE_SIZE = 1.15  # times the usual letter size
_TITLE_LINES = 4
_SHORTEST_TITLE = 4  # characters; less is the large first letter of a chapter


_Box = tuple[float, float, float, float]  # left, bottom, right, top, in points


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a page; positions in points from the lower left."""

    text: str
    left: float
    right: float
    base: float
    size: float
    angle: float


def read(path: Path, content: bytes, limits: Limits) -> Draft:
    """A `.pdf` file: its paragraphs, its own title or the largest letters on its first page, its properties."""
    pages, about = _pages(path, content, limits)
    if not any(pages):
        raise UnreadableFile(path, "holds no text (scanned pages?): run OCR on it first")
    pages = _without_edges(pages)
    title = unless_nameless(about.get("Title"))
    if not title:
        title, pages[0] = _title(pages[0], [line.size for page in pages for line in page])
    day = re.match(r"D:(\d{4})(\d\d)?(\d\d)?", about.get("CreationDate", ""))
    return Draft(
        text=_unhyphenated("\n\n".join(filter(None, _paragraphs(pages)))),
        title=title,
        author=about.get("Author"),
        published="-".join(filter(None, day.groups())) if day else None,
    )


def _pages(path: Path, content: bytes, limits: Limits) -> tuple[list[list[_Line]], dict[str, str]]:
    """The lines of each page, and the document's own properties."""
    import pypdfium2  # 60 ms

    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower() or "security" in str(error).lower():
            raise UnreadableFile(path, "is encrypted: save it without a password") from error
        raise UnreadableFile(path, "is broken: not a PDF, or cut off; get the file again") from error
    if len(document) > limits.pages:
        raise UnreadableFile(path, f"has more than {limits.pages:,} pages: split it into smaller files")
    pages, characters = [], 0
    for page in document:
        lines = list(_lines(page))
        characters += sum(len(line.text) for line in lines)
        if characters > limits.characters:
            raise UnreadableFile(path, f"holds more than {limits.characters:,} characters: split it into smaller files")
        pages.append(_upright(lines))
    return pages, document.get_metadata_dict()


def _lines(page: Any) -> Iterator[_Line]:
    """The lines of a page in the order the file gives them, which for columns is a column after the other."""
    import pypdfium2.raw as pdfium

    words = page.get_textpage()
    text = "".join(chr(pdfium.FPDFText_GetUnicode(words, at)) for at in range(words.count_chars()))
    if hidden := _hidden(page):
        text = "".join("\n" if _object(words, at) in hidden else letter for at, letter in enumerate(text))
    for match in re.finditer(rf"[^\r\n{_HYPHEN}]+{_HYPHEN}?", text):
        seen = match[0].strip(" ")
        if seen.strip():
            first = match.start() + match[0].index(seen)
            whole = seen.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            yield _line(words, whole, first, first + len(seen) - 1)


def _object(words: Any, at: int) -> int | None:
    """Which piece of text of the page a character belongs to, None for a space that pdfium put in."""
    import ctypes

    import pypdfium2.raw as pdfium

    return ctypes.cast(pdfium.FPDFText_GetTextObject(words, at), ctypes.c_void_p).value


def _hidden(page: Any) -> set[int | None]:
    """The pieces of text that nobody sees: drawn invisibly, off the page, or white on nothing.

    Invisible text on a scanned page is what was read from the scan, and stays.
    """
    import ctypes

    import pypdfium2.raw as pdfium

    objects = list(page.get_objects(max_depth=5))
    texts = [each for each in objects if each.type == pdfium.FPDF_PAGEOBJ_TEXT]
    pictures = [each for each in objects if each.type in (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM)]
    width, height = page.get_size()
    is_scan = sum(map(_area, pictures)) >= _SCAN * width * height
    painted: list[_Box] | None = None
    hidden = set()
    for text in texts:
        invisible = pdfium.FPDFTextObj_GetTextRenderMode(text) == pdfium.FPDF_TEXTRENDERMODE_INVISIBLE
        on_top = text.level == 0  # inside a form positions are the form's own
        unseen = (invisible and not is_scan) or (on_top and _is_off(text, page))
        if not unseen and on_top and _is_white_text(text):
            painted = _painted(objects) if painted is None else painted
            unseen = not _is_covered(text, painted)
        if unseen:
            hidden.add(ctypes.cast(text.raw, ctypes.c_void_p).value)
    return hidden


def _is_off(text: Any, page: Any) -> bool:
    """Whether a piece of text lies outside the page."""
    left, bottom, right, top = text.get_bounds()
    page_left, page_bottom, page_right, page_top = page.get_bbox()
    return bool(right < page_left or left > page_right or top < page_bottom or bottom > page_top)


def _is_white_text(text: Any) -> bool:
    """Whether letters are filled with white."""
    import pypdfium2.raw as pdfium

    filled = pdfium.FPDFTextObj_GetTextRenderMode(text) in (
        pdfium.FPDF_TEXTRENDERMODE_FILL,
        pdfium.FPDF_TEXTRENDERMODE_UNKNOWN,
    )
    return filled and _is_white(text)


def _painted(objects: Sequence[Any]) -> list[_Box]:
    """Where a page has another colour than white: looked up once, for a map has 100,000 shapes and as many names."""
    import pypdfium2.raw as pdfium

    shapes = [each for each in objects if each.level == 0 and each.type != pdfium.FPDF_PAGEOBJ_TEXT]
    return [each.get_bounds() for each in shapes if not (each.type == pdfium.FPDF_PAGEOBJ_PATH and _is_white(each))]


def _is_covered(text: Any, painted: Sequence[_Box]) -> bool:
    """Whether something is drawn where a piece of text stands."""
    left, bottom, right, top = text.get_bounds()
    x, y = (left + right) / 2, (bottom + top) / 2
    return any(west <= x <= east and south <= y <= north for west, south, east, north in painted)


def _is_white(element: Any) -> bool:
    """Whether a piece of text or a shape is filled with white, or with nothing that shows."""
    import ctypes

    import pypdfium2.raw as pdfium

    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    known = pdfium.FPDFPageObj_GetFillColor(element, red, green, blue, alpha)
    return bool(known) and (min(red.value, green.value, blue.value) >= _WHITE or alpha.value == 0)


def _area(element: Any) -> float:
    """The area of a picture on its page, in square points."""
    left, bottom, right, top = element.get_bounds()
    return float((right - left) * (top - bottom))


def _line(words: Any, text: str, first: int, last: int) -> _Line:
    """A line, measured at its first and last characters; the smaller of these may be a raised mark of a note."""
    import ctypes  # 3 ms

    import pypdfium2.raw as pdfium

    left, base = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(words, first, left, base)
    size = max(pdfium.FPDFText_GetFontSize(words, at) for at in (first, last))
    angle = round(pdfium.FPDFText_GetCharAngle(words, first), 1)
    return _Line(text, left.value, words.get_charbox(last)[2], base.value, size, angle)


def _upright(page: list[_Line]) -> list[_Line]:
    """The lines that run as most of the page does: others are stamps and watermarks."""
    usual = Counter(line.angle for line in page).most_common(1)
    return [line for line in page if line.angle == usual[0][0]]


def _without_edges(pages: list[list[_Line]]) -> list[list[_Line]]:
    """The pages without page numbers, and without the lines that half of the pages repeat at their edges.

    Pages that hold nothing else are left as they are.
    """
    seen = Counter(shape for page in pages for shape in {_shape(line) for line in _edge_lines(page)})
    often = max(2, len(pages) / 2)
    repeated = {shape for shape, count in seen.items() if count >= often}
    cleaned = []
    for page in pages:
        drop = {id(line) for line in _edge_lines(page) if _PAGE_NUMBER.fullmatch(line.text) or _shape(line) in repeated}
        cleaned.append([line for line in page if id(line) not in drop])
    return cleaned if any(cleaned) else pages


def _edge_lines(page: Sequence[_Line]) -> list[_Line]:
    """The highest and lowest lines of a page, wherever the file puts them."""
    by_height = sorted(page, key=lambda line: line.base)
    return by_height[:_EDGE] + by_height[_EDGE:][-_EDGE:]


def _shape(line: _Line) -> str:
    """A line with its numbers made alike, so that `Page 2 of 9` and `Page 3 of 9` are the same."""
    return re.sub(r"\d+", "#", line.text)


def _title(page: Sequence[_Line], sizes: Sequence[float]) -> tuple[str | None, list[_Line]]:
    """The first page's largest lines, if they stand out and stand together, and the page without them."""
    largest = max((line.size for line in page), default=0.0)
    lines = [line for line in page if line.size > largest - _SAME_SIZE]
    title = _unhyphenated(" ".join(line.text for line in lines).replace(f"{_HYPHEN} ", _HYPHEN))
    stands_out = largest >= _TITLE_SIZE * _middle(sizes) and len(lines) <= _TITLE_LINES
    if not stands_out or len(title) < _SHORTEST_TITLE or len(lines) == len(page):
        return None, list(page)
    return title, [line for line in page if line not in lines]


def _paragraphs(pages: Sequence[Sequence[_Line]]) -> Iterator[str]:
    """The lines joined into paragraphs, across columns and pages too."""
    paragraph, previous = "", None
    for page in pages:
        step = _usual_step(page)
        for at, line in enumerate(page):
            around = page[max(0, at - 3) : at + 2]
            edge = max(each.right for each in around if abs(each.base - line.base) <= 4 * step or each is line)
            if previous and _continues(previous, line, step, edge):
                paragraph += line.text if paragraph.endswith(_HYPHEN) else f" {line.text}"
            else:
                yield paragraph
                paragraph = line.text
            previous = line
    yield paragraph


def _usual_step(page: Sequence[_Line]) -> float:
    """The distance between two lines of a page, in points."""
    steps = [before.base - line.base for before, line in pairwise(page)]
    return _middle([step for step in steps if step > 1] or [0.0])


def _middle(numbers: Sequence[float]) -> float:
    """The median (the standard library's takes 6 ms to import)."""
    return sorted(numbers)[len(numbers) // 2]


def _continues(previous: _Line, line: _Line, step: float, edge: float) -> bool:
    """Whether a line goes on with the paragraph of the line before it.

    It does in mid-word or mid-sentence, or right below a line that had no room for its first word.
    """
    if previous.text.endswith(_HYPHEN):
        return True
    both_rows = _is_row(previous) and _is_row(line)
    if abs(previous.size - line.size) > _SAME_SIZE or _ITEM_OR_FIELD.match(line.text) or both_rows:
        return False
    ended = _SENTENCE_END.search(previous.text)
    if line.text[0].islower() and not ended:
        return True
    close = 0 < previous.base - line.base <= _SAME_PARAGRAPH * step
    word = (line.right - line.left) / len(line.text) * (len(line.text.split()[0]) + 1)
    indented = line.left > previous.left + _INDENT
    return close and not (indented and ended) and previous.right + word > edge


def _is_row(line: _Line) -> bool:
    """Whether a line is a row of figures."""
    return sum(map(str.isdigit, line.text)) > _ROW_DIGITS * len(line.text)


def _unhyphenated(text: str) -> str:
    """The text with words that were broken over two lines whole again.

    Whether the hyphen belongs to the word is learnt from the rest of the text: it stays if the word stands there
    with it, or if both halves stand there as words.
    """
    broken_word = re.compile(rf"(?<![\w-])([\w-]+){_HYPHEN}([\w-]*)")  # from a word's beginning, or it takes for ever
    words = set(re.findall(r"[\w-]+", broken_word.sub(" ", text).lower()))

    def mend(broken: re.Match[str]) -> str:
        left, right = broken[1], broken[2]
        with_hyphen, without = f"{left}-{right}", f"{left}{right}"
        if without.lower() in words and with_hyphen.lower() not in words:
            return without
        both_words = left.lower() in words and right.lower() in words
        keep = with_hyphen.lower() in words or "-" in left or not right[:1].islower() or both_words
        return with_hyphen if keep else without

    return broken_word.sub(mend, text).replace(_HYPHEN, "-")
