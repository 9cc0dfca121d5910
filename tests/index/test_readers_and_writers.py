"""Read by many while it is written by one: every answer is of one generation, and nothing stays that nobody reads."""

from __future__ import annotations

import gc
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from errno import EDQUOT, ENOSPC, EROFS, ESTALE
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

import pytest

from corpus.errors import IndexDamaged, IndexLocked, IndexNotFound, StoreError
from index.build import build
from index.folder import files
from index.folder.lexical import LexicalIndex
from index.folder.segment_writer import IDS
from index.folder.store import FolderStore
from index.manifest import Manifest
from index.remove import remove
from index.store import store_at
from rag import Settings
from rag.current import CurrentChatbot
from tests.index.conftest import ARTICLES, Search, write

_ASKERS = 2
_OPEN_FILES = Path("/proc/self/fd")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of two segments, not to be changed."""
    root = tmp_path_factory.mktemp("store")
    build([write(root / "articles", ARTICLES)], root / "index")
    build([write(root / "articles", {"mill.txt": "The mill was sold."})], root / "index")
    return root / "index"


@pytest.fixture
def copy(whole: Path, folder: Path) -> Path:
    """A copy of it, to be written to."""
    return Path(shutil.copytree(whole, folder))


# Through updates


def _counted(folder: Path, number: int) -> Path:
    """Two articles that change together."""
    return write(
        folder,
        {
            "bridge.txt": f"The bridge at Morton was painted {number} times. Its painter was Clara Voss.\n",
            "chapel.txt": f"The chapel at Orva was visited {number} times. Its warden was Anna Holm.\n",
        },
    )


def _numbers(current: CurrentChatbot) -> set[str]:
    """The numbers in two answers and in all that the chatbot's index holds; the citations are exact."""
    chatbot = current()
    numbers = {number for article in chatbot.index.articles() for number in re.findall(r"\d+", article.text)}
    for question in ("How many times was the bridge at Morton painted?", "How often was the chapel at Orva visited?"):
        answer = chatbot.ask(question)
        assert answer.citations
        for cited in answer.citations:
            assert chatbot.index.article(cited.article_id).text[cited.start : cited.end] == cited.quote
        numbers |= set(re.findall(r"\d+", " ".join(sentence.text for sentence in answer.sentences)))
    return numbers


@pytest.mark.parametrize("updates", [8, pytest.param(100, marks=pytest.mark.slow)])
def test_every_answer_through_updates_is_of_one_generation(tmp_path: Path, folder: Path, updates: int) -> None:
    build([_counted(tmp_path / "articles", 0)], folder)
    current, over = CurrentChatbot(folder, Settings()), Event()

    def ask() -> list[set[str]]:
        heard = []
        while not over.is_set():
            heard.append(_numbers(current))
        return heard

    with ThreadPoolExecutor(_ASKERS) as askers:
        asking = [askers.submit(ask) for _ in range(_ASKERS)]
        try:
            for number in range(1, updates + 1):
                build([_counted(tmp_path / "articles", number)], folder)
        finally:
            over.set()
    for heard in (future.result() for future in asking):
        assert all(len(numbers) == 1 for numbers in heard)
        (in_order,) = zip(*heard, strict=True)
        assert [int(number) for number in in_order] == sorted(int(number) for number in in_order)
        assert len(set(in_order)) > 1
    assert _numbers(current) == {str(updates)}
    store_at(folder).verify()


@pytest.mark.skipif(not _OPEN_FILES.is_dir(), reason="open files are listed on Linux")
def test_old_generations_go_when_nobody_reads_them(
    tmp_path: Path, folder: Path, request: pytest.FixtureRequest
) -> None:
    articles = _counted(tmp_path / "articles", 0)
    build([articles], folder)
    current = CurrentChatbot(folder, Settings())
    _numbers(current)
    before = _held(folder)
    readers = []
    # They go with the last who refers to them: a full collection may be an hour away.
    gc.collect()
    gc.disable()
    request.addfinalizer(gc.enable)
    for number in range(1, 6):
        build([_counted(articles, number)], folder)
        readers.append(current())
    # On disk they are gone at once; who has one open reads on.
    manifest = store_at(folder).current()
    assert [place.name for place in (folder / files.GENERATIONS).iterdir()] == [str(manifest.generation)]
    assert {place.name for place in (folder / files.SEGMENTS).iterdir()} == {part.name for part in manifest.parts}
    texts = [chatbot.index.article("bridge").text for chatbot in readers]
    assert [re.findall(r"\d+", text) for text in texts] == [["1"], ["2"], ["3"], ["4"], ["5"]]
    assert len(_held(folder)) > len(before)
    del readers[:]
    assert len(_held(folder)) == len(before)
    assert not any("(deleted)" in name for name in _held(folder))


