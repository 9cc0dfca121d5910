"""The pointer to the generation in force: one small file, replaced atomically."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from corpus.errors import IndexDamaged, IndexNotFound
from index.folder.record import seal
from index.folder.unread import unread

CURRENT = "CURRENT"
# Up to format 3 the number stood alone.
_WRITTEN = re.compile(r"(\d{1,18})(?: ([0-9a-f]{16}) [0-9a-f]{16})?\n")


class Pointer(NamedTuple):
    """The number of a generation, and the xxh3 of its manifest; None where an older format had none."""

    generation: int
    manifest: str | None

    @classmethod
    def read(cls, folder: Path, name: str = CURRENT) -> Pointer:
        """The pointer of the index in `folder`, or one under another name beside it.

        Raises:
            IndexNotFound: there is none.
            IndexDamaged: it is not what was written.
        """
        file = folder / name
        try:
            content = file.read_bytes().decode("ascii", "replace")
        except (FileNotFoundError, NotADirectoryError):
            raise IndexNotFound(folder) from None
        except OSError as error:
            raise unread(folder, file, error) from error
        written = _WRITTEN.fullmatch(content)
        if written is None:
            raise IndexDamaged(folder, file, "does not name a generation")
        pointer = cls(int(written[1]), written[2])
        if pointer.manifest and pointer.to_line() != content:
            raise IndexDamaged(folder, file, "is not what was written")
        return pointer

    def to_line(self) -> str:
        """The pointer as it is written: with a checksum of its own, so that it leads to no other generation."""
        line = f"{self.generation} {self.manifest}"
        return f"{line} {seal(line.encode()).hex()}\n"
