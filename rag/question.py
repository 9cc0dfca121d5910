"""A question as the engine works with it: its words, their weights, and what kind of answer it wants."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from index.article_index import ArticleIndex
from index.query import Query
from index.words import terms

# Words of a question that say what kind of answer is wanted, not what it is about.
_ASKING = frozenset(
    terms(
        "who whom whose what which when where why how did does do done has have had can could would should may might "
        "must shall many much about between its his her he she we you i me my your our them from than so also any some "
        "tell give say says said please describe explain according article articles up down out off over after before "
        "while during through more most other another been being were am now just only very too here because whether"
    )
)
_CAPITALISED = re.compile(r"(?<!^)\b[A-Z][\w'’-]*|\b\w*\d[\w.,]*")


# Words of earlier turns count this much beside the question's own, except names, which are what "it" stands for.
_CONTEXT_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, what is searched for, and how rare each word is that an answer should hold."""

    text: str
    query: Query
    rarity: Mapping[str, float]

    @classmethod
    def understand(cls, text: str, context: str, index: ArticleIndex) -> Question:
        """A question ready for an index, with the context that it takes from earlier turns, empty if it takes none."""
        return cls.understand_all([text], [context], index)[0]

    @classmethod
    def understand_all(cls, texts: Sequence[str], contexts: Sequence[str], index: ArticleIndex) -> list[Question]:
        """See `understand`; many at once take half the time of as many one by one."""
        standalone = [f"{context} {text}".strip() for text, context in zip(texts, contexts, strict=True)]
        queries = map(Query, standalone, index.embedder.embed(standalone))
        return [
            cls(text, query, _rarity(text, context, index))
            for text, context, query in zip(texts, contexts, queries, strict=True)
        ]

    @property
    def standalone(self) -> str:
        """The question that can be understood without the turns before it."""
        return self.query.text


def _rarity(text: str, context: str, index: ArticleIndex) -> dict[str, float]:
    """Each content term's inverse document frequency; less for what only the context has, unless it is a name."""
    own = {*content_terms(text), *names_and_numbers(context)}
    words = content_terms(f"{context} {text}")
    total = index.manifest.passages
    return {
        word: (1.0 if word in own else _CONTEXT_SHARE) * math.log(1 + (total - count + 0.5) / (count + 0.5))
        for word, count in zip(words, index.frequencies(words), strict=True)
    }


def covered(rarity: Mapping[str, float], words: AbstractSet[str]) -> float:
    """The share of the wanted words' rarity that is found; all of it where nothing is wanted."""
    total = sum(rarity.values())
    return sum(weight for word, weight in rarity.items() if word in words) / total if total else 1.0


def content_terms(text: str) -> list[str]:
    """The terms of a question that an answer should be about, each once, as BM25 sees them."""
    # What is left of "'s" is no word.
    return [term for term in dict.fromkeys(terms(text)) if term not in _ASKING and (len(term) > 1 or term.isdigit())]


def names(text: str) -> list[str]:
    """The names, years and figures in a text, as they stand there; a word that begins the text counts as none."""
    return _CAPITALISED.findall(text)


def names_and_numbers(text: str) -> list[str]:
    """Their terms: an answer about others answers another question."""
    return content_terms(" ".join(names(text)))
