"""What turns passages into an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from rag.answer import Answer, ModelUse
from rag.conversation import Turn
from rag.question import Question
from rag.reading import Reading

OnToken = Callable[[str], None]


class Answerer(Protocol):
    """Answers from the passages found, or refuses. `name` is what it is chosen by in `Chatbot.ask`."""

    name: str

    def answer(self, question: Question, readings: Sequence[Reading], *, on_token: OnToken | None = None) -> Answer:
        """An answer from the passages, best first; `on_token` is given the text as it comes."""
        ...


@runtime_checkable
class Rewriter(Protocol):
    """An answerer that can also make a follow-up stand alone."""

    def rewrite(self, question: str, history: Sequence[Turn]) -> tuple[str, ModelUse]:
        """The question as it can be understood without the turns, empty where it cannot be told, and what that took."""
        ...
