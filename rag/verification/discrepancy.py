"""Whether a claim says the contrary of its evidence, in ways that likeness of words does not show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from index.words import terms

Words = frozenset[str]

_NEGATION = re.compile(
    r"\b(?:no(?!\.| (?:doubt|less|fewer))|not(?! (?:only|just|merely|least))|none|never|nor|neither|cannot|nothing"
    r"|nobody|nowhere)\b|n['’]t\b",
    re.IGNORECASE,
)
# They say no without a negation: "failed to", "outside", "few".
_NEGATIVE = re.compile(
    r"\b(?:without|few|hardly|scarcely|barely|rarely|seldom|little|only|except|unless|outside|beyond|instead"
    r"|rather than|unable|impossible|incompatible|fail\w*|refus\w*|reject\w*|den(?:y|ied|ies|ying)|lack\w*|prevent\w*"
    r"|bann?\w*|preclud\w*|prohibit\w*|forb\w*|exclud\w*|stop\w*|ceas\w*|avoid\w*|neglect\w*|ignor\w*|declin\w*|against|most"
    r"|illegal\w*|absen\w*|free from|no longer|disappear\w*|los[est]\w*)\b",
    re.IGNORECASE,
)
_CLAUSE_ENDS = re.compile(r"[,;:.()]|\b(?:but|although|though|whereas|while|because|since)\b", re.IGNORECASE)
_DENIED = re.compile(rf"(?:{_NEGATION.pattern}).*?(?={_CLAUSE_ENDS.pattern}|$)", re.IGNORECASE | re.DOTALL)
# How many terms after a negation it surely speaks of.
_NEGATED = 2

# A word of one group for one of the other says the contrary.
_OPPOSITES = (
    "increase increased increases increasing rise rises rising rose risen raise raised grew grow grown gained expanded",
    "decrease decreased decreases decreasing fall falls falling fell fallen lower lowered drop dropped reduced shrank",
    "begin began begun start started",
    "cease ceased stop stopped end ended finish finished",
    "help helped helps helpful benefit benefited positive strengthen strengthened stronger advantage",
    "hurt hurts harm harmed harmful damaged negative negatively weaken weakened weaker disadvantage",
    "allow allowed permit permitted legal",
    "ban banned forbid forbade forbidden prohibit prohibited illegal",
    "accept accepted approve approved agreed",
    "reject rejected refuse refused declined denied",
    "join joined joins joining",
    "leave left leaves leaving quit withdrew withdrawn",
    "attend attended attends attending",
    "skip skipped skips missed boycotted absent",
    "build built builds construct constructed erect erected rebuilt",
    "demolish demolished razed dismantled destroyed",
    "open opened opens opening reopened",
    "close closed closes closing shut",
    "support supported supports backed favoured favored",
    "oppose opposed opposes resisted",
    "won win wins victory victorious",
    "lost lose loses defeat",
    "most largest biggest highest greatest maximum majority",
    "least smallest lowest minimum minority fewest",
    "oldest earliest first",
    "youngest latest last newest",
    "best",
    "worst",
    "men male man",
    "women female woman",
    "northern north",
    "southern south",
    "eastern east",
    "western west",
    "import imported imports",
    "export exported exports",
    "buy bought buys purchased",
    "sell sold sells",
    "succeed succeeded success successful",
    "fail failed failure unsuccessful",
    "summer",
    "winter",
    "always",
    "never",
    "ally friend friendly",
    "enemy hostile",
    "rich wealthy",
    "poor",
    "internal",
    "external",
    "formal",
    "informal",
    "direct",
    "indirect",
    "compatible",
    "incompatible",
    "temporary",
    "permanent",
    "public",
    "private",
)
# The contrary only where the same word follows: what comes before something comes after something else.
_RELATIONS = (
    "before after, inside outside, within outside, within beyond, above below, more less, more fewer, over under"
)
# What several words say together, in one of a group.
_PHRASES = (
    (re.compile(r"\bbec(?:a|o)m(?:e|es|ing) (?:[\w-]+ ){0,3}members?\b"), "joined"),
    (re.compile(r"\bstay(?:ed|s|ing)? away\b"), "skipped"),
    (re.compile(r"\b(?:took|take|takes|taking) part\b"), "attended"),
    (re.compile(r"\b(?:tore|torn|pulled|knocked) down\b"), "demolished"),
    (re.compile(r"\bvot(?:e|es|ed|ing)\b[^.;]{0,40}? against\b"), "opposed rejected"),
    (re.compile(r"\bvot(?:e|es|ed|ing)\b[^.;]{0,40}? (?:for|in favou?r of)\b"), "supported approved"),
)
# What may come to be, against what a claim says has; a claim with any such word is as unsure itself. "May" is a month.
_UNSURE = re.compile(
    r"\b(?:may|[Mm]ight|(?:is|are|was|were) (?:expected|likely|planned|proposed) to|plan(?:s|ned)? to)\s+"
    r"(?:(?:also|still|soon|be)\s+)*([a-z]+)"
)
_ALLOWS_FOR = re.compile(
    r"\b(?:may|might|can|could|would|will|shall|should|maybe|perhaps|if|to be|(?:un)?likel\w+|possib\w+|potential\w*"
    r"|probab\w+|expect\w*|plan\w*|propos\w*|intend\w*|intention\w*|predict\w*|suggest\w*|consider\w*)\b",
    re.IGNORECASE,
)
_EXACT = re.compile(r"\b(?:exactly|precisely)\s+(\d[\d.,]*)", re.IGNORECASE)
_ROUGH = re.compile(r"\b(?:about|around|some|roughly|approximately|nearly|almost)\s+(\d[\d.,]*)", re.IGNORECASE)

_CONTRARY = {
    word: frozenset(other.split())
    for one, two in zip(_OPPOSITES[::2], _OPPOSITES[1::2], strict=True)
    for group, other in ((one, two), (two, one))
    for word in group.split()
}
_ALIKE = {word: frozenset(group.split()) for group in _OPPOSITES for word in group.split()}
_PAIRS = [pair.split() for pair in _RELATIONS.split(", ")]
_OTHER_RELATIONS = {
    word: frozenset(other for pair in _PAIRS if word in pair for other in pair) - {word}
    for word in {word for pair in _PAIRS for word in pair}
}
_WORD = re.compile(r"[a-z]+")
_AT_LEAST = re.compile(r"\bat (?:least|most)\b")
_RELATED = re.compile(rf"\b({'|'.join(_OTHER_RELATIONS)})\s+(?:(?:the|an?|its|their|his|her|of|in)\s+)*([\w-]+)")


@cache
def alike() -> dict[str, Words]:
    """The terms of words that say the same, by each of them: support, backed."""
    groups = (frozenset(terms(group)) for group in _OPPOSITES)
    return {term: group for group in groups for term in group}


def contradicts(claim: str, evidence: str) -> bool:
    """Whether only one of them is negated where both speak of the same, or one has the opposite of the other's word.

    A claim that is surer than its evidence, "has closed" where that says "may close", is contrary too.
    """
    if _is_negated_otherwise(claim, evidence) or _is_surer(claim, evidence):
        return True
    return _has_opposite(_affirmed(claim).lower(), _affirmed(evidence).lower())


def _is_negated_otherwise(claim: str, evidence: str) -> bool:
    said, held = frozenset(terms(claim)), frozenset(terms(evidence))
    denied, withheld = list(_negated(claim)), list(_negated(evidence))
    if any(_is_affirmed(scope, said, denied) for scope in withheld) and not _NEGATIVE.search(claim):
        return True
    without = not withheld or any(_is_affirmed(scope, held, withheld) for scope in denied)
    return bool(denied) and without and not _NEGATIVE.search(evidence)


def _is_surer(claim: str, evidence: str) -> bool:
    """Whether a claim says outright what its evidence says only may be, or exactly what that says roughly."""
    if not set(_EXACT.findall(claim)).isdisjoint(_ROUGH.findall(evidence)):
        return True
    unsure = terms(" ".join(_UNSURE.findall(evidence)))
    said = frozenset(terms(claim)) - frozenset(terms(_UNSURE.sub(" ", evidence)))
    return not said.isdisjoint(unsure) and not _ALLOWS_FOR.search(claim)


def _is_affirmed(scope: list[str], said: Words, denied: list[list[str]]) -> bool:
    """Whether a text has what a negation of the other speaks of, and does not deny any of that itself."""
    first = scope[:_NEGATED]
    return bool(first) and said.issuperset(first) and not any(set(scope) & set(other) for other in denied)


def _negated(text: str) -> Iterator[list[str]]:
    """The terms that each negation of a text may speak of, to the end of its clause."""
    ends = [match.start() for match in _CLAUSE_ENDS.finditer(text)]
    for match in _NEGATION.finditer(text):
        yield terms(text[match.end() : next((end for end in ends if end >= match.end()), len(text))])


def _affirmed(text: str) -> str:
    """A text without what its negations may speak of."""
    return _DENIED.sub(" ", text)


def _has_opposite(claim: str, evidence: str) -> bool:
    said, held = (frozenset(_WORD.findall(_in_one_word(_AT_LEAST.sub("", text)))) for text in (claim, evidence))
    for word in said - held:
        contrary = _CONTRARY.get(word)
        if contrary and contrary & held and not contrary & said and not _ALIKE[word] & held:
            return True
    related, held_related = (frozenset(_RELATED.findall(text)) for text in (claim, evidence))
    return any(
        (other, of) in held_related for relation, of in related - held_related for other in _OTHER_RELATIONS[relation]
    )


def _in_one_word(text: str) -> str:
    for phrase, word in _PHRASES:
        text = phrase.sub(word, text)
    return text
