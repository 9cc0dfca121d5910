"""What kind of answer a question wants, and whether a sentence gives one of that kind."""

from __future__ import annotations

import re
from enum import Enum

_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
_WORD = re.compile(r"\w+")
_DEFINITION_ASKED = re.compile(
    r"\bwh(?:at|o) (?:is|are|was|were) (?:the |an? )?(?P<is>[^?,]+?)\s*\??$"
    r"|\bwhat (?:do|does|did) (?:the |an? )?(?P<means>[^?,]+?) (?:mean|refer to|stand for)\b",
    re.IGNORECASE,
)


class AnswerType(Enum):
    """The kinds that can be told by their looks; each with how it is asked for and how it looks."""

    TIME = (
        r"\bwhen\b|\b(what|which) (year|date|day|month|decade|century)\b|\bhow long ago\b",
        rf"\b(1\d{{3}}|20\d\d)s?\b|\b({_MONTHS}|{_DAYS}|century|centuries|decade)\b|\b\d+(st|nd|rd|th)\b",
    )
    NUMBER = (
        r"\bhow (many|much|long|old|far|large|big|tall|high|often|fast|deep)\b"
        r"|\b(what|which) (percent|percentage|number|amount|share|proportion)\b",
        r"\d|\b(?i:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|hundred|thousand|million|billion|dozen"
        r"|half|twice|once|several|double|doubled|tripled)\b",
    )
    NAME = (
        r"\bwho(m|se)?\b|\bwhere\b|\bname of\b|\b(what|which) (country|city|state|person|company|group|organi[sz]ation"
        r"|bank|nation|university|team)\b",
        # A capital inside a sentence.
        r"(?<![.!?]\s)(?<!^)\b[A-Z][\w'’-]+",
    )

    def __init__(self, asked_for: str, looks: str) -> None:
        self.asked_for = re.compile(asked_for, re.IGNORECASE)
        self.looks = re.compile(looks)

    @classmethod
    def of(cls, question: str) -> AnswerType | None:
        """The kind of answer that a question wants; None where that cannot be told."""
        return next((kind for kind in cls if kind.asked_for.search(question)), None)

    def is_in(self, sentence: str, question: str) -> bool:
        """Whether a sentence holds something of this kind that the question does not name itself."""
        asked = set(_WORD.findall(question.lower()))
        found = (match[0].lower() for match in self.looks.finditer(sentence))
        return any(not set(_WORD.findall(words)) <= asked for words in found)


def defines(sentence: str, question: str) -> bool:
    """Whether a sentence says what the thing is that a question like "What is …?" asks about, as a definition does."""
    asked = _DEFINITION_ASKED.search(question)
    if not asked:
        return False
    term = re.escape(asked["is"] or asked["means"])
    said = rf"\W*(?:the |an? )?\W?{term}\W*(?:\([^)]*\)\W*)?\b(?:is|are|was|were|means|refers|stands)\b"
    return re.match(said, sentence, re.IGNORECASE) is not None
