"""Completes a follow-up with a language model."""

from __future__ import annotations

import re
from collections.abc import Sequence

from corpus.errors import LanguageModelError
from rag.answer import ModelUse
from rag.conversation import Turn
from rag.llm.marks import without_thought
from rag.llm.model import LanguageModel
from rag.llm.prompt import rewriting
from rag.question import content_terms

_LONGEST = 300
# Room for what a reasoning model thinks aloud.
_MAX_TOKENS = 500
_AROUND = re.compile(r"^(?:\W*(?:the )?(?:rewritten |standalone )?question:)?[\s\"“*]*|[\s\"”*]+$", re.IGNORECASE)


def rewrite(question: str, history: Sequence[Turn], model: LanguageModel) -> tuple[str, ModelUse]:
    """The question as it can be understood alone, and what that took; empty where the model makes nothing of it.

    What says anything that neither the question nor the turns say, or leaves out what the question says, is nothing:
    the model has made up another question.
    """
    try:
        reply = model.reply(rewriting(question, history), max_tokens=_MAX_TOKENS)
    except LanguageModelError:
        return "", ModelUse(model.name)
    use = ModelUse(model.name, prompt_tokens=reply.prompt_tokens, completion_tokens=reply.completion_tokens)
    rewritten = _AROUND.sub("", without_thought(reply.text))
    return (rewritten if reply.is_whole and _is_the_same(rewritten, question, history) else ""), use


def _is_the_same(rewritten: str, question: str, history: Sequence[Turn]) -> bool:
    """Whether a rewriting asks for what the question asks, in words that were said."""
    own, asked = set(content_terms(rewritten)), set(content_terms(question))
    said = asked.union(content_terms(" ".join(part for turn in history for part in turn)))
    return len(rewritten) <= _LONGEST and "\n" not in rewritten and bool(own) and asked <= own <= said
