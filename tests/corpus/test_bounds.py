"""Hostile files cost themselves alone: each is refused in a line, or read for what it says; the next one is read."""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Thread

import pytest

from corpus.errors import UnreadableFile
from corpus.readers import LIMITS, Limits, find_files, read_file
from corpus.readers.bounded import BoundedReader
from corpus.sentences import sentences

ROOT = Path(__file__).parents[2]
SENTENCE = "The ministers of nine countries met in Astana on Monday."
SHORT = Limits(seconds=3)

needs_proc = pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="needs Linux's /proc")
needs_limits = pytest.mark.skipif(sys.platform != "linux", reason="needs a system that bounds a process's memory")

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"


def refused(path: Path, limits: Limits = LIMITS) -> str:
    with pytest.raises(UnreadableFile) as raised:
        read_file(path, "an-id", limits)
    assert raised.value.path == path
    assert "\n" not in str(raised.value)
    return raised.value.reason


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def archive(parts: dict[str, str | bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return packed.getvalue()


def word_file(
    body: str = "", *, before: str = "", links: str = "", parts: dict[str, str | bytes] | None = None
) -> bytes:
    """A Word document with something after its sentence, before its XML, in its relationships or beside it."""
    return archive(
        {
            "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="docx" ContentType="application/zip"/><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
            f'ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="{_WORD}.document.main'
            f'+xml"/><Override PartName="/word/styles.xml" ContentType="{_WORD}.styles+xml"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
            f'Type="{_OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>',
            "word/_rels/document.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="s" '
            f'Type="{_OFFICE}/styles" Target="styles.xml"/>{links}</Relationships>',
            "word/styles.xml": '<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"/>',
            "word/document.xml": f'{before}<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006'
            f'/main"><w:body><w:p><w:r><w:t>{SENTENCE}</w:t></w:r></w:p>{body}</w:body></w:document>',
            **(parts or {}),
        }
    )


def pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    """A PDF of some objects, after a catalogue and before nothing: the page tree is 2, a font is 3."""
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    whole = [b"<< /Type /Catalog /Pages 2 0 R >>", objects[0], font, *objects[1:]]
    file, offsets = b"%PDF-1.7\n", []
    for number, content in enumerate(whole, 1):
        offsets.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start, count = len(file), len(whole) + 1
    trailer = trailer.replace(b"HERE", b"%d" % start)
    file += b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R %s >>\n" % (
        count,
        table,
        count,
        trailer,
    )
    return file + b"startxref\n%d\n%%%%EOF\n" % start


def stream(content: bytes, about: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), about, content)


def page(contents: int, resources: bytes = b"") -> bytes:
    about = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F 3 0 R >> %s >>"
    return about % resources + b" /Contents %d 0 R >>" % contents


ONE_PAGE = b"<< /Type /Pages /Count 1 /Kids [5 0 R] >>"
WORDS = stream(b"BT /F 10 Tf 72 700 Td (%s) Tj ET" % SENTENCE.encode())


# Kinds


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.txt", pdf(ONE_PAGE, WORDS, page(4)), "is a PDF, not text: rename it to end in .pdf"),
        ("a.docx", pdf(ONE_PAGE, WORDS, page(4)), "is a PDF, not a Word document: rename it to end in .pdf"),
        ("a.html", word_file(), "is a Word document, not a web page: rename it to end in .docx"),
        ("a.pdf", word_file(), "is a Word document, not a PDF: rename it to end in .docx"),
        ("a.md", archive({"a.txt": SENTENCE}), "is a zip archive, not text: unpack it first"),
        ("a.docx", archive({"a.txt": SENTENCE}), "is a zip archive, not a Word document: unpack it first"),
        (
            "a.docx",
            archive({"xl/workbook.xml": ""}),
            "is an Excel workbook, not a Word document: save what it says as text, .docx or .pdf",
        ),
        ("a.md", Path(sys.executable).read_bytes()[:5000], "is a program, not text: "),
        ("a.txt", b"\x89PNG\r\n\x1a\n" + bytes(50), "is a picture, not text: "),
        ("a.txt", rb"{\rtf1\ansi Some words.}", "is a document in Rich Text Format, not text: "),
        ("a.html", b"\x1f\x8b\x08" + bytes(20), "is a compressed archive, not a web page: "),
    ],
)
def test_a_file_is_known_by_its_content_and_not_its_name(
    tmp_path: Path, name: str, content: bytes, expected: str
) -> None:
    assert refused(written(tmp_path / name, content)).startswith(expected)


