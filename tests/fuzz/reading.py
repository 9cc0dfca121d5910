"""The readers: from the bytes of any file to an article, or one plain reason."""

from __future__ import annotations

import traceback
import unicodedata
from functools import cache, partial
from pathlib import Path

from hypothesis import strategies as st

from corpus.article import Article
from corpus.errors import UnreadableFile
from corpus.readers.dates import iso_date
from corpus.readers.draft import Draft
from corpus.readers.front_matter import with_front_matter
from corpus.readers.limits import Limits
from corpus.readers.reading import read_here
from corpus.readers.style_sheet import StyleSheet, declarations
from corpus.readers.tidying import tidy, unwrap
from corpus.readers.web import hides_text, visible_text
from corpus.splitter import Splitter
from tests.fuzz import documents
from tests.fuzz.splitting import assert_whole
from tests.fuzz.strategies import mutated, texts
from tests.fuzz.target import new_folder, target

_ROOMS = Path(__file__).parents[2]
_TAGS = (
    "<div hidden>",
    "<p>",
    "</p>",
    "<table><tr><td>",
    "<a href='x'>",
    "<img/>",
    "<svg>",
    "<frameset>",
    "<html>",
    "<unk>",
)
_CSS = (
    "{",
    "}",
    "@media",
    "(min-width:",
    "1.2.3px)",
    ".a",
    "#b",
    ">",
    "~",
    ":not(",
    ")",
    "color:",
    "rgb(",
    "9" * 400,
    ",",
)
_FIELDS = (
    "title:",
    "date:",
    "author:",
    "- ",
    "  ",
    "---\n",
    "? ",
    "!!",
    "&a ",
    "*a",
    "|",
    ">\n",
    "[",
    "]",
    "{",
    "}",
    "'",
)


@cache
def _folder() -> Path:
    return new_folder()


def _read(ending: str, content: bytes) -> Article | None:
    """The article of a file with some content; None where it is refused, and not because we stumbled."""
    path = _folder() / f"file{ending}"
    path.write_bytes(content)
    try:
        article = read_here(path, "an-id", Limits())
    except UnreadableFile as error:
        assert "\n" not in str(error)
        _assert_not_ours(error)
        return None
    assert article.text == article.text.strip() != ""
    assert unicodedata.is_normalized("NFC", article.text)
    assert "\r" not in article.text
    assert article.title == " ".join(article.title.split())
    assert article.published is None or iso_date(article.published) == article.published
    assert article.url is None or article.url.lower().startswith(("http://", "https://"))
    assert_whole(article, Splitter().split(article))
    return article


def _assert_not_ours(error: UnreadableFile) -> None:
    """A file that is broken makes its library stumble, but never a line of ours."""
    cause = error.__cause__
    if cause is None or isinstance(cause, OSError):
        return
    last = traceback.extract_tb(cause.__traceback__)[-1]
    assert not Path(last.filename).is_relative_to(_ROOMS / "corpus"), f"{cause!r} at {last.filename}:{last.lineno}"


@target(st.one_of(texts(_FIELDS).map(lambda text: text.encode("utf-8", "replace")), mutated([documents.TEXT.encode()])))
def text_reader(content: bytes) -> None:
    _read(".txt", content)


@target(
    st.one_of(
        texts((*_TAGS, *_FIELDS)).map(lambda text: text.encode("utf-8", "replace")),
        mutated([documents.MARKDOWN.encode()]),
    )
)
def markdown_reader(content: bytes) -> None:
    _read(".md", content)


@target(
    st.one_of(
        texts((*_TAGS, *_CSS)).map(lambda text: text.encode("utf-8", "replace")), mutated([documents.HTML.encode()])
    )
)
def web_reader(content: bytes) -> None:
    _read(".html", content)


@target(st.deferred(lambda: mutated([documents.pdf()])))
def pdf_reader(content: bytes) -> None:
    _read(".pdf", content)


@st.composite
def _documents(draw: st.DrawFn) -> bytes:
    """Word documents, whole as archives and broken within, or broken as archives."""
    if draw(st.booleans()):
        return draw(mutated([documents.docx()]))
    parts = documents.docx_parts()
    name = draw(st.sampled_from(["word/document.xml", "word/document.xml", *parts]))
    return documents.packed({**parts, name: draw(mutated([parts[name]]))})


@target(_documents(), quick=12)
def word_reader(content: bytes) -> None:
    _read(".docx", content)


@target(texts(_FIELDS), quick=50)
def front_matter(text: str) -> None:
    for block in (text, f"---\n{text}\n---\nThe body."):
        draft = with_front_matter(block, Draft)
        for value in (draft.title, draft.source, draft.author, draft.published, draft.url, draft.language):
            assert value is None or isinstance(value, str)
        iso_date(draft.published)


@target(
    st.one_of(
        texts(most=4),
        st.dates().map(lambda day: day.strftime("%B %d, %Y")),
        st.builds(
            "{} {}, {:04}".format, st.sampled_from(["May", "Feb", "January"]), st.integers(0, 32), st.integers(0, 9999)
        ),
        st.builds("{:04}-{:02}-{:02}".format, st.integers(0, 9999), st.integers(0, 13), st.integers(0, 32)),
    ),
    quick=100,
)
def dates_of_files(text: str) -> None:
    found = iso_date(text)
    assert found is None or iso_date(found) == found


@target(
    st.one_of(
        texts(_CSS), mutated([documents.CSS.encode()]).map(partial(bytes.decode, encoding="utf-8", errors="replace"))
    )
)
def style_sheets(css: str) -> None:
    visible = visible_text(
        '<p class="a" id="b" hidden="x">One <i style="color:#ffff">two</i></p><div class="e">three</div>', css
    )
    assert set(visible.split()) <= {"One", "two", "three"}
    sheet = StyleSheet(frozenset({"color", "display"}), lambda name, value: True, frozenset({"p", ".a", "#b"}))
    sheet.add(css, css[:40])
    for name, value, _ in declarations(css):
        assert name == name.strip()
        assert value


@target(texts((*_TAGS, *_CSS)), quick=40)
def hidden_html(html: str) -> None:
    html = html.replace("\0", " ")
    lines = visible_text(html).split("\n")
    assert all(line == line.strip() for line in lines)
    for tag in (f"<p style='{html[:200]}'>", f"<{html[:30]}>", f"<b {html[:200]}>"):
        assert hides_text(tag) in (True, False)


@target(texts(), quick=40)
def tidying(text: str) -> None:
    tidied = tidy(text)
    assert tidied == tidied.strip()
    assert unicodedata.is_normalized("NFC", tidied)
    tidied.encode("utf-8")
    assert unwrap(text).split() == text.split()