def _held(folder: Path) -> list[str]:
    """The files of an index that this process has open, or mapped into memory."""
    names = [str(link.readlink()) for link in _OPEN_FILES.iterdir() if link.is_symlink()]
    mapped = {line.split(maxsplit=5)[-1] for line in Path("/proc/self/maps").read_text().splitlines()}
    return [name for name in (*names, *mapped) if name.startswith(str(folder))]


def test_a_reader_keeps_the_generation_it_opened(copy: Path, tmp_path: Path, search: Search) -> None:
    reader = store_at(copy).open()
    before = search(reader, "Who lit the lamp?")
    articles = write(tmp_path / "articles", dict.fromkeys(ARTICLES, "Nothing is left of it."))
    build([articles], copy, rebuild=True)
    build([write(articles, {"new.txt": "The well ran dry."})], copy)
    assert search(reader, "Who lit the lamp?") == before
    assert reader.article("lighthouse").text.startswith("The lamp on Skerry Rock")
    assert len(reader.articles()) == 4
    known = reader.analyses([hit.id for hit in before])
    assert [len(one.vectors) for one in known] == [len(hit.passage.sentences) for hit in before]
    assert len(search(copy, "Who lit the lamp?")) == 4
    assert not any("Skerry" in hit.passage.text for hit in search(copy, "Skerry"))