def test_words_that_look_like_a_kind_s_mark_are_words(tmp_path: Path) -> None:
    for start in ("MZ is how a program begins.", "PK is a country's code.", "RIFF and ID are words.", "GIF is a kind."):
        assert read_file(written(tmp_path / "a.txt", f"{start} {SENTENCE}"), "x").text == f"{start} {SENTENCE}"


# Sizes


def test_a_file_over_a_size_is_not_opened(tmp_path: Path) -> None:
    large = tmp_path / "large.txt"
    with large.open("wb") as file:
        file.truncate(LIMITS.file + 1)
    assert refused(large) == "is larger than 100 MB: split it into smaller files"


def test_a_text_of_too_many_characters_is_not_read(tmp_path: Path) -> None:
    limits = Limits(characters=1000)
    long = "word " * 250
    for name, content in (
        ("a.txt", long),
        ("a.md", long),
        ("a.html", f"<p>{long}"),
        ("a.docx", word_file(f"<w:p><w:r><w:t>{long}</w:t></w:r></w:p>")),
        ("a.pdf", pdf(ONE_PAGE, stream(b"BT /F 1 Tf 9 9 Td (%s) Tj ET" % long.encode()), page(4))),
    ):
        expected = "holds more than 1,000 characters: split it into smaller files"
        assert refused(written(tmp_path / name, content), limits) == expected, name


@pytest.mark.parametrize("sentence", ["Yes. ", "Yes\n", "是。"])
def test_a_text_of_too_many_sentences_is_not_read(tmp_path: Path, sentence: str) -> None:
    limits = Limits(sentences=1000)
    assert read_file(written(tmp_path / "a.txt", sentence * 1000), "x", limits).text
    expected = "holds more than 1,000 sentences: split it into smaller files"
    assert refused(written(tmp_path / "b.txt", sentence * 1002), limits) == expected


def test_a_word_document_may_not_unpack_to_too_much_or_too_many(tmp_path: Path) -> None:
    limits = Limits(unpacked=1_000_000, parts=100)
    large = word_file(parts={"word/media/image.png": bytes(1_000_000)})
    many = word_file(parts={f"word/media/{at}.png": b"" for at in range(100)})
    assert len(large) < 10_000
    unpacks = "unpacks to more than 1 MB: split it into smaller files"
    assert refused(written(tmp_path / "large.docx", large), limits) == unpacks
    assert refused(written(tmp_path / "many.docx", many), limits).startswith("holds more than 100 parts: ")


def test_a_word_document_s_parts_are_not_unpacked_in_turn(tmp_path: Path) -> None:
    inner = word_file(parts={"word/media/image.png": bytes(1_000_000)})
    link = f'<Relationship Id="a" Type="{_OFFICE}/aFChunk" Target="inner.docx"/>'
    outer = word_file(links=link, parts={"word/inner.docx": inner})
    assert read_file(written(tmp_path / "a.docx", outer), "x", Limits(unpacked=500_000)).text == SENTENCE


def test_a_pdf_of_too_many_pages_is_not_read(tmp_path: Path) -> None:
    tree = b"<< /Type /Pages /Count 1000000 /Kids [" + b"5 0 R " * 20_000 + b"] >>"
    expected = "has more than 10,000 pages: split it into smaller files"
    assert refused(written(tmp_path / "a.pdf", pdf(tree, WORDS, page(4)))) == expected


# Bombs


def test_entities_that_multiply_are_not_expanded(tmp_path: Path) -> None:
    laughs = "".join(f'<!ENTITY l{at + 1} "{f"&l{at};" * 10}">' for at in range(9))
    doctype = f'<!DOCTYPE w:document [<!ENTITY l0 "laugh">{laughs}]>'
    document = word_file("<w:p><w:r><w:t>&l9;</w:t></w:r></w:p>", before=doctype)
    assert refused(written(tmp_path / "a.docx", document)).startswith("is broken: Maximum entity amplification")
    page = f"{doctype.replace('w:document', 'html')}<body><p>{SENTENCE}</p><p>&l9;</p></body>"
    assert len(read_file(written(tmp_path / "a.html", page), "x").text) < 1000


