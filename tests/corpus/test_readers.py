"""Every format through `read_file`, with real files; every failure as one plain reason."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import unicodedata
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from corpus.article import Article
from corpus.errors import PathNotFound, UnreadableFile
from corpus.readers import FORMATS, find_files, read_file

SHARED = Path(__file__).parents[2] / ".." / "shared"

HEADLINE = "Ministers meet in Astana"
FIRST = "The ministers of nine countries met in Astana on Monday to speak about trade and security."
SECOND = "They agreed to meet again in the spring, and said nothing about what had divided them."

Read = Callable[..., Article]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Writes a file and reads it as an article."""

    def write_and_read(content: str | bytes, name: str = "000_0a3d01c2cfde673c.txt") -> Article:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_file(path, "an-id")

    return write_and_read


def reason(read: Read, content: str | bytes, name: str) -> str:
    with pytest.raises(UnreadableFile) as raised:
        read(content, name)
    assert raised.value.path.name == name
    assert "\n" not in str(raised.value)
    return raised.value.reason


# Finding files


def test_a_folder_gives_its_files_sorted_without_hidden_ones(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.md", "a/c.xyz", ".hidden.txt", ".git/x.txt", "a/.DS_Store", "~$memo.docx", "Thumbs.db"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    found = [path.relative_to(tmp_path).as_posix() for path in find_files([tmp_path])]
    assert found == ["a/c.xyz", "a/z.md", "b.txt"]


def test_a_named_file_is_found_whatever_its_name_and_once(tmp_path: Path) -> None:
    for name in (".notes", "a.txt"):
        (tmp_path / name).write_text("x")
    assert find_files([tmp_path / ".notes", tmp_path / "a.txt", tmp_path]) == [tmp_path / ".notes", tmp_path / "a.txt"]


def test_a_folder_inside_a_hidden_folder_can_be_named(tmp_path: Path) -> None:
    folder = tmp_path / ".articles"
    folder.mkdir()
    (folder / "a.txt").write_text("x")
    assert find_files([folder]) == [folder / "a.txt"]


def test_a_path_that_does_not_exist_is_said(tmp_path: Path) -> None:
    with pytest.raises(PathNotFound, match="does not exist: name a file or folder"):
        find_files([tmp_path / "nowhere"])


# Plain text


def test_plain_text_takes_its_first_short_line_as_title_and_keeps_the_standfirst(read: Read) -> None:
    article = read(f"{HEADLINE}\nNine countries, one table.\n{FIRST}\n{SECOND}\n")
    assert article == Article("an-id", HEADLINE, f"Nine countries, one table.\n{FIRST}\n{SECOND}")


def test_plain_text_without_a_title_is_named_after_a_readable_file(read: Read) -> None:
    titles = {
        "1973_oil_crisis.txt": "1973 oil crisis",
        "Alps.txt": "Alps",
        "Guinea-Bissau.txt": "Guinea-Bissau",
        "the-oil-crisis.txt": "the oil crisis",
        "Saint_Barth%C3%A9lemy.txt": "Saint Barthélemy",
    }
    assert {name: read(f"{FIRST}\n{SECOND}", name).title for name in titles} == titles


@pytest.mark.parametrize("name", ["000_0a3d01c2cfde673c.txt", "20071229X02007.txt", "document (3).txt", "12.txt"])
def test_plain_text_with_a_meaningless_name_is_named_after_its_beginning(read: Read, name: str) -> None:
    article = read(f"{FIRST}\n{SECOND}", name)
    assert article.title == "The ministers of nine countries met in Astana on Monday to speak about trade…"
    assert len(article.title) <= 80
    assert article.text == f"{FIRST}\n{SECOND}"


@pytest.mark.parametrize(
    "first", ["It rained.", "and so it went on", "- an item", "PMID: 12\nAccession ID: PMC1765", "“Yes,” he said,"]
)
def test_a_first_line_that_is_no_title_stays_in_the_text(read: Read, first: str) -> None:
    article = read(f"{first}\n{FIRST}", "Alps.txt")
    assert (article.title, article.text) == ("Alps", f"{first}\n{FIRST}")


def test_text_is_tidied_and_normalised_once(read: Read) -> None:
    decomposed = unicodedata.normalize("NFD", "Café à Nîmes")
    article = read(f"{FIRST}  \r\n{decomposed}\t\r\r\n\n\n\n{SECOND}\x0c")
    assert article.text == f"{FIRST}\nCafé à Nîmes\n\n{SECOND}"
    assert unicodedata.is_normalized("NFC", article.text)


def test_joiners_that_spell_words_and_emoji_stay(read: Read) -> None:
    words = "می\u200cخواهم 👩\u200d💻"
    assert read(f"{FIRST} {words}").text == f"{FIRST} {words}"


def test_lines_wrapped_at_a_width_are_joined(read: Read) -> None:
    wrapped = (
        "The ministers of nine countries met in Astana on Monday to speak\n"
        "about trade and security. They agreed to meet again in the spring,\n"
        "and said nothing about what had divided them for so many years.\n\nA short verse\nstays as it is.\n"
    )
    article = read(wrapped)
    assert article.text == wrapped[: wrapped.index("\n\n")].replace("\n", " ") + "\n\nA short verse\nstays as it is."


def test_leftovers_of_the_web_are_trimmed(read: Read) -> None:
    assert read(f"{HEADLINE}\n{FIRST}\n{SECOND}\nSubscribe\n© 2024 The Daily").text == f"{FIRST}\n{SECOND}"


# Encodings


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Le café de l'hôtel est fermé à Noël. Les élèves étaient très fatigués après l'été.", "latin-1"),
        ("The “West” — Russia’s café society — is widening. Nothing more to see, it was said.", "cp1252"),
        ("¿Qué pasó en la cumbre? El señor Muñoz habló de la relación con China.", "latin-1"),
        ("Zażółć gęślą jaźń. Unia Europejska przyjęła nowe przepisy dotyczące żywności.", "cp1250"),
        ("Россия поддержала вступление Индии в организацию, несмотря на сомнения Китая.", "cp1251"),
        ("上海協力機構の首脳会議がアスタナで開かれ、中国とロシアの首脳が出席した。", "shift_jis"),
        ("Ministers met in Astana, in the “old” café.", "utf-8-sig"),
        ("Ministers met in Astana, in the “old” café.", "utf-16"),
        ("Ministers met in Astana, in the “old” café.", "utf-32"),
    ],
)
def test_encodings_are_detected(read: Read, text: str, encoding: str) -> None:
    assert read(text.encode(encoding)).text == text


