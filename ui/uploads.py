"""The articles that readers upload: under safe names, in a folder that holds only what can be read."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from unicodedata import normalize

from corpus.errors import UnreadableFile
from corpus.readers import LIMITS, content_of, read_file

# Bytes of UTF-8, as file systems count: most take 255, and some of what is beside the name is ours.
_LONGEST_STEM, _LONGEST_ENDING = 180, 12


class Uploads:
    """A folder of files that were uploaded; one of the same name is the same article."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

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
            self.folder.mkdir(parents=True, exist_ok=True)
            # Hidden, so that no update takes up a file before it is known to be good.
            with TemporaryDirectory(prefix=".incoming-", dir=self.folder) as place:
                copy = Path(place, kept.name)
                copy.write_bytes(content_of(file, LIMITS))
                read_file(copy, kept.stem)
                copy.replace(kept)
        except OSError as error:
            raise UnreadableFile(file, f"cannot be kept: {error.strerror or error}") from error
        return kept

    def holds(self, file: Path) -> bool:
        """Whether a file lies here."""
        return file.parent.resolve() == self.folder.resolve()

    def delete(self, file: Path) -> None:
        """Delete a file that lies here."""
        if self.holds(file):
            file.unlink(missing_ok=True)

    def files(self) -> list[Path]:
        """Every file that is kept."""
        return [file for file in self.folder.glob("*") if file.is_file() and not file.name.startswith(".")]


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
