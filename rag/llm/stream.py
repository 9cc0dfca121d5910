"""Reads the server-sent events of OpenAI's Chat Completions, as strictly as a reply that is relied on needs.

Not by the client's own reader: it does not tell a stream that came to its end from one that just stopped.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from rag.llm.failures import BROKE_OFF, Failed, of_words, said
from rag.llm.model import OnText

if TYPE_CHECKING:
    from openai import AsyncAPIResponse


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    delta: _Message = _Message()
    message: _Message | None = None
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Chunk(BaseModel):
    """A part of a reply, or the whole of one from a server that does not stream."""

    choices: list[_Choice] = []
    usage: _Usage | None = None
    error: Any = None


@dataclass(slots=True)
class Stream:
    """What a stream has brought until now."""

    on_text: OnText
    pieces: list[str] = field(default_factory=list)
    refusal: str = ""
    finish: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0

    async def read(self, response: AsyncAPIResponse[Any]) -> None:
        """Take in a whole response.

        Raises:
            Failed: it is no stream of a reply, tells of an error, or stops before the end.
        """
        if "html" in response.headers.get("content-type", ""):
            raise Failed("answers with a web page: check the address, which often ends in /v1")
        async for event in _events(response):
            if event == b"[DONE]":
                self.finish = self.finish or "stop"
                return
            self._take(event)
        if not self.finish:
            raise Failed(BROKE_OFF)

    @property
    def text(self) -> str:
        """The reply as far as it has come."""
        return "".join(self.pieces)

    def _take(self, event: bytes) -> None:
        try:
            chunk = _Chunk.model_validate_json(event)
        except ValidationError:
            raise Failed("sent something that is no part of a reply: check that it speaks OpenAI's protocol") from None
        if chunk.error:
            words = said(chunk.error)
            raise of_words(words, words) or Failed("failed in its reply", words)
        if chunk.usage:
            self.prompt_tokens, self.completion_tokens = chunk.usage.prompt_tokens, chunk.usage.completion_tokens
        for choice in chunk.choices[:1]:
            self._add(choice.message or choice.delta)
            self.finish = choice.finish_reason or self.finish

    def _add(self, message: _Message) -> None:
        self.refusal += message.refusal or ""
        if message.content:
            self.pieces.append(message.content)
            self.on_text(message.content)


async def _events(response: AsyncAPIResponse[Any]) -> AsyncIterator[bytes]:
    """The data of the events, of which each has one line here; JSON that is not streamed is one event."""
    if "application/json" in response.headers.get("content-type", ""):
        yield b"".join([part async for part in _parts(response)])
        return
    rest = b""
    async for part in _parts(response):
        # Of bytes: `str.splitlines`, and with it the client's `iter_lines`, also cuts at U+2028 within a text.
        *lines, rest = (rest + part).split(b"\n")
        for line in lines:
            if line.startswith(b"data:"):
                yield line.removeprefix(b"data:").strip()
    if rest.startswith(b"data:"):
        yield rest.removeprefix(b"data:").strip()


async def _parts(response: AsyncAPIResponse[Any]) -> AsyncIterator[bytes]:
    try:
        async for part in response.iter_bytes():
            yield part
    except Exception:
        # Of the transport, which one client has from httpx and another from httpx2.
        raise Failed(BROKE_OFF) from None
