"""A text's words, as BM25 counts them and as everything that compares words sees them."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from corpus.article import Passage

if TYPE_CHECKING:
    import tantivy

_LONGEST_WORD = 40

# These read every passage that is looked at closely, so each begins with what lets the engine skip ahead.
_SEPARATOR = re.compile(r",(?<=\d,)(?=\d{3}(?!\d))")
_ORDINAL = re.compile(r"\b(\d+)(?:st|nd|rd|th)\b", re.IGNORECASE)
_CARDINALS = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen twenty"
)
_ORDINALS = (
    "- third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth "
    "seventeenth eighteenth nineteenth twentieth"
)
# "One", "first" and "second" mean too much else.
_NUMBERS = {
    word: str(number)
    for words in (_CARDINALS, _ORDINALS)
    for number, word in enumerate(words.split(), start=2)
    if word != "-"
}
# Without letters that only look like theirs when case is ignored: the old long s, the dotless i.
_NUMBER_WORD = re.compile(rf"\b(?=[efnst])(?ai:{'|'.join(_NUMBERS)})\b", re.IGNORECASE)


@cache
def _analyzer() -> tantivy.TextAnalyzer:
    import tantivy

    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for step in (
        tantivy.Filter.remove_long(_LONGEST_WORD),
        tantivy.Filter.lowercase(),
        tantivy.Filter.ascii_fold(),
        tantivy.Filter.stopword("english"),
        tantivy.Filter.stemmer("english"),
    ):
        builder = builder.filter(step)
    return builder.build()


def terms(text: str) -> list[str]:
    """A text's words as BM25 sees them: lower case, without accents, stop words or endings; in order, repeats kept."""
    plain = with_plain_numbers(text)
    try:
        analyzed: list[str] = _analyzer().analyze(plain)
    except UnicodeEncodeError:
        # Half of a surrogate pair is no character.
        analyzed = _analyzer().analyze(plain.encode("utf-8", "replace").decode("utf-8"))
    return analyzed


def passage_words(passage: Passage) -> list[str]:
    """The words of a passage, joined by spaces: first of what is not quoted, its headings, then of each sentence."""
    text, place = passage.text, 0
    unquoted, quoted = [], []
    for start, end in passage.sentences:
        unquoted.append(text[place : start - passage.start])
        place = end - passage.start
        quoted.append(" ".join(terms(text[start - passage.start : place])))
    return [" ".join(terms("\n".join([*unquoted, text[place:]]))), *quoted]


def with_plain_numbers(text: str) -> str:
    """The text with "tenth", "10th" and "ten" as 10, and "5,600" as 5600, so that one finds the other."""
    joined = _SEPARATOR.sub("", text)
    return _NUMBER_WORD.sub(lambda word: _NUMBERS[word[0].lower()], _ORDINAL.sub(r"\1", joined))
