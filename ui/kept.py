"""Where what readers leave on the page is kept."""

from __future__ import annotations

import os
from pathlib import Path

import xxhash
from platformdirs import user_data_path

from index.location import Location, absolute


def kept_for(index: Location) -> Path:
    """The folder of the conversations, uploads and runs about an index.

    Not in a cache, which people empty, nor in the index, which they make anew; in `RAG_HOME` where that is set.
    """
    name = xxhash.xxh3_64_hexdigest(str(absolute(index)).encode())
    if named := os.environ.get("RAG_HOME"):
        return Path(named) / "kept" / name
    return user_data_path("ask-the-articles", appauthor=False) / name
