"""The questions to offer after an answer: each was asked before it is offered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from index.filters import Filters
from rag.answer import Answer
from rag.chatbot import Chatbot
from rag.conversation import Turn
from rag.extractive import ExtractiveAnswerer
from rag.suggestions.candidates import Candidate, candidates, place_of

# An answer to a suggestion has to be this sure, or as sure as any answer must be where that is more. Of 74 answers from
# SQuAD's articles, .4 leaves .76 with a suggestion, .5 .73, .6 .69.
_SURE = 0.5
# The most candidates that are asked; each takes one search. For the same answers, suggestions on average: 4 1.74, 8 and
# 16 1.76.
_MOST_ASKED = 6
# What it costs a candidate that its pattern was offered already.
_REPEATED = 0.2


def suggest(
    chatbot: Chatbot,
    answer: Answer,
    *,
    history: Sequence[Turn] = (),
    filters: Filters | None = None,
    limit: int = 3,
) -> list[str]:
    """Up to `limit` questions worth asking next, which the articles answer; fewer or none where few are sure to.

    Each was made of a sentence that has to do with what was asked, and was asked as it would be after this answer: it
    is surely answered, and by the very sentence, which was not shown yet. No language model takes part.

    Args:
        answer: what the chatbot said last, be it a refusal.
        history: the turns before it, as they were given to `Chatbot.ask`.
        filters: those that the question was asked with.
    """
    turns = [*history, (answer.question, answer.text)]
    offered: list[tuple[float, Candidate]] = []
    left = candidates(chatbot.index, answer, turns)
    for _ in range(_MOST_ASKED):
        if not left or len(offered) >= limit:
            break
        best = most_worth(left, Counter(item.pattern for _, item in offered))
        left.remove(best)
        # Quoting takes milliseconds; a model would take seconds for each.
        reply = chatbot.ask(best.question, history=turns, filters=filters, answerer=ExtractiveAnswerer.name)
        if is_answered(reply, best):
            offered.append((reply.confidence + best.worth, best))
            left = [item for item in left if not item.is_like(best)]
    return [item.question for _, item in sorted(offered, key=lambda pair: -pair[0])]


def most_worth(left: Sequence[Candidate], offered: Counter[str]) -> Candidate:
    """The best candidate, other patterns than those offered preferred."""
    return max(left, key=lambda item: item.worth - _REPEATED * offered[item.pattern])


def is_answered(reply: Answer, candidate: Candidate) -> bool:
    """Whether a reply is sure, and rests on the very sentence that the question was made of."""
    return not reply.abstained and reply.confidence >= _SURE and place_of(reply.evidence[0]) == candidate.place
