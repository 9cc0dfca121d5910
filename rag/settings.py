"""Everything that can be set, from arguments, the environment and a file, in that order of precedence."""

from __future__ import annotations

import math
import os
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from corpus.errors import SettingsError
from corpus.splitter import Splitter
from index.embedding.embedder import DEFAULT_MODEL

_PREFIX = "RAG_"
_ELSEWHERE = {"RAG_HOME", "RAG_INDEX"}
FILE = Path("rag.toml")

STRICT, FLAG = "strict", "flag"
EXTRACTIVE = "extractive"
_LEAST = {"max_tokens": 20, "overlap": 0, "passages": 1, "max_quotes": 1, "llm_window": 1024, "llm_timeout": 1}


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings, passed to what needs them and never changed.

    Args:
        model: a sentence-transformers model, by name or path.
        max_tokens: the longest passage, in cl100k tokens.
        overlap: how many sentences a passage repeats of the one before, where a paragraph has to be cut.
        passages: how many passages are read for an answer.
        max_quotes: the most sentences an answer quotes.
        reranker: a sentence-transformers cross-encoder, by name or path, that orders the passages found; empty for
            the project's own, which needs no model.
        threshold: the least confidence at which an answer is given. At .25, about one in twenty questions that could
            be answered is refused: 4 % of SQuAD's gold questions about articles not fitted on, and 7 % of those of its
            training set; `rag eval` says what it would have to be elsewhere.
        llm: a language model that writes the answers: the address of an OpenAI-compatible endpoint, or a `.gguf` file;
            empty for none. The key of an endpoint is read from OPENAI_API_KEY.
        llm_model: the model's name at the endpoint; not needed where it has only one.
        llm_window: how many tokens prompt and reply may have together.
        llm_timeout: the seconds after which a reply is no longer waited for.
        verification: what becomes of a sentence of the model that what it cites does not support: `strict` replaces it
            by the articles' own words or drops it, `flag` keeps and marks it.
    """

    model: str = DEFAULT_MODEL
    max_tokens: int = Splitter().max_tokens
    overlap: int = Splitter().overlap
    passages: int = 12
    max_quotes: int = 5
    reranker: str = ""
    threshold: float = 0.25
    llm: str = ""
    llm_model: str = ""
    llm_window: int = 4096
    llm_timeout: float = 60.0
    verification: str = STRICT

    def __post_init__(self) -> None:
        for name, least in _LEAST.items():
            if not least <= getattr(self, name) < math.inf:
                raise SettingsError(f"{name} is {getattr(self, name)}: set it to {least} or more")
        if not 0 <= self.threshold <= 1:
            raise SettingsError(f"threshold is {self.threshold}: set it between 0 and 1")
        if self.llm_model == EXTRACTIVE:
            raise SettingsError(f"llm_model is {EXTRACTIVE!r}, which is how the answers without a model are called")
        if self.verification not in (STRICT, FLAG):
            raise SettingsError(f"verification is {self.verification!r}: set it to {STRICT} or {FLAG}")

    @property
    def splitter(self) -> Splitter:
        """The splitter these settings describe."""
        return Splitter(self.max_tokens, self.overlap)

    def described(self) -> dict[str, Any]:
        """The settings by name, without the login that an address may hold."""
        return {**asdict(self), "llm": self.llm.rpartition("@")[2].partition("?")[0].partition("#")[0]}

    @classmethod
    def load(cls, file: Path | None = None, **arguments: Any) -> Settings:
        """Settings from a TOML file (`rag.toml` if there is one), from `RAG_…` variables, and from arguments not None.

        Raises:
            SettingsError: a setting is unknown, of the wrong kind or impossible.
        """
        given = {
            **_from_file(file),
            **_from_environment(os.environ),
            **{name: value for name, value in arguments.items() if value is not None},
        }
        known = {item.name: type(getattr(cls(), item.name)) for item in fields(cls)}
        for name, value in given.items():
            if name not in known:
                raise SettingsError(f"there is no setting {name}: the settings are {', '.join(sorted(known))}")
            given[name] = _as(known[name], name, value)
        return replace(cls(), **given)


def _from_file(file: Path | None) -> dict[str, Any]:
    if file is None and not FILE.exists():
        return {}
    path = file or FILE
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"the settings file {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise SettingsError(f"the settings file {path} is not TOML: {error}") from error


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(_PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(_PREFIX) and name not in _ELSEWHERE
    }


def _as(kind: type, name: str, value: Any) -> Any:
    try:
        return kind(value)
    except (TypeError, ValueError):
        raise SettingsError(f"{name} is {value!r}: it must be of the kind {kind.__name__}") from None
