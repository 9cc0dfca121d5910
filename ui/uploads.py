"""The articles that readers upload: under safe names, in a folder that holds only what can be read."""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from unicodedata import normalize

from filelock import FileLock

from corpus.errors import RagError, UnreadableFile
from corpus.readers import LIMITS, content_of, read_file
from index.durable import make_folder, replace, sync

# Bytes of UTF-8, as file systems count: most take 255, and some of what is beside the name is ours.
_LONGEST_STEM, _LONGEST_ENDING = 180, 12
# Hidden, so that no update takes them up: what comes in before it is known to be good, and what is about to go.
_INCOMING, _LEAVING = ".incoming", ".leaving-"
# What has gone, whatever an index that was made anew meanwhile knows of it.
_GONE = ".gone-"
# Seconds that whoever settles waits for another who changes the folder.
_PATIENCE = 2.0


class Uploads:
    """A folder of files that were uploaded; one of the same name is the same article.

    Threads and processes change it one after the other. One that is ended at whatever moment leaves every file whole.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = FileLock(folder.with_name(f"{folder.name}.lock"))

    def place(self, name: str) -> Path:
        """Where a file of some name is kept."""
        return self.folder / safe_name(name)

    def keep(self, file: Path) -> Path:
        """Keep a copy of a file that can be read, in place of the one of its name; where the copy lies.

        Raises:
            UnreadableFile: it is no article or cannot be kept, and the one of its name stays as it was.
        """
        kept = self.place(file.name)
        try:
            make_folder(self.folder)
            with self._lock, self._incoming() as place:
                copy = place / kept.name
                copy.write_bytes(content_of(file, LIMITS))
                read_file(copy, kept.stem)
                replace(copy, kept)
        except OSError as error:
            raise UnreadableFile(file, f"cannot be kept: {error.strerror or error}") from error
        return kept

    def holds(self, file: Path) -> bool:
        """Whether a file lies here."""
        return file.parent.resolve() == self.folder.resolve()

    @contextmanager
    def parting(self, file: Path) -> Iterator[None]:
        """Set a file that lies here aside while its article is removed; `settle` then deletes it, or brings it back.

        Raises:
            RagError: it cannot be set aside, and nothing else is done.
        """
        with ExitStack() as held:
            try:
                held.enter_context(self._lock)
                leaving = file.rename(file.with_name(_LEAVING + file.name))
                sync(file.parent)
            except FileNotFoundError:
                leaving = None  # somebody has deleted it
            except OSError as error:
                raise RagError(f"{file} cannot be deleted ({error.strerror}), so its article stays") from error
            yield
            if leaving:
                with suppress(OSError):  # the index still knows
                    leaving.replace(file.with_name(_GONE + file.name))
                    sync(file.parent)

    def settle(self, removed: Collection[str] | None) -> None:
        """Finish what was begun, by whoever was ended meanwhile: files of `removed` articles go, others come back.

        Args:
            removed: by their paths; None where nobody knows, and what is not known to have gone stays set aside.
        """
        if not self.folder.is_dir():
            return
        begun = any(name.name.startswith((_LEAVING, _GONE)) for name in self.folder.iterdir())
        # Whoever holds the lock is alive, and where nothing can be written nothing was begun.
        with suppress(OSError), self._lock.acquire(timeout=_PATIENCE if begun else 0):
            self._clear()
            for gone in self.folder.glob(f"{_GONE}*"):
                gone.unlink()
            if removed is None:
                return
            for leaving in self.folder.glob(f"{_LEAVING}*"):
                file = leaving.with_name(leaving.name.removeprefix(_LEAVING))
                if str(file.resolve()) in removed or file.exists():
                    leaving.unlink()
                else:
                    leaving.rename(file)

    def files(self) -> list[Path]:
        """Every file that is kept."""
        return [file for file in self.folder.glob("*") if file.is_file() and not file.name.startswith(".")]

    @contextmanager
    def _incoming(self) -> Iterator[Path]:
        """An empty folder for a file that comes in."""
        self._clear()
        place = self.folder / _INCOMING
        place.mkdir()
        try:
            yield place
        finally:
            self._clear()

    def _clear(self) -> None:
        """Delete what came in, to this process or to one that was ended."""
        for place in self.folder.glob(f"{_INCOMING}*"):
            shutil.rmtree(place, ignore_errors=True)


def safe_name(name: str) -> str:
    """A file's name that no system takes for a path or a hidden file, and none finds too long."""
    last = normalize("NFC", re.split(r"[/\\]", name)[-1])
    printable = "".join(letter if letter.isprintable() and letter not in '<>:"|?*' else " " for letter in last)
    stem, dot, ending = " ".join(printable.split()).lstrip(".~$ ").rpartition(".")
    if not dot:
        stem, ending = ending, ""
    ending = _cut(ending, _LONGEST_ENDING).rstrip()
    return (_cut(stem, _LONGEST_STEM).rstrip(". ") or "article") + (ending and f".{ending}")


def _cut(text: str, size: int) -> str:
    return text.encode("utf-8")[:size].decode("utf-8", "ignore")
