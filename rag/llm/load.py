"""The language model that the settings name."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from corpus.errors import SettingsError

if TYPE_CHECKING:
    from rag.llm.model import LanguageModel
    from rag.settings import Settings


def load(settings: Settings) -> LanguageModel:
    """The model of `settings.llm`, loaded once in a process.

    Raises:
        SettingsError: it is neither an address nor a `.gguf` file.
        MissingDependency, LanguageModelError: see `rag.llm.local`.
    """
    return _load(settings.llm.strip(), settings.llm_model, settings.llm_window, settings.llm_timeout)


@lru_cache(maxsize=2)
def _load(llm: str, model: str, window: int, timeout: float) -> LanguageModel:
    if llm.lower().startswith(("http://", "https://")):
        from rag.llm.endpoint import Endpoint

        return Endpoint(llm, model, window=window, timeout=timeout)
    if llm.endswith(".gguf"):
        from rag.llm.local import LocalModel

        return LocalModel.load(Path(llm), window=window, timeout=timeout)
    # Not repeated: it may hold a password.
    raise SettingsError("llm is neither an address such as http://localhost:11434/v1 nor a .gguf file: set it to one")
