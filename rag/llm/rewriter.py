"""Completes a follow-up with a language model."""

from __future__ import annotations

from collections.abc import Sequence

from corpus.errors import LanguageModelError
from rag.answer import ModelUse
from rag.conversation import Turn
from rag.llm.model import LanguageModel
from rag.llm.prompt import rewriting
from rag.question import content_terms, names_and_numbers

_LONGEST = 300
_MAX_TOKENS = 100


def rewrite(question: str, history: Sequence[Turn], model: LanguageModel) -> tuple[str, ModelUse]:
    """The question as it can be understood alone, and what that took; empty where the model makes nothing of it.

    What names anything that neither the question nor the turns name is nothing: the model has made it up.
    """
    try:
        reply = model.reply(rewriting(question, history), max_tokens=_MAX_TOKENS)
    except LanguageModelError:
        return "", ModelUse(model.name)
    use = ModelUse(model.name, prompt_tokens=reply.prompt_tokens, completion_tokens=reply.completion_tokens)
    rewritten = reply.text.strip().strip('"“”').strip()
    said = set(content_terms(" ".join([question, *(part for turn in history for part in turn)])))
    is_one_line = 0 < len(rewritten) <= _LONGEST and "\n" not in rewritten
    return (rewritten if reply.is_whole and is_one_line and set(names_and_numbers(rewritten)) <= said else ""), use
