"""What a language model writes, held to its sources sentence by sentence while it comes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from corpus.article import Range
from index.words import terms
from rag.answer import REFUSAL, SUPPORTED, WEAK, ModelUse, Sentence
from rag.evidence import Candidate
from rag.llm.marks import Written
from rag.llm.model import Reply
from rag.reading import Reading
from rag.verification import Checked, Verifier

Place = tuple[str, Range]
# Sentences that are checked: a prompt asks for four, and to check one takes up to .1 s.
_MOST_SENTENCES = 40


@dataclass(frozen=True, slots=True)
class Kept:
    """A sentence that stays, the sentences of articles it is tied to, and how far they support it."""

    text: str
    evidence: tuple[Candidate, ...]
    support: float


class Draft:
    """Checks each sentence of a reply as it comes, and keeps those that may be said.

    Args:
        readings: the passages as they are numbered in the prompt.
        quotable: the sentences that may take the place of one that is not supported.
        strict: let go of what is not supported; otherwise it is kept, with its low support.
    """

    def __init__(
        self, readings: Sequence[Reading], verifier: Verifier, quotable: AbstractSet[Place], *, strict: bool
    ) -> None:
        self._readings = readings
        self._verifier = verifier
        self._quotable = quotable
        self._strict = strict
        self.kept: list[Kept] = []
        self._seen: set[Written] = set()
        self._counts: Counter[str] = Counter()

    def add(self, written: Written) -> Kept | None:
        """Check a sentence; what is said for it, or None where nothing is."""
        is_repeated = written in self._seen or any(written.text == item.text for item in self.kept)
        is_over = len(self._seen) == _MOST_SENTENCES
        if is_repeated or is_over or is_refusal(written.text) or not terms(written.text):
            return None
        self._seen.add(written)
        self._counts["sentences"] += 1
        kept = self._checked(written)
        if kept:
            self.kept.append(kept)
        return kept

    def use(self, name: str, reply: Reply) -> ModelUse:
        """What the model of that name did, all its sentences being added."""
        counts = self._counts
        return ModelUse(
            name,
            sentences=counts["sentences"],
            weak=counts["weak"],
            unsupported=counts["unsupported"],
            replaced=counts["replaced"],
            dropped=counts["dropped"],
            unknown_citations=counts["unknown_citations"],
            prompt_tokens=reply.prompt_tokens,
            completion_tokens=reply.completion_tokens,
        )

    def _checked(self, written: Written) -> Kept | None:
        named = self._named(written)
        tied = self._tied(written.text, named)
        if tied.score >= WEAK:
            self._counts["weak"] += tied.score < SUPPORTED
            return Kept(written.text, tied.evidence, tied.score)
        self._counts["unsupported"] += 1
        if not self._strict:
            return Kept(written.text, tied.evidence if named else (), tied.score)
        said = {item.place for kept in self.kept for item in kept.evidence}
        instead = next((item for item in tied.evidence if item.place in self._quotable - said), None)
        self._counts["replaced" if instead else "dropped"] += 1
        return Kept(" ".join(instead.text.split()), (instead,), 1.0) if instead else None

    def _named(self, written: Written) -> list[Reading]:
        """The passages that a sentence's marks name; marks of others count for nothing."""
        named = [self._readings[number - 1] for number in written.numbers if 0 < number <= len(self._readings)]
        self._counts["unknown_citations"] += len(written.numbers) - len(named)
        return named

    def _tied(self, text: str, named: Sequence[Reading]) -> Checked:
        """What supports a sentence in the passages it names, or, where they do not, in any of them that does."""
        there = self._verifier.check(text, named)
        if there.score >= SUPPORTED:
            return there
        anywhere = self._verifier.check(text, self._readings)
        return anywhere if anywhere.score >= SUPPORTED or not named else there


def is_refusal(sentence: str) -> bool:
    """Whether a model says in the form it was told that the passages do not answer."""
    return sentence.strip(" .'\"“”*").casefold() == REFUSAL.strip(".").casefold()


def numbered(kept: Sequence[Kept], shown: Sequence[Candidate]) -> tuple[list[Candidate], tuple[Sentence, ...]]:
    """The sentences of articles in the order in which they are first cited, and the answer's with their numbers.

    Args:
        shown: what is to be cited besides.
    """
    every = [*(item for sentence in kept for item in sentence.evidence), *shown]
    cited = {item.place: item for item in every}
    numbers = {place: number for number, place in enumerate(cited, start=1)}
    sentences = tuple(
        Sentence(item.text, tuple(sorted(numbers[each.place] for each in item.evidence)), item.support) for item in kept
    )
    return list(cited.values()), sentences
