"""Questions about what somebody says about something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from rag.suggestions.clause import Clause, IsName, clause_of
from rag.suggestions.verbs import participles, words

_SAYS = words("add argue believe claim conclude find hold note report say stress suggest think warn write")
_PERSON = re.compile(r"(?P<name>[A-Z][\w.’'-]+(?: [A-Z][\w.’'-]+){0,3})(?: (?:of|from) .+)?")
_NAMES = re.compile(
    r"(?P<names>(?:the )?[A-Z][\w-]+(?: [A-Z][\w-]+)*(?: and (?:the )?[A-Z][\w-]+(?: [A-Z][\w-]+)*)?)"
    r" (?P<next>[a-z]+)"
)


def says(clause: Clause) -> Iterator[str]:
    said = re.match(r"(?:(?P<written>written) |(?P<heard>[A-Z]\w+) )?that (?P<what>.+)", clause.rest)
    person = _PERSON.fullmatch(clause.subject)
    if not said or not person:
        return
    topic = _topic(said["what"])
    if not topic or person["name"] in topic:
        return
    if said["written"]:
        if clause.verb == "has":
            yield f"What has {person['name']} written about {topic}?"
    elif said["heard"]:
        if clause.verb == "told":
            yield f"What did {person['name']} tell {said['heard']} about {topic}?"
    elif clause.form and clause.base in _SAYS:
        yield f"What {clause.form.auxiliary} {person['name']} say about {topic}?"


def _topic(said: str) -> str:
    """What a clause is about: its subject, or else the names that it begins with; empty where there is neither."""
    clause = clause_of(said[0].upper() + said[1:], lambda *_: said[0].isupper())
    if clause and not clause.time:
        return clause.subject
    names = _NAMES.match(said)
    if names and names["next"] in _bases() and not re.search(r"(?:ese|ian|ish|ern)\b", names["names"]):
        return names["names"]
    return ""


@cache
def _bases() -> frozenset[str]:
    return frozenset(verb.base for verb in participles().values()) | {"are", "were", "have", "cooperate"}


_SAID_AFTER = re.compile(
    r", (?P<name>[A-Z][\w.’'-]+(?: [A-Z][\w’'-]+){0,2})"
    r" (?P<verb>said|argued|wrote|noted|warned|says|argues|believes)[.,]"
)
_ACCORDING = re.compile(r"According to (?P<name>(?:the )?[A-Z][\w’'-]+(?: [A-Z][\w’'-]+){0,3}), (?P<said>.+)")
_SAID_BEFORE = re.compile(r", (?P<verb>said|wrote|argued) (?P<name>[A-Z][\w.’'-]+(?: [A-Z][\w’'-]+){1,2})[.,]")


def said_after(sentence: str, is_name: IsName) -> Iterator[str]:
    unquoted = re.sub(r",[”\"]", ",", sentence).lstrip('“"')
    found = _SAID_AFTER.search(unquoted) or _SAID_BEFORE.search(unquoted)
    if found:
        clause = clause_of(unquoted[: found.start()], is_name)
        topic = clause.subject if clause and not clause.time else ""
        does = "does" if found["verb"].endswith("s") else "did"
    elif found := _ACCORDING.match(sentence):
        topic, does = _topic(found["said"]), "does"
    else:
        return
    if topic and found["name"] not in topic:
        yield f"What {does} {found['name']} say about {topic}?"
