"""What a language model is here: it replies to messages, piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

OnText = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation with a model."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model wrote, what it took in tokens, and whether it came to its end before `max_tokens`."""

    text: str
    prompt_tokens: int
    completion_tokens: int
    is_whole: bool


class LanguageModel(Protocol):
    """Replies to messages: the likeliest words, so that the same question gets the same answer.

    `name` says which model it is, and `window` how many tokens prompt and reply may have together.
    """

    name: str
    window: int

    def reply(self, messages: Sequence[Message], *, max_tokens: int, on_text: OnText | None = None) -> Reply:
        """The reply; `on_text` is given it piece by piece as it comes.

        Raises:
            LanguageModelError: there is none, or not the whole of it, even where a part was given to `on_text`.
        """
        ...


def unheard(text: str) -> None:
    """Takes the text of a reply to which nobody listens."""
