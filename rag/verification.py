"""Whether what a claim cites supports it: the sentences that do, and how far."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from corpus.article import Range
from index.article_index import ArticleIndex
from index.embedder import Vectors
from index.lexical import terms
from rag.attachment import misattached
from rag.discrepancy import contradicts
from rag.evidence import Candidate
from rag.particulars import Held, Particular, fold, particulars, same
from rag.question import Question, content_terms, covered
from rag.reading import Reading
from rag.weights import weights

# A claim may rest on so many sentences.
_MOST = 3
# A further sentence must cover so much more of the claim by rarity, and more than one word that is no name or number:
# else any sentence that happens to have a wrong year would make it right.
_MORE = 0.15
_MORE_WORDS = 2
_MORE_PARTICULARS = 2

FEATURES = ("constant", "cosine", "covered")
# What is left of the support of a claim whose evidence lacks one of its particulars, or says the contrary.
_DIFFERENT = 0.25

_POINTS_BACK = re.compile(
    r"(?:[^,]{1,40}, )?(?:(?:both|all|some|many|most) of )?"
    r"(?:he|she|it|they|his|her|its|their|this|these|that|those|such)\b",
    re.IGNORECASE,
)
_CAPITALISED = re.compile(r"\b[^\W\d_a-z][^\W_]*")
_FIRST = re.compile(r"\W*([^\W\d_]+)(?=,| )")
# What follows a subject, and how words end that may stand without an article though they are no names.
_VERB_FOLLOWS = re.compile(
    r",|\s(?:and|is|was|are|were|has|had|have|did|does|will|would|can|could|may|might|must|took|made|became|began|won"
    r"|lost|held|led|wrote|built|gave|came|went|left|found|thought|fought|fell|rose|saw|sent|met|said|[a-z]+ed)\b"
)
_NO_NAME = re.compile(r".*(?:s|ing|ed|ly|ion|ment|ness|ity|ism|ance|ence|age|ure|th|al|people|men|women|children)$")

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Checked:
    """How far a claim is supported, in [0, 1], and the sentences that support it, best first."""

    score: float
    evidence: tuple[Candidate, ...]


class Verifier:
    """Holds claims to the passages that they cite."""

    def __init__(self, index: ArticleIndex) -> None:
        self._index = index

    def check(self, claim: str, readings: Sequence[Reading]) -> Checked:
        """How far the passages support a claim, a sentence of any language, and which of their sentences do."""
        # Half of a surrogate pair is no character, and the tokenizer takes none.
        claim = claim.encode("utf-8", "replace").decode("utf-8")
        understood = Question.understand(claim, "", self._index)
        sentences = self._sentences(understood, readings)
        if not sentences:
            return Checked(0.0, ())
        said = particulars(claim, _known(claim, readings))
        evidence = _choose(understood, said, sentences)
        likely = float(self._features(understood, evidence) @ weights("support", FEATURES))
        share = _DIFFERENT if self._differs(claim, said, evidence) else 1.0
        return Checked(share / (1 + math.exp(-likely)), tuple(evidence))

    def features(self, claim: str, readings: Sequence[Reading]) -> Floats:
        """The row of `FEATURES` that the support rests on; there must be a sentence."""
        understood = Question.understand(claim, "", self._index)
        said = particulars(claim, _known(claim, readings))
        return self._features(understood, _choose(understood, said, self._sentences(understood, readings)))

    def _sentences(self, claim: Question, readings: Sequence[Reading]) -> list[Candidate]:
        """Every sentence of the passages, once, by how much of the claim it covers and how near it is."""
        best: dict[tuple[str, Range], Candidate] = {}
        for reading in readings:
            beside = replace(reading, cosines=self._vectors(reading) @ claim.query.vector)
            for number, words in enumerate(reading.words):
                score = float(beside.cosines[number]) + covered(claim.rarity, words)
                candidate = Candidate(beside, number, score)
                best.setdefault(candidate.place, candidate)
        return sorted(best.values(), key=lambda candidate: -candidate.score)

    def _vectors(self, reading: Reading) -> Vectors:
        return self._index.sentence_vectors(reading.hit.id)

    def _features(self, claim: Question, evidence: Sequence[Candidate]) -> Floats:
        together = np.sum([self._vectors(item.reading)[item.number] for item in evidence], axis=0)
        nearest = max(item.cosine for item in evidence)
        cosine = max(nearest, float(together @ claim.query.vector / np.linalg.norm(together)))
        words = evidence[0].words.union(*(item.words for item in evidence))
        return np.array([1.0, cosine, covered(claim.rarity, words)])

    def _differs(self, claim: str, said: Sequence[Particular], evidence: Sequence[Candidate]) -> bool:
        """Whether the evidence lacks one of the claim's particulars, says the contrary, or says it of another."""
        texts = [item.text for item in evidence]
        known = frozenset(word for item in said if item.kind == "name" for word in item.value.split())
        text, headings = "\n".join(texts), "\n".join(self._headings(evidence))
        return _lacks(said, text, headings) or contradicts(claim, text) or misattached(claim, texts, known)

    def _headings(self, evidence: Sequence[Candidate]) -> list[str]:
        """The titles and dates of the articles that the evidence stands in."""
        articles = [self._index.article(name) for name in dict.fromkeys(item.article_id for item in evidence)]
        return [f"{article.title} ({article.published or ''})" for article in articles]


