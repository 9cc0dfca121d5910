"""What tests of damage and of other formats do to a manifest."""

from __future__ import annotations

import json
from pathlib import Path

from index.folder import files
from index.folder.pointer import CURRENT, Pointer
from index.folder.record import seal


def manifest_of(folder: Path) -> Path:
    """The manifest of the generation in force."""
    return files.manifest_file(folder, Pointer.read(folder).generation)


def rewrite(folder: Path, **changes: object) -> None:
    """Have the manifest in force say something else, signed as by a program that wrote it so."""
    file = manifest_of(folder)
    content = json.dumps({**json.loads(file.read_bytes()), **changes}).encode()
    file.write_bytes(content)
    pointer = folder / f"{CURRENT}.new"
    pointer.write_text(Pointer(Pointer.read(folder).generation, seal(content).hex()).to_line(), "ascii")
    pointer.replace(folder / CURRENT)
