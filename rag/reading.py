"""A passage that was found, as it reads beside the question; made once, and used by all that judge it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from index.article_index import ArticleIndex
from index.embedder import Vectors
from index.lexical import terms
from index.query import Hit
from rag.question import Question

Words = frozenset[str]


@dataclass(frozen=True, slots=True)
class Reading:
    """A passage with its sentences' words and likeness to the question.

    `sentences` are verbatim, `title` are the words of its article's title, `words` those of each sentence together
    with the title's, and `cosines`, of shape (sentences,), say how near each sentence is to the question.
    """

    hit: Hit
    sentences: tuple[str, ...]
    title: Words
    words: tuple[Words, ...]
    cosines: Vectors

    @property
    def all_words(self) -> Words:
        """The words of the whole passage, with those of its title."""
        return self.title.union(*self.words)


def read(question: Question, hits: Sequence[Hit], index: ArticleIndex) -> list[Reading]:
    """The passages as they read beside the question, in the order given."""
    articles = {hit.passage.article_id for hit in hits}
    titles = {article_id: frozenset(terms(index.title(article_id))) for article_id in articles}
    return [_read(question, hit, titles[hit.passage.article_id], index) for hit in hits]


def _read(question: Question, hit: Hit, title: Words, index: ArticleIndex) -> Reading:
    sentences = tuple(hit.passage.quote(*place) for place in hit.passage.sentences)
    words = tuple(title.union(terms(sentence)) for sentence in sentences)
    return Reading(hit, sentences, title, words, index.sentence_vectors(hit.id) @ question.query.vector)
