"""The chatbot over an index that others go on writing to."""

from __future__ import annotations

from threading import Lock
from time import monotonic
from typing import NamedTuple

from corpus.errors import RagError
from index.location import Location
from index.store import store_at
from rag.chatbot import Chatbot
from rag.settings import Settings

# Seconds after which a generation that could not be opened is tried again: what is wrong may have been mended.
_TRIED_AGAIN = 5.0


class _Opened(NamedTuple):
    version: object
    chatbot: Chatbot


class _Failed(NamedTuple):
    version: object
    error: RagError
    until: float


class CurrentChatbot:
    """Called, it gives the chatbot over the generation in force; safe to share between threads.

    Whoever has been given a chatbot keeps it, and the generation it reads, for as long as need be.
    """

    def __init__(self, location: Location, settings: Settings) -> None:
        self.location = location
        self.settings = settings
        self._store = store_at(location)
        self._opening = Lock()
        self._opened: _Opened | None = None
        self._failed: _Failed | None = None

    def __call__(self) -> Chatbot:
        """The chatbot; while a thread opens a new generation, the others go on with the one before.

        Raises:
            IndexNotFound, IndexDamaged, IndexMismatch, ModelError: see `Chatbot.open`.
        """
        if chatbot := self._known():
            return chatbot
        before = self._opened
        if before is None:
            return self.newest()
        if not self._opening.acquire(blocking=False):
            return before.chatbot
        try:
            return self._known() or self._open()
        finally:
            self._opening.release()

    def newest(self) -> Chatbot:
        """The chatbot over the generation in force, waited for: for whoever has just put it there.

        Raises:
            IndexNotFound, IndexDamaged, IndexMismatch, ModelError: see `Chatbot.open`.
        """
        if chatbot := self._known():
            return chatbot
        with self._opening:
            return self._known() or self._open()

    def _known(self) -> Chatbot | None:
        """The chatbot that is open, if it reads the generation in force; raises what lately kept that from opening."""
        opened, failed, version = self._opened, self._failed, self._store.version()
        if opened and opened.version == version:
            return opened.chatbot
        if failed and failed.version == version and monotonic() < failed.until:
            raise failed.error.with_traceback(None)  # or it would grow with each that is told
        return None

    def _open(self) -> Chatbot:
        # What is put in force from here on is opened at the next call.
        version = self._store.version()
        try:
            chatbot = Chatbot.open(self.location, self.settings)
        except RagError as error:
            self._failed = _Failed(version, error, monotonic() + _TRIED_AGAIN)
            raise
        self._opened, self._failed = _Opened(version, chatbot), None
        return chatbot
