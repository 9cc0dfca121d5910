"""Adding, removing and making anew, as the library page does it: what becomes of each file, and of the index."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from corpus.errors import ArticleNotFound, IndexLocked, IndexNotFound, LastArticle, RagError
from index.build import Progress, build
from index.store import store_at
from rag.current import CurrentChatbot
from rag.settings import Settings
from tests.index.manifests import rewrite
from tests.ui.serving import CATS, built
from ui.librarian import Change, Librarian
from ui.uploads import Uploads, safe_name
from ui.working import Done, Step, steps

MILL = "The mill at Orva was sold in 1988, because the river had dried up.\n"
WHY = "Why was the mill at Orva sold?"


def quietly(what: str, done: int, total: int) -> None:
    """No one watches."""


def make(folder: Path, settings: Settings | None = None) -> Librarian:
    """A librarian of the index in a folder's `index`."""
    return Librarian(CurrentChatbot(folder / "index", settings or Settings()), Uploads(folder / "uploads"))


def sent(folder: Path, name: str, content: str | bytes) -> Path:
    """A file as it comes from a browser."""
    place = folder / "sent"
    place.mkdir(exist_ok=True)
    file = place / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def add(librarian: Librarian, *files: Path) -> Change:
    return librarian.add(files, quietly)


def results(change: Change) -> list[tuple[str, str]]:
    return [(outcome.name, outcome.result) for outcome in change.outcomes]


def titles(librarian: Librarian) -> list[str]:
    return [entry.title for entry in librarian.chatbot().index.catalogue().entries]


