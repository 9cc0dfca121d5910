"""Questions about what something is, who somebody is, and what a name's role or capital is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.suggestions.clause import Clause, IsName, may_begin_name
from rag.suggestions.kinds import is_person, is_thing, says_more

_DESCRIBED = re.compile(r"(?P<article>an?|the|one of (?:the|many|several|numerous)|[A-Z][\w]+['’]s) (?P<kind>[^,;:]+)")
_PROPER = re.compile(r"(?:the |an? )?[A-Z][\w.’-]*(?: (?:[A-Z][\w.’-]*|(?:of|and|the|for)(?= [A-Zat])))*")

# "China" and "the Times" say too little; "the IBC" says enough.
_TOO_LITTLE = re.compile(r"[^ ]+|the (?![A-Z]+$)[^ ]+")
_ONE_OF_MANY = re.compile(r"an? ")
_PLURAL = re.compile(r"[^s]s$")


def what_is(clause: Clause) -> Iterator[str]:
    described = _DESCRIBED.match(clause.rest)
    if clause.verb not in ("is", "was") or not described or clause.time or not _PROPER.fullmatch(clause.subject):
        return
    name, kind = clause.subject, re.sub(r"so-called |[\"“”]", "", described["kind"])
    if not says_more(kind, name) or _TOO_LITTLE.fullmatch(name) or (clause.verb == "was" and _ONE_OF_MANY.match(name)):
        return
    if is_person(kind) and not re.match(r"the |an? ", name) and " and " not in name:
        yield f"Who {clause.verb} {name}?"
    elif is_thing(kind) and not _PLURAL.search(name):
        yield f"What {clause.verb} {name}?"


_FULL_NAME = r"(?P<name>[A-Z][\w.’'-]+(?: (?:[A-Z][\w.’'-]+|de|van|von|al|bin))*? [A-Z][\w’'-]+)"
_APPOSITIVE = re.compile(
    rf"(?P<the>[Tt]he )?[\"“]?{_FULL_NAME}"
    r"(?:, (?P<article>an?|the)|,?[\"”]?,? which (?:is|was) an?) (?P<kind>[^,]+)[,.]"
)
_WHO_DOES = re.compile(rf"{_FULL_NAME}, who (?:works|lectures|teaches|studies|heads|leads|directs)\b")
_BEFORE_NAME = re.compile(r"(?:\b(?:by|and|with|said|to|of|from|wrote|is)|,|^) ?$")


def who_is(sentence: str, _: IsName) -> Iterator[str]:
    plain = re.sub(r" \([^()]*\)", "", sentence)
    for found in (*_APPOSITIVE.finditer(plain), *_WHO_DOES.finditer(plain)):
        if not _is_full_name(found["name"]) or not _BEFORE_NAME.search(plain[: found.start()]):
            continue
        if found.re is _WHO_DOES:
            yield f"Who is {found['name']}?"
        else:
            yield from _apposed(found)


def _apposed(found: re.Match[str]) -> Iterator[str]:
    """What a name is followed by: "Zeno Leoni, a lecturer, …" says who he is."""
    name, kind, the = found["name"], found["kind"], found["the"]
    # Inside a list, "the" begins the next name: "the Duke of Portland, Lord Fitzwilliam, the Duke of Devonshire".
    if found.start() and found["article"] == "the":
        return
    if is_person(kind) and not the:
        yield f"Who is {name}?"
    elif is_thing(kind) and says_more(kind, name) and not _PLURAL.search(name) and (the or not found.start()):
        yield f"What is {'the ' if the else ''}{name}?"


def _is_full_name(name: str) -> bool:
    return may_begin_name(name.split()[0]) and not name.endswith(("'s", "’s"))


_ASPECT = (
    r"(?:(?:main|first|original|primary|official|chief|only|principal|ultimate|stated|largest|oldest|representative) )*"
    r"(?P<noun>role|aim|goal|purpose|function|task|mission|objective|capital|currency|motto|theme|outcome|bank"
    r"|founder|president|leader|chairman|director|author|architect|mayor|governor|prime minister|inventor)"
)
_ASPECT_OF = re.compile(rf"the {_ASPECT} of (?:the )?[A-Z][\w-]*(?: [A-Z][\w-]*)*")
_ASPECT_POSSESSED = re.compile(rf"(?:the )?[A-Z][\w-]*(?: [A-Z][\w-]*)*['’]s? {_ASPECT}")


def which_aspect(clause: Clause) -> Iterator[str]:
    aspect = _ASPECT_OF.fullmatch(clause.subject) or _ASPECT_POSSESSED.fullmatch(clause.subject)
    if aspect and clause.verb in ("is", "was") and re.match(r"(?:to|the|an?|[A-Z])\b", clause.rest):
        asked = "Who" if is_person(aspect["noun"]) else "What"
        yield f"{asked} {clause.verb} {clause.subject}?"