def test_aliases_that_multiply_are_not_expanded(tmp_path: Path) -> None:
    rows = "".join(f"a{at + 1}: &a{at + 1} [{','.join([f'*a{at}'] * 10)}]\n" for at in range(9))
    source = f"---\na0: &a0 [laugh]\n{rows}author: *a9\ntags: {'[' * 5000}\ntitle: Ministers\n---\n{SENTENCE}"
    article = read_file(written(tmp_path / "a.md", source), "x")
    assert (article.title, article.text) == ("Ministers", SENTENCE)
    closed = source.replace("tags: " + "[" * 5000, "tags: none")
    article = read_file(written(tmp_path / "a.txt", closed), "x")
    assert (article.title, article.author, article.text) == ("Ministers", None, SENTENCE)


DEEP = 8_000


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("tags.html", "<div>" * DEEP + SENTENCE),
        ("tables.html", "<table><tr><td>" * DEEP + SENTENCE),
        ("elements.docx", word_file("<w:sdt>" * DEEP + "</w:sdt>" * DEEP)),
        ("arrays.pdf", pdf(ONE_PAGE, WORDS, page(4)[:-2] + b"/A " + b"[" * DEEP + b"]" * DEEP + b" >>")),
        ("links.md", "[" * DEEP + SENTENCE),
        ("quotes.md", "> " * DEEP + SENTENCE),
        ("emphasis.md", "*a_ " * DEEP + SENTENCE),
        ("lists.md", "- " * DEEP + SENTENCE),
        ("images.md", "![[]()" * DEEP + SENTENCE),
        ("tags.md", "<b>" * 2000 + SENTENCE),
        ("front.md", f"---\ntitle: {'[' * DEEP}\n---\n{SENTENCE}"),
        ("rules.html", f"<style>{'@media screen {' * DEEP}</style><p>{SENTENCE}"),
        ("commas.html", f"<style>{','.join(['.a'] * DEEP)}{{display:none}}</style><p>{SENTENCE}"),
        ("addresses.html", f"<style>{'url(' * DEEP}</style><p>{SENTENCE}"),
        ("one-class.html", f"<p class='{' '.join(f'c{at}' for at in range(DEEP))}'>{SENTENCE}"),
        ("one-style.html", f"<p style='{'transform:scale(' * DEEP}'>{SENTENCE}"),
        ("entities.html", "&amp;" * DEEP + SENTENCE),
    ],
)
def test_what_is_nested_or_repeated_without_end_is_read_or_refused(tmp_path: Path, name: str, content: str) -> None:
    file = written(tmp_path / name, content)
    try:
        assert read_file(file, "x").text
    except UnreadableFile as error:
        assert (
            error.reason in ("holds no text", "is broken: its parts are nested too deeply") or name == "elements.docx"
        )


def test_pages_that_refer_to_themselves_end(tmp_path: Path) -> None:
    tree = pdf(b"<< /Type /Pages /Count 5 /Kids [2 0 R 2 0 R] >>", WORDS, page(4))
    assert refused(written(tmp_path / "tree.pdf", tree)).startswith("is broken: ")
    table = pdf(ONE_PAGE, WORDS, page(4), trailer=b"/Prev HERE")
    assert read_file(written(tmp_path / "table.pdf", table), "x").text == SENTENCE
    contents = pdf(ONE_PAGE, b"4 0 R", page(4))
    assert refused(written(tmp_path / "contents.pdf", contents)).startswith("holds no text")


def test_a_huge_picture_and_a_huge_font_are_not_unpacked(tmp_path: Path) -> None:
    about = b"/Subtype /Image /Width 100000 /Height 100000 /BitsPerComponent 8 /ColorSpace /DeviceRGB"
    pixels = stream(zlib.compress(bytes(1_000_000)), about + b" /Filter /FlateDecode")
    drawn = stream(b"q 90 0 0 90 0 0 cm /I Do Q BT /F 10 Tf 72 700 Td (%s) Tj ET" % SENTENCE.encode())
    file = pdf(ONE_PAGE, drawn, page(4, b"/XObject << /I 6 0 R >>"), pixels)
    assert read_file(written(tmp_path / "a.pdf", file), "x").text == SENTENCE


