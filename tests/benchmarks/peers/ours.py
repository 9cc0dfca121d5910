"""Ours: `rag index` as it is, and `Chatbot.search`; `answer` is `Chatbot.ask`, which none of the others has.

The project's cache lies in the folder of the index, so that what the first index of a machine costs, the export of the
question encoder, is in the time and on the disk.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.peers.verbs import PASSAGES, Found, Search, run

if TYPE_CHECKING:
    from rag import Chatbot


def build(articles: Path, folder: Path) -> int:
    """Make the index."""
    _rag("index", str(articles), folder=folder)
    return int(json.loads(_rag("info", "--json", folder=folder))["passages"])


def search(folder: Path) -> Search:
    """Open the index to be searched."""
    chatbot = _opened(folder)

    def find(question: str) -> list[Found]:
        return [(hit.passage.article_id, hit.passage.text) for hit in chatbot.search(question, PASSAGES)]

    return find


def answer(folder: Path) -> Search:
    """Open the index to be asked; what is found are the quotes."""
    chatbot = _opened(folder)

    def quote(question: str) -> list[Found]:
        return [(citation.article_id, citation.quote) for citation in chatbot.ask(question).citations]

    return quote


def _rag(*arguments: str, folder: Path) -> str:
    """What a command prints, which ends the program if it fails."""
    from ui.cli import main

    os.environ["RAG_HOME"] = str(folder / "home")
    with redirect_stdout(StringIO()) as printed:
        status = main([*arguments, "--index", str(folder / "index")])
    return printed.getvalue() if status == 0 else sys.exit(status)


def _opened(folder: Path) -> Chatbot:
    from rag import Chatbot, Settings

    os.environ["RAG_HOME"] = str(folder / "home")
    # None of the others reads what it finds.
    return Chatbot.open(folder / "index", Settings(reader="none"))


if __name__ == "__main__":
    run(build, ask=search, answer=answer)