def test_utf8_cut_inside_a_character_is_still_utf8(read: Read) -> None:
    text = "Россия поддержала вступление Индии"
    assert read((text + "и").encode()[:-1]).text == text + "\ufffd"


# Front matter


def test_front_matter_is_read(read: Read) -> None:
    article = read(
        "---\ntitle: The oil crisis\nauthors: [Jane Doe, John Smith]\ndate: 2024-08\npublisher: The Daily\n"
        f"link: https://daily.example/oil\nlang: en\n---\n# The Oil Crisis\n\n{FIRST}\n",
        "a.md",
    )
    assert article == Article(
        "an-id",
        "The oil crisis",
        FIRST,
        "The Daily",
        "Jane Doe, John Smith",
        "2024-08",
        "https://daily.example/oil",
        "en",
    )


def test_front_matter_that_is_not_valid_yaml_is_read_as_it_looks(read: Read) -> None:
    article = read(f"---\ntitle: Oil: a history\ndate: 2024\n---\n{FIRST}", "a.txt")
    assert (article.title, article.published, article.text) == ("Oil: a history", "2024", FIRST)


def test_a_rule_at_the_top_is_no_front_matter(read: Read) -> None:
    assert read(f"---\n\n{FIRST}\n\n---\n\n{SECOND}", "a.md").text == f"{FIRST}\n\n{SECOND}"


