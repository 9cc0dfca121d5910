"""The verbs that questions are made with: each finite form that can hardly be anything else, with its base and past."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache


def words(listed: str) -> frozenset[str]:
    """The words of a list, to look them up."""
    return frozenset(listed.split())


# Whose -s form is no plural noun one meets ("contains"), and whose past is no adjective one meets.
_BOTH = (
    "accept achieve acquire adopt allow argue arrive assert assume attract avoid become begin believe belong bring "
    "build buy carry comprise concentrate consider consist contain contribute create decide define depend describe "
    "destroy determine develop discover dominate eat employ emphasise emphasize enable encourage establish exist "
    "expand explain find found focus follow gain generate give go grow happen help hold identify implement include "
    "introduce invent involve join keep know lack launch lead lose maintain make manage mean migrate move observe "
    "occupy occur operate oppose originate perform possess prefer prepare present prevent prioritise prioritize "
    "produce prohibit promote propose protect provide publish pursue reach receive recognise recognize recommend "
    "reduce refer reflect regard regulate reject rely remain remove replace represent require reside resist restrict "
    "resemble reveal say seek see sell send serve show speak specialise specialize spend stand strengthen suggest "
    "surround take teach tell tend think threaten transmit treat undermine understand want warn wear write"
)
_PAST_ONLY = (
    "dismiss cause feature form influence limit live study supply support use work abandon abolish admit agree "
    "allocate announce appear appoint approve arrest assassinate attack attend authorise authorize award back ban "
    "bomb break call capture catch change choose claim close collapse come complete compose conclude condemn conduct "
    "confirm conquer construct convert convict crash crown cut declare defeat defend deliver demand demolish deny "
    "deploy design die direct dissolve do draw drop earn elect emerge emigrate end enact enter evolve execute expel "
    "explode export extend face fail fall fight finish fire flee force gather get graduate grant hand hear hire host "
    "import impose improve inaugurate increase inherit install invade invest invite issue kill land learn leave let "
    "liberate locate marry meet merge murder name negotiate nominate note obtain offer open order organise organize "
    "overtake overthrow paint pass pay pioneer plan play pledge praise predict press privatise privatize proclaim "
    "promise protest prove purchase push put raise ratify read record recover refuse relate release renounce repeal "
    "report request resign respond restore result retain retire return rise rule run sack sail settle shape share "
    "sign sink split start state stay steal stop stress succeed suffer surrender suspend switch transfer transform "
    "travel triple turn unify unveil urge visit vote vow win withdraw"
)
_IRREGULAR = (
    "become became become, begin began begun, break broke broken, bring brought brought, build built built, buy "
    "bought bought, catch caught caught, choose chose chosen, come came come, draw drew drawn, eat ate eaten, fall "
    "fell fallen, fight fought fought, find found found, flee fled fled, get got got, give gave given, go went gone, "
    "grow grew grown, hear heard heard, hold held held, keep kept kept, know knew known, lead led led, leave left "
    "left, lie lay lain, lose lost lost, make made made, mean meant meant, meet met met, overtake overtook overtaken, "
    "overthrow overthrew overthrown, pay paid paid, prove proved proven, rise rose risen, run ran run, say said said, "
    "see saw seen, seek sought sought, sell sold sold, send sent sent, show showed shown, sink sank sunk, speak spoke "
    "spoken, spend spent spent, stand stood stood, steal stole stolen, take took taken, teach taught taught, tell "
    "told told, think thought thought, understand understood understood, wear wore worn, win won won, withdraw "
    "withdrew withdrawn, write wrote written, do did done"
)
# Their past is their base, or a noun, and cannot be told from it.
_NOT_TOLD = words("cut let put read spread split")
_DOUBLED = words("admit ban control drop expel occur plan prefer refer regret stop transfer transmit travel")
_IRREGULARS = {base: (past, participle) for base, past, participle in map(str.split, _IRREGULAR.split(", "))}


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb's base and its past forms."""

    base: str
    past: str
    participle: str


@dataclass(frozen=True, slots=True)
class Form:
    """A finite form that was met: of which verb, and whether it is past."""

    verb: Verb
    is_past: bool

    @property
    def auxiliary(self) -> str:
        """What stands before the subject when one asks."""
        return "did" if self.is_past else "does"

    @property
    def may_be_participle(self) -> bool:
        """Whether the same letters could begin "supported by …"."""
        return self.is_past and self.verb.past == self.verb.participle


@cache
def finite_forms() -> dict[str, Form]:
    """Every form that is known, as it is written."""
    both = [_verb(base) for base in _BOTH.split()]
    past_only = [_verb(base) for base in _PAST_ONLY.split()]
    forms = {_third_person(verb.base): Form(verb, False) for verb in both}
    # "Found" is the past of "find" more often than the base of "founded".
    forms |= {verb.past: Form(verb, True) for verb in [*both, *past_only] if verb.base not in _NOT_TOLD}
    return forms


@cache
def participles() -> dict[str, Verb]:
    """Every past participle that is known, with its verb."""
    return {verb.participle: verb for verb in map(_verb, f"{_BOTH} {_PAST_ONLY}".split())}


def _verb(base: str) -> Verb:
    past, participle = _IRREGULARS.get(base) or (_regular_past(base),) * 2
    return Verb(base, past, participle)


def _regular_past(base: str) -> str:
    if base in _DOUBLED:
        return f"{base}{base[-1]}ed"
    if base.endswith("e"):
        return f"{base}d"
    return f"{base[:-1]}ied" if _ends_in_consonant_and_y(base) else f"{base}ed"


def _third_person(base: str) -> str:
    if _ends_in_consonant_and_y(base):
        return f"{base[:-1]}ies"
    return f"{base}es" if base.endswith(("s", "sh", "ch", "x", "z", "o")) else f"{base}s"


def _ends_in_consonant_and_y(base: str) -> bool:
    return base.endswith("y") and base[-2] not in "aeiou"
