"""A passage that was found, as it reads beside the question; made once, and used by all that judge it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from index.embedding.embedder import Vectors
from index.query import Analysis, Found, Hit, Words
from rag.question import Question
from rag.reader.reader import View


# Without slots, which would leave no room for what is worked out only of the few passages that are read to the end.
@dataclass(frozen=True)
class Reading:
    """A passage with what is known of it, and its sentences' likeness to the question.

    `cosines`, of shape (sentences,), say how near each sentence is to the question; `view` is what the reader says of
    it, None where the reader did not read it.
    """

    hit: Hit
    analysis: Analysis
    cosines: Vectors
    view: View | None = None

    def scored(self, score: float) -> Reading:
        """The same passage with another score."""
        return replace(self, hit=replace(self.hit, score=score))

    @cached_property
    def title(self) -> Words:
        """The words of the title of its article."""
        return frozenset(self.analysis.title.split())

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """The sentences, verbatim."""
        return tuple(self.hit.passage.quote(*place) for place in self.hit.passage.sentences)

    @cached_property
    def words(self) -> tuple[Words, ...]:
        """The words of each sentence, with those of the title."""
        return tuple(self.title.union(words.split()) for words in self.analysis.sentences)

    @cached_property
    def all_words(self) -> Words:
        """The words of the whole passage, with those of its title."""
        return self.title.union(*self.words)


def read(question: Question, found: Found) -> Reading:
    """A passage as it reads beside the question."""
    return Reading(found.hit, found.analysis, found.analysis.vectors @ question.query.vector)


def below(best: Sequence[Reading], others: Iterable[Reading]) -> Iterator[Reading]:
    """Passages that follow others in their order, with scores that do so too."""
    least = best[-1].hit.score if best else 0.0
    return (reading.scored(reading.hit.score * least) for reading in others)
