"""The small parsers: particulars of a text, questions, dates to choose by, settings, names of files."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from hypothesis import strategies as st

from corpus.errors import BadFilter, SettingsError
from corpus.gold import locate
from corpus.leftovers import trim
from corpus.readers import titles
from corpus.readers.dates import iso_date
from index.filters import Filters
from rag.agreement.claims import asked_for
from rag.answer_type import AnswerType
from rag.contradiction import contradicts
from rag.conversation import context_of, is_elliptical
from rag.particulars import Held, lacking, particulars, same
from rag.question import content_terms, names_and_numbers
from rag.quotes import find_quote
from rag.settings import Settings
from rag.suggestions.patterns import questions_in
from rag.verification.also_called import also_called
from rag.verification.attachment import misattached
from rag.verification.discrepancy import contradicts as denies
from tests.fuzz.strategies import readable, texts
from tests.fuzz.target import new_folder, target
from ui.render.text import flat, written_date
from ui.serving.server_settings import ServerSettings
from ui.uploads import safe_name

_NUMBERS = (
    *("5 million", "5\nmillion", "twenty\tfive", "a\u00a0hundred", "half of", "one-third of", "5 per cent", "to 10 %"),
    *("5 ſquare metreſ", "US$5bn", "5 U.S. dollars", "3rd BC", "in 1998", "1500 people", "the '90s", "may", "Sept. 5"),
    *(
        "9" * 5000,
        "1" + ",000" * 300,
        "0." + "0" * 400 + "1",
        "٣٤",
        "5²",
        "17–20 July 2024",
        "ſixth century",
        "99/99/2024",
    ),
)
_NAMES = (
    "Clara Voss",
    "SCO (Shanghai Cooperation Organisation)",
    "of the",
    "McDonald's",
    "Mr.",
    "İstanbul",
    "ǅ",
    "said",
    "not",
)


@target(readable(_NUMBERS), quick=50)
def numbers_and_dates(text: str) -> None:
    _look_up(text)


@target(readable(_NAMES), quick=40)
def names(text: str) -> None:
    _look_up(text)


def _look_up(text: str) -> None:
    found = particulars(text)
    for item in found:
        start, end = item.place
        assert 0 <= start < end <= len(text)
        assert item.value
    held = Held.of(text)
    for item in found[:30]:
        held.lacks(item)
        assert same(item, item)
    lacking(found[:30], text[::2])


@target(st.tuples(readable((*_NUMBERS, *_NAMES), most=15), readable(_NAMES, most=15)), quick=40)
def claims_and_evidence(case: tuple[str, str]) -> None:
    # A reply that is read, and three sentences that a passage holds, are no longer.
    claim, evidence = case[0][:4_000], case[1][:1_000]
    assert denies(claim, evidence) in (True, False)
    assert misattached(claim, [evidence, claim], frozenset()) in (True, False)
    assert contradicts(claim, evidence, frozenset(content_terms(evidence))) in (True, False)
    also_called(evidence)


@target(readable((*_NUMBERS, *_NAMES, "Why did", "How many", "?")), quick=40)
def questions(text: str) -> None:
    content_terms(text)
    names_and_numbers(text)
    asked_for(text)
    for kind in AnswerType:
        kind.asked_for.search(text)
        kind.looks.search(text)
    for made in questions_in(text, lambda word, _: word[:1].isupper()):
        assert made


@target(
    st.tuples(
        readable(most=5), st.lists(st.tuples(readable(most=3), readable(most=3)), max_size=5), st.integers(1, 2000)
    ),
    quick=20,
)
def follow_ups(case: tuple[str, list[tuple[str, str]], int]) -> None:
    question, turns, times = case
    is_elliptical(question)
    context_of(question, [*turns, *[("And it?", "So it is.")] * times, *turns])


@target(
    st.tuples(
        st.lists(texts(most=2), max_size=3),
        *[st.one_of(st.none(), st.sampled_from(["2024", "2024-06", "2024-06-31", "0099", "٢٠٢٤"]), texts(most=2))] * 2,
    ),
    quick=50,
)
def filters(case: tuple[list[str], str | None, str | None]) -> None:
    sources, since, until = case
    try:
        made = Filters(sources, since, until)
    except BadFilter as error:
        assert "\n" not in str(error)
        return
    hash(made)
    assert bool(made) == bool(sources or since or until)


_VALUES = st.one_of(
    st.sampled_from(
        ["inf", "-inf", "nan", "1e400", "9" * 5000, "true", "[1]", "{a=1}", '"x"', "2020-01-01", "0x10", "-1", "1.5"]
    ),
    texts(most=3),
)
_SETTING = st.sampled_from(
    ["passages", "threshold", "llm_timeout", "llm", "verification", "server", "port", "host", "[server]", "x"]
)


@target(
    st.one_of(texts(), st.lists(st.builds("{} = {}".format, _SETTING, _VALUES), max_size=4).map("\n".join)), quick=40
)
def settings_files(text: str) -> None:
    file = _folder() / "rag.toml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    for kind in (Settings, ServerSettings):
        try:
            kind.load(file).described()
        except SettingsError:
            continue


@target(st.tuples(_SETTING, _VALUES), quick=20)
def settings_given(case: tuple[str, str]) -> None:
    name, value = case
    for kind in (Settings, ServerSettings):
        try:
            kind.load(_empty(), **{name: value})
        except SettingsError:
            continue


@cache
def _folder() -> Path:
    return new_folder()


@cache
def _empty() -> Path:
    file = _folder() / "empty.toml"
    file.write_text("")
    return file


@target(texts(("../", "..\\", "C:\\", "con.", ".txt", "/etc/passwd", "\0", "~$")), quick=50)
def names_of_uploads(text: str) -> None:
    name = safe_name(text)
    assert name == Path(name).name
    assert name not in ("", ".", "..")
    assert not name.startswith((".", "~"))
    assert not set(name) & set("/\\\0\n")
    assert len(name.encode()) <= 200
    assert not name.endswith((" ", "."))


@target(st.tuples(texts(most=8), texts(most=8), st.integers(-5, 10**12)), quick=50)
def quotes_in_articles(case: tuple[str, str, int]) -> None:
    quote, around, near = case
    text = f"{around}{quote}{around}"
    place = find_quote(text, quote, near)
    assert (place is None) == (not quote.strip())
    if place:
        assert text[slice(*place)].split() == quote.split()
    found = locate(quote, text)
    assert found is None or text[slice(*found)].split() == quote.split()


@target(
    texts(("Subscribe", "Advertisement", "The Author", "Share this on Facebook", "© 2024", "Read more: ", "|")),
    quick=40,
)
def titles_and_leftovers(text: str) -> None:
    trimmed = trim(text)
    assert trimmed in text
    assert titles.clean(text) is None or len(titles.clean(text) or "") <= 200
    title, rest = titles.from_first_line(text)
    assert rest in text
    assert title is None or title == flat(title)
    titles.from_file_name(text)
    titles.from_first_sentence(text)
    titles.unless_nameless(text)
    titles.without_line(text, text[:20])
    assert written_date(iso_date(text) or "2024-08")
