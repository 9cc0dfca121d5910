"""A question as the engine works with it: its words, their weights, and what kind of answer it wants."""

from __future__ import annotations

import re
from dataclasses import dataclass

from index.lexical import terms
from index.query import Query

# Words of a question that say what kind of answer is wanted, not what it is about.
_ASKING = frozenset(
    terms(
        "who whom whose what which when where why how did does do done has have had can could would should may might "
        "must shall many much about between its his her he she we you i me my your our them from than so also any some "
        "tell give say says said please describe explain according article articles"
    )
)
_CAPITALISED = re.compile(r"(?<!^)\b[A-Z][\w'’-]*|\b\w*\d[\w.,]*")


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, what is searched for, and the context that an elliptical question took from earlier turns."""

    text: str
    context: str
    query: Query

    @property
    def standalone(self) -> str:
        """The question that can be understood without the turns before it."""
        return self.query.text


def content_terms(text: str) -> list[str]:
    """The terms of a question that an answer should be about, each once, as BM25 sees them."""
    # What is left of "'s" is no word.
    return [term for term in dict.fromkeys(terms(text)) if term not in _ASKING and (len(term) > 1 or term.isdigit())]


def names_and_numbers(text: str) -> list[str]:
    """The terms of the names, years and figures in a question: an answer about others answers another question."""
    return content_terms(" ".join(_CAPITALISED.findall(text)))
