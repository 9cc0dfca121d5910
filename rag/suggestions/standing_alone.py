"""Whether a question can be understood by somebody who has read nothing before it."""

from __future__ import annotations

import re

_DANGLING = re.compile(
    r"\b(?:also|too|however|another|others?|same|such|similar|latter|this|that|these|those|here|there|then|now|today"
    r"|recently|currently|above|below|following|last|next|previous|earlier|later|ago|I|we|you|us|my|our|your|he|she|him"
    r"|they|them|it|its|his|her|their|itself|themselves|himself|respectively|instead|either|neither|ones?|so|therefore"
    r"|nevertheless|further|half|entire|former|more|versions?)\b|\bet al\b|\bthe (?:original|new|young|The)\b"
    r"|\bthe (?:Army|Assembly|Board|City|Commission|Committee|Company|Council|Court|House|Navy|Parliament|Party|Senate"
    r"|State|University)(?! [A-Z]| of\b)|\b(?:example|case|member)\?$"
)
_MARKS = re.compile(r"[\"“”‘()\[\];:%$]|,(?! \d{4}\b)|['’](?!s\b| )")
# "U.S." at a sentence's end.
_LOST_STOP = re.compile(r"\.\w\?$")
_ONE_OF_A_KIND = re.compile(
    r"(?:world|sun|moon|earth|sea|internet|first|second|third|most|best|only|west|east|north|south|\w+est)\b"
)
_TOLD = re.compile(r"(?:[a-z][\w-]* ){1,3}(?:of|in|for|between|on|to|from|behind) \w|(?:[a-z][\w-]* ){0,2}[A-Z]")


def stands_alone(question: str) -> bool:
    """Whether nothing in a question points at what was said before it."""
    if _DANGLING.search(question) or _MARKS.search(question) or _LOST_STOP.search(question):
        return False
    after = (question[the.end() :] for the in re.finditer(r"\bthe (?=[a-z])", question))
    return all(_ONE_OF_A_KIND.match(noun) or _TOLD.match(noun) for noun in after)
