"""A sentence's subject, verb and rest, told without a parser: where they are not plain to see, there is no clause."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from rag.suggestions.verbs import Form, finite_forms, participles, words

# Of a word that begins a sentence, and the one after it: None where it is not plain to see.
IsName = Callable[[str, str], bool | None]

MONTH = "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_YEAR = r"(?:1\d{3}|20\d\d)"
_DATE = rf"(?:(?:{MONTH} (?:of )?)?{_YEAR}|{MONTH})"
_DAY = rf"(?:\d\d? {MONTH} {_YEAR}|{MONTH} \d\d?, {_YEAR})"
TRAILING_TIME = re.compile(rf" (?:in {_DATE}|on {_DAY})$")
_LEADING_TIME = re.compile(rf"(?P<time>In (?:{MONTH} (?:of )?)?{_YEAR}|On {_DAY}),? (?=[A-Z]|the |an? )")
_OPENING = re.compile(
    r"^(?:(?:But|And|Yet|So) |(?:However|Indeed|Similarly|Subsequently|Still|In fact|Moreover|Furthermore|Meanwhile"
    r"|Instead|Later|Finally|Today|Therefore|Thus|Consequently|As a result|In addition|[Ll]ast (?:year|month|week)), )+"
)
_ASIDE = re.compile(r", (?:for example|for instance|however|too|in turn|meanwhile|therefore|in fact|of course),")
_BRACKETS = re.compile(r"\s*\([^()]*\)")
_QUOTED_NAME = re.compile(r"^((?:The )?)[\"“]([A-Z][^\"“”]*)[\"”]")
_APPOSITION = re.compile(r"^(?P<name>[A-Z][\w.’'-]+(?: [A-Z][\w.’'-]+){0,4}), (?:an?|the|who) [^,]+, ")

AUXILIARIES = words("is are was were has have had does did can could will would may might must should")
_ADVERBS = words(
    "also already therefore thus then later finally consequently subsequently nevertheless both all each likewise "
    "soon still often now"
)
_NO_SUBJECT = words(
    "i you he she it we they this that these those there here who which what when where while although though because "
    "since if as after before until unless whether how why than so or but nor not no none nothing one another such "
    "its their his her our my your some most many several few other others according despite during following given "
    "unlike like every any either neither even only just by without upon yet still today now once again instead "
    "however"
)
_NOT_FIRST = words(
    "in on to from with between for of and both all each at under about over through within among against into"
)
_NOT_LAST = words(
    "and or of in on at to for from with by as the a an between than into against about under over through among within"
)
_LONGEST_SUBJECT = 9
# Whose past stands before a preposition as a verb: "joined in 2017", but not "founded in 1990".
_INTRANSITIVE = words(
    "agree appear arrive attend begin belong collapse concentrate consist contribute depend die emerge exist fall "
    "fight focus graduate happen increase join land lead lie live merge migrate move occur originate pay rely remain "
    "reside resign result retire return rise serve settle specialise specialize stand stay succeed suffer tend travel "
    "turn work"
)
_PREPOSITION = re.compile(r"(?:by|in|on|at|to|for|from|with|of|as|under|into|during|after|against|over|through)\b")
_ENDS_PHRASE = re.compile(
    r"[,;:–—]|\s-\s|\s(?:but|although|though|while|whereas|when|after|before|until|unless|if|since|because|so|despite"
    r"|rather than|including|in order|due to|thus)\s"
)
# A list after its first item, and "1912–1914" after its first year.
_GOES_ON = re.compile(r"(?:,\s[^,]{1,40})+?,?\s(?:and|or)\s|,\s(?:and|or)\s|–\d")
_CONJUNCTION = re.compile(r",\s(?:and|or)\s")
_RELATIVE = re.compile(r"\b(?:that|which|who|whom|whose|where|what|how|why|whether|if)\b")
_LAST_OF_PHRASE = re.compile(r"\b(?:and|or|of|in|on|at|to|for|from|with|by|as|the|an?|between|than|into|not|its)$")


@dataclass(frozen=True, slots=True)
class Clause:
    """The beginning of a sentence, taken apart; `time` is what it opens with, "in 2018", or empty."""

    time: str
    subject: str
    verb: str
    rest: str

    @property
    def form(self) -> Form | None:
        """The finite verb, where it is no auxiliary."""
        return None if self.verb in AUXILIARIES else finite_forms()[self.verb]

    @property
    def is_past(self) -> bool:
        """Whether it has a verb of its own, in the past."""
        return self.form is not None and self.form.is_past

    @property
    def base(self) -> str:
        """The base of its verb; empty where that is an auxiliary."""
        return self.form.verb.base if self.form else ""

    def asked(self, phrase: str) -> str:
        """The clause as it follows "why" or "when": auxiliary, subject, verb and a phrase in place of the rest."""
        first, _, others = phrase.partition(" ")
        phrase = others if first in _ADVERBS else phrase
        if self.form:
            return f"{self.form.auxiliary} {self.subject} {self.base} {phrase}".strip()
        if self.verb in _DO and not begins_with_participle(phrase):
            return f"{_DO[self.verb]} {self.subject} have {phrase}".strip()
        return f"{self.verb} {self.subject} {phrase}".strip()


_DO = {"has": "does", "have": "do", "had": "did"}


def clause_of(sentence: str, is_name: IsName) -> Clause | None:
    """The subject that a sentence begins with, its verb and the rest, or None where that is not plain to see.

    Args:
        is_name: whether a word that begins a sentence, and is followed by another, has its capital within one too.
    """
    text = _plain(sentence)
    time = ""
    if leading := _LEADING_TIME.match(text):
        time, text = leading["time"][0].lower() + leading["time"][1:], text[leading.end() :]
    apposition = _APPOSITION.match(text)
    text = _APPOSITION.sub(r"\g<name> ", text)
    every = text.split()
    for place, word in enumerate(every[: _LONGEST_SUBJECT + 1]):
        if word in AUXILIARIES or word in finite_forms():
            subject, rest = _subject(every[:place], is_name), " ".join(every[place + 1 :])
            clause = Clause(time, subject, word, rest)
            # "Frank Shuman, an inventor, engineer and pioneer" names more than the first.
            whole = not apposition or subject == apposition["name"]
            return clause if subject and rest and whole and not _may_be_participle(clause) else None
        if not re.fullmatch(r"[\w.'’&-]+", word) or word.lower() in _NO_SUBJECT:
            return None
    return None


def may_begin_name(word: str) -> bool:
    """Whether a word with a capital can be the first of a name, and not only of a sentence."""
    return word.lower() not in _NO_SUBJECT | _NOT_FIRST and word not in _ARTICLES


def _plain(sentence: str) -> str:
    """The sentence without what may stand before it or inside it and changes nothing."""
    text = _ASIDE.sub("", _BRACKETS.sub("", sentence)).rstrip(".").strip()
    opened = _OPENING.sub("", text)
    return _QUOTED_NAME.sub(r"\1\2", opened[:1].upper() + opened[1:])


def _subject(before_verb: list[str], is_name: IsName) -> str:
    """The subject as it reads inside a sentence; empty where it might not be one, or names nothing."""
    while before_verb and (before_verb[-1] in _ADVERBS or re.fullmatch(r"[a-z]+ly", before_verb[-1])):
        before_verb = before_verb[:-1]
    if not before_verb or before_verb[-1] in _NOT_LAST or not _may_begin_subject(before_verb):
        return ""
    first, *others = before_verb
    if any(re.fullmatch(r"[a-z]+(?:ed|ing)", word) for word in others) or "first time" in " ".join(others):
        return ""
    named = False if first in _ARTICLES else is_name(_POSSESSIVE.sub("", first), (others or [""])[0])
    # Of "a brief shoot" one asks neither when nor why it was, but of "an Internet service" what it is.
    if named is None or (first in _ARTICLES[1:] and not re.match(r"[A-Z]", " ".join(others))):
        return ""
    if not named:
        first = first[0].lower() + first[1:]
    return " ".join((first, *others)) if any(word[0].isupper() for word in (first, *others)) else ""


def _may_begin_subject(before_verb: list[str]) -> bool:
    """Whether it begins with no preposition, adverb or participle: "Initially the Front …", "Dating back to …"."""
    first, following = before_verb[0], " ".join(before_verb[1:2])
    adverbial = (first.endswith("ly") and following) or (first.endswith("ing") and following.islower())
    return first[0].isupper() and first.lower() not in _NOT_FIRST and not adverbial


_ARTICLES = ("The", "A", "An")
_POSSESSIVE = re.compile("['’]s?$")


def _may_be_participle(clause: Clause) -> bool:
    """Whether the verb could belong to its noun alone: "The bank founded in 1990 was …"."""
    form = clause.form
    if form is None or not form.may_be_participle or form.verb.base in _INTRANSITIVE:
        return False
    return _PREPOSITION.match(clause.rest) is not None


def phrase_of(rest: str) -> str | None:
    """What belongs to the verb alone: as far as the next clause or comma; None where that is not plain to see."""
    phrase = _ENDS_PHRASE.split(rest)[0]
    after = rest[len(phrase) :]
    if _GOES_ON.match(after) and not (_CONJUNCTION.match(after) and _has_verb(after)):
        return None
    for conjunction in (" as ", " and "):
        before, _, joined = phrase.partition(conjunction)
        if _has_verb(joined):
            phrase = before
    return None if is_open(phrase) else phrase


def is_open(phrase: str) -> bool:
    """Whether a phrase lacks its end, has a clause within it, or goes on with another verb."""
    if _RELATIVE.search(phrase) or _LAST_OF_PHRASE.search(phrase):
        return True
    if re.search(r"\bbetween\b(?!.*\band\b)|\bboth\b(?!.*\band\b)", phrase):
        return True
    return any(_is_verb(word) for word in re.findall(r"\b(?:and|but|or|then) (?:\w+ly )?(\w+)", phrase))


def _has_verb(phrase: str) -> bool:
    return any(_is_verb(word) for word in phrase.split())


def _is_verb(word: str) -> bool:
    return word in finite_forms() or word in AUXILIARIES or (word.islower() and word.endswith(("ed", "izes", "ises")))


def begins_with_participle(phrase: str) -> bool:
    """Whether a phrase after "was" or "has" begins with what makes it a passive or a perfect."""
    first = next((word for word in phrase.split() if not re.fullmatch(r"\w+ly|never|not|long", word)), "")
    return first in participles() or first in _MORE_PARTICIPLES or first.endswith("ed")


_MORE_PARTICIPLES = words("been born risen driven struck")
