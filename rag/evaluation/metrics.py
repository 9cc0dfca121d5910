"""What is measured of one answer, by rules and not by a judge: a number, or None where a metric does not apply."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence

from corpus.article import Range
from corpus.gold import GoldQuestion
from rag.answer import Answer

Values = dict[str, float | None]
Place = tuple[str, int, int]

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation + "‘’“”–—")


def measure(gold: GoldQuestion, answer: Answer, facts: Sequence[Sequence[Place]]) -> Values:
    """Every metric of one answer.

    Args:
        facts: for each fact of the gold evidence, the places in the articles that state it.
    """
    cited = [(item.article_id, item.start, item.end) for item in answer.citations]
    answered = not gold.unanswerable
    return {
        "answer_match": float(matches(answer.text, gold.answers)) if answered and gold.answers else None,
        "citation_recall": citation_recall(cited, facts) if answered and facts else None,
        "citation_precision": citation_precision(cited, facts) if answered and facts and cited else None,
        "refusal_recall": float(answer.abstained) if gold.unanswerable else None,
        "refusal_precision": float(gold.unanswerable) if answer.abstained else None,
        "answered": float(not answer.abstained) if answered else None,
    }


def normalised(text: str) -> str:
    """Text as SQuAD's evaluation compares it: lower case, without punctuation and articles (Rajpurkar et al. 2016)."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def matches(text: str, answers: Sequence[str]) -> bool:
    """Whether a right answer stands in the text, as whole words."""
    held = f" {normalised(text)} "
    return any(f" {normalised(answer)} " in held for answer in answers)


def citation_recall(cited: Sequence[Place], facts: Sequence[Sequence[Place]]) -> float:
    """How much of the gold evidence is cited: the mean over its facts of the best covered place that states each."""
    return sum(max(_share_covered(place, cited) for place in places) for places in facts) / len(facts)


def citation_precision(cited: Sequence[Place], facts: Sequence[Sequence[Place]]) -> float:
    """The share of the citations that overlap the gold evidence."""
    gold = [place for places in facts for place in places]
    return sum(any(_overlap(place, other) for other in gold) for place in cited) / len(cited)


def _share_covered(place: Place, cited: Sequence[Place]) -> float:
    _, start, end = place
    covered: set[int] = set()
    for other in cited:
        if shared := _overlap(place, other):
            covered.update(range(*shared))
    return len(covered) / (end - start)


def _overlap(one: Place, other: Place) -> Range | None:
    if one[0] != other[0]:
        return None
    start, end = max(one[1], other[1]), min(one[2], other[2])
    return (start, end) if start < end else None


def summary(rows: Sequence[Mapping[str, float | None]]) -> dict[str, list[float]]:
    """The values of each metric over the questions it applies to."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [value for row in rows if (value := row.get(name)) is not None] for name in names}
