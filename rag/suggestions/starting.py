"""Questions to begin with: each was asked before it is offered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rag.chatbot import Chatbot
from rag.extractive import ExtractiveAnswerer
from rag.suggestions.candidates import Candidate, Names, worth_of
from rag.suggestions.patterns import questions_in
from rag.suggestions.suggesting import is_answered, most_worth

# Articles that are looked at, spread over all of them, and candidates that are asked; each takes one search.
_ARTICLES = 16
_MOST_ASKED = 12


def starters(chatbot: Chatbot, limit: int = 4) -> list[str]:
    """Up to `limit` questions that the articles answer, from different articles where there are enough.

    Each is made of a sentence, and surely answered by the very sentence. No language model takes part.
    """
    left, offered = list(_candidates(chatbot)), list[Candidate]()
    for _ in range(_MOST_ASKED):
        if not left or len(offered) >= limit:
            break
        best = most_worth(left, Counter(item.pattern for item in offered))
        left.remove(best)
        if is_answered(chatbot.ask(best.question, answerer=ExtractiveAnswerer.name), best):
            offered.append(best)
            elsewhere = [item for item in left if item.place[0] != best.place[0]]
            left = [item for item in elsewhere or left if not item.is_like(best)]
    return [item.question for item in offered]


def _candidates(chatbot: Chatbot) -> Iterator[Candidate]:
    """What may be asked of the sentences of some articles."""
    total = chatbot.index.manifest.articles
    for place in range(0, total, max(1, total // _ARTICLES)):
        (article,) = chatbot.index.catalogue(offset=place, limit=1).entries
        passages = [passage for _, passage in chatbot.index.passages_of(article.id)]
        names = Names(passage.text for passage in passages)
        for passage in passages:
            for sentence in passage.sentences:
                for made in questions_in(passage.quote(*sentence), names.has):
                    yield Candidate(made.text, made.pattern, (article.id, sentence), worth_of(made.pattern))
