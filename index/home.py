"""Where the project keeps what it makes for itself, and what the chat page keeps for its readers."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """The user's cache folder for the project, or `RAG_HOME` where that is set."""
    if named := os.environ.get("RAG_HOME"):
        return Path(named)
    from platformdirs import user_cache_path

    return user_cache_path("ask-the-articles", appauthor=False)


def kept_for(folder: Path) -> Path:
    """Where what cannot be made again is kept for the index in a folder: conversations, uploads, runs.

    Not in a cache, which people empty, nor in the index, which they make anew; in `RAG_HOME` where that is set.
    """
    import xxhash

    name = xxhash.xxh3_64_hexdigest(str(folder.resolve()).encode())
    if named := os.environ.get("RAG_HOME"):
        return Path(named) / "kept" / name
    from platformdirs import user_data_path

    return user_data_path("ask-the-articles", appauthor=False) / name
