"""Where the project keeps what it makes for itself: the exported question encoder and the bundled index."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """The user's cache folder for the project, or `RAG_HOME` where that is set."""
    if named := os.environ.get("RAG_HOME"):
        return Path(named)
    from platformdirs import user_cache_path

    return user_cache_path("ask-the-articles", appauthor=False)
