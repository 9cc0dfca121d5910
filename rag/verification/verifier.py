"""Holds claims to the passages that they cite."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.article_index import ArticleIndex
from index.words import terms
from rag.evidence import Candidate
from rag.particulars import Held, names
from rag.question import covered
from rag.reading import Reading
from rag.verification.also_called import also_called
from rag.verification.attachment import misattached
from rag.verification.discrepancy import contradicts
from rag.verification.statement import Statement
from rag.verification.supporting import supporting
from rag.weights import weights

# What the support of a claim with nothing amiss is a logistic regression over: how near the evidence is, and the share
# of the claim's words that it covers with its articles' titles.
FEATURES = ("constant", "cosine", "covered")
# What is left of the support where the evidence lacks one of the claim's particulars, or says otherwise.
_DIFFERENT = 0.25


@dataclass(frozen=True, slots=True)
class Checked:
    """How far a claim is supported, in [0, 1], and the one to three sentences that support it best, best first."""

    score: float
    evidence: tuple[Candidate, ...]


class Verifier:
    """Holds claims to the passages that they cite."""

    def __init__(self, index: ArticleIndex) -> None:
        self._index = index

    def check(self, claim: str, readings: Sequence[Reading]) -> Checked:
        """How far the passages support a claim, and by which of their sentences; none only where they have none.

        A score of at least .6 says that they do, and one below .3 that they do not: it is below .25 where the evidence
        lacks a number, date or name of the claim, negates what it says, has the opposite of a word of it, is less sure
        than it, or says of another what it says of one. The evidence's cosines are with the claim.
        """
        if not any(reading.sentences for reading in readings):
            return Checked(0.0, ())
        understood = Statement.understand(claim, readings, self._index)
        evidence = supporting(understood, readings, self._index)
        likely = float(self._features(understood, evidence) @ weights("support", FEATURES))
        share = _DIFFERENT if self._differs(understood, evidence) else 1.0
        return Checked(share / (1 + math.exp(-likely)), tuple(evidence))

    def features(self, claim: str, readings: Sequence[Reading]) -> NDArray[np.float64]:
        """The row of `FEATURES` that the support is fitted on; there must be a sentence."""
        understood = Statement.understand(claim, readings, self._index)
        return self._features(understood, supporting(understood, readings, self._index))

    def _features(self, claim: Statement, evidence: Sequence[Candidate]) -> NDArray[np.float64]:
        # On its own: the sentence vectors of a passage say what is around them too, as much as what they say.
        said = self._index.embedder.embed([" ".join(item.text for item in evidence)])[0]
        words = claim.said_by(evidence[0].words.union(*(item.words for item in evidence)))
        # A name counts as covered in whatever form it stands there.
        text = "\n".join([*(item.text for item in evidence), *self._headings(evidence)])
        held = Held.of(f"{text}\n{also_called(text)}")
        named = (terms(item.value) for item in claim.particulars if item.kind == "name" and not held.lacks(item))
        cosine = said @ claim.question.query.vector
        return np.array([1.0, cosine, covered(claim.question.rarity, words.union(*named))])

    def _differs(self, claim: Statement, evidence: Sequence[Candidate]) -> bool:
        """Whether the evidence lacks one of the claim's particulars, says the contrary, or says it of another."""
        texts = [item.text for item in evidence]
        if self._lacks(claim, evidence):
            return True
        about = "\n".join(text for text in texts if text == texts[0] or _names_one_of(text, claim))
        return contradicts(claim.text, about) or misattached(claim.text, texts, claim.names)

    def _lacks(self, claim: Statement, evidence: Sequence[Candidate]) -> bool:
        """Whether a particular stands neither in the evidence nor above it, where that may hold it.

        What stands above an article tells what it is about and whom it is from, but nothing of what happened when: its
        title holds names, and the rest only what the claim attributes itself to.
        """
        text = "\n".join(item.text for item in evidence)
        titles = "\n".join(self._index.title(name) for name in dict.fromkeys(item.article_id for item in evidence))
        called = also_called(text)
        alone, titled = Held.of(text), Held.of(f"{titles}\n{text}\n{called}")
        everything = Held.of("\n".join([*self._headings(evidence), text, called]))
        return any(everything.lacks(item) for item in claim.attributed) or any(
            (titled if item.kind == "name" else alone).lacks(item)
            for item in claim.particulars
            if item not in claim.attributed
        )

    def _headings(self, evidence: Sequence[Candidate]) -> list[str]:
        """What stands above the evidence: its articles' titles, dates, authors and sources."""
        articles = [self._index.article(name) for name in dict.fromkeys(item.article_id for item in evidence)]
        said = [(item.title, item.published, item.author, item.source) for item in articles]
        return [". ".join(filter(None, parts)) for parts in said]


def _names_one_of(text: str, claim: Statement) -> bool:
    """Whether a sentence names something that the claim names, or nothing at all."""
    named = {word for name in names(text, claim.names) for word in name.value.split()}
    return not named or not named.isdisjoint(claim.names)
