"""The chatbot: an opened index, and everything a question goes through on its way to an answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

from corpus.errors import BadQuestion, SettingsError
from index.ahead import ahead
from index.article_index import ArticleIndex
from index.filters import Filters
from index.location import Location, location
from index.query import Hit
from index.store import store_at
from rag.answer import Answer, ModelUse
from rag.answerer import Answerer, OnToken, Rewriter
from rag.conversation import Turn, context_of, is_elliptical
from rag.extractive import ExtractiveAnswerer
from rag.library import ready_index
from rag.question import Question
from rag.reader import graph
from rag.reader.reader import Reader
from rag.reading import Reading
from rag.reranker import Reranker, SentenceReranker
from rag.retrieval import retrieve
from rag.settings import NO_READER, Settings

if TYPE_CHECKING:
    from index.build import Progress

LONGEST_QUESTION = 2_000
# Questions embedded and searched together; more of them are not faster.
_LOT = 32


class Chatbot:
    """Answers questions from one index; safe to share between threads.

    Args:
        answerer: what answers unless a question asks for another, by default the language model that the settings
            name, if they name one; the extractive one is always there.
    """

    def __init__(
        self,
        index: ArticleIndex,
        settings: Settings | None = None,
        *,
        reranker: Reranker | None = None,
        answerer: Answerer | None = None,
    ) -> None:
        self.index = index
        self.settings = settings or Settings()
        self._reranker = reranker or _reranker(self.settings.reranker)
        self._reader = _reader(self.settings.reader)
        answerer = answerer or _language_model(index, self.settings)
        extractive = ExtractiveAnswerer(index, self.settings)
        own: list[Answerer] = [extractive] if answerer is None else [answerer, extractive]
        self._answerers = {item.name: item for item in own}

    @classmethod
    def open(
        cls,
        index: Location | str | None = None,
        settings: Settings | None = None,
        *,
        progress: Progress | None = None,
    ) -> Chatbot:
        """A chatbot over the index in a folder or at `milvus+URI`, or the default (see `rag.library.default_index`).

        Args:
            progress: told how far the bundled index is, if that is the one and it has to be made first.

        Raises:
            IndexNotFound, IndexDamaged, IndexMismatch: see `index.store`.
            ModelError: a model that the settings name cannot be loaded.
        """
        settings = settings or Settings.load()
        named = None if index is None else location(index)
        return cls(store_at(ready_index(named, settings, progress)).open(), settings)

    @property
    def answerers(self) -> tuple[str, ...]:
        """The names of what can answer; the first does unless a question asks for another."""
        return tuple(self._answerers)

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        filters: Filters | None = None,
        passages: int | None = None,
        answerer: str | None = None,
        on_token: OnToken | None = None,
    ) -> Answer:
        """Answer a question, or refuse.

        Args:
            history: the turns before, oldest first, each a question and what was answered.
            filters: which articles are asked; all of them where none are given.
            passages: how many passages are read, if not as many as the settings say.
            answerer: one of `answerers`, by default the first.
            on_token: given the answer's text piece by piece; where a language model fails, only what it had written.

        Raises:
            BadQuestion: the question is empty or longer than `LONGEST_QUESTION` characters.
            SettingsError: there is no such answerer, or no passage is to be read.
        """
        begun = perf_counter()
        chosen, count = self._answerer(answerer), self._count(passages)
        text, turns = _checked(question), _characters_of(history)
        alone, spent = _rewritten(text, turns, chosen)
        understood = self._understand(alone or text, () if alone else turns)
        embedded = perf_counter()
        (readings,) = retrieve([understood], count, self.index, self._reranker, self._reader, filters)
        searched = perf_counter()
        answer = chosen.answer(understood, readings, on_token=on_token)
        return replace(
            answer,
            question=text,
            timings=_timings(embedded - begun, searched - embedded, perf_counter() - searched),
            model=(answer.model or ModelUse(spent.name)).after(spent) if spent else answer.model,
        )

    def ask_many(
        self,
        questions: Sequence[str],
        *,
        filters: Filters | None = None,
        passages: int | None = None,
        answerer: str | None = None,
    ) -> list[Answer]:
        """Answer questions that have nothing to do with each other, in the order given; faster than `ask` one by one.

        They are embedded and searched together, the next lot while one is answered. In an answer's timings, embedding
        and search are its share of its lot's.

        Args and errors are those of `ask`; a bad question is refused before any is answered.
        """
        chosen, count = self._answerer(answerer), self._count(passages)
        texts = [_checked(question) for question in questions]
        lots = (texts[start : start + _LOT] for start in range(0, len(texts), _LOT))
        return [
            answer
            for lot in ahead((self._lot(texts, count, filters) for texts in lots), 1)
            for answer in _answers(lot, chosen)
        ]

    def search(
        self, question: str, k: int, *, history: Sequence[Turn] = (), filters: Filters | None = None
    ) -> list[Hit]:
        """The k best passages for a question, best first; arguments and errors as those of `ask`."""
        understood = self._understand(_checked(question), _characters_of(history))
        (readings,) = retrieve([understood], k, self.index, self._reranker, self._reader, filters)
        return [reading.hit for reading in readings]

    def _lot(self, texts: Sequence[str], count: int, filters: Filters | None) -> _Lot:
        """Questions with the passages that were found for them together."""
        begun = perf_counter()
        questions = Question.understand_all(texts, [""] * len(texts), self.index)
        embedded = perf_counter()
        readings = retrieve(questions, count, self.index, self._reranker, self._reader, filters)
        share = 1 / len(texts)
        return _Lot(questions, readings, (embedded - begun) * share, (perf_counter() - embedded) * share)

    def _answerer(self, name: str | None) -> Answerer:
        chosen = self._answerers.get(name or self.answerers[0])
        if chosen is None:
            raise SettingsError(f"there is no answerer {name}: name one of {', '.join(self.answerers)}")
        return chosen

    def _count(self, passages: int | None) -> int:
        """How many passages are read."""
        return self.settings.passages if passages is None else replace(self.settings, passages=passages).passages

    def _understand(self, question: str, history: Sequence[Turn]) -> Question:
        return Question.understand(question, context_of(question, history), self.index)


class _Lot(NamedTuple):
    """Questions that were embedded and searched together, and each one's share of the seconds that took."""

    questions: Sequence[Question]
    readings: Iterator[list[Reading]]
    embedding: float
    searching: float


