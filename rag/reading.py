"""A passage that was found, as it reads beside the question; made once, and used by all that judge it."""

from __future__ import annotations

from dataclasses import dataclass

from index.embedder import Vectors
from index.query import Found, Hit, Words
from rag.question import Question


@dataclass(frozen=True, slots=True)
class Reading:
    """A passage with its sentences' words and likeness to the question.

    `sentences` are verbatim, `title` are the words of its article's title, `words` those of each sentence together
    with the title's. `vectors`, of shape (sentences, dim), are the sentences' own, and `cosines`, of shape
    (sentences,), say how near each is to the question.
    """

    hit: Hit
    sentences: tuple[str, ...]
    title: Words
    words: tuple[Words, ...]
    vectors: Vectors
    cosines: Vectors

    @property
    def all_words(self) -> Words:
        """The words of the whole passage, with those of its title."""
        return self.title.union(*self.words)


def read(question: Question, found: Found) -> Reading:
    """A passage as it reads beside the question."""
    passage, title = found.hit.passage, found.analysis.title
    return Reading(
        found.hit,
        tuple(passage.quote(*place) for place in passage.sentences),
        title,
        tuple(title | words for words in found.analysis.words),
        found.analysis.vectors,
        found.analysis.vectors @ question.query.vector,
    )
