"""What programs can call through gradio: `gradio_client`, and, where the MCP server is on, assistants with tools."""

# The annotations are not postponed: gradio reads those of the endpoints as they are written.

import inspect
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import wraps
from importlib.util import find_spec
from typing import ParamSpec, TypeVar

import gradio as gr
from gradio.events import api
from pydantic import ValidationError, validate_call

from corpus.article import Article
from corpus.errors import BadQuestion, MissingDependency, RagError, SettingsError
from index.article_index import ArticleIndex
from index.filters import Filters
from index.query import Hit
from rag.answer import Answer, Citation, ModelUse, ShortAnswer, Standing
from rag.chatbot import Chatbot
from rag.conversation import Turn
from ui.serving.events import asker
from ui.serving.logs import door
from ui.serving.metrics import Metrics
from ui.serving.trouble import told

MOST_PASSAGES = 100

P = ParamSpec("P")
R = TypeVar("R")
# What a request for JSON arrays is read as; in a signature, an empty list would be shared by all calls.
Strings = tuple[str, ...]
Pairs = tuple[list[str], ...]


@dataclass(frozen=True, slots=True)
class Result:
    """An object to clients of the API; to assistants, for whom gradio makes a text of it, that text is JSON too."""

    def __str__(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """The characters from `start` to `end` of an article, and how well they fit the question, in [0, 1]."""

    article_id: str
    title: str
    start: int
    end: int
    text: str
    score: float
    url: str | None


@dataclass(frozen=True, slots=True)
class SearchResult(Result):
    """The passages found, best first."""

    passages: tuple[FoundPassage, ...]


@dataclass(frozen=True, slots=True)
class SaidSentence:
    """A sentence of an answer, the numbers of its citations, and how far they support it, in [0, 1] and in a word."""

    text: str
    citations: tuple[int, ...]
    support: float
    standing: Standing


@dataclass(frozen=True, slots=True)
class AskResult(Result):
    """An answer and what it rests on; `nearest` are the passages that a refusal is shown with, else none.

    `standalone` is the question as it was searched for, `confidence` is in [0, 1]. `model` says what a language model
    did, and why it failed where it did; it is None where none was asked. `short` is the answer in a
    few words of what is quoted, where some were found.
    """

    answer: str
    abstained: bool
    confidence: float
    sentences: tuple[SaidSentence, ...]
    citations: tuple[Citation, ...]
    nearest: tuple[FoundPassage, ...]
    standalone: str
    model: ModelUse | None
    short: ShortAnswer | None


@dataclass(frozen=True, slots=True)
class ArticleResult(Result, Article):
    """An article with its text."""


class CallError(gr.Error):
    """What went wrong in one line, which stays as it is where gradio makes a text of it."""

    def __str__(self) -> str:
        return str(self.message)


def require_mcp() -> None:
    """Make sure that there can be an MCP server.

    Raises:
        MissingDependency: the package for it is not installed.
    """
    if not find_spec("mcp"):
        raise MissingDependency("mcp", "the MCP server", 'pip install "gradio[mcp]"')


def add_endpoints(chatbot: Callable[[], Chatbot], usual: int, metrics: Metrics | None = None) -> None:
    """Add `/ask`, `/search` and `/article` to the page that is being built; each call asks the chatbot then current.

    To be called before the page's own events are added: gradio gives a name to whoever comes first.

    Args:
        usual: how many passages are read for an answer where nothing else is asked for.
        metrics: what counts the questions.
    """
    counted = metrics or Metrics()

    def ask(
        question: str,
        history: Pairs = (),
        sources: Strings = (),
        since: str = "",
        until: str = "",
        passages: int = usual,
    ) -> AskResult:
        """Answer a question from the articles, each sentence proved by exact quotes, or say that they do not hold it.

        Args:
            question: The question, in plain words.
            history: Earlier turns, oldest first, each a pair of a question and its answer; for follow-ups only.
            sources: Only articles of these sources; empty for all.
            since: Only articles published on this date or later: 2024, 2024-08 or 2024-08-05; empty for any.
            until: Only articles published on this date or earlier, given likewise; empty for any.
            passages: How many passages are read for the answer, 1 to 100.
        """
        current = chatbot()
        answer = counted.ask(
            door.get(),
            current,
            question,
            history=_turns(history),
            filters=_filters(sources, since, until),
            passages=_within(passages, "passages"),
        )
        return _asked(answer, current.index)

    def search(question: str, k: int = 10, sources: Strings = (), since: str = "", until: str = "") -> SearchResult:
        """Find the passages of the articles that are nearest to a question, best first.

        Args:
            question: The question, in plain words.
            k: How many passages are wanted, 1 to 100.
            sources: Only articles of these sources; empty for all.
            since: Only articles published on this date or later: 2024, 2024-08 or 2024-08-05; empty for any.
            until: Only articles published on this date or earlier, given likewise; empty for any.
        """
        current = chatbot()
        hits = current.search(question, _within(k, "k"), filters=_filters(sources, since, until))
        return SearchResult(_passages(hits, current.index))

    def article(article_id: str) -> ArticleResult:
        """Read a whole article, for instance one that a citation or a passage is from.

        Args:
            article_id: The article's id, as citations and passages have it.
        """
        try:
            return ArticleResult(**asdict(chatbot().index.article(article_id)))
        # Half of a surrogate pair is no character, and no id has one.
        except (KeyError, UnicodeEncodeError):
            raise RagError(f"there is no article {article_id[:200]}: take an id from a citation or a passage") from None

    for endpoint in (ask, search, article):
        # Without gradio's queue, which would have its MCP server call itself over HTTP.
        api(_told(endpoint), queue=False)


def _told(endpoint: Callable[P, R]) -> Callable[P, R]:
    """The endpoint with its arguments checked, and with what goes wrong told to whoever called it."""
    checked: Callable[..., R] = validate_call(endpoint)

    @wraps(endpoint)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            # By name, so that a complaint names it.
            return checked(**inspect.signature(endpoint).bind(*args, **kwargs).arguments)
        except ValidationError as error:
            first = error.errors()[0]
            message = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        except RagError as error:
            message = told(error, asker())
        raise CallError(message, print_exception=False)

    return call


def _asked(answer: Answer, index: ArticleIndex) -> AskResult:
    return AskResult(
        answer=answer.text,
        abstained=answer.abstained,
        confidence=round(answer.confidence, 4),
        sentences=tuple(SaidSentence(**asdict(item), standing=item.standing) for item in answer.sentences),
        citations=answer.citations,
        nearest=_passages(answer.nearest, index) if answer.abstained else (),
        standalone=answer.standalone,
        model=answer.model,
        short=None if answer.abstained else answer.short,
    )


def _passages(hits: Sequence[Hit], index: ArticleIndex) -> tuple[FoundPassage, ...]:
    articles = {name: index.article(name) for name in {hit.passage.article_id for hit in hits}}
    return tuple(_passage(hit, articles[hit.passage.article_id]) for hit in hits)


def _passage(hit: Hit, article: Article) -> FoundPassage:
    found = hit.passage
    return FoundPassage(article.id, article.title, found.start, found.end, found.text, round(hit.score, 4), article.url)


def _turns(history: Pairs) -> list[Turn]:
    try:
        return [(question, answer) for question, answer in history]
    except ValueError:
        raise BadQuestion("a turn of the history is not a pair: give a question and what was answered") from None


def _filters(sources: Strings, since: str, until: str) -> Filters:
    return Filters(frozenset(sources), since or None, until or None)


def _within(number: int, name: str) -> int:
    if not 1 <= number <= MOST_PASSAGES:
        raise SettingsError(f"{name} is {number}: set it between 1 and {MOST_PASSAGES}")
    return number
