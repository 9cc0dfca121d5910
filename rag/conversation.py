"""The turns of a conversation, and what a question takes from them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.answer_type import AnswerType
from rag.question import content_terms, names

Turn = tuple[str, str]

_CONTINUES = re.compile(r"^\s*(and|but|so|then|or|also|what about|how about|what of)\b", re.IGNORECASE)
_REFERS = re.compile(
    r"\b(it|its|itself|they|them|their|theirs|he|him|his|she|her|hers|that|this|these|those|there|one|ones|"
    r"the (other|others|same|former|latter|first|second|two))\b",
    re.IGNORECASE,
)
_ASKS = re.compile(r"\b(who|whom|whose|what|which|when|where|why|how)\b", re.IGNORECASE)


def context_of(question: str, history: Sequence[Turn]) -> str:
    """What an elliptical question leaves unsaid: the question before it, which may itself need the one before that.

    Empty for a question that stands alone, so that a refusal does not come to lean on good turns before it.
    """
    context: list[str] = []
    for asked, answered in reversed(history):
        if not is_elliptical(question):
            break
        # "Who says so?" leaves it to its answer to say who "he" is in the next question.
        named = names(answered.split(". ")[0]) if AnswerType.of(asked) is AnswerType.NAME else []
        context[:0] = [asked, *named]
        question = asked
    return " ".join(context).strip()


def is_elliptical(question: str) -> bool:
    """Whether a question points back: it begins like a continuation, uses a pronoun, or names next to nothing.

    One that names nothing has to ask something, as "Why?" does; "xx x" does not.
    """
    if _CONTINUES.search(question) or _REFERS.search(question):
        return True
    named = content_terms(question)
    return len(named) == 1 or (not named and bool(_ASKS.search(question)))
