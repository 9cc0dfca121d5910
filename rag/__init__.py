"""Ask a folder of articles and get answers that prove every sentence: `from rag import ask, Chatbot`."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from index.filters import Filters
    from index.location import Location
    from rag.answer import Answer, Citation, Sentence
    from rag.chatbot import Chatbot
    from rag.conversation import Turn
    from rag.current import CurrentChatbot
    from rag.settings import Settings

__all__ = ["Answer", "Chatbot", "Citation", "Filters", "Sentence", "Settings", "ask"]

# Imported when first used: numpy and what follows would make `import rag` ten times slower.
_HOME = {
    "Answer": "rag.answer",
    "Chatbot": "rag.chatbot",
    "Citation": "rag.answer",
    "Filters": "index.filters",
    "Sentence": "rag.answer",
    "Settings": "rag.settings",
}


def ask(
    question: str,
    *,
    history: Sequence[Turn] = (),
    filters: Filters | None = None,
    index: Location | str | None = None,
) -> Answer:
    """Answer a question from the articles of an index; the bundled ones where none is named.

    Args:
        history: the turns before, oldest first, each a question and what was answered.
        filters: which articles are asked; all of them where none are given.
        index: the index's folder, or `milvus+URI`; by default `.rag` in the working folder, or else the bundled
            articles' index.

    Raises:
        RagError: the question or the index is no good; the message says what to do.
    """
    from index.location import absolute, location
    from rag.library import ready_index
    from rag.settings import Settings

    settings = Settings.load()
    ready = ready_index(None if index is None else location(index), settings)
    return _chatbot(absolute(ready), settings)().ask(question, history=history, filters=filters)


@lru_cache(maxsize=4)
def _chatbot(location: Location, settings: Settings) -> CurrentChatbot:
    """The chatbot of an index, kept open from one question to the next."""
    from rag.current import CurrentChatbot

    return CurrentChatbot(location, settings)


def __getattr__(name: str) -> Any:
    if name in _HOME:
        from importlib import import_module

        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
