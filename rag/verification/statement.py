"""A statement that may or may not be so, as it is held to passages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from statistics import median

from index.article_index import ArticleIndex
from index.words import terms
from rag.particulars import Particular, fold, names, particulars
from rag.question import Question, content_terms
from rag.reading import Reading
from rag.verification.discrepancy import alike

# What language models put around a statement, which says nothing that an article could support.
_OPENING = re.compile(
    r"(?:yes|no|indeed|in (?:short|summary|brief|other words|essence|conclusion)|to (?:sum up|summari[sz]e)|overall"
    r"|specifically|notably|additionally|furthermore|moreover|in addition|therefore|thus)\s*[,:;—–-]\s*",
    re.IGNORECASE,
)
_TOLD_BY = (
    r"(?:articles?|passages?|texts?|sources?|documents?|authors?|reports?|excerpts?|context|information|evidence)"
    r"(?: (?:provided|given|above|cited))?"
)
_TELLS = (
    r"(?:says?|states?|explains?|notes?|mentions?|reports?|indicates?|suggests?|describes?|shows?|points? out|adds?"
    r"|tells? us)"
)
_TOLD = re.compile(
    rf"(?:the|these|this|its?) (?:provided |given |cited )?{_TOLD_BY} (?:also |further )?{_TELLS} that,?\s+"
    rf"|as (?:the|these|this) {_TOLD_BY} {_TELLS},\s*",
    re.IGNORECASE,
)
_ACCORDING = re.compile(
    r"(?:according to|based on|as per|as reported by|as stated (?:in|by)) ([^,]{1,80}),\s*", re.IGNORECASE
)
_ANYONE = re.compile(
    rf"\b(?:the|an?|this|these|its?|in|on|of|by|from|about|titled|provided|given|{_TOLD_BY})\b", re.IGNORECASE
)
_SOURCE = r"(?:the )?[A-Z][\w.'’-]*(?: (?:and |of |the |in )*[A-Z][\w.'’-]*)*"
# Inside a statement: "…, according to The Gazette", "The Gazette reports that …".
_SOURCES = re.compile(
    rf"(?i:\b(?:according to|as (?:reported|stated) (?:in|by)|writing (?:in|for))) {_SOURCE}"
    rf"|{_SOURCE}(?= (?:\w+ly )?(?:says?|said|writes?|wrote|reports?|reported|notes?|noted|argues?|argued|states?"
    r"|stated|explains?|explained)\b)"
)

_CAPITALISED = re.compile(r"\b[^\W\d_a-z][^\W_]*")
_WORD = re.compile(r"[^\W_]+")
_FIRST = re.compile(r"\W*([^\W\d_]+)(?=,| )")
# What follows a subject, and how words end that may stand without an article though they are no names.
_VERB_FOLLOWS = re.compile(
    r",|\s(?:and|is|was|are|were|has|had|have|did|does|will|would|can|could|may|might|must|took|made|became|began|won"
    r"|lost|held|led|wrote|built|gave|came|went|left|found|thought|fought|fell|rose|saw|sent|met|said|[a-z]+ed)\b"
)
_NO_NAME = re.compile(r".*(?:s|ing|ed|ly|ion|ment|ness|ity|ism|ance|ence|age|ure|th|al|people|men|women|children)$")

# In a claim without capitals: what owns something, unless a thing does.
_OWNER = re.compile(
    r"(?<!\bthe )(?<!\ba )(?<!\ban )\b(?!(?:it|that|there|what|he|she|who|let|here)\b)[^\W\d_]+(?=['’]s\b)"
)
_SUBJECT = re.compile(rf"(?:[^\W\d_]+ ){{0,2}}?[^\W\d_]+(?={_VERB_FOLLOWS.pattern})")


@dataclass(frozen=True, slots=True)
class Statement:
    """A claim with its vector and the weights of its words, its particulars, and the terms that these are made of.

    The words that frame it ("According to the article, …") are left out of all but `attributed`, the particulars of
    whom or what it says it has this from, there or elsewhere.
    """

    question: Question
    particulars: tuple[Particular, ...]
    attributed: tuple[Particular, ...]
    named: frozenset[str]

    @classmethod
    def understand(cls, text: str, readings: Sequence[Reading], index: ArticleIndex) -> Statement:
        """A claim ready to be held to passages."""
        # Half of a surrogate pair is no character, and the tokenizer takes none.
        whole = _with_capitals(text.encode("utf-8", "replace").decode("utf-8"), readings)
        start = _framing(whole, readings)
        question = Question.understand(whole[start:], "", index)
        # The rarest words are often those that only say it in another way, and count no more than those in the middle.
        limit = median(question.rarity.values()) if question.rarity else 0.0
        rarity = {word: min(weight, limit) for word, weight in question.rarity.items()}
        # In the whole, where a name that follows "Yes," does not begin the sentence.
        every = particulars(whole, _known(whole, readings))
        said = tuple(item for item in every if item.place[0] >= start)
        attributed = tuple(item for item in every if item.place[0] < start or _is_source(item, whole))
        named = content_terms(" ".join(whole[slice(*item.place)] for item in said))
        return cls(replace(question, rarity=rarity), said, attributed, frozenset(named))

    @property
    def text(self) -> str:
        """The claim's words."""
        return self.question.text

    def said_by(self, words: AbstractSet[str]) -> frozenset[str]:
        """Words, and those of the claim that they say otherwise: "supported" where one of them is "backed"."""
        same = alike()
        return frozenset(words).union(
            word for word in self.question.rarity if word in same and not same[word].isdisjoint(words)
        )

    @property
    def names(self) -> frozenset[str]:
        """The words of its names, as `rag.particulars.names` knows them."""
        return frozenset(word for item in self.particulars if item.kind == "name" for word in item.value.split())


