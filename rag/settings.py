"""Everything that can be set about the answers."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from corpus.errors import SettingsError
from corpus.splitter import Splitter
from index.embedding.embedder import DEFAULT_MODEL
from rag.configured import configured

STRICT, FLAG = "strict", "flag"
EXTRACTIVE = "extractive"
OWN_READER, NO_READER = "own", "none"
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
        reader: `own` to have the best passages read together with the question by the small model that the project
            ships, which finds more; `none` to go without, which takes a tenth of the time.
        threshold: the least confidence at which an answer is given. At .2, about one in twenty questions that could
            be answered is refused: 6 % of SQuAD's gold questions about articles not fitted on, and 9 % of those of its
            training set (without the reader, 2 % of the former); `rag eval` says what it would have to be elsewhere.
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
    reader: str = OWN_READER
    threshold: float = 0.2
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
        if self.reader not in (OWN_READER, NO_READER):
            raise SettingsError(f"reader is {self.reader!r}: set it to {OWN_READER} or {NO_READER}")
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
        return configured(cls, file, arguments)