def is_answered(librarian: Librarian, question: str) -> bool:
    return not librarian.chatbot().ask(question).abstained


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of two articles, about a lighthouse and about cats; `articles` lies beside it."""
    return built(tmp_path_factory.mktemp("made"))


@pytest.fixture
def librarian(made: Path, tmp_path: Path) -> Librarian:
    """A librarian of a copy of that index."""
    shutil.copytree(made, tmp_path / "index")
    return make(tmp_path)


def test_what_is_added_is_answered_from_at_once(librarian: Librarian, tmp_path: Path) -> None:
    before = librarian.chatbot()
    assert before.ask(WHY).abstained
    change = add(librarian, sent(tmp_path, "mill.txt", MILL))
    assert results(change) == [("mill", "added")]
    assert librarian.chatbot().index.article(change.outcomes[0].article_id or "").text in MILL
    assert is_answered(librarian, WHY)
    assert before.ask(CATS).citations


def test_each_file_is_added_updated_unchanged_or_refused_with_the_reason(librarian: Librarian, tmp_path: Path) -> None:
    add(librarian, sent(tmp_path, "mill.txt", MILL), sent(tmp_path, "kite.md", "# Kites\n\nKites are red.\n"))
    change = add(
        librarian,
        sent(tmp_path, "mill.txt", MILL.replace("1988", "1990")),
        sent(tmp_path, "kite.md", "# Kites\n\nKites are red.\n"),
        sent(tmp_path, "rain.html", "<h1>Rain</h1><p>Rain fell on the valley for forty days, and the bridge went.</p>"),
        sent(tmp_path, "tool.exe", "MZ"),
        sent(tmp_path, "empty.txt", ""),
        sent(tmp_path, "torn.pdf", "no PDF"),
    )
    assert sorted(results(change)) == [
        ("Kites", "unchanged"),
        ("Rain", "added"),
        ("empty.txt", "refused"),
        ("mill", "updated"),
        ("tool.exe", "refused"),
        ("torn.pdf", "refused"),
    ]
    reasons = {outcome.name: outcome.reason for outcome in change.outcomes}
    assert ".docx" in reasons["tool.exe"] and reasons["empty.txt"] == "is empty" and "PDF" in reasons["torn.pdf"]
    assert sorted(file.name for file in librarian.uploads.folder.iterdir()) == ["kite.md", "mill.txt", "rain.html"]


def test_a_file_that_is_refused_leaves_the_earlier_one_of_its_name_as_it_was(
    librarian: Librarian, tmp_path: Path
) -> None:
    add(librarian, sent(tmp_path, "mill.txt", MILL))
    assert results(add(librarian, sent(tmp_path, "mill.txt", ""))) == [("mill.txt", "refused")]
    assert (librarian.uploads.folder / "mill.txt").read_text() == MILL
    assert is_answered(librarian, WHY)


def test_two_files_of_one_name_are_not_taken_for_one(librarian: Librarian, tmp_path: Path) -> None:
    one, other = sent(tmp_path, "mill.txt", MILL), sent(tmp_path / "sent", "mill.txt", "Another mill stood at Tarn.\n")
    change = add(librarian, one, other)
    assert sorted(results(change)) == [("mill", "added"), ("mill.txt", "refused")]
    assert "of this name" in change.outcomes[0].reason


def test_a_file_is_taken_for_what_it_holds_and_a_link_for_nothing(librarian: Librarian, tmp_path: Path) -> None:
    secret = tmp_path / "key.txt"
    secret.write_text("The key is under the mat.")
    link = tmp_path / "sent" / "link.txt"
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(secret)
    change = add(
        librarian, sent(tmp_path, "talks.txt", b"%PDF-1.7\n"), sent(tmp_path, "run.md", b"\x7fELF\x02\x01"), link
    )
    assert [(outcome.name, outcome.result) for outcome in change.outcomes] == [
        ("talks.txt", "refused"),
        ("run.md", "refused"),
        ("link.txt", "refused"),
    ]
    reasons = [outcome.reason for outcome in change.outcomes]
    assert reasons[0] == "is a PDF, not text: rename it to end in .pdf"
    assert reasons[1].startswith("is a program, not text")
    assert reasons[2].startswith("is a link out of its folder")
    assert not librarian.uploads.files()


def test_more_than_is_taken_up_at_once_is_refused_and_the_rest_comes_in(
    librarian: Librarian, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.librarian._MOST_FILES", 2)
    monkeypatch.setattr("ui.librarian._MOST_BYTES", len(MILL.encode()) + 10)
    names = ("mill.txt", "large.txt", "third.txt")
    change = add(librarian, *(sent(tmp_path, name, MILL) for name in names))
    assert sorted(results(change)) == [("large.txt", "refused"), ("mill", "added"), ("third.txt", "refused")]
    assert {outcome.reason for outcome in change.outcomes if outcome.result == "refused"} == {
        "is too much at once: upload at most 1,000 files and 1 GB, then the next"
    }


@pytest.mark.parametrize(
    "name, safe",
    [
        ("mill.txt", "mill.txt"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/root/.bashrc", "bashrc"),
        ("...", "article"),
        ("~$mill.docx", "mill.docx"),
        ("a\x00b\nc?.md", "a b c.md"),
        ("e\u0301te\u0301.md", "été.md"),
        ("", "article"),
    ],
)
def test_a_name_is_never_a_path(name: str, safe: str) -> None:
    assert safe_name(name) == safe
    assert "/" not in safe_name(name)


@pytest.mark.parametrize("name", ["x" * 5_000 + ".pdf", "雪" * 300 + ".pdf", "mill." + "y" * 500])
def test_a_long_name_is_cut_and_keeps_its_ending(name: str, tmp_path: Path) -> None:
    safe = safe_name(name)
    assert len(safe.encode()) <= 200
    assert safe.endswith((".pdf", ".yyyyyyyyyyyy"))
    (tmp_path / safe).touch()


def test_a_removal_deletes_the_uploaded_copy_which_can_be_uploaded_again(librarian: Librarian, tmp_path: Path) -> None:
    (added,) = add(librarian, sent(tmp_path, "mill.txt", MILL)).outcomes
    assert "“mill” was removed" in librarian.remove(added.article_id or "", quietly).said
    assert librarian.uploads.files() == []
    assert not is_answered(librarian, WHY)
    assert results(add(librarian, sent(tmp_path, "mill.txt", MILL))) == [("mill", "added")]
    assert is_answered(librarian, WHY)


def test_a_removal_leaves_a_file_that_was_not_uploaded_where_it_is(librarian: Librarian, made: Path) -> None:
    librarian.remove("cats", quietly)
    assert titles(librarian) == ["The lighthouse"]
    assert (made.parent / "articles" / "cats.md").exists()


def test_the_last_article_and_one_that_is_not_there_are_not_removed(librarian: Librarian) -> None:
    with pytest.raises(ArticleNotFound):
        librarian.remove("dogs", quietly)
    librarian.remove("cats", quietly)
    with pytest.raises(LastArticle, match="add another"):
        librarian.remove("lamp", quietly)
    assert titles(librarian) == ["The lighthouse"]


def test_an_upload_waits_where_another_process_is_writing_and_comes_in_with_the_next_try(
    librarian: Librarian, tmp_path: Path
) -> None:
    with store_at(librarian.chatbot.location).writing():
        change = add(librarian, sent(tmp_path, "mill.txt", MILL))
    assert results(change) == [("mill.txt", "kept")]
    assert isinstance(change.error, IndexLocked)
    assert titles(librarian) == ["Cats", "The lighthouse"]
    assert results(add(librarian)) == [("mill", "added")]
    assert add(librarian).said == "Everything that was uploaded is in the index."


def test_two_uploads_at_the_same_time_both_come_in(librarian: Librarian, tmp_path: Path) -> None:
    files = [sent(tmp_path, f"mill{number}.txt", f"{MILL}It was mill {number}.\n") for number in range(3)]
    with ThreadPoolExecutor(3) as pool:
        changes = list(pool.map(lambda file: add(librarian, file), files))
    assert [results(change)[0][1] for change in changes] == ["added"] * 3
    assert len(titles(librarian)) == 5


def test_an_index_of_another_format_is_made_anew_from_its_articles_and_the_uploaded_ones(
    librarian: Librarian, made: Path, tmp_path: Path
) -> None:
    assert librarian.trouble() is None
    add(librarian, sent(tmp_path, "mill.txt", MILL))
    rewrite(tmp_path / "index", format=1)
    trouble = librarian.trouble()
    assert trouble
    assert "format" in trouble.why and "format 1" in trouble.error
    assert trouble.paths == (made.parent / "articles", librarian.uploads.folder)
    assert librarian.rebuild(quietly).said == "The index was made anew from 3 articles."
    assert librarian.trouble() is None
    assert is_answered(librarian, WHY)


@pytest.mark.parametrize("settings", [Settings(max_tokens=100), Settings(overlap=0), Settings(model="another")])
def test_an_index_that_was_made_with_other_settings_answers_and_says_what_to_do(
    librarian: Librarian, tmp_path: Path, settings: Settings
) -> None:
    other = make(tmp_path, settings)
    trouble = other.trouble()
    assert trouble
    assert trouble.paths and not trouble.error
    assert "when it has been made anew" in trouble.why
    assert is_answered(other, CATS)
    if settings.model == Settings().model:
        other.rebuild(quietly)
        assert other.trouble() is None


def test_what_is_no_longer_there_is_named_before_an_index_is_made_anew(tmp_path: Path) -> None:
    built(tmp_path)
    librarian = make(tmp_path)
    add(librarian, sent(tmp_path, "mill.txt", MILL))
    (tmp_path / "articles").rename(tmp_path / "elsewhere")
    rewrite(tmp_path / "index", format=1)
    trouble = librarian.trouble()
    assert trouble
    assert (trouble.gone, trouble.paths) == ((tmp_path / "articles",), (librarian.uploads.folder,))


def test_where_nobody_knows_what_an_index_was_made_from_the_command_is_told(
    librarian: Librarian, tmp_path: Path
) -> None:
    rewrite(tmp_path / "index", roots=None)
    trouble = librarian.trouble()
    assert trouble
    assert trouble.paths == ()
    assert trouble.command == f"rag index --rebuild --index {librarian.chatbot.location} ARTICLES"
    with pytest.raises(RagError, match="made from"):
        librarian.rebuild(quietly)


def test_an_index_that_is_gone_is_a_trouble_and_no_failure(tmp_path: Path) -> None:
    trouble = make(tmp_path).trouble()
    assert trouble
    assert "no longer where it was" in trouble.why


def test_work_is_told_of_while_it_goes_on_and_ends_with_what_came_of_it() -> None:
    go_on = Event()

    def work(progress: Progress) -> str:
        progress("Reading", 1, 2)
        go_on.wait()
        return "read"

    told = steps(work)
    assert next(told) == Step("Reading", 1, 2)
    go_on.set()
    assert list(told) == [Done("read")]


def test_what_goes_wrong_at_work_is_told_to_who_listens() -> None:
    def work(progress: Progress) -> None:
        raise IndexNotFound(Path("nowhere"))

    with pytest.raises(IndexNotFound):
        list(steps(work))


def test_work_is_finished_when_nobody_listens_any_more() -> None:
    go_on, finished = Event(), Event()

    def work(progress: Progress) -> None:
        progress("Reading", 0, 2)
        go_on.wait()
        finished.set()

    told = steps(work)
    assert next(told) == Step("Reading", 0, 2)
    del told
    go_on.set()
    assert finished.wait(10)


def test_what_was_removed_stays_so_where_the_index_is_made_anew_before_its_file_is_deleted(
    librarian: Librarian, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (added,) = add(librarian, sent(tmp_path, "mill.txt", MILL)).outcomes
    with monkeypatch.context() as ended:  # as though the process were, before it could
        ended.setattr(Uploads, "settle", lambda *_: None)
        librarian.remove(added.article_id or "", quietly)
    build([made.parent / "articles"], tmp_path / "index", rebuild=True)
    again = Librarian.open(CurrentChatbot(tmp_path / "index", Settings()), librarian.uploads)
    assert again.uploads.files() == []
    assert [path.name for path in again.uploads.folder.iterdir()] == []


def test_while_an_index_is_damaged_what_was_removed_goes_and_what_is_undecided_stays_aside(
    librarian: Librarian, tmp_path: Path
) -> None:
    uploads = librarian.uploads
    gone, undecided = (uploads.keep(sent(tmp_path, name, MILL)) for name in ("gone.txt", "undecided.txt"))
    with uploads.parting(gone):
        pass
    with pytest.raises(RagError, match="locked"), uploads.parting(undecided):
        raise RagError("the index is locked")
    (tmp_path / "index" / "CURRENT").write_text("no generation", "ascii")
    Librarian.open(librarian.chatbot, uploads)
    assert [path.name for path in uploads.folder.iterdir()] == [".leaving-undecided.txt"]
    uploads.settle(())
    assert uploads.files() == [undecided]
