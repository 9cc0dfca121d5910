"""What the chatbot says: an answer whose every sentence is cited, or a refusal that shows what came nearest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from index.query import Hit

REFUSAL = "The articles do not hold the answer to this question."


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


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an answer, the numbers of its citations, and how far they support it, in [0, 1]."""

    text: str
    citations: tuple[int, ...]
    support: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What was asked and what is answered.

    `standalone` is the question as it was searched for: a follow-up completed from the turns before it. `confidence` is
    how sure it is (see `rag.confidence`). An answer that `abstained` has no sentences; what it would have quoted is
    `withheld`. `evidence` are the sentences nearest to answering, best first, whether quoted or not, and `hits` the
    passages they come from. `timings` are milliseconds by stage.
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

    @property
    def nearest(self) -> tuple[Hit, ...]:
        """The passages that a refusal is shown with."""
        return self.hits[:3]

    def __str__(self) -> str:
        """The answer as plain text: its sentences with their marks, then the quotes they rest on."""
        if self.abstained:
            nearest = [f"  - {hit.passage.article_id}: {_shortened(hit.passage.text)}" for hit in self.nearest]
            return "\n".join([self.text, *(["", "Nearest passages:", *nearest] if nearest else [])])
        said = " ".join(f"{sentence.text} {_marks(sentence.citations)}" for sentence in self.sentences)
        sources = [f"  [{item.number}] {item.title}: “{item.quote}”" for item in self.citations]
        return "\n".join([said, "", *sources])


def _marks(numbers: tuple[int, ...]) -> str:
    return "".join(f"[{number}]" for number in numbers)


def _shortened(text: str, length: int = 160) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= length else flat[:length].rsplit(" ", 1)[0] + " …"
