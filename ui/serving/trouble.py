"""What goes wrong, as it is told to whoever asked: where things lie on the machine concerns its owner alone."""

from __future__ import annotations

import logging

from corpus.errors import CorpusError, ModelError, RagError, StoreError
from ui.conversations import NotKept
from ui.librarian import UNREADABLE
from ui.serving.logs import say

_PLACES = {
    NotKept: "The conversations cannot be read or kept just now.",
    StoreError: "The index cannot be used just now.",
    ModelError: UNREADABLE[ModelError],
    CorpusError: "The articles cannot be read just now.",
}


def told(error: RagError, account: str) -> str:
    """An error in a line, which names a place only to the owner; what is kept from an account, the log says.

    Args:
        account: the name of whoever asked; empty where there are no accounts, and the owner asks.
    """
    if not account:
        return str(error)
    line = UNREADABLE.get(type(error)) or next((line for kind, line in _PLACES.items() if isinstance(error, kind)), "")
    if line:
        say("trouble", level=logging.WARNING, account=account, reason=str(error))
    return line or str(error)
