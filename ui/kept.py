"""Where what readers leave on the page is kept."""

from __future__ import annotations

import os
from pathlib import Path

import xxhash
from platformdirs import user_data_path


def kept_for(index: Path) -> Path:
    """The folder of the conversations, uploads and runs about the index in a folder.

    Not in a cache, which people empty, nor in the index, which they make anew; in `RAG_HOME` where that is set.
    """
    name = xxhash.xxh3_64_hexdigest(str(index.resolve()).encode())
    if named := os.environ.get("RAG_HOME"):
        return Path(named) / "kept" / name
    return user_data_path("ask-the-articles", appauthor=False) / name
