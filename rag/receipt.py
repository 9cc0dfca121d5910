"""Receipts: what was answered and from which words of which articles, so that it can be checked later."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from corpus.article import Range
from corpus.errors import BadReceipt, PathNotFound
from index.article_index import ArticleIndex
from rag.answer import Answer, Citation, ModelUse, Sentence
from rag.quotes import find_quote
from rag.settings import Settings

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Quote:
    """The words of an article from `start` to `end`, and the SHA-256 of its whole text, as UTF-8, when it was read."""

    number: int
    article_id: str
    title: str
    start: int
    end: int
    quote: str
    url: str | None
    article_sha256: str


@dataclass(frozen=True, slots=True)
class IndexSeen:
    """The index that was asked: its generation, the SHA-256 of its manifest, and the embedding model."""

    generation: int
    manifest_sha256: str
    model: str
    model_digest: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """An answer as it can be checked later; `quotes` are its citations, or, of a refusal, the nearest passages.

    `made` is ISO 8601 in UTC, and `decided` the settings that had a part in the answer.
    """

    made: str
    question: str
    standalone: str
    text: str
    sentences: tuple[Sentence, ...]
    abstained: bool
    confidence: float
    answered_by: str
    quotes: tuple[Quote, ...]
    index: IndexSeen
    decided: dict[str, int | float | str]

    def to_json(self) -> str:
        """The receipt as it is kept, with a SHA-256 of its own, by which a change to it is found out."""
        written = {"format": FORMAT, **asdict(self)}
        return json.dumps({**written, "sha256": _seal(written)}, indent=1, ensure_ascii=False)

    @classmethod
    def read(cls, file: Path) -> Receipt:
        """A receipt from the file that it was kept in.

        Raises:
            PathNotFound: there is no such file.
            BadReceipt: it is no receipt, is of another version, or was changed.
        """
        try:
            written = json.loads(file.read_text("utf-8"))
            version, sealed = written.pop("format"), written.pop("sha256")
            seal = _seal({"format": version, **written})
        except FileNotFoundError:
            raise PathNotFound(file, "a receipt") from None
        except OSError as error:
            raise BadReceipt(f"{file} cannot be read: {error.strerror}") from error
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise BadReceipt(f"{file} is not a receipt") from error
        if version != FORMAT:
            raise BadReceipt(f"{file} is a receipt of format {version}, and this version reads format {FORMAT}")
        if seal != sealed:
            raise BadReceipt(f"{file} was changed after it was made: it proves nothing")
        return cls._of(written, file)

    @classmethod
    def _of(cls, written: dict[str, Any], file: Path) -> Receipt:
        from pydantic import TypeAdapter, ValidationError

        try:
            # As JSON, in which a list may stand for a tuple and yet no word for a number.
            return TypeAdapter(cls).validate_json(json.dumps(written), strict=True)
        except ValidationError as error:
            place = ".".join(map(str, error.errors()[0]["loc"]))
            raise BadReceipt(f"{file} is not a receipt: its {place} is not what it should be") from error


class Verdict(StrEnum):
    """What has become of a quote."""

    HOLDS = "holds"  # the article is the same to the character
    MOVED = "moved"  # the article has changed, and still has these words
    CHANGED = "changed"  # the article no longer has these words
    GONE = "gone"  # the index no longer has the article


@dataclass(frozen=True, slots=True)
class QuoteCheck:
    """A quote, what has become of it, and where in the article its words stand now, if they do."""

    quote: Quote
    verdict: Verdict
    place: Range | None

    @property
    def is_said(self) -> bool:
        """Whether the article still says it."""
        return self.place is not None


def receipt(answer: Answer, index: ArticleIndex, settings: Settings) -> Receipt:
    """A receipt of an answer, made where and with what it was answered."""
    manifest = index.manifest
    recipe = manifest.recipe
    return Receipt(
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        question=answer.question,
        standalone=answer.standalone,
        text=answer.text,
        sentences=answer.sentences,
        abstained=answer.abstained,
        confidence=answer.confidence,
        answered_by=answer.answered_by,
        quotes=tuple(_quotes(answer, index)),
        index=IndexSeen(manifest.generation, _sha256(manifest.to_json()), recipe.model, recipe.digest),
        decided={
            "max_tokens": recipe.max_tokens,
            "overlap": recipe.overlap,
            "passages": len(answer.hits),
            "max_quotes": settings.max_quotes,
            "reranker": settings.reranker,
            "reader": settings.reader,
            "threshold": settings.threshold,
            **_decided_by_model(answer.model, settings),
        },
    )


def _decided_by_model(use: ModelUse | None, settings: Settings) -> dict[str, str]:
    """The language model, where it replied: only then is it known by a name and not by its address."""
    if use is None or not use.prompt_tokens:
        return {}
    return {"llm_model": use.name, "verification": settings.verification}


def check(receipt: Receipt, index: ArticleIndex) -> list[QuoteCheck]:
    """For each quote of a receipt, whether the articles of an index still say it.

    Raises:
        BadReceipt: it contradicts an article that has not changed since, so it was not made as it is.
    """
    is_same_index = receipt.index.manifest_sha256 == _sha256(index.manifest.to_json())
    return [_check(quote, index, is_same_index) for quote in receipt.quotes]


def _check(quote: Quote, index: ArticleIndex, is_same_index: bool) -> QuoteCheck:
    then = (quote.start, quote.end)
    try:
        text = index.article(quote.article_id).text
    except KeyError:
        found = QuoteCheck(quote, Verdict.GONE, None)
    else:
        is_same = _sha256(text) == quote.article_sha256
        place = find_quote(text, quote.quote, quote.start)
        if is_same and text[slice(*then)] != quote.quote:
            raise _forged(quote)
        changed = Verdict.MOVED if place else Verdict.CHANGED
        found = QuoteCheck(quote, Verdict.HOLDS, then) if is_same else QuoteCheck(quote, changed, place)
    if is_same_index and found.verdict is not Verdict.HOLDS:
        raise _forged(quote)
    return found


def _forged(quote: Quote) -> BadReceipt:
    return BadReceipt(f"quote {quote.number} is not what {quote.article_id} said when it was read: it proves nothing")


def _quotes(answer: Answer, index: ArticleIndex) -> Iterator[Quote]:
    for item in _nearest(answer, index) if answer.abstained else answer.citations:
        yield Quote(**asdict(item), article_sha256=_sha256(index.article(item.article_id).text))


def _nearest(answer: Answer, index: ArticleIndex) -> Iterator[Citation]:
    """The passages that a refusal is shown with, as quotes."""
    for number, hit in enumerate(answer.nearest, start=1):
        passage, article = hit.passage, index.article(hit.passage.article_id)
        yield Citation(number, article.id, article.title, passage.start, passage.end, passage.text, article.url)


def _seal(written: dict[str, Any]) -> str:
    """The SHA-256 of what a receipt says, however it is laid out."""
    return _sha256(json.dumps(written, sort_keys=True, ensure_ascii=False, separators=(",", ":")))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