def _lacks(said: Sequence[Particular], text: str, headings: str) -> bool:
    """Whether a particular stands neither in a text nor above it, where the text's own numbers and dates come first."""
    alone, together = Held.of(text), Held.of(f"{headings}\n{text}")
    rivals = {item.kind for item in particulars(text) if not any(same(item, other) for other in said)} - {"name"}
    return any(together.lacks(item) or (item.kind in rivals and alone.lacks(item)) for item in said)


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


def _choose(claim: Question, said: Sequence[Particular], sentences: Sequence[Candidate]) -> list[Candidate]:
    """The best sentence, and those that cover something more of the claim."""
    evidence = [sentences[0]]
    while len(evidence) < _MOST:
        missing = _Missing.of(claim, said, evidence)
        gain, best = max(((missing.gain(item), item) for item in sentences), key=lambda pair: pair[0])
        if not gain:
            break
        evidence.append(best)
    return evidence


@dataclass(frozen=True, slots=True)
class _Missing:
    """What the evidence does not cover of a claim: words, by their share of its rarity, and particulars."""

    words: dict[str, float]
    named: frozenset[str]
    particulars: list[Particular]
    before: tuple[str, Range] | None

    @classmethod
    def of(cls, claim: Question, said: Sequence[Particular], evidence: Sequence[Candidate]) -> _Missing:
        """What is missing, and where the sentence stands that the first of the evidence may point back to."""
        held = evidence[0].words.union(*(item.words for item in evidence))
        total = sum(claim.rarity.values())
        texts = Held.of("\n".join(item.text for item in evidence))
        first, places = evidence[0], evidence[0].reading.hit.passage.sentences
        points_back = first.number > 0 and _POINTS_BACK.match(first.text)
        return cls(
            words={word: weight / total for word, weight in claim.rarity.items() if word not in held},
            named=frozenset(content_terms(" ".join(claim.text[slice(*item.place)] for item in said))),
            particulars=[item for item in said if texts.lacks(item)],
            before=(first.article_id, places[first.number - 1]) if points_back else None,
        )

    def gain(self, sentence: Candidate) -> float:
        """The share of the claim that a sentence adds; nothing if it only happens to hold a word or a name of it."""
        new = self.words.keys() & sentence.words
        gain = sum(self.words[word] for word in new)
        if gain >= _MORE and len(new - self.named) >= _MORE_WORDS:
            return gain
        wanted = 1 if sentence.place == self.before else _MORE_PARTICULARS
        if not new or len(self.particulars) < wanted:
            return 0.0
        held = Held.of(sentence.text)
        return gain if sum(not held.lacks(item) for item in self.particulars) >= wanted else 0.0
