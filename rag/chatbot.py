"""The chatbot: an opened index, and everything a question goes through on its way to an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from time import perf_counter
from typing import TYPE_CHECKING

from corpus.errors import BadQuestion, SettingsError
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
from rag.reranker import Reranker, SentenceReranker
from rag.retrieval import retrieve
from rag.settings import Settings

if TYPE_CHECKING:
    from index.build import Progress

LONGEST_QUESTION = 2_000


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
        chosen = self._answerers.get(answerer or self.answerers[0])
        if chosen is None:
            raise SettingsError(f"there is no answerer {answerer}: name one of {', '.join(self.answerers)}")
        count = self.settings.passages if passages is None else replace(self.settings, passages=passages).passages
        text = _checked(question)
        alone, spent = _rewritten(text, history, chosen)
        understood = self._understand(alone or text, () if alone else history)
        embedded = perf_counter()
        (readings,) = retrieve([understood], count, self.index, self._reranker, filters)
        searched = perf_counter()
        answer = chosen.answer(understood, readings, on_token=on_token)
        answered = perf_counter()
        seconds = {
            "embed": embedded - begun,
            "search": searched - embedded,
            "answer": answered - searched,
            "total": answered - begun,
        }
        return replace(
            answer,
            question=text,
            timings={stage: round(1000 * passed, 2) for stage, passed in seconds.items()},
            model=(answer.model or ModelUse(spent.name)).after(spent) if spent else answer.model,
        )

    def search(
        self, question: str, k: int, *, history: Sequence[Turn] = (), filters: Filters | None = None
    ) -> list[Hit]:
        """The k best passages for a question, best first; arguments and errors as those of `ask`."""
        understood = self._understand(_checked(question), history)
        (readings,) = retrieve([understood], k, self.index, self._reranker, filters)
        return [reading.hit for reading in readings]

    def _understand(self, question: str, history: Sequence[Turn]) -> Question:
        return Question.understand(question, context_of(question, history), self.index)


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


def _checked(question: str) -> str:
    # Half of a surrogate pair is no character, and the tokenizer takes none.
    text = " ".join(question.encode("utf-8", "replace").decode("utf-8").split())
    if not text:
        raise BadQuestion("the question is empty: ask something")
    if len(text) > LONGEST_QUESTION:
        raise BadQuestion(f"the question has {len(text)} characters: ask in at most {LONGEST_QUESTION}")
    return text
