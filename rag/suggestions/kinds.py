"""Whether what a name is said to be is a person or a thing, so that it is asked for by "who" or by "what"."""

from __future__ import annotations

import re

from rag.suggestions.verbs import words

_PERSONS = words(
    "activist actor actress admiral adviser advisor ambassador analyst anthropologist archaeologist architect artist "
    "astronaut astronomer author banker bishop biologist botanist businessman businesswoman captain cardinal chairman "
    "chancellor chemist coach commander composer critic designer diplomat director doctor duke economist editor "
    "emperor empress engineer entrepreneur expert explorer fellow footballer general geologist governor guitarist "
    "historian inventor journalist judge king lawyer leader lecturer linguist mathematician mayor minister missionary "
    "monk musician naturalist novelist officer painter philosopher photographer physician physicist pianist player "
    "playwright poet politician pope premier president priest prince princess producer professor programmer prophet "
    "psychologist queen rapper researcher ruler scholar scientist sculptor secretary senator singer sociologist "
    "soldier specialist spokesman spokeswoman statesman sultan teacher theologian theorist trader writer"
)
_THINGS = words(
    "agency agreement airline airport album alliance alphabet animal approach art association attempt bank bird body "
    "book branch bridge building canal castle cathedral ceremony church class collection college company concept "
    "conference consortium contract corridor council court cuisine dam dance device dialect discipline disease "
    "district doctrine dynasty empire facility family festival field film forum game genre genus gland group holiday "
    "idea industry initiative institute institution instrument island lake language law league library material "
    "method mineral moniker monument mountain movement museum name network newspaper novel organ organisation "
    "organism organization palace park party peninsula phenomenon philosophy plan plant platform play policy practice "
    "principle process product programme program project protein protocol publication railway range religion river "
    "satellite school science series set ship show society software song species sport square stadium station story "
    "strait structure style subfamily substance suburb system technique technology television temple term text theory "
    "tower treaty tree type union unit university variety village volcano war weapon"
)
_HEAD_ENDS = re.compile(
    r"[,;:–—(]|\b(?:of|in|on|at|for|to|from|with|by|who|which|that|where|whose|used|located|based|given|between|within"
    r"|under|and|or|as|held|made|built|founded|created|led|called|known|attached|set|about)\b"
)


def is_person(described: str) -> bool:
    """Whether "a lecturer in defence studies" is a person."""
    return _head(described) in _PERSONS


def is_thing(described: str) -> bool:
    """Whether "one of several bilateral initiatives" is a thing that has a name of its own."""
    head = _head(described)
    return any(
        noun in _THINGS for noun in (head, head.removesuffix("s"), re.sub("ies$", "y", head), re.sub("es$", "", head))
    )


def says_more(described: str, name: str) -> bool:
    """Whether a description says more than the name: "a biennial poetry festival" of a Poetry Festival does not."""
    return _head(described) not in name.lower().split()


def _head(described: str) -> str:
    """The noun that a description is built around, in lower case: the last before what is said about it."""
    one = re.sub(r"^one of (?:the|many|several|numerous) ", "", described)
    return (_HEAD_ENDS.split(one)[0].lower().split() or [""])[-1]