@pytest.mark.parametrize(
    ("written", "published"),
    [
        ("2024", "2024"),
        ("2024-08", "2024-08"),
        ("2024-08-05", "2024-08-05"),
        ("2024-08-05 10:30:00+02:00", "2024-08-05"),
        ("August 5, 2024", "2024-08-05"),
        ("5 Aug 2024", "2024-08-05"),
        ("August 2024", "2024-08"),
        ("05/08/2024", None),
        ("2024-13-40", None),
        ("last week", None),
    ],
)
def test_dates_keep_their_precision_and_are_never_guessed(read: Read, written: str, published: str | None) -> None:
    assert read(f"---\ndate: {written}\n---\n{FIRST}").published == published


def test_an_address_that_is_not_of_the_web_is_dropped(read: Read) -> None:
    assert read(f"---\nurl: javascript:alert(1)\n---\n{FIRST}").url is None


# Markdown


def test_markdown_becomes_the_text_its_page_would_show(read: Read) -> None:
    article = read(
        f"# {HEADLINE} #\n\n*Nine* **countries**, one [table](https://t.example) and `snake_case_name`.\n"
        "A wrapped line.\n\n"
        "## What was said\n\n- trade ~~or~~\n- security\n  1. at sea\n  2. on land\n\n"
        "![a photo](photo.png)\n\n> A quotation & more.\n\n| Country | Vote |\n|---|:-:|\n| China | yes |\n\n"
        "```python\nx = a * b  # not a heading\n```\n\nAn <unk> word, a <b>bold</b> one.<br>A line. <!-- secret -->\n",
        "a.md",
    )
    assert article.title == HEADLINE
    assert article.text.split("\n\n") == [
        "Nine countries, one table and snake_case_name. A wrapped line.",
        "What was said",
        "- trade or\n- security\n  1. at sea\n  2. on land",
        "A quotation & more.",
        "Country | Vote\nChina | yes",
        "x = a * b  # not a heading",
        "An <unk> word, a bold one.\nA line.",
    ]


def test_a_markdown_heading_that_is_all_there_is_stays_the_text(read: Read) -> None:
    article = read("# Nothing yet\n", "a.md")
    assert (article.title, article.text) == ("Nothing yet", "Nothing yet")


# Web pages


def page(body: str, head: str = "") -> str:
    return (
        f'<!DOCTYPE html><html lang="en-GB"><head><title>{HEADLINE} - The Daily</title>{head}</head><body>'
        '<nav><a href="/">Home</a> <a href="/world">World</a></nav>'
        f"<article><h1>{HEADLINE}</h1><p>{FIRST}</p>{body}<p>{SECOND}</p></article>"
        '<div class="comments"><p>First! A great article, really.</p></div>'
        "<footer><p>About us. Subscribe. All rights reserved.</p></footer></body></html>"
    )


def test_a_web_page_gives_its_article_without_what_is_around_it(read: Read) -> None:
    table = "<table><tr><th>Item</th><th>Share</th></tr><tr><td>Oil</td><td>4</td></tr></table>"
    body = f"<h2>Reaction</h2><ul><li>China: yes</li></ul>{table}"
    article = read(page(body), "a.html")
    assert article.title == HEADLINE
    assert article.text.split("\n") == [FIRST, "Reaction", "- China: yes", "Item | Share", "Oil | 4", SECOND]


def test_a_web_page_says_who_wrote_it_where_and_when(read: Read) -> None:
    head = (
        '<meta property="og:site_name" content="The Daily"><meta name="author" content="Jane Doe">'
        '<link rel="canonical" href="https://daily.example/astana">'
        '<script type="application/ld+json">{"@type": "NewsArticle", "datePublished": "2024-08-05T10:00:00Z"}</script>'
    )
    article = read(page("", head), "a.html")
    assert (article.source, article.author, article.published) == ("The Daily", "Jane Doe", "2024-08-05")
    assert (article.url, article.language) == ("https://daily.example/astana", "en-GB")


