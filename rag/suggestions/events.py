"""Questions about what happened: why, when, by whom, where, how many and what."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.suggestions.clause import MONTH, TRAILING_TIME, Clause, begins_with_participle, is_open, phrase_of
from rag.suggestions.kinds import is_person
from rag.suggestions.verbs import participles, words

_HEDGE = re.compile(r",?\s*(?:partly|in part|mainly|largely|primarily|mostly|simply|chiefly|probably|perhaps)$")
_UNFINISHED = re.compile(r"[,;:–—]| not$| not only\b| due to\b|^(?:never |not |\w+ly )*\w+$")
_REPORTING = words(
    "add announce argue assert assume believe claim conclude consider declare explain find note predict report reveal "
    "say see show state stress suggest think warn write"
)


def why(clause: Clause) -> Iterator[str]:
    before, because, _ = clause.rest.partition(" because ")
    before = _HEDGE.sub("", before).rstrip(",")
    if because and clause.base not in _REPORTING and not _UNFINISHED.search(before) and not is_open(before):
        yield f"Why {clause.asked(before)}?"


_NO_EVENT = words(
    "account believe belong consist contain earn exist grow have include increase know lie live need receive remain "
    "represent see serve stand tend use want"
)
_NO_EVENT_YET = re.compile(
    r"(?:based|called|considered|estimated|known|located|seen|used|expected)\b"
    r"|(?:added|changed|chosen|given|made|moved|named|put|set|shown|voted)$"
)
_OTHER_TIME = re.compile(
    r"\d|\b(?:first|once|again|still|since|until|till|ago|years?|than|more|not|never|approximately|about|century)\b"
)


def when(clause: Clause) -> Iterator[str]:
    event = _event(clause)
    if not event or _OTHER_TIME.search(event) or phrase_of(event) != event:
        return
    passive = clause.verb in ("was", "were") and begins_with_participle(event) and not _NO_EVENT_YET.match(event)
    if passive or (clause.is_past and clause.base not in _NO_EVENT | _REPORTING):
        yield f"When {clause.asked(event)}?"


def _event(clause: Clause) -> str | None:
    """What follows the verb of a clause that says when, without the time; None where it does not say."""
    own = phrase_of(clause.rest)
    phrase = own or re.split(r"[,;:–—]", clause.rest)[0]
    if trailing := TRAILING_TIME.search(_with_year(clause.rest, phrase)):
        return phrase[: trailing.start()]
    return own if clause.time else None


def _with_year(rest: str, phrase: str) -> str:
    """The phrase with the year that follows a comma in "on July 4, 1776"."""
    year = re.match(r", (?:1\d{3}|20\d\d)\b", rest[len(phrase) :])
    return phrase + year[0] if year else phrase


_AGENTS = words(
    "abandon abolish adopt appoint approve assassinate attack authorise authorize back ban build capture coin compose "
    "condemn conquer construct defeat defend design destroy develop discover dissolve elect establish execute expel "
    "found govern hire host impose inaugurate introduce invade invent invite launch lead liberate murder negotiate "
    "nominate oppose organise organize overtake overthrow paint pioneer praise promote propose publish purchase "
    "reject replace restore rule sack steal supply support unveil urge veto visit write"
)
_NO_OBJECT = re.compile(r"(?:by|in|on|at|to|for|from|with|of|as|first|that|under|into|\d|\w+(?:ing|ly))\b")


# "… England, killing King Harold" without its comma.
_ALSO_DOES = re.compile(r"[A-Z]\w+ [a-z]+ing\b")
_WITH_TITLE = words("appoint elect nominate")


def who(clause: Clause) -> Iterator[str]:
    phrase = phrase_of(clause.rest)
    if not phrase or not _is_agent(clause.subject) or not re.search(r"[A-Z]", phrase) or _NO_OBJECT.match(phrase):
        return
    if _ALSO_DOES.search(phrase) or (clause.base in _WITH_TITLE and not re.search(r" (?:as|to|the) ", phrase)):
        return
    if clause.verb == "became":
        yield from _who_became(clause, phrase)
    elif clause.is_past and clause.base in _AGENTS and len(phrase.split()) > 1:
        yield f"Who {clause.verb} {phrase}?"


def _who_became(clause: Clause, phrase: str) -> Iterator[str]:
    """Presidents follow each other: it needs a time, or to be the tenth."""
    person = is_person(re.sub("^(?:an?|the) ", "", phrase).replace("member", "leader"))
    if person and (clause.time or re.match(r"the (?:first|second|third|last|\w+th|youngest|oldest)\b", phrase)):
        yield f"Who became {phrase} {clause.time}".rstrip() + "?"


def _is_agent(subject: str) -> bool:
    """Whether the subject is a name alone, as those have who act."""
    return all(word[0].isupper() or word in ("and", "of", "the", "de", "van", "von") for word in subject.split())


_BY = re.compile(
    r"(?:(?P<adverb>originally|first|jointly) )?(?P<participle>[a-z]+) (?:(?P<between>[\w’' -]+?) )?by (?:the )?[A-Z]"
)


def who_by(clause: Clause) -> Iterator[str]:
    found = _BY.match(clause.rest) if clause.verb in ("was", "were") else None
    verb = participles().get(found["participle"]) if found else None
    if not found or not verb or verb.base not in _AGENTS or " " not in clause.subject:
        return
    between = f" {found['between'] or ''}".rstrip()
    untimed = TRAILING_TIME.sub("", between)
    if not re.search(r"\d|\band\b|^ (?:under|with)\b", untimed) and not is_open(untimed):
        adverb = f"{found['adverb']} " if found["adverb"] else ""
        yield f"Who {adverb}{verb.past} {clause.subject}{between}?"


_WITH_PREPOSITION = {
    "belong": "to", "concentrate": "on", "consist": "of", "contribute": "to", "depend": "on", "focus": "on",
    "lead": "to", "pay": "for", "refer": "to", "rely": "on", "result": "in", "specialise": "in", "specialize": "in",
}  # fmt: skip
_BE_WITH_PREPOSITION = re.compile(
    r"(?:(?P<best>best )|mainly |primarily |largely |also )?(?P<words>(?:based on|known for|named after|made of"
    r"|composed of|caused by|used for|inspired by|made up of|derived from|influenced by|associated with|dedicated to"
    r"|responsible for|sceptical of|skeptical of|attached to)|known as(?= [A-Z“\"]| the [A-Z]))\b"
)


def what_on(clause: Clause) -> Iterator[str]:
    if clause.form:
        preposition = _WITH_PREPOSITION.get(clause.base)
        # "Apple refers to this as …" says what something else is called.
        renames = clause.base == "refer" and " as " in clause.rest
        if preposition and not renames and re.match(rf"(?:\w+ly )?{preposition} \w", clause.rest):
            yield f"What {clause.asked(preposition)}?"
    elif found := _BE_WITH_PREPOSITION.match(clause.rest.removeprefix("been ")):
        been = "been " if clause.rest.startswith("been ") else ""
        if clause.verb in (("has", "have", "had") if been else ("is", "are", "was", "were")):
            yield f"What {clause.verb} {clause.subject} {been}{found['best'] or ''}{found['words']}?"


_IN_THAT_YEAR = words(
    "adopt announce build create declare demand develop discover establish introduce invent join launch open pledge "
    "promise propose publish release sign win"
)
_OBJECT = re.compile(r"(?:that|an?|the|its|his|her|their|to|two|three|many|several|\d|[A-Z“])")


def what(clause: Clause) -> Iterator[str]:
    # One signs people too, and asks for them by "whom".
    wanted = _SIGNED if clause.base == "sign" else _OBJECT
    if clause.time and clause.base in _IN_THAT_YEAR and wanted.match(clause.rest):
        yield f"What {clause.asked(clause.time)}?"


_SIGNED = re.compile(
    r"(?:\S+ ){1,6}(?:accord|act|agreement|bill|charter|contract|deal|declaration|law|pact|treaty)\b", re.I
)
_COUNT = re.compile(
    r"(?:(?:about|approximately|around|over|nearly|some|only|more than|at least|almost|a total of) )?"
    r"(?:\d[\d,]*(?: (?:million|billion))?|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty) "
    r"(?P<what>(?:[a-z-]+ )?[a-z]+s|people)(?=[,.;]|$| (?:in|with|for|on|at|to|since)\b)"
    r"(?P<when> in (?:1\d{3}|20\d\d)\b)?"
)
_COUNTED = words("contain employ operate comprise kill")
_DO = {"has": "does", "had": "did", "have": "do"}


def how_many(clause: Clause) -> Iterator[str]:
    counted = _COUNT.match(clause.rest)
    if not counted or re.search(r"\b(?:percent|times|is|was|has|years|others|goals)$", counted["what"]):
        return
    when = f" {clause.time}" if clause.time else counted["when"] or ""
    if clause.verb in _DO:
        yield f"How many {counted['what']} {_DO[clause.verb]} {clause.subject} have{when}?"
    elif clause.form and clause.base in _COUNTED:
        yield f"How many {counted['what']} {clause.asked(when)}?"


def how_long(clause: Clause) -> Iterator[str]:
    measured = re.match(
        r"(?:about |some |approximately |nearly |over )?\d[\d,.]*\s?\w+ (?P<how>long|high|tall|wide|deep|old)$",
        clause.rest,
    )
    if measured and clause.verb in ("is", "was"):
        yield f"How {measured['how']} {clause.verb} {clause.subject}?"


_PLACED = re.compile(
    r"(?P<how>located|situated|based|headquartered|born|buried|held|signed|founded) (?:in|at|near|on) "
    rf"(?:the )?(?!{MONTH}\b)[A-Z]"
)


def where(clause: Clause) -> Iterator[str]:
    placed = _PLACED.match(clause.rest)
    if placed and clause.verb in ("is", "are", "was", "were"):
        yield f"Where {clause.verb} {clause.subject} {placed['how']}?"
