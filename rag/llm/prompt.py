"""Writes the prompts: `answering.txt` and `rewriting.txt`, filled in, with articles and turns fenced as data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

from corpus.errors import LanguageModelError
from corpus.tokens import count_tokens
from index.article_index import ArticleIndex
from rag.answer import REFUSAL
from rag.conversation import Turn
from rag.llm.model import Message
from rag.reading import Reading

# A model's own tokens are not cl100k's: of the window, this share is planned with.
_PLANNED = 0.85
# Turns of a conversation that a follow-up may need, and the most characters of each.
_TURNS = 3
_LONGEST_TURN = 500
# What could pass for our own fences and marks, or for the marks of a model's turns, in the text of an article.
_HARMLESS = str.maketrans("<>[]［］【】", "‹›()（）（）")


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is asked, and the passages in it: the first of `readings` is number 1 there."""

    messages: tuple[Message, ...]
    readings: tuple[Reading, ...]


def answering(question: str, readings: Sequence[Reading], index: ArticleIndex, *, room: int) -> Prompt:
    """The prompt for an answer, with as many of the passages as there is room for.

    The best stand first and last: what stands in the middle of a long prompt is overlooked more often (Liu et al. 2023,
    arXiv:2307.03172).

    Args:
        readings: the passages, best first.
        room: tokens for the prompt, by the model's own count.

    Raises:
        LanguageModelError: there is no room for a single passage.
    """
    left = int(_PLANNED * room) - _tokens(_filled("answering", refusal=REFUSAL, passages="", question=_data(question)))
    packed: list[Reading] = []
    for reading in readings:
        left -= count_tokens(_passage(len(readings), reading, index))
        if left < 0:
            break
        packed.append(reading)
    if not packed:
        raise LanguageModelError("the model's window has no room for a passage: set llm_window to what the model takes")
    outward = [*packed[::2], *reversed(packed[1::2])]
    passages = "\n".join(_passage(number, reading, index) for number, reading in enumerate(outward, start=1))
    filled = _filled("answering", refusal=REFUSAL, passages=passages, question=_data(question))
    return Prompt(filled, tuple(outward))


def rewriting(question: str, history: Sequence[Turn]) -> tuple[Message, ...]:
    """The prompt for a question that can be understood without the turns before it."""
    turns = "\n".join(
        f"<turn>\nQuestion: {_data(asked[:_LONGEST_TURN])}\nAnswer: {_data(answered[:_LONGEST_TURN])}\n</turn>"
        for asked, answered in history[-_TURNS:]
    )
    return _filled("rewriting", turns=turns, question=_data(question))


def _passage(number: int, reading: Reading, index: ArticleIndex) -> str:
    article = index.article(reading.hit.passage.article_id)
    about = {"number": number, "title": article.title, "source": article.source, "date": article.published}
    attributes = " ".join(f'{name}="{escape(_data(str(value)))}"' for name, value in about.items() if value)
    return f"<passage {attributes}>\n{_data(reading.hit.passage.text)}\n</passage>"


def _data(text: str) -> str:
    """A text that cannot end its fence, forge a mark, or speak a model's own marks of turns."""
    return text.translate(_HARMLESS)


def _filled(name: str, **values: str) -> tuple[Message, ...]:
    system, user = (part.strip() for part in _template(name).split("=====\n"))
    return Message("system", system.format(**values)), Message("user", user.format(**values))


@cache
def _template(name: str) -> str:
    return Path(__file__).with_name(f"{name}.txt").read_text("utf-8")


def _tokens(messages: Sequence[Message]) -> int:
    return sum(count_tokens(message.content) for message in messages)
