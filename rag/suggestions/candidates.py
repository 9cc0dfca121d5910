"""Questions that might be offered after an answer, before they are tried out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np

from corpus.article import Passage, Range
from index.article_index import ArticleIndex
from index.embedding.embedder import Vectors
from index.words import terms
from rag.answer import Answer, Citation
from rag.conversation import Turn, is_elliptical
from rag.question import content_terms
from rag.suggestions.patterns import Suggestible, questions_in

# The least cosine of a sentence with what the exchange is about, in the article that answered best and elsewhere. Below
# these, what was read of 150 questions on SQuAD's articles began to have nothing to do with what was asked.
_NEAR, _NEAR_ELSEWHERE = 0.3, 0.42
# How much of their words two questions, or two sentences, share at most to count as different.
_ALIKE = 0.5
# What a pattern is worth beside that cosine: reasons say more than names.
_WORTH = {"why": 0.2, "which aspect": 0.15, "where": 0.05, "how long": 0.05, "who is": 0.0}
_USUAL_WORTH = 0.1
# What something is, one asks when it was spoken of.
_OF_A_NAME = ("who is", "what is")
_SENTENCE_END = re.compile(r"(?<=[.!?]) (?=[A-Z“\"])")

Place = tuple[str, Range]
Words = frozenset[str]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question with the place of the sentence it was made of, and how much it is worth trying."""

    question: str
    pattern: str
    place: Place
    worth: float

    def is_like(self, other: Candidate) -> bool:
        """Whether both are made of one sentence, or of nearly the same words."""
        return self.place == other.place or _alike(frozenset(terms(self.question)), frozenset(terms(other.question)))


def candidates(index: ArticleIndex, answer: Answer, turns: Sequence[Turn]) -> list[Candidate]:
    """The questions that were not asked yet and that sentences near to the answer should answer, best first.

    Args:
        turns: the conversation so far, with the answer as its last turn.
    """
    said, about = _Said(answer, turns), _direction(index, answer)
    best = answer.evidence[0].article_id if answer.evidence else ""
    made: dict[str, Candidate] = {}
    for questions, place, vector in _made(index, answer, said):
        nearness = float(vector @ about)
        if nearness < (_NEAR if place[0] == best else _NEAR_ELSEWHERE):
            continue
        for question in questions:
            candidate = Candidate(question.text, question.pattern, place, nearness + worth_of(question.pattern))
            known = made.get(question.text)
            if known is None or known.worth < candidate.worth:
                made[question.text] = candidate
    return sorted(made.values(), key=lambda candidate: (-candidate.worth, candidate.question))


def worth_of(pattern: str) -> float:
    """What a question made by a pattern is worth, beside what its sentence is about."""
    return _WORTH.get(pattern, _USUAL_WORTH)


def place_of(citation: Citation) -> Place:
    """Where the quoted sentence stands, by which it is known."""
    return citation.article_id, (citation.start, citation.end)


def _made(index: ArticleIndex, answer: Answer, said: _Said) -> Iterator[tuple[list[Suggestible], Place, Vectors]]:
    """What may be asked of each sentence that was read, with the sentence's place and vector."""
    passages = dict(_passages(index, answer))
    names = Names(passage.text for passage in passages.values())
    analyses = index.analyses([*passages])
    for passage, analysis in zip(passages.values(), analyses, strict=True):
        for row, place in enumerate(passage.sentences):
            sentence = passage.quote(*place)
            questions = [made for made in questions_in(sentence, names.has) if said.allows(made)]
            if questions and said.leads_to_a_new(sentence):
                yield questions, (passage.article_id, place), analysis.vectors[row]


def _passages(index: ArticleIndex, answer: Answer) -> Iterator[tuple[int, Passage]]:
    """The passages that were read, and the others of the article that answered best."""
    for hit in answer.hits:
        yield hit.id, hit.passage
    for citation in answer.citations[:1]:
        yield from index.passages_of(citation.article_id)


def _direction(index: ArticleIndex, answer: Answer) -> Vectors:
    """What the exchange is about, shape (dim,): the question and the mean of the sentences quoted, of length one."""
    cited = set(map(place_of, answer.citations))
    quoted = [
        analysis.vectors[row]
        for hit, analysis in zip(answer.hits, index.analyses([hit.id for hit in answer.hits]), strict=True)
        for row, place in enumerate(hit.passage.sentences)
        if (hit.passage.article_id, place) in cited
    ]
    question = index.embedder.embed([answer.standalone])[0]
    both = question + np.mean(quoted, axis=0) if quoted else question
    direction: Vectors = both / np.linalg.norm(both)
    return direction


def _alike(one: AbstractSet[str], other: AbstractSet[str]) -> bool:
    """Whether two sets of words share more than half of all they have."""
    return len(one & other) > _ALIKE * len(one | other)


class Names:
    """Which words, and which pairs of words, are written with a capital inside sentences."""

    _WORDS = re.compile(r"(?<=[\w,;’'] )(?=([^\W\d_][\w-]*)(?: ([^\W\d_][\w-]*))?)")

    def __init__(self, texts: Iterable[str]) -> None:
        pairs = [match.groups("") for text in texts for match in self._WORDS.finditer(text)]
        self._words, self._pairs = Counter(word for word, _ in pairs), Counter(pairs)

    def has(self, word: str, following: str) -> bool | None:
        """See `clause.IsName`."""
        if any(letter.isupper() for letter in word[1:]):
            return True
        low = word.lower()
        if following[:1].isupper():
            pairs = self._pairs[word, following] - self._pairs[low, following]
            return pairs > 0 if pairs else None if self._words[low] else True
        words = self._words[word] - self._words[low]
        return words > 0 if words else None


class _Said:
    """What was asked and said in a conversation so far, and what may follow it."""

    def __init__(self, answer: Answer, turns: Sequence[Turn]) -> None:
        self._asked = [frozenset(terms(question)) for question, _ in turns]
        quoted = [" ".join(citation.quote.split()) for citation in answer.citations]
        self._texts = [*(text for _, text in turns), *quoted]
        self._sentences = [frozenset(terms(part)) for text in self._texts for part in _SENTENCE_END.split(text)]
        nearest = " ".join(quoted or [citation.quote for citation in answer.withheld])
        self._words = frozenset(terms(f"{answer.question} {nearest}"))

    def allows(self, made: Suggestible) -> bool:
        """Whether a question stands alone, was not asked, and if it asks for what a name is, the name has come up."""
        words = frozenset(terms(made.text))
        if is_elliptical(made.text) or any(_alike(words, asked) for asked in self._asked):
            return False
        return made.pattern not in _OF_A_NAME or self._words.issuperset(content_terms(made.text))

    def leads_to_a_new(self, sentence: str) -> bool:
        """Whether a sentence speaks of something that the answer does, and neither it nor its like was quoted."""
        flat, words = " ".join(sentence.split()), frozenset(terms(sentence))
        return (
            not words.isdisjoint(self._words)
            and not any(flat in text for text in self._texts)
            and not any(_alike(words, other) for other in self._sentences)
        )
