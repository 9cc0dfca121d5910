"""What went wrong at an endpoint, in words for a reader."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openai import APIConnectionError, APIStatusError

# Of what a server says, this much is shown.
_LONGEST = 200
_REFUSED_KEY = (401, 403)
# How OpenAI, llama.cpp, vLLM, SGLang, TGI, Ollama, LM Studio, Mistral and Google say that a prompt is too long.
_TOO_LONG = re.compile(
    r"context_length_exceeded|exceed_context_size|context (length|size|window|limit|the overflows)|context shift"
    r"|maximum (model|context) len|(prompt|input)( is| contains)? too (long|large)|too many tokens"
    r"|token count.* exceeds|max_new_tokens.* must be|reduce the length",
    re.IGNORECASE,
)
_MINDED = re.compile(r"content[_ ](filter|policy|management)|safety system", re.IGNORECASE)


BROKE_OFF = "broke off before the end of its reply: ask again"
FILTERED = "kept its reply back: its content filter minds something in the question or the articles"


class Failed(Exception):
    """A failure as the rest of a sentence that begins with who failed; `words` are the server's own."""

    def __init__(self, what: str, words: str = "") -> None:
        self.what = what
        self.words = words
        super().__init__(what)

    def line(self, who: str, secrets: tuple[str, ...]) -> str:
        """The whole sentence in one line, without the secrets that servers repeat."""
        words = self.words
        for secret in filter(None, secrets):
            words = words.replace(secret, "…")
        words = " ".join("".join(sign if sign.isprintable() else " " for sign in words).split())
        shown = words if len(words) <= _LONGEST else f"{words[:_LONGEST]} …"
        return f"{who} {self.what}" + (f" ({shown})" if shown else "")


def said(body: object) -> str:
    """The message in the body of an error, as far as it has one; a web page has none."""
    if isinstance(body, Mapping):
        return next((said(body[key]) for key in ("message", "error", "detail") if body.get(key)), "")
    text = str(body or "")
    return "" if text.lstrip().startswith("<") else text


def of_status(error: APIStatusError, *, has_key: bool) -> Failed:
    """Why a server did not take a request, told by its status and its words."""
    status, words = error.status_code, said(error.body)
    if status in _REFUSED_KEY:
        return Failed(
            "does not take the key in OPENAI_API_KEY" if has_key else "needs a key: set OPENAI_API_KEY", words
        )
    if status == 429:
        return Failed("has no room for the question now, or no allowance left: ask again later", words)
    return of_words(f"{error.code} {words}", words) or Failed(
        f"failed with status {status}: look at its log" if status >= 500 else f"refused the question, status {status}",
        words,
    )


def of_words(text: str, words: str) -> Failed | None:
    """What a server's words tell of a failure that servers have no common status for."""
    if _TOO_LONG.search(text):
        return Failed("has no room for so long a prompt: set llm_window to what it takes", words)
    if _MINDED.search(text):
        return Failed(FILTERED, words)
    return None


def of_connection(error: APIConnectionError) -> Failed:
    """Why nothing came back at all."""
    return Failed("cannot be reached: check that it is running, and its address", str(error.__cause__ or ""))
