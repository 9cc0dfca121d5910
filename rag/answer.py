"""What the chatbot says: an answer whose every sentence is cited, or a refusal that shows what came nearest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from corpus.article import Range
from index.query import Hit

REFUSAL = "The articles do not hold the answer to this question."
# The least support at which a sentence stands so (see `rag.verification`).
SUPPORTED, WEAK = 0.6, 0.3


@dataclass(frozen=True, slots=True)
class Citation:
    """The exact words of an article that a sentence rests on: `article.text[start:end] == quote`."""

    number: int
    article_id: str
    title: str
    start: int
    end: int
    quote: str
    url: str | None = None

    @property
    def place(self) -> tuple[str, Range]:
        """The article and the characters that are quoted."""
        return self.article_id, (self.start, self.end)


class Standing(StrEnum):
    """How far a sentence is supported by what it cites."""

    SUPPORTED = "supported"
    WEAK = "weak"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an answer, the numbers of its citations, and how far they support it, in [0, 1]."""

    text: str
    citations: tuple[int, ...]
    support: float

    @property
    def standing(self) -> Standing:
        """The support in words."""
        if self.support >= SUPPORTED:
            return Standing.SUPPORTED
        return Standing.WEAK if self.support >= WEAK else Standing.UNSUPPORTED

    @property
    def doubt(self) -> str:
        """What there is to say beside the sentence; empty for one that is supported."""
        return {Standing.WEAK: "weakly supported", Standing.UNSUPPORTED: "not supported"}.get(self.standing, "")


@dataclass(frozen=True, slots=True)
class ShortAnswer:
    """The answer in a few words, within one of the sentences quoted: `article.text[start:end] == text`."""

    article_id: str
    start: int
    end: int
    text: str

    def is_in(self, citation: Citation) -> bool:
        """Whether it stands in the words of a citation."""
        return self.article_id == citation.article_id and citation.start <= self.start and self.end <= citation.end


@dataclass(frozen=True, slots=True)
class ModelUse:
    """What a language model did for an answer, and what became of it.

    `failure` says in one line why its reply is not the answer; empty where it is. Its sentences are counted by how they
    stand: of those `unsupported`, some were `replaced` by the articles' own words and some `dropped`. Its marks for
    passages that it was not given are `unknown_citations`. The tokens are those of all its calls for the answer.
    """

    name: str
    failure: str = ""
    sentences: int = 0
    weak: int = 0
    unsupported: int = 0
    replaced: int = 0
    dropped: int = 0
    unknown_citations: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def after(self, earlier: ModelUse) -> ModelUse:
        """The same with the tokens of an earlier call for the same answer."""
        return replace(
            self,
            prompt_tokens=self.prompt_tokens + earlier.prompt_tokens,
            completion_tokens=self.completion_tokens + earlier.completion_tokens,
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What was asked and what is answered.

    `standalone` is the question as it was searched for: a follow-up completed from the turns before it. `confidence` is
    how sure it is (see `rag.confidence`). An answer that `abstained` has no sentences; what it would have quoted is
    `withheld`. `evidence` are the sentences nearest to answering, best first, whether quoted or not, and `hits` the
    passages they come from. `timings` are milliseconds by stage. `model` says what a language model had to do with it.
    `short` are the words that answer, where the reader found some in what is quoted, or withheld.
    """

    question: str
    standalone: str
    text: str
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    withheld: tuple[Citation, ...]
    evidence: tuple[Citation, ...]
    abstained: bool
    confidence: float
    hits: tuple[Hit, ...]
    answered_by: str
    timings: Mapping[str, float] = field(default_factory=dict)
    model: ModelUse | None = None
    short: ShortAnswer | None = None

    def stressed(self, sentence: Sentence) -> tuple[str, str, str]:
        """A sentence's text before the short answer, that, and the rest, which is all where it does not hold one."""
        short, quoted = self.short, (item for item in self.citations if item.number in sentence.citations)
        home = next((item for item in quoted if short and short.is_in(item)), None)
        if short is None or home is None:
            return "", "", sentence.text
        before = " ".join(home.quote[: short.start - home.start].split())
        words = " ".join(short.text.split())
        place = sentence.text.find(words, len(before))
        # A sentence of a language model says it in its own way.
        if place < 0 or not sentence.text.startswith(before):
            return "", "", sentence.text
        return sentence.text[:place], words, sentence.text[place + len(words) :]

    @property
    def nearest(self) -> tuple[Hit, ...]:
        """The passages that a refusal is shown with."""
        return self.hits[:3]

    def __str__(self) -> str:
        """The answer as plain text: its sentences with their marks, then the quotes they rest on."""
        if self.abstained:
            nearest = [f"  - {hit.passage.article_id}: {_shortened(hit.passage.text)}" for hit in self.nearest]
            return "\n".join([self.text, *(["", "Nearest passages:", *nearest] if nearest else [])])
        said = " ".join(map(_said, self.sentences))
        sources = [f"  [{item.number}] {item.title}: “{item.quote}”" for item in self.citations]
        return "\n".join([said, "", *sources])


def _said(sentence: Sentence) -> str:
    """A sentence with its marks, and a word where what it cites does not support it."""
    doubt = f"({sentence.doubt})" if sentence.doubt else ""
    return " ".join(filter(None, (sentence.text, _marks(sentence.citations), doubt)))


def _marks(numbers: tuple[int, ...]) -> str:
    return "".join(f"[{number}]" for number in numbers)


def _shortened(text: str, length: int = 160) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= length else flat[:length].rsplit(" ", 1)[0] + " …"