def test_a_very_long_word_broken_at_a_line_s_end_is_whole_again(tmp_path: Path) -> None:
    lines = b"BT /F 1 Tf 9 700 Td (%s-) Tj 0 -12 Td (end of it) Tj ET" % (b"w" * 30_000)
    text = read_file(written(tmp_path / "a.pdf", pdf(ONE_PAGE, stream(lines), page(4))), "x").text
    assert text.startswith("w" * 30_000)


def test_a_line_of_any_length_is_parted_into_its_sentences() -> None:
    text = "中国和俄罗斯在阿斯塔纳会面。" * 20_000
    assert [text[start:end] for start, end in sentences(text, (0, len(text)))] == [
        "中国和俄罗斯在阿斯塔纳会面。"
    ] * 20_000


# Time, memory and accidents


def endless_styles() -> str:
    """A page whose scripts may show what 5,000 rules hide one after the other."""
    rules = "".join(f".a{{opacity:0;left:-{at}000px}}" for at in range(5_000))
    return f"<script>1</script><style>{rules}</style>" + f"<p class=a>{SENTENCE}</p>" * 20


def multiplying_forms() -> bytes:
    """A PDF whose page draws a form that draws another one twice, and so on: a thousand million times."""
    about = b"/Subtype /Form /BBox [0 0 9 9]"
    forms = [
        stream(b"/X Do /X Do", about + b" /Resources << /XObject << /X %d 0 R >> >>" % (7 + at)) for at in range(30)
    ]
    return pdf(ONE_PAGE, stream(b"/X Do"), page(4, b"/XObject << /X 6 0 R >>"), *forms, stream(b"", about))


@pytest.mark.parametrize(("name", "content"), [("a.html", endless_styles()), ("a.pdf", multiplying_forms())])
def test_a_file_that_takes_for_ever_is_stopped_and_the_next_one_is_read(
    tmp_path: Path, name: str, content: str | bytes
) -> None:
    expected = "takes longer than 3 seconds to read: split it, or save it as plain text"
    assert refused(written(tmp_path / name, content), SHORT) == expected
    assert read_file(written(tmp_path / "next.txt", SENTENCE), "x", SHORT).text == SENTENCE


@needs_limits
def test_a_file_that_takes_too_much_memory_is_refused_and_the_next_one_is_read(tmp_path: Path) -> None:
    limits = Limits(memory=200_000_000)
    twice = zlib.compress(zlib.compress(bytes(200_000_000), 1))
    bomb = pdf(ONE_PAGE, stream(twice, b"/Filter [/FlateDecode /FlateDecode]"), page(4))
    assert len(bomb) < 10_000
    large = written(tmp_path / "large.txt", f"{SENTENCE}\n" * 1_000_000)
    assert refused(large, limits) == "needs more than 200 MB of memory to read: split it into smaller files"
    assert "of memory to read" in refused(written(tmp_path / "bomb.pdf", bomb), limits)
    assert read_file(written(tmp_path / "next.txt", SENTENCE), "x", limits).text == SENTENCE


def children() -> set[int]:
    """The processes that this one has started and that have not ended."""
    found = set()
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, parent, *_ = file.read_text().rpartition(")")[2].split()
            if state != "Z" and int(parent) == os.getpid():
                found.add(int(file.parent.name))
    return found


@pytest.fixture
def reader() -> Iterator[BoundedReader]:
    made = BoundedReader(LIMITS)
    yield made
    made.close()


