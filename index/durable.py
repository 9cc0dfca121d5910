"""Files and folders that are still there when the power has gone."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def sync(path: Path) -> None:
    """Have a file or a folder's entries reach the disk; folders cannot be opened on Windows and need no sync there."""
    if path.is_dir() and os.name == "nt":
        return
    # Windows syncs only what is open for writing.
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Have everything in a folder reach the disk."""
    for path in folder.rglob("*"):
        sync(path)
    sync(folder)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, where they are not there yet."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    # Above may be one that can be written to and not read.
    with suppress(PermissionError):
        sync(folder.parent)


def replace(file: Path, target: Path) -> None:
    """Have a file take the place of another, or of none: whoever looks finds the one or the other, and whole."""
    sync(file)
    file.replace(target)
    sync(target.parent)
