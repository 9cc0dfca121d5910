"""What is measured of one answer, by rules and not by a judge: a number, or None where a metric does not apply."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Mapping, Sequence

from corpus.article import Range
from corpus.gold import GoldQuestion
from rag.answer import Answer, Citation
from rag.evaluation.facts import Facts, Place

Values = Mapping[str, float | None]

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_TYPOGRAPHY = str.maketrans("‘’“”-–—", "''\"\"   ")


def measure(gold: GoldQuestion, answer: Answer, facts: Facts) -> Values:
    """Every metric of one answer, but for those of the retrieval (see `rag.evaluation.ranking`).

    Args:
        facts: where the articles of the index state each fact of the gold evidence.
    """
    answered, refused = not gold.unanswerable, answer.abstained
    cited, evidence = places_of(answer.citations), places_of(answer.evidence)
    quoted = answered and facts.are_quotes
    short = answer.short.text if answer.short else ""
    return {
        "answer_em": exact_match(answer.text, gold.answers) if answered and gold.answers else None,
        "answer_f1": f1(answer.text, gold.answers) if answered and gold.answers else None,
        "answer_match": float(matches(answer.text, gold.answers)) if answered and gold.answers else None,
        "short_em": exact_match(short, gold.answers) if answered and gold.answers and short else None,
        "short_f1": f1(short, gold.answers) if answered and gold.answers and short else None,
        "citation_recall": citation_recall(cited, facts) if quoted else None,
        "citation_precision": citation_precision(cited, facts) if quoted and cited else None,
        "evidence@1": float(touches(evidence[:1], facts)) if quoted else None,
        "evidence@3": float(touches(evidence[:3], facts)) if quoted else None,
        "refusal_recall": float(refused) if gold.unanswerable else None,
        "refusal_precision": float(gold.unanswerable) if refused else None,
        "answered": float(not refused) if answered else None,
        "answerable": float(answered),
        "confidence": answer.confidence,
        "right": float(is_right(gold, answer, facts)),
        "latency_ms": answer.timings["total"],
        **_of_model(answer),
    }


def _of_model(answer: Answer) -> Values:
    """What a language model did; nothing where none was asked."""
    use = answer.model
    if use is None:
        return {}
    told = {"model_failed": bool(use.failure), "prompt_tokens": use.prompt_tokens}
    if not use.failure:
        told |= {
            "weak_sentences": use.weak,
            "unsupported_sentences": use.unsupported,
            "dropped_sentences": use.dropped,
            "unknown_citations": use.unknown_citations,
            "completion_tokens": use.completion_tokens,
        }
    return {name: float(value) for name, value in told.items()}


def is_right(gold: GoldQuestion, answer: Answer, facts: Facts) -> bool:
    """Whether the answer is right; of a refusal, whether what it withheld would have been.

    A right answer holds a gold answer; where the gold has none, it cites at least half of the evidence, or, where that
    is a whole article, anything of it.
    """
    if gold.unanswerable:
        return False
    if gold.answers:
        said = " ".join(item.quote for item in answer.withheld) if answer.abstained else answer.text
        return matches(said, gold.answers)
    shown = places_of(answer.withheld if answer.abstained else answer.citations)
    return citation_recall(shown, facts) >= 0.5 if facts.are_quotes else touches(shown, facts)


def normalised(text: str) -> str:
    """Text as SQuAD's evaluation compares it: lower case, without punctuation and articles (Rajpurkar et al. 2016)."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact_match(text: str, answers: Sequence[str]) -> float:
    """Whether the text is one of the answers, as SQuAD's evaluation compares them."""
    return float(normalised(text) in map(normalised, answers))


def f1(text: str, answers: Sequence[str]) -> float:
    """The harmonic mean of precision and recall of the text's words, for the answer that fits best (SQuAD's F1)."""
    return max(_f1(normalised(text).split(), normalised(answer).split()) for answer in answers)


def _f1(words: Sequence[str], wanted: Sequence[str]) -> float:
    shared = (Counter(words) & Counter(wanted)).total()
    return 2 * shared / (len(words) + len(wanted)) if shared else float(not words and not wanted)


def matches(text: str, answers: Sequence[str]) -> bool:
    """Whether a right answer stands in the text, as whole words; dashes part words, quotation marks are all alike."""
    held = f" {normalised(text.translate(_TYPOGRAPHY))} "
    return any(f" {normalised(answer.translate(_TYPOGRAPHY))} " in held for answer in answers)


def citation_recall(cited: Sequence[Place], facts: Facts) -> float:
    """How much of the gold evidence is cited: the mean over its facts of the best covered place that states each."""
    covered = [max((_share_covered(place, cited) for place in places), default=0.0) for places in facts.places]
    return sum(covered) / len(covered) if covered else 0.0


def citation_precision(cited: Sequence[Place], facts: Facts) -> float:
    """How much of what is cited, by characters, is gold evidence; 0 without citations."""
    gold = [place for places in facts.places for place in places]
    length = sum(end - start for _, start, end in cited)
    return sum(_share_covered(place, gold) * (place[2] - place[1]) for place in cited) / length if length else 0.0


def touches(cited: Sequence[Place], facts: Facts) -> bool:
    """Whether any of what is cited overlaps gold evidence."""
    return any(_overlap(place, other) for place in cited for places in facts.places for other in places)


def places_of(citations: Sequence[Citation]) -> list[Place]:
    """Where citations stand, as article and characters."""
    return [(item.article_id, item.start, item.end) for item in citations]


def _share_covered(place: Place, others: Sequence[Place]) -> float:
    _, start, end = place
    covered: set[int] = set()
    for other in others:
        if shared := _overlap(place, other):
            covered.update(range(*shared))
    return len(covered) / (end - start)


def _overlap(one: Place, other: Place) -> Range | None:
    if one[0] != other[0]:
        return None
    start, end = max(one[1], other[1]), min(one[2], other[2])
    return (start, end) if start < end else None