@needs_proc
def test_one_reader_reads_many_files_however_much_memory_the_one_that_asks_has(
    tmp_path: Path, reader: BoundedReader
) -> None:
    before = children()
    held = b"x" * (LIMITS.memory // 3)
    found = set()
    for name in ("a", "b", "c"):
        reader.read(written(tmp_path / f"{name}.txt", SENTENCE), name)
        found |= children() - before
    assert held
    assert len(found & children()) == len(found) == 1


@needs_proc
def test_a_reader_that_is_killed_costs_the_file_in_hand_and_no_other(tmp_path: Path, reader: BoundedReader) -> None:
    before = children()
    file = written(tmp_path / "a.txt", SENTENCE)
    assert reader.read(file, "x").text == SENTENCE
    (process,) = children() - before
    os.kill(process, signal.SIGKILL)
    assert reader.read(file, "x").text == SENTENCE  # another one reads it
    reader.close()

    def kill() -> None:
        while not (started := children() - before):
            time.sleep(0.01)
        os.kill(started.pop(), signal.SIGKILL)

    killer = Thread(target=kill)
    killer.start()
    with pytest.raises(UnreadableFile, match="is broken, or needs more than 2,000 MB of memory to read"):
        reader.read(written(tmp_path / "slow.pdf", multiplying_forms()), "x")
    killer.join()
    assert reader.read(file, "x").text == SENTENCE


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs signals")
def test_an_answer_that_was_not_waited_for_is_not_the_next_file_s(tmp_path: Path, reader: BoundedReader) -> None:
    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    earlier = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        with pytest.raises(KeyboardInterrupt):
            reader.read(written(tmp_path / "slow.html", endless_styles()), "x")
    finally:
        signal.signal(signal.SIGALRM, earlier)
    assert reader.read(written(tmp_path / "a.txt", SENTENCE), "x").text == SENTENCE


def test_a_file_whose_name_is_no_unicode_keeps_its_id(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.txt")
    try:
        file = written(tmp_path / name, SENTENCE)
    except OSError:
        pytest.skip("needs a file system that takes any bytes for a name")
    assert read_file(file, name).id == name


@needs_proc
def test_a_reader_can_write_no_file_and_knows_no_key(
    tmp_path: Path, reader: BoundedReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "a-secret")
    before = children()
    reader.read(written(tmp_path / "a.txt", SENTENCE), "x")
    (process,) = children() - before
    assert b"a-secret" not in Path(f"/proc/{process}/environ").read_bytes()
    bounds = {
        line[:26].strip(): line[26:].split()[:2] for line in Path(f"/proc/{process}/limits").read_text().splitlines()
    }
    assert bounds["Max file size"] == ["0", "0"]
    assert bounds["Max address space"] == [str(LIMITS.memory)] * 2


@needs_proc
def test_a_reader_ends_with_the_process_that_it_reads_for(tmp_path: Path) -> None:
    program = (
        "import os; from pathlib import Path; from corpus.readers import read_file; "
        f"read_file(Path({str(written(tmp_path / 'a.txt', SENTENCE))!r}), 'x'); "
        "print(*[each.read_text() for each in Path('/proc/self/task').glob('*/children')], flush=True); "
        "os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == -signal.SIGKILL
    (process,) = map(int, done.stdout.split())
    for _ in range(200):
        if not is_running(process):
            return
        time.sleep(0.05)
    pytest.fail("it goes on")


def is_running(process: int) -> bool:
    """Whether a process is there and not only waits to be counted."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_modules_of_the_working_folder_are_none_of_a_reader_s(tmp_path: Path) -> None:
    written(tmp_path / "json.py", "raise SystemExit('found')")
    (tmp_path / "corpus").mkdir()
    file = written(tmp_path / "a.md", SENTENCE)
    program = (
        f"import sys; sys.path[:] = [{str(ROOT)!r}, *filter(None, sys.path)]; from pathlib import Path; "
        f"from corpus.readers import read_file; print(read_file(Path({str(file)!r}), 'x').text)"
    )
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.strip() == SENTENCE, done.stderr


def test_many_threads_read_at_once(tmp_path: Path) -> None:
    files = [written(tmp_path / f"{at}.md", f"# Number {at}\n\n{SENTENCE}") for at in range(40)]
    with ThreadPoolExecutor(8) as pool:
        titles = pool.map(lambda file: read_file(file, file.stem).title, files)
    assert list(titles) == [f"Number {at}" for at in range(40)]


# Nothing is fetched


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        yield server


def test_no_address_in_a_file_is_fetched(tmp_path: Path, listener: socket.socket) -> None:
    secret = written(tmp_path / "secret.txt", "The secret word is Xanadu.")
    for at in (f"http://127.0.0.1:{listener.getsockname()[1]}/x", secret.as_uri()):
        entity = f'[<!ENTITY e SYSTEM "{at}"><!ENTITY % p SYSTEM "{at}">%p;]'
        include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{at}" parse="text"/>'
        tags = (
            f'<base href="{at}"><link rel="stylesheet" href="{at}"><link rel="canonical" href="{at}">'
            f'<style>@import url("{at}");</style><script src="{at}"></script>'
        )
        body = (
            f"<article><p>{SENTENCE} &e;</p>{include}<img src='{at}'><iframe src='{at}'></iframe>"
            f"<object data='{at}'></object><embed src='{at}'><video src='{at}'></video></article>"
        )
        before = f'<?xml-stylesheet href="{at}"?><!DOCTYPE html SYSTEM "{at}" {entity}>'
        source = f"{before}<html>{tags}<body>{body}</body></html>"
        link = f'<Relationship Id="a" Type="{_OFFICE}/attachedTemplate" Target="{at}" TargetMode="External"/>'
        image = link.replace('"a"', '"b"').replace("attachedTemplate", "image")
        paragraph = f"<w:p><w:r><w:t>&e;</w:t></w:r></w:p><w:p>{include}</w:p>"
        document = word_file(paragraph, before=f'<!DOCTYPE w:document SYSTEM "{at}" {entity}>', links=link + image)
        action = b"/OpenAction << /S /URI /URI (%s) >>" % at.encode()
        for name, content in (
            ("a.html", source.encode()),
            ("a.md", f"{SENTENCE}\n\n![x]({at})\n\n{source}".encode()),
            ("a.docx", document),
            ("a.pdf", pdf(ONE_PAGE, WORDS, page(4)).replace(b"/Type /Catalog", b"/Type /Catalog " + action)),
        ):
            text = read_file(written(tmp_path / name, content), "x").text
            assert SENTENCE in text
            assert "Xanadu" not in text, (name, at)
    with pytest.raises(BlockingIOError):
        listener.accept()


# Links


def test_a_link_out_of_its_folder_is_named_and_not_followed(tmp_path: Path) -> None:
    for name in ("articles", "elsewhere"):
        (tmp_path / name).mkdir()
        written(tmp_path / name / f"{name}.txt", SENTENCE)
    outside = tmp_path / "elsewhere" / "elsewhere.txt"
    link, folder = tmp_path / "articles" / "a-link.txt", tmp_path / "articles" / "a-folder"
    link.symlink_to(outside)
    folder.symlink_to(outside.parent)
    found = find_files([tmp_path / "articles"])
    assert found == [tmp_path / "articles" / "articles.txt", folder, link]
    assert refused(link) == f"is a link out of its folder: name {outside} itself if you mean it"
    assert refused(folder).startswith("is a link out of its folder: ")
    assert find_files([link]) == [outside]
    assert outside in find_files([tmp_path / "articles", tmp_path / "elsewhere"])


def test_links_inside_a_folder_give_each_file_once_and_loops_end(tmp_path: Path) -> None:
    inside = tmp_path / "sub" / "z.txt"
    inside.parent.mkdir()
    written(inside, SENTENCE)
    (tmp_path / "a.txt").symlink_to(inside)
    (tmp_path / "sub" / "up").symlink_to(tmp_path)
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere.txt")
    assert find_files([tmp_path]) == [inside]


def test_a_link_into_a_hidden_folder_beside_it_is_read(tmp_path: Path) -> None:
    data = tmp_path / "..2026" / "a.txt"  # how Kubernetes shows files to a program
    data.parent.mkdir()
    written(data, SENTENCE)
    (tmp_path / "a.txt").symlink_to(data)
    assert [read_file(file, "x").text for file in find_files([tmp_path])] == [SENTENCE]


@needs_proc
def test_a_signal_to_all_processes_at_once_loses_no_file(tmp_path: Path, reader: BoundedReader) -> None:
    before = children()
    file = written(tmp_path / "a.txt", SENTENCE)
    reader.read(file, "x")
    (process,) = children() - before
    for each in (signal.SIGINT, signal.SIGTERM):
        os.kill(process, each)
    assert reader.read(file, "x").text == SENTENCE
    assert children() - before == {process}


def test_a_system_without_threads_to_give_is_said(
    tmp_path: Path, reader: BoundedReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(_: Thread) -> None:
        raise RuntimeError("can't start new thread")

    file = written(tmp_path / "a.txt", SENTENCE)
    with monkeypatch.context() as patch:
        patch.setattr(Thread, "start", none_left)
        with pytest.raises(UnreadableFile, match="cannot be read now"):
            reader.read(file, "x")
    assert reader.read(file, "x").text == SENTENCE