def test_a_reader_that_opens_while_a_generation_is_replaced_gets_the_new_one(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    articles = write(tmp_path / "articles", {"new.txt": "The well ran dry."})
    check, generation = files.check, store_at(copy).current().generation

    def overtaken(folder: Path, manifest: Manifest) -> None:
        monkeypatch.setattr(files, "check", check)
        build([articles], folder)
        check(folder, manifest)

    monkeypatch.setattr(files, "check", overtaken)
    assert store_at(copy).open().manifest.generation > generation


def test_a_generation_that_is_replaced_between_its_check_and_its_opening_is_no_damage(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check, root = files.check, write(tmp_path / "more", {"new.txt": "The ferry was late."})

    def check_and_replace(folder: Path, manifest: Manifest) -> None:
        check(folder, manifest)
        monkeypatch.setattr(files, "check", check)
        build([root], folder)

    monkeypatch.setattr(files, "check", check_and_replace)
    assert store_at(copy).open().article("new").text == "The ferry was late."


def test_a_generation_that_is_replaced_while_it_is_verified_is_no_damage(copy: Path) -> None:
    replaced: list[str] = []

    def replace_once(what: str, done: int, total: int) -> None:
        if not replaced:
            replaced.append(what)
            remove(["mill"], copy)

    assert store_at(copy).verify(replace_once).articles == 3


def test_a_verification_of_an_index_that_never_rests_ends(copy: Path) -> None:
    store, numbers = FolderStore(copy), count()

    def replace_again(what: str, done: int, total: int) -> None:
        if what.endswith(IDS):
            with store.writing():
                base = store.current()
                store.draft(base, {}, base.recipe).put_in_force([], [f"/{next(numbers)}"], [])

    with pytest.raises(StoreError, match="is being changed all the time: try again later"):
        store.verify(replace_again)


def test_many_threads_share_one_reader(whole: Path, search: Search) -> None:
    index = store_at(whole).open()
    questions = ["Who lit the lamp?", "Why was the bridge closed?", "What became of the mill?"] * 20
    expected = {question: search(index, question) for question in questions[:3]}

    def ask(question: str) -> bool:
        hits = search(index, question)
        index.articles()
        known = index.analyses([hit.id for hit in hits])
        return hits == expected[question] and all(len(one.vectors) for one in known)

    with ThreadPoolExecutor(8) as readers:
        assert all(readers.map(ask, questions))


def test_a_version_lasts_until_another_generation_is_in_force(copy: Path, tmp_path: Path) -> None:
    before = store_at(copy).version()
    assert store_at(copy).version() == before
    build([write(tmp_path / "articles", {"new.txt": "The well ran dry."})], copy)
    assert store_at(copy).version() != before
    with pytest.raises(IndexNotFound):
        store_at(tmp_path / "nowhere").version()


def test_an_index_that_was_deleted_and_made_again_has_another_version(articles: Path, folder: Path) -> None:
    build([articles], folder)
    before, generation = store_at(folder).version(), store_at(folder).current().generation
    shutil.rmtree(folder)
    build([articles], folder)
    assert store_at(folder).current().generation == generation
    assert store_at(folder).version() != before


# Where nothing can be written


def test_an_index_is_read_where_nothing_can_be_written(whole: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from index.query import Query; from index.store import store_at\n"
        "import index.folder.store as kept\n"
        "store = store_at(Path(sys.argv[1])); embedder = store.open().embedder; store.verify()\n"
        # The model is the user's own, and not part of the index.
        "kept.open_question_embedder = lambda *_: embedder\n"
        "if hasattr(os, 'setuid') and os.getuid() == 0: os.setuid(65534)\n"
        "assert not os.access(sys.argv[1], os.W_OK)\n"
        "index = store.open(); text = 'Who lit the lamp?'\n"
        "(found,) = index.search([Query(text, embedder.embed([text])[0])], 1)\n"
        "print(found[0].hit.passage.article_id, store.verify().articles)"
    )
    # Not below pytest's own folder, which it closes to other users whenever it starts.
    with TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        copy = Path(shutil.copytree(whole, Path(place) / "index"))
        for path in (copy, *copy.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        before = {path: path.stat().st_mtime_ns for path in copy.rglob("*.*")}
        read = subprocess.run([sys.executable, "-c", program, str(copy)], capture_output=True, text=True, check=False)
        assert read.stdout.split() == ["lighthouse", "4"], read.stderr
        assert {path: path.stat().st_mtime_ns for path in copy.rglob("*.*")} == before
        for path in (copy, *copy.rglob("*")):
            path.chmod(0o755)


@pytest.mark.skipif(not hasattr(os, "setuid") or os.getuid() != 0, reason="needs to become another user")
def test_what_may_not_be_read_is_not_taken_for_damage(whole: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from corpus.errors import IndexDamaged, StoreError\n"
        "from index.store import store_at\n"
        "store = store_at(Path(sys.argv[1])); store.current(); os.setuid(65534)\n"
        "for look in (store.current, store.exists, store.version):\n"
        "    try: look()\n"
        "    except StoreError as error: print(isinstance(error, IndexDamaged), error)"
    )
    with TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        copy = Path(shutil.copytree(whole, Path(place) / "index"))
        copy.chmod(0o700)
        read = subprocess.run([sys.executable, "-c", program, str(copy)], capture_output=True, text=True, check=False)
    said = read.stdout.splitlines()
    assert len(said) == 3, read.stderr
    for line in said:
        assert line.startswith(f"False {copy / 'CURRENT'} cannot be read (Permission denied): ")
        assert "rebuild" not in line


@pytest.mark.parametrize("number", [ENOSPC, EROFS, EDQUOT, ESTALE])
def test_what_the_system_refuses_is_not_taken_for_damage(
    whole: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(files, "check", refuse)
    with pytest.raises(StoreError, match=re.escape(os.strerror(number))) as raised:
        store_at(whole).open()
    assert not isinstance(raised.value, IndexDamaged)


def test_an_index_whose_words_cannot_be_locked_is_read(copy: Path, search: Search) -> None:
    place = files.generation_folder(copy, store_at(copy).current().generation) / LexicalIndex.FOLDER
    lock = place / ".tantivy-meta.lock"
    lock.unlink(missing_ok=True)
    # Not even root can write to it, as nobody can to another user's.
    lock.mkdir()
    assert search(copy, "Who lit the lamp?")


def test_whoever_may_read_the_folder_may_read_every_file(whole: Path) -> None:
    manifest = store_at(whole).current()
    modes = {name: (whole / name).stat().st_mode & 0o444 for name in manifest.files}
    assert set(modes.values()) == {whole.stat().st_mode & 0o444}, modes


# Who writes


@contextmanager
def _held_elsewhere(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process holds the lock."""
    code = (
        "import sys; from pathlib import Path; from index.store import store_at\n"
        "with store_at(Path(sys.argv[1])).writing(): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        yield holder
        holder.communicate("")


def test_while_another_process_writes_an_update_is_refused_and_told_who_writes(
    copy: Path, tmp_path: Path, search: Search
) -> None:
    articles = write(tmp_path / "articles", ARTICLES)
    with _held_elsewhere(copy) as holder:
        with pytest.raises(IndexLocked, match="try again") as raised:
            build([articles], copy)
        assert raised.value.folder == copy
        told = rf"`-c \S+` \(process {holder.pid} on \S+, since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d UTC\)"
        assert re.fullmatch(told, raised.value.holder)
        assert raised.value.holder in str(raised.value)
        assert search(copy, "Who lit the lamp?")
    assert build([articles], copy)


def test_a_lock_ends_with_the_process_that_held_it(copy: Path) -> None:
    with _held_elsewhere(copy) as holder:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        with store_at(copy).writing(), pytest.raises(IndexLocked, match=f"process {os.getpid()} "):
            build([copy.parent], copy)
    assert {path.name for path in copy.iterdir()} == {"CURRENT", "generations", "segments", "lock"}


def test_a_lock_whose_holder_left_no_name_is_still_a_lock(copy: Path) -> None:
    for name in (b"", b"\xff"):
        with store_at(copy).writing():
            (copy / "lock.holder").write_bytes(name)
            with pytest.raises(IndexLocked, match="another process"):
                build([copy.parent], copy)


def test_a_place_that_cannot_be_written_to_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    articles = write(tmp_path / "articles", ARTICLES)
    with pytest.raises(StoreError, match="--index"):
        build([articles], tmp_path / "file" / "index")