def _framing(claim: str, readings: Sequence[Reading]) -> int:
    """Where the statement begins after the words that frame it; 0 where nothing else would be left."""
    start = 0
    while found := _OPENING.match(claim, start) or _TOLD.match(claim, start) or _attribution(claim, start, readings):
        start = found.end()
    return start if claim[start:].strip() else 0


def _attribution(claim: str, start: int, readings: Sequence[Reading]) -> re.Match[str] | None:
    """The words that name an article, its title or a name as where this is from, and say nothing else."""
    found = _ACCORDING.match(claim, start)
    if not found:
        return None
    titles = frozenset[str]().union(*(reading.title for reading in readings))
    others = [word for word in _WORD.findall(_ANYONE.sub(" ", found[1])) if not word[0].isupper()]
    return found if titles.issuperset(terms(" ".join(others))) else None


def _with_capitals(claim: str, readings: Sequence[Reading]) -> str:
    """A claim that is all in capitals or has none, with those of its names; any other as it is."""
    plain = claim.lower() if claim.isupper() else claim
    if any(letter.isupper() for letter in plain):
        return claim
    texts = [reading.hit.passage.text for reading in readings]
    known = {word for text in texts for name in names(text) for word in name.value.split()}
    # "Organisation" is part of a name, and a word as well.
    known -= {word for text in texts for word in _WORD.findall(text)}
    owners = {match[0] for match in _OWNER.finditer(plain)}
    subject = _SUBJECT.match(plain)
    if subject and _is_unheard(subject[0], readings):
        owners.update(subject[0].split())
    return _WORD.sub(
        lambda word: word[0].capitalize() if word[0] in owners or fold(word[0]) in known else word[0], plain
    )


def _is_unheard(subject: str, readings: Sequence[Reading]) -> bool:
    """Whether no passage has any of a subject's words, which may well be names."""
    everything = frozenset[str]().union(*(reading.all_words for reading in readings))
    return not any(_NO_NAME.match(word) or not everything.isdisjoint(terms(word)) for word in subject.split())


def _is_source(item: Particular, claim: str) -> bool:
    """Whether a claim names it as whom or what it has this from."""
    spans = (match.span() for match in _SOURCES.finditer(claim))
    return item.kind == "name" and any(start <= item.place[0] < end for start, end in spans)


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
