"""The two nouns that everything else is about: an article, and a passage of one."""

from __future__ import annotations

from dataclasses import dataclass

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Article:
    """One readable text. Every character position in the project counts characters of `text`, which is NFC.

    `published` is an ISO 8601 date, as precise as the source gives it: `2024`, `2024-08` or `2024-08-05`.
    """

    id: str
    title: str
    text: str
    source: str | None = None
    author: str | None = None
    published: str | None = None
    url: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences of one article: what is embedded and searched.

    Invariants: `article.text[start:end] == text`, and each of `sentences` is a range of the article that lies in
    `start:end` and has no white space at its ends. A heading is in the text but is none of the sentences.
    """

    article_id: str
    ordinal: int
    start: int
    end: int
    text: str
    sentences: tuple[Range, ...]

    def quote(self, start: int, end: int) -> str:
        """The words of the article from `start` to `end`, both counted in the article."""
        return self.text[start - self.start : end - self.start]
