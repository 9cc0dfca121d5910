"""Names that are said in several ways, where neither letters nor meaning show that they are one: US, Americans."""

from __future__ import annotations

import re

from rag.particulars import names

_NAMES = (
    "United States, US, U.S., USA, America, American, Americans",
    "United Kingdom, UK, U.K., Britain, Great Britain, British, Briton, Britons",
    "Soviet Union, USSR, Soviet, Soviets",
    "European Union, EU",
    "United Nations, UN",
    "Netherlands, Holland, Dutch",
    "First World War, World War I, World War One, WWI",
    "Second World War, World War II, World War Two, WWII",
    "Christian, Christians, Christianity",
    "Catholic, Catholics, Catholicism",
    "Protestant, Protestants, Protestantism",
    "Islam, Islamic, Muslim, Muslims",
    "Buddhist, Buddhists, Buddhism",
    "Communist, Communists, Communism",
)
_GROUPS = [
    (re.compile(rf"(?<![\w.])(?:{'|'.join(re.escape(name) for name in group.split(', '))})(?!\w)"), group)
    for group in _NAMES
]
_SMALL = frozenset(["of", "for", "and", "the", "on", "in", "to", "de", "du", "la"])


def also_called(text: str) -> str:
    """What a text's names are called elsewhere, as a list: their other forms, and the initials of three words."""
    forms = [group for pattern, group in _GROUPS if pattern.search(text)]
    return "; ".join([*forms, *filter(None, (_initials(name.value) for name in names(text)))])


def _initials(name: str) -> str:
    words = [word for word in name.split() if word not in _SMALL]
    return "".join(word[0] for word in words).upper() if len(words) > 2 else ""
