"""Sentences, passages and tokens: exact ranges of any text, and nothing of it lost."""

from __future__ import annotations

from hypothesis import strategies as st

from corpus.article import Article, Passage
from corpus.readers.tidying import tidy
from corpus.sentences import is_heading, paragraphs, sentences
from corpus.splitter import Splitter
from corpus.tokens import count_tokens
from index.words import passage_words, terms
from tests.fuzz.strategies import readable, texts
from tests.fuzz.target import target

_SENTENCES = (
    "The lamp went out. ",
    "It was Dr. Holm’s; she kept it for forty years! ",
    "Heading\n\n",
    "- item\n",
    "and so on ",
    "x" * 300,
    "漢字。",
    "हिन्दी। ",
    "\n\n",
)
_LANGUAGES = st.one_of(st.sampled_from([None, "en", "de", "hi", "zh", "ar", "en-US", "xx", ""]), readable(most=2))


def assert_whole(article: Article, passages: list[Passage]) -> None:
    """What holds of the passages of any article: exact, in order, nothing lost but white space."""
    covered = bytearray(len(article.text))
    assert [passage.ordinal for passage in passages] == list(range(len(passages)))
    starts = [passage.start for passage in passages]
    assert starts == sorted(set(starts))
    for passage in passages:
        assert article.text[passage.start : passage.end] == passage.text == passage.text.strip() != ""
        covered[passage.start : passage.end] = b"\1" * len(passage.text)
        assert list(passage.sentences) == sorted(set(passage.sentences))
        for start, end in passage.sentences:
            assert passage.start <= start < end <= passage.end
            assert passage.quote(start, end) == article.text[start:end] == article.text[start:end].strip()
    assert all(seen or character.isspace() for seen, character in zip(covered, article.text, strict=True))


@target(st.tuples(readable(_SENTENCES), _LANGUAGES), quick=50)
def sentence_ranges(case: tuple[str, str | None]) -> None:
    text, language = case
    lines = paragraphs(text)
    assert lines == sorted(lines)
    for paragraph in lines:
        is_heading(text, paragraph)
        reached = paragraph[0]
        for start, end in sentences(text, paragraph, language or "en"):
            assert reached <= start < end <= paragraph[1]
            assert text[reached:start].strip() == ""
            assert text[start:end] == text[start:end].strip()
            reached = end
        assert text[reached : paragraph[1]].strip() == ""


@target(st.tuples(texts(_SENTENCES), _LANGUAGES, st.integers(20, 300), st.integers(0, 4)), quick=40)
def passages(case: tuple[str, str | None, int, int]) -> None:
    text, language, most, overlap = case
    article = Article("an-id", "A title", tidy(text), language=language)
    found = Splitter(most, overlap).split(article)
    assert_whole(article, found)
    whole = {
        place for line in paragraphs(article.text) for place in sentences(article.text, line, article.language or "en")
    }
    for passage in found:
        assert sum(count_tokens(passage.quote(*place)) for place in passage.sentences) <= most
        for start, end in set(passage.sentences) - whole:
            # A part only of what is too long for a passage.
            first, last = next((a, b) for a, b in whole if a <= start and end <= b)
            assert count_tokens(article.text[first:last] + "\n") > most
        words = passage_words(passage)
        assert len(words) == len(passage.sentences) + 1


@target(texts(("<|endoftext|>", "<|fim_prefix|>", "\u0d95" * 50)), quick=40)
def tokens_and_words(text: str) -> None:
    assert count_tokens(text) <= 4 * len(text)
    text = text.encode("utf-8", "replace").decode()
    for term in terms(text):
        assert term
        assert len(term.encode()) <= 41
        assert not any(letter.isspace() for letter in term)
