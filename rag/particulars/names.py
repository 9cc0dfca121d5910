"""The names in a text, by their capitals."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from rag.particulars.dates import dates
from rag.particulars.numbers import SMALL
from rag.particulars.particular import Particular

# Written with a capital where a sentence or a quotation begins, but no names.
_ORDINARY = (
    "a about above according across additionally after afterwards again against all almost along already also "
    "although always among amongst an and another any are around as at back because been before behind being below "
    "beneath beside besides between beyond both but by can consequently could despite did do does down due during each "
    "earlier early either eventually even ever every everyone few finally first following for former formerly from "
    "further furthermore generally given had has have having he hence her here herself him himself his how however i "
    "if in indeed initially inside instead into is it its itself just last late later least less like likewise many "
    "may me meanwhile might more moreover most much must my near nearly neither never nevertheless next no nobody "
    "none nor not nothing now of off often on once one only onto or original originally other others otherwise our out "
    "outside over overall own part per perhaps previously prior rather recently same second several shall she should "
    "similarly since so some someone something sometimes soon still such than that the their them themselves then "
    "there thereafter therefore these they third this those though through throughout thus to today together too "
    "toward towards under unless unlike until up upon us usually very via was we were what whatever when whenever "
    "where whereas wherever whether which while who whoever whom whose why will with within without would yes yet you "
    "your"
)
_TITLES = "dr mr mrs ms miss sir st prof professor president king queen lord lady"
_SMALL = "of for de la le les du des da do dos di del der den van von al el bin ibn the y e"
_ABBREVIATIONS = "bc bce ad ce am pm"
_ROMAN_NUMERALS = "i ii iii iv v vi vii viii ix"
_COUNTS = {word: str(number) for word, number in SMALL.items()}
_ROMAN = {roman: str(number) for number, roman in enumerate(_ROMAN_NUMERALS.split(), start=1)}
_ORDINARY_WORDS, _SMALL_WORDS, _TITLES_OF_HONOUR, _NO_NAMES = (
    frozenset(words.split()) for words in (_ORDINARY, _SMALL, _TITLES, _ABBREVIATIONS)
)

_TOKEN = re.compile(r"(?:[^\W\d_]\.){2,}|[^\W_]+(?:['’.&][^\W_]+)*")
_INSIDE = re.compile(rf" & |[ \u00a0-]|\. |,? (?=Jr)| (?:(?:{_SMALL.replace(' ', '|')})[ -]){{1,2}}")
_BEGINS = re.compile(r"(?:^|[.!?:;…。][\"'”’)\]]*\s|\n|[\"“„«(\[*•–—|])\s*$|(?:^|\s)-\s+$")
_POSSESSIVE = re.compile(r"['’]s?$")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a text, and whether it only begins a sentence."""

    text: str
    start: int
    end: int
    begins: bool

    @property
    def is_marked(self) -> bool:
        """Whether its capitals make it a name wherever it stands: SCO, McDonald, H1N1."""
        return any(letter.isupper() for letter in self.text[1:])

    @property
    def may_be_name(self) -> bool:
        is_no_name = self.text.lower() in _ORDINARY_WORDS and not self.is_marked
        return self.text[0].isupper() and not is_no_name and fold(self.text) not in _NO_NAMES

    def is_name_alone(self, known: AbstractSet[str]) -> bool:
        """Whether it is a name though no other stands beside it."""
        return self.is_marked or not self.begins or self.text.endswith(("'s", "’s")) or fold(self.text) in known

    @property
    def numbers_a_name(self) -> bool:
        return self.text[0].isupper() and self.text.lower() in _COUNTS


def names(text: str, known: AbstractSet[str] = frozenset()) -> list[Particular]:
    """The names in a text, in reading order.

    Args:
        known: words of names, as `fold` gives them; a single word that begins a sentence is a name only if it is one.
    """
    # Where all is in capitals, they say nothing.
    if text.isupper() and " " in text:
        return []
    return [
        Particular("name", _value(run), (run[0].start, run[-1].end))
        for run in _runs(text)
        if any(word.may_be_name for word in run) and (len(run) > 1 or run[0].is_name_alone(known))
    ]


def fold(word: str) -> str:
    """A word as names are compared: lower case, without accents, points and possessive; numbers as figures."""
    plain = unicodedata.normalize("NFKD", _POSSESSIVE.sub("", word))
    letters = "".join(letter for letter in plain.lower() if letter.isalnum())
    ordinal = _ORDINAL.fullmatch(letters)
    return ordinal[1] if ordinal else _COUNTS.get(letters, letters)


def words(text: str) -> list[str]:
    """A text's words, folded, in reading order."""
    return [fold(match[0]) for match in _TOKEN.finditer(text)]


def acronyms(text: str) -> frozenset[str]:
    """The words of a text that are all capitals, folded."""
    said = (match[0] for match in _TOKEN.finditer(text))
    return frozenset(fold(word) for word in said if len(word) > 1 and _POSSESSIVE.sub("", word).isupper())


def _tokens(text: str) -> Iterator[_Word]:
    dated = {at for date in dates(text) for at in range(*date.place)}
    before = ""
    for match in _TOKEN.finditer(text):
        # "US$5" is money.
        if match.start() not in dated and not text.startswith("$", match.end()):
            begins = not before or _BEGINS.search(text[max(0, match.start() - 8) : match.start()]) is not None
            # "Dr. King", "John F. Kennedy".
            is_shortened = before.lower() in _TITLES_OF_HONOUR or (len(before) == 1 and before.isupper())
            yield _Word(match[0], *match.span(), begins and not is_shortened)
        before = match[0]


def _runs(text: str) -> Iterator[list[_Word]]:
    """The words that stand together as one name."""
    run: list[_Word] = []
    for token in _tokens(text):
        follows = bool(run) and not token.begins and bool(_INSIDE.fullmatch(text, run[-1].end, token.start))
        if not (token.may_be_name or token.numbers_a_name or (token.text == "I" and len(run) > 1)):
            # Small words may stand inside a name.
            follows = token.text.lower() in _SMALL_WORDS
        elif follows:
            run.append(token)
        if not follows:
            yield run
            run = [token] if token.may_be_name or token.numbers_a_name else []
    yield run


def _value(run: Sequence[_Word]) -> str:
    folded = [fold(word.text) for word in run]
    plain = [word if at == 0 else _ROMAN.get(word, word) for at, word in enumerate(folded)]
    kept = [word for word in plain if (len(word) > 1 or word.isdigit()) and word not in ("jr", "sr")] or plain
    while len(kept) > 1 and kept[0] in _TITLES_OF_HONOUR:
        kept = kept[1:]
    return " ".join(kept)
