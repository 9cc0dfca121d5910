"""The sentences that a claim may rest on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from corpus.article import Range
from index.article_index import ArticleIndex
from rag.evidence import Candidate
from rag.particulars import Held, Particular, names
from rag.question import covered
from rag.reading import Reading
from rag.verification.statement import Statement

# A claim may rest on so many sentences.
_MOST = 3
# The first of them is chosen among so many (some 3 ms each).
_TRIED = 4
# How much it counts that a sentence holds the claim's names and numbers, beside its likeness and all its words.
_NAMED = 0.5
# A further sentence must cover so much more of the claim by rarity, and more than one word that is no name or number:
# else any sentence that happens to have a wrong year would make it right.
_MORE = 0.1
_MORE_WORDS = 2
# And in another article, where the same words may well be said of something else, so many times more.
_ELSEWHERE = 2

_POINTS_BACK = re.compile(
    r"(?:[^,]{1,40}, )?(?:(?:both|all|some|many|most) of )?"
    r"(?:he|she|it|they|his|her|its|their|this|these|that|those|such)\b",
    re.IGNORECASE,
)


def supporting(claim: Statement, readings: Sequence[Reading], index: ArticleIndex) -> list[Candidate]:
    """The sentence nearest to a claim, and up to two that cover something more of it; none where there are none.

    Their cosines are with the claim.
    """
    sentences = _ranked(claim, readings, index)
    evidence = [_nearest(claim, sentences[:_TRIED], index)] if sentences else []
    while evidence and len(evidence) < _MOST:
        missing = _Missing.of(claim, evidence)
        gain, best = max(((missing.gain(item), item) for item in sentences), key=lambda pair: pair[0])
        if not gain:
            break
        evidence.append(best)
    return evidence


def _nearest(claim: Statement, sentences: Sequence[Candidate], index: ArticleIndex) -> Candidate:
    """The one that is nearest by itself: what a passage knows of its sentences tells what is around them too."""
    cosines = index.embedder.embed([item.text for item in sentences]) @ claim.question.query.vector
    gained = [item.score - item.cosine + float(cosine) for item, cosine in zip(sentences, cosines, strict=True)]
    return sentences[gained.index(max(gained))]


def _names_no_other(text: str, claim: Statement) -> bool:
    """Whether it may be about what was named before: it has no name that the claim has not."""
    return all(claim.names.issuperset(name.value.split()) for name in names(text, claim.names))


def _ranked(claim: Statement, readings: Sequence[Reading], index: ArticleIndex) -> list[Candidate]:
    """Every sentence of the passages, once, best first."""
    rarity = claim.question.rarity
    named = {word: rarity[word] for word in claim.named & rarity.keys()}
    found: dict[tuple[str, Range], Candidate] = {}
    for reading in readings:
        beside = replace(reading, cosines=reading.analysis.vectors @ claim.question.query.vector)
        for number, words in enumerate(reading.words):
            score = (
                float(beside.cosines[number]) + covered(rarity, claim.said_by(words)) + _NAMED * covered(named, words)
            )
            candidate = Candidate(beside, number, score)
            found.setdefault(candidate.place, candidate)
    return sorted(found.values(), key=lambda candidate: -candidate.score)


@dataclass(frozen=True, slots=True)
class _Missing:
    """What the evidence does not cover of a claim: words, by their share of its rarity, and particulars.

    `first` is the best of the evidence, and `before` the place of the sentence that it points back to, if it does.
    """

    claim: Statement
    words: dict[str, float]
    particulars: list[Particular]
    first: Candidate
    before: tuple[str, Range] | None

    @classmethod
    def of(cls, claim: Statement, evidence: Sequence[Candidate]) -> _Missing:
        """What is missing from the evidence."""
        held = claim.said_by(evidence[0].words.union(*(item.words for item in evidence)))
        rarity, total = claim.question.rarity, sum(claim.question.rarity.values())
        text = Held.of("\n".join(item.text for item in evidence))
        first, places = evidence[0], evidence[0].reading.hit.passage.sentences
        points_back = first.number > 0 and (_POINTS_BACK.match(first.text) or _names_no_other(first.text, claim))
        return cls(
            claim=claim,
            words={word: weight / total for word, weight in rarity.items() if word not in held},
            particulars=[item for item in claim.particulars if text.lacks(item)],
            first=first,
            before=(first.article_id, places[first.number - 1]) if points_back else None,
        )

    def gain(self, sentence: Candidate) -> float:
        """The share of the claim that a sentence adds; nothing if it only happens to hold a word or a name of it."""
        new = frozenset(self.words.keys() & self.claim.said_by(sentence.words))
        others = new - self.claim.named
        says_more = self._is_about_the_same(sentence) and self._has_more_words(sentence, others)
        if not new or not (says_more or self._tells_what_is_lacking(sentence, others)):
            return 0.0
        return sum(self.words[word] for word in new)

    def _has_more_words(self, sentence: Candidate, words: frozenset[str]) -> bool:
        times = 1 if sentence.article_id == self.first.article_id else _ELSEWHERE
        return len(words) >= _MORE_WORDS * times and sum(self.words[word] for word in words) >= _MORE * times

    def _is_about_the_same(self, sentence: Candidate) -> bool:
        """Whether it holds a name or number of the claim, or stands beside the first of the evidence."""
        beside = sentence.reading is self.first.reading and abs(sentence.number - self.first.number) == 1
        named = self.claim.named
        return beside or not named or not named.isdisjoint(sentence.words - sentence.reading.title)

    def _tells_what_is_lacking(self, sentence: Candidate, words: frozenset[str]) -> bool:
        """Whether the first of the evidence means it, or it holds several particulars and not names alone."""
        if not self.particulars or (sentence.place != self.before and len(self.particulars) == 1):
            return False
        text = Held.of(sentence.text)
        held = [item.kind for item in self.particulars if not text.lacks(item)]
        return bool(held) if sentence.place == self.before else len(held) > 1 and bool(words or set(held) != {"name"})