def _answers(lot: _Lot, answerer: Answerer) -> Iterator[Answer]:
    for question in lot.questions:
        begun = perf_counter()
        readings = next(lot.readings)
        read = perf_counter()
        answer = answerer.answer(question, readings)
        yield replace(answer, timings=_timings(lot.embedding, lot.searching + read - begun, perf_counter() - read))


def _timings(embedding: float, searching: float, answering: float) -> dict[str, float]:
    """The seconds that went into an answer as its timings, in milliseconds."""
    seconds = {"embed": embedding, "search": searching, "answer": answering, "total": embedding + searching + answering}
    return {stage: round(1000 * passed, 2) for stage, passed in seconds.items()}


@lru_cache(maxsize=2)
def _reranker(name: str) -> Reranker:
    """The reranker of the settings, loaded once for all generations that are opened."""
    if not name:
        return SentenceReranker()
    from rag.cross_encoder import CrossEncoderReranker

    return CrossEncoderReranker.load(name)


def _language_model(index: ArticleIndex, settings: Settings) -> Answerer | None:
    if not settings.llm:
        return None
    from rag.llm.answerer import LanguageModelAnswerer
    from rag.llm.load import load

    return LanguageModelAnswerer(index, settings, load(settings))


def _rewritten(question: str, history: Sequence[Turn], answerer: Answerer) -> tuple[str, ModelUse | None]:
    """A follow-up as a language model completes it, empty where none does, and what that took."""
    if history and isinstance(answerer, Rewriter) and is_elliptical(question):
        return answerer.rewrite(question, history)
    return "", None


def _characters_of(history: Sequence[Turn]) -> list[Turn]:
    return [(_characters(asked), _characters(answered)) for asked, answered in history]


def _characters(text: str) -> str:
    # Half of a surrogate pair is no character, and the tokenizer takes none.
    return text.encode("utf-8", "replace").decode("utf-8")


def _checked(question: str) -> str:
    text = " ".join(_characters(question).split())
    if not text:
        raise BadQuestion("the question is empty: ask something")
    if len(text) > LONGEST_QUESTION:
        raise BadQuestion(f"the question has {len(text)} characters: ask in at most {LONGEST_QUESTION}")
    return text


def _reader(name: str) -> Reader | None:
    """The reader, where the settings want one and the project was installed with it."""
    return None if name == NO_READER or not graph.GRAPH.exists() else Reader.open()
