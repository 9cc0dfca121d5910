"""A statement that may or may not be so, as it is held to passages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from index.article_index import ArticleIndex
from index.lexical import terms
from rag.particulars import Particular, fold, particulars
from rag.question import Question, content_terms
from rag.reading import Reading

_CAPITALISED = re.compile(r"\b[^\W\d_a-z][^\W_]*")
_FIRST = re.compile(r"\W*([^\W\d_]+)(?=,| )")
# What follows a subject, and how words end that may stand without an article though they are no names.
_VERB_FOLLOWS = re.compile(
    r",|\s(?:and|is|was|are|were|has|had|have|did|does|will|would|can|could|may|might|must|took|made|became|began|won"
    r"|lost|held|led|wrote|built|gave|came|went|left|found|thought|fought|fell|rose|saw|sent|met|said|[a-z]+ed)\b"
)
_NO_NAME = re.compile(r".*(?:s|ing|ed|ly|ion|ment|ness|ity|ism|ance|ence|age|ure|th|al|people|men|women|children)$")


@dataclass(frozen=True, slots=True)
class Statement:
    """A claim with its vector and the weights of its words, its particulars, and the terms that these are made of."""

    question: Question
    particulars: tuple[Particular, ...]
    named: frozenset[str]

    @classmethod
    def understand(cls, text: str, readings: Sequence[Reading], index: ArticleIndex) -> Statement:
        """A claim ready to be held to passages."""
        # Half of a surrogate pair is no character, and the tokenizer takes none.
        question = Question.understand(text.encode("utf-8", "replace").decode("utf-8"), "", index)
        # The rarest words are often those that only say it in another way, and count no more than those in the middle.
        limit = median(question.rarity.values()) if question.rarity else 0.0
        rarity = {word: min(weight, limit) for word, weight in question.rarity.items()}
        said = particulars(question.text, _known(question.text, readings))
        named = content_terms(" ".join(question.text[slice(*item.place)] for item in said))
        return cls(replace(question, rarity=rarity), tuple(said), frozenset(named))

    @property
    def text(self) -> str:
        """The claim's words."""
        return self.question.text

    @property
    def names(self) -> frozenset[str]:
        """The words of its names, as `rag.particulars.names` knows them."""
        return frozenset(word for item in self.particulars if item.kind == "name" for word in item.value.split())


def _known(claim: str, readings: Sequence[Reading]) -> frozenset[str]:
    """The claim's words that are names in the passages, and its first if it can hardly be anything else."""
    texts = "\n".join(reading.hit.passage.text for reading in readings)
    words = set(_CAPITALISED.findall(claim))
    known = {word for word in words if re.search(rf"[\w,] {re.escape(word)}\b", texts)}
    first = _FIRST.match(claim)
    if first and _VERB_FOLLOWS.match(claim, first.end()) and not _NO_NAME.match(first[1]):
        everything = frozenset[str]().union(*(reading.all_words for reading in readings))
        if everything.isdisjoint(terms(first[1])):
            known.add(first[1])
    return frozenset(map(fold, known))
