"""The chatbot over an index that others go on writing to."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from index import store
from rag.chatbot import Chatbot
from rag.settings import Settings


class CurrentChatbot:
    """Called, it gives the chatbot over the generation in force; safe to share between threads.

    Whoever has been given a chatbot keeps it, and the generation it reads, for as long as need be.
    """

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder = folder
        self.settings = settings
        self._opening = Lock()
        self._opened: tuple[tuple[int, int], Chatbot] | None = None

    def __call__(self) -> Chatbot:
        """The chatbot, opened anew where a new generation was put in force since.

        Raises:
            IndexNotFound, IndexDamaged, IndexMismatch, ModelError: see `Chatbot.open`.
        """
        if chatbot := self._fresh():
            return chatbot
        with self._opening:
            if chatbot := self._fresh():
                return chatbot
            # What is put in force from here on is opened at the next call.
            version = store.version(self.folder)
            chatbot = Chatbot.open(self.folder, self.settings)
            self._opened = version, chatbot
            return chatbot

    def _fresh(self) -> Chatbot | None:
        """The chatbot that is open, if it reads the generation in force."""
        opened, version = self._opened, store.version(self.folder)
        return opened[1] if opened and opened[0] == version else None
