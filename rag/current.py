"""The chatbot over an index that others go on writing to."""

from __future__ import annotations

from threading import Lock

from index.location import Location
from index.store import store_at
from rag.chatbot import Chatbot
from rag.settings import Settings


class CurrentChatbot:
    """Called, it gives the chatbot over the generation in force; safe to share between threads.

    Whoever has been given a chatbot keeps it, and the generation it reads, for as long as need be.
    """

    def __init__(self, location: Location, settings: Settings) -> None:
        self.location = location
        self.settings = settings
        self._store = store_at(location)
        self._opening = Lock()
        self._opened: tuple[object, Chatbot] | None = None

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
            version = self._store.version()
            chatbot = Chatbot.open(self.location, self.settings)
            self._opened = version, chatbot
            return chatbot

    def _fresh(self) -> Chatbot | None:
        """The chatbot that is open, if it reads the generation in force."""
        opened, version = self._opened, self._store.version()
        return opened[1] if opened and opened[0] == version else None