def test_a_web_page_with_only_a_month_keeps_only_the_month(read: Read) -> None:
    assert read(page("", '<meta name="date" content="2024-08">'), "a.htm").published == "2024-08"


def test_a_page_without_an_article_gives_its_visible_text_by_blocks(read: Read) -> None:
    article = read(
        "<body><select><option>Oil and\n gas</option></select><div>Trade</div>talks<br>ended</body>", "a.html"
    )
    assert article.text.split("\n") == ["Oil and gas", "Trade", "talks", "ended"]


def test_a_page_in_the_encoding_it_declares(read: Read) -> None:
    cyrillic = "Россия и Китай."
    source = f'<html><head><meta charset="windows-1251"></head><body><p>{cyrillic}</p></body></html>'
    assert read(source.encode("cp1251"), "a.html").text == cyrillic


# PDF


def pdf(*pages: list[tuple[int, int, int, str]], info: str = "", below: str = "") -> bytes:
    """A PDF with lines given as (x, y, size, text), in Helvetica; `below` is drawn on each page first."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    objects += [
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        f"<< {info} >>".encode(),
    ]
    numbers = []
    for lines in pages:
        drawn = below + "".join(f"BT /F1 {size} Tf 1 0 0 1 {x} {y} Tm ({text}) Tj ET\n" for x, y, size, text in lines)
        stream = drawn.encode("cp1252")
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        resources = f"<< /Font << /F1 3 0 R >> >> /Contents {len(objects)} 0 R"
        objects.append(f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources {resources} >>".encode())
        numbers.append(len(objects))
    kids = " ".join(f"{number} 0 R" for number in numbers)
    objects[1] = f"<< /Type /Pages /Kids [{kids}] /Count {len(numbers)} >>".encode()
    written, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    trailer = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info 4 0 R >>\nstartxref\n{len(written)}\n%%EOF\n"
    return written + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{trailer}".encode()


PROSE = [
    (72, 700, 10, "The ministers of nine countries met in Astana on Monday to speak of inter-"),
    (72, 688, 10, "national trade and of security. They agreed that they would meet again in the"),
    (72, 676, 10, "spring of the next year."),
    (84, 664, 10, "Nothing was said of what had divided them, which had been much in the news."),
]
PARAGRAPHS = [
    "The ministers of nine countries met in Astana on Monday to speak of international trade and of security. "
    "They agreed that they would meet again in the spring of the next year.",
    "Nothing was said of what had divided them, which had been much in the news.",
]


def test_a_pdf_gives_paragraphs_with_its_lines_and_words_joined(read: Read) -> None:
    article = read(pdf(PROSE), "a.pdf")
    assert article.text.split("\n\n") == PARAGRAPHS


def test_a_pdf_is_named_by_its_largest_letters_where_its_own_title_is_a_program_s(read: Read) -> None:
    lines = [(72, 740, 18, "Ministers meet"), (72, 720, 18, "in Astana"), *PROSE]
    info = "/Title (Microsoft Word - talks.doc) /Author (Jane Doe) /CreationDate (D:20240805101500Z)"
    article = read(pdf(lines, info=info), "a.pdf")
    assert (article.title, article.author, article.published) == (HEADLINE, "Jane Doe", "2024-08-05")
    assert article.text.split("\n\n") == PARAGRAPHS
    assert read(pdf(lines, info="/Title (The Astana talks)"), "b.pdf").title == "The Astana talks"


def test_a_pdf_loses_its_page_numbers_and_repeated_headers_and_joins_sentences_over_pages(read: Read) -> None:
    def edges(number: int) -> list[tuple[int, int, int, str]]:
        return [(72, 760, 10, f"The Daily, page {number} of 3"), (300, 30, 10, f"- {number} -")]

    middle = [(72, 700, 10, "and of what they had"), (72, 688, 10, "said.")]
    article = read(pdf([*edges(1), *PROSE[:2]], [*edges(2), *middle], [*edges(3), *PROSE[3:]]), "a.pdf")
    assert article.text.split("\n\n") == [
        PARAGRAPHS[0].removesuffix("spring of the next year.") + "and of what they had said.",
        PARAGRAPHS[1],
    ]


def test_a_pdf_of_equal_pages_keeps_them(read: Read) -> None:
    assert read(pdf(PROSE[3:], PROSE[3:]), "a.pdf").text.split("\n\n") == [PARAGRAPHS[1]] * 2


def test_a_large_first_letter_is_no_title(read: Read) -> None:
    assert read(pdf([(60, 690, 30, "T"), *PROSE]), "The_talks.pdf").title == "The talks"


def test_a_hyphen_that_belongs_to_the_word_stays(read: Read) -> None:
    lines = [
        (72, 700, 10, "They wrote a long-term plan, and after it was read they spoke of the long-"),
        (72, 688, 10, "term plan."),
    ]
    assert read(pdf(lines), "a.pdf").text.endswith("spoke of the long-term plan.")


def test_fields_and_items_of_a_pdf_keep_their_lines(read: Read) -> None:
    texts = ["Location: Astana, Kazakhstan", "Aircraft: Piper PA-22", "1. a first finding", "2. a second one"]
    lines = [(72, 700 - 12 * at, 10, text) for at, text in enumerate(texts)]
    assert read(pdf(lines), "Report.pdf").text.split("\n\n") == texts


def test_an_encrypted_pdf_says_so(read: Read, tmp_path: Path) -> None:
    pypdf = pytest.importorskip("pypdf")
    (tmp_path / "plain.pdf").write_bytes(pdf(PROSE))
    writer = pypdf.PdfWriter(clone_from=tmp_path / "plain.pdf")
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(tmp_path / "locked.pdf")
    locked = (tmp_path / "locked.pdf").read_bytes()
    assert reason(read, locked, "locked.pdf") == "is encrypted: save it without a password"


def test_a_pdf_without_text_says_so(read: Read) -> None:
    assert reason(read, pdf([]), "scan.pdf") == "holds no text (scanned pages?): run OCR on it first"


# Word


def word_file(path: Path, title: str = "") -> bytes:
    from docx import Document

    document = Document()
    document.core_properties.title = title
    document.core_properties.author = "Jane Doe"
    document.core_properties.created = datetime(2024, 8, 5, 10, 30)
    document.add_heading(HEADLINE, 0)
    document.add_paragraph(FIRST)
    table = document.add_table(2, 2)
    for cell, words in zip(
        (cell for row in table.rows for cell in row.cells), ["Country", "Vote", "China", "yes"], strict=True
    ):
        cell.text = words
    document.add_heading("What was said", 1)
    paragraph = document.add_paragraph(SECOND)
    paragraph.add_run(" secret").font.hidden = True
    document.save(str(path))
    return path.read_bytes()


def test_a_word_document_gives_paragraphs_headings_and_tables_in_order(read: Read, tmp_path: Path) -> None:
    article = read(word_file(tmp_path / "made.docx"), "a.docx")
    assert (article.title, article.author, article.published) == (HEADLINE, "Jane Doe", "2024-08-05")
    assert article.text.split("\n\n") == [FIRST, "Country | Vote\nChina | yes", "What was said", SECOND]


def test_a_word_document_s_own_title_is_taken(read: Read, tmp_path: Path) -> None:
    assert read(word_file(tmp_path / "made.docx", "The Astana talks"), "a.docx").title == "The Astana talks"


def test_insertions_and_content_controls_of_a_word_document_are_read(read: Read, tmp_path: Path) -> None:
    word_file(tmp_path / "made.docx")
    old, new = f"<w:t>{FIRST}</w:t></w:r>", f"<w:t>{FIRST}</w:t></w:r><w:ins><w:r><w:t> Added.</w:t></w:r></w:ins>"
    with zipfile.ZipFile(tmp_path / "made.docx") as source, zipfile.ZipFile(tmp_path / "edited.docx", "w") as edited:
        for name in source.namelist():
            content = source.read(name).decode("utf-8", "surrogateescape").replace(old, new)
            edited.writestr(name, content.encode("utf-8", "surrogateescape"))
    assert read((tmp_path / "edited.docx").read_bytes(), "a.docx").text.startswith(f"{FIRST} Added.")


# What cannot be read


@pytest.mark.parametrize("ending", FORMATS)
def test_an_empty_file_is_said_in_every_format(read: Read, ending: str) -> None:
    assert reason(read, b"", f"a{ending}") == "is empty"


@pytest.mark.parametrize("ending", [".txt", ".md", ".html"])
def test_a_file_of_white_space_holds_no_text(read: Read, ending: str) -> None:
    assert reason(read, " \n\t\n\u200b", f"a{ending}") == "holds no text"


@pytest.mark.parametrize("ending", [".txt", ".md", ".html"])
@pytest.mark.parametrize("content", [b"Some text\x00with zeros", bytes(range(1, 256)) * 20])
def test_binary_data_is_not_read_as_text(read: Read, ending: str, content: bytes) -> None:
    assert reason(read, content, f"a{ending}") == "is binary, not text: check that its ending says what it is"


@pytest.mark.parametrize("ending", [".pdf", ".docx"])
@pytest.mark.parametrize("content", [b"no such thing", b"PK\x03\x04 cut off"])
def test_a_broken_document_is_said(read: Read, ending: str, content: bytes) -> None:
    assert reason(read, content, f"a{ending}").startswith("is broken: ")


def test_a_pdf_that_is_cut_off_is_broken(read: Read) -> None:
    assert reason(read, b"%PDF-1.4\n1 0 obj\n", "a.pdf").startswith("is broken: ")


def test_an_old_or_encrypted_word_file_says_what_to_do(read: Read) -> None:
    content = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)
    expected = "is an old or encrypted Office file, not a Word document: save it as .docx without a password"
    assert reason(read, content, "a.docx") == expected


def test_an_unknown_format_names_the_known_ones(read: Read) -> None:
    assert reason(read, "x", "a.xyz") == f"unknown format .xyz; known: {', '.join(FORMATS)}"
    assert reason(read, "x", "README").startswith("unknown format (no ending); known: .txt")


def test_a_missing_file_and_a_folder_are_said(tmp_path: Path) -> None:
    (tmp_path / "folder.txt").mkdir()
    for name, expected in {
        "gone.txt": "cannot be opened: No such file or directory",
        "folder.txt": "is not a file",
    }.items():
        with pytest.raises(UnreadableFile) as raised:
            read_file(tmp_path / name, "x")
        assert raised.value.reason == expected


def test_control_characters_in_a_page_do_no_harm(read: Read) -> None:
    source = f"<body><select><option>Oil\x01 and&#xFFFE;&#2; gas. {FIRST}</option></select></body>"
    assert read(source, "a.html").text == f"Oil and gas. {FIRST}"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(UnreadableFile, match="is not a file"):
        read_file(tmp_path / "pipe.txt", "x")


def test_reading_prints_and_logs_nothing(
    read: Read, tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        for content, name in (("<p>x", "a.html"), ("<" * 500, "b.html"), ("x", "c.md"), (pdf(PROSE), "d.pdf")):
            read(content, name)
        reason(read, b"%PDF-1.4 broken", "e.pdf")
        reason(read, "<!-- nothing -->", "f.html")
    assert (caplog.records, *capfd.readouterr()) == ([], "", "")


def test_importing_the_readers_imports_no_library() -> None:
    heavy = ["trafilatura", "lxml", "docx", "pypdfium2", "markdown_it", "yaml", "charset_normalizer"]
    script = f"import sys, corpus.readers; print([name for name in {heavy} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert run.stdout.strip() == "[]", run.stderr


# The real ones


@pytest.mark.skipif(not (SHARED / "articles").is_dir(), reason="needs the original articles in ../shared/articles")
def test_the_original_articles_are_read_as_they_should_be() -> None:
    untitled, titled = (read_file(path, path.stem) for path in find_files([SHARED / "articles"]))
    assert untitled.title == "China and Russia’s bid to hold up the Shanghai Cooperation Organisation (SCO)…"
    assert untitled.text.startswith("China and Russia’s bid to hold up")
    assert untitled.text.endswith("closer relationship between Moscow and Beijing.”")
    assert titled.title == "Widening Inequality Between Russia and China on Display at SCO Summit"
    assert titled.text.startswith("The Astana SCO Summit was Russia’s first as a junior partner to China.\n")
    assert titled.text.endswith("widening between China and Russia in Eurasia.")


@pytest.mark.skipif(not (SHARED / "bench/pdf").is_dir(), reason="needs the PDF files in ../shared/bench/pdf")
def test_a_real_paper_is_read_in_whole_sentences() -> None:
    paper = read_file(SHARED / "bench/pdf/distilbert.pdf", "distilbert")
    assert paper.title == "DistilBERT, a distilled version of BERT: smaller, faster, cheaper and lighter"
    text = paper.text
    assert (
        "a smaller general-purpose language representation model, called DistilBERT, which can then be fine-tuned"
        in text
    )
    assert "lead to significant improvement, they often have several hundred million parameters" in text
    assert "First is the environmental cost of exponentially scaling" in text
    assert "arXiv:1910.01108" not in text


@pytest.mark.skipif(not (SHARED / "bench/pdf").is_dir(), reason="needs the PDF files in ../shared/bench/pdf")
def test_real_reports_lose_their_page_marks_and_keep_their_fields() -> None:
    report = read_file(SHARED / "bench/pdf/20071229X02007.pdf", "report").text
    assert "Page 2 of 4" not in report
    assert "Location: Tallahassee, FL Accident Number: NYC08CA055\n\nDate & Time: 12/08/2007" in report
    assert "While on final approach for the 1,500-foot-long turf strip, the airplane contacted trees" in report


@pytest.mark.skipif(not (SHARED / "bench/attacks").is_dir(), reason="needs ../shared/bench/attacks")
def test_hostile_strings_are_read_without_harm() -> None:
    for name in ("naughty.txt", "xss.txt"):
        text = read_file(SHARED / "bench/attacks" / name, name).text
        assert unicodedata.is_normalized("NFC", text)
        assert all(character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs") for character in text)


@pytest.mark.parametrize(
    "text",
    [
        "ID3 is an algorithm that makes decision trees.",
        "OggS begins every page of a stream.",
        "fLaC is how such a file begins.",
        "%!PS is the first line of a program that prints.",
        "GIF89a is the version that moves.",
        "The ftyp box comes first.",
    ],
)
def test_text_about_a_format_is_no_file_of_it(read: Read, text: str) -> None:
    assert read(text.encode(), "a.txt").text == text


@pytest.mark.parametrize(
    "content", [b"ID3\x04\x00\x00", b"OggS\x00\x02", b"fLaC\x00\x00\x00\x22", b"%!PS-Adobe-3.0\n", b"%!PS\n/x 1 def\n"]
)
def test_a_file_of_another_format_is_refused(read: Read, content: bytes) -> None:
    with pytest.raises(UnreadableFile, match="not text"):
        read(content, "a.txt")


@pytest.mark.parametrize("name", ["a\0b.txt", "x" * 5_000 + ".txt"])
def test_a_name_that_no_system_takes_is_said(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnreadableFile, match="cannot be opened"):
        read_file(tmp_path / name, "x")
