"""OpenAI's Chat Completions, answered by the chatbot, so that any front end or library that speaks them can ask.

Beside what OpenAI's messages have, one of ours (when streaming, the last chunk's `delta`) has
`sentences`   each with text, citations (their numbers), support in [0, 1] and standing: supported, weak or unsupported
`citations`   each with number, article_id, title, start, end, quote and url, as `rag.answer.Citation` describes them
`abstained`   whether the articles do not hold the answer
`confidence`  how sure it is, in [0, 1]
`model`       what a language model did, as `rag.answer.ModelUse` describes it; null where none was asked
and its `annotations` are OpenAI's `url_citation`s, of the sentences whose articles have an address.
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from corpus.errors import BadQuestion, RagError
from corpus.tokens import count_tokens
from rag.answer import Answer
from rag.chatbot import Chatbot
from rag.conversation import Turn
from rag.extractive import ExtractiveAnswerer
from ui.openai_reply import as_answered, content_of, proof_of, unsaid
from ui.serving.limits import account_name
from ui.serving.logs import say
from ui.serving.metrics import Metrics, unexpected
from ui.serving.trouble import told
from ui.working import Done, replies

MODEL = "ask-the-articles"

_DOOR = "v1"
_REFUSED = "invalid_request_error"

Json = dict[str, Any]


class _Strict(BaseModel):
    """What is known of a request is of its type; what is not known is left alone."""

    model_config = ConfigDict(strict=True, extra="ignore")


class _Part(_Strict):
    type: str
    text: str = ""


class _Message(_Strict):
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: list[_Part] | None = None

    @field_validator("content", mode="before")
    @classmethod
    def _as_parts(cls, content: object) -> object:
        return [{"type": "text", "text": content}] if isinstance(content, str) else content

    @property
    def text(self) -> str:
        """The words of it: what else a message can have, such as pictures, is not understood."""
        return "\n".join(part.text for part in self.content or () if part.type == "text")


class _StreamOptions(_Strict):
    include_usage: bool = False


class _Completion(_Strict):
    """A request for a completion, as far as it has a part in the answer."""

    model: str
    messages: list[_Message]
    stream: bool = False
    stream_options: _StreamOptions | None = None

    @property
    def conversation(self) -> tuple[str, list[Turn]]:
        """The question, which is what the user said last, and the turns before it; BadQuestion where there is none."""
        said = [place for place, message in enumerate(self.messages) if message.role == "user"]
        if not said:
            raise BadQuestion("messages has none of the role user: ask something")
        return self.messages[said[-1]].text, list(_turns(self.messages[: said[-1]]))


def router(chatbot: Callable[[], Chatbot], metrics: Metrics | None = None) -> APIRouter:
    """The addresses below /v1; each request is answered by the chatbot that is current then, and counted."""
    counted = metrics or Metrics()
    routes = APIRouter(prefix="/v1", tags=["OpenAI"])

    @routes.post("/chat/completions")
    async def complete(request: Request) -> Response:
        """Answer the last user message of a conversation."""
        body = await request.body()
        account = account_name(request.scope)
        return await run_in_threadpool(_reply, request, lambda: _complete(account, body, counted, chatbot()))

    @routes.get("/models")
    def models(request: Request) -> Response:
        """The one model there is."""
        return _reply(request, lambda: JSONResponse({"object": "list", "data": [_model(chatbot())]}))

    @routes.get("/models/{name:path}")
    def model(name: str, request: Request) -> Response:
        """The model of a name."""
        return _reply(request, lambda: JSONResponse(_model(chatbot()))) if name == MODEL else _unknown(name)

    return routes


def _reply(request: Request, make: Callable[[], Response]) -> Response:
    """A reply, or in its place what went wrong."""
    try:
        return make()
    except Exception as error:
        status, said = _failure(error, account_name(request.scope))
        return JSONResponse(said, status)


def _complete(account: str, body: bytes, metrics: Metrics, chatbot: Chatbot) -> Response:
    wanted = _Completion.model_validate_json(body)
    if wanted.model != MODEL:
        return _unknown(wanted.model)
    question, history = wanted.conversation
    if not wanted.stream:
        return JSONResponse(_completion(wanted, metrics.ask(_DOOR, chatbot, question, history=history)))
    pieces = _pieces(metrics, chatbot, question, history)
    # An error before the first words can still be told by its status.
    written = chain([next(pieces)], pieces)
    headers = {"Cache-Control": "no-cache"}
    return StreamingResponse(_events(account, wanted, written), media_type="text/event-stream", headers=headers)


def _pieces(metrics: Metrics, chatbot: Chatbot, question: str, history: list[Turn]) -> Iterator[str | Answer]:
    """The text as it is written, and at last the answer."""
    if chatbot.answerers[0] == ExtractiveAnswerer.name:
        # It takes milliseconds, and can then be said with its marks.
        yield metrics.ask(_DOOR, chatbot, question, history=history)
        return
    ask = partial(metrics.ask, _DOOR, chatbot, question, history=history)
    for piece in replies(lambda on_token: ask(on_token=on_token)):
        yield piece.value if isinstance(piece, Done) else piece


def _completion(wanted: _Completion, answer: Answer) -> Json:
    content = content_of(answer)
    message = {"role": "assistant", "content": content, "refusal": None, **proof_of(answer, content)}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    return {**_head("chat.completion"), "choices": [choice], "usage": _usage(wanted, content)}


def _events(account: str, wanted: _Completion, pieces: Iterator[str | Answer]) -> Iterator[str]:
    """Server-sent events; what goes wrong on the way is the last of them."""
    try:
        for chunk in _chunks(wanted, pieces):
            yield _event(chunk)
        yield "data: [DONE]\n\n"
    except Exception as error:
        yield _event(_failure(error, account)[1])


def _chunks(wanted: _Completion, pieces: Iterator[str | Answer]) -> Iterator[Json]:
    counts = wanted.stream_options is not None and wanted.stream_options.include_usage
    head = _head("chat.completion.chunk") | ({"usage": None} if counts else {})

    def chunk(delta: Json, finish: str | None = None) -> Json:
        return {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}]}

    yield chunk({"role": "assistant", "content": ""})
    said = ""
    for piece in pieces:
        new = piece if isinstance(piece, str) else unsaid(said, piece)
        said += new
        yield chunk({"content": new})
        if isinstance(piece, Answer):
            yield chunk(proof_of(piece, said), "stop")
    if counts:
        yield {**head, "choices": [], "usage": _usage(wanted, said)}


def _turns(messages: list[_Message]) -> Iterator[Turn]:
    """The questions that were answered, with the answers as they were before they were laid out."""
    question = ""
    for message in messages:
        if message.role == "user":
            question = message.text
        elif message.role == "assistant" and question and message.text:
            yield question, as_answered(message.text)
            question = ""


def _usage(wanted: _Completion, content: str) -> Json:
    """Counted in cl100k tokens, as passages are."""
    asked = sum(count_tokens(message.text) for message in wanted.messages)
    said = count_tokens(content)
    return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}


def _head(kind: str) -> Json:
    return {"id": f"chatcmpl-{uuid.uuid4().hex}", "object": kind, "created": int(time.time()), "model": MODEL}


def _model(chatbot: Chatbot) -> Json:
    made = datetime.fromisoformat(chatbot.index.manifest.created)
    return {"id": MODEL, "object": "model", "created": int(made.timestamp()), "owned_by": MODEL}


def _event(data: Json) -> str:
    return f"data: {json.dumps(data)}\n\n"


def _unknown(name: str) -> Response:
    return JSONResponse(_error(f"there is no model {name[:200]}: ask {MODEL}", "model", "model_not_found"), 404)


def _failure(error: Exception, account: str) -> tuple[int, Json]:
    """The status and the body by which OpenAI's libraries know what went wrong."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        return 400, _error(": ".join(filter(None, (place, first["msg"]))), place or None)
    if isinstance(error, BadQuestion):
        return 400, _error(str(error), "messages")
    if isinstance(error, RagError):
        return 500, _error(told(error, account), kind="server_error")
    say("request failed", level=logging.ERROR, error=error)
    return 500, _error(str(unexpected()), kind="server_error")


def _error(message: str, param: str | None = None, code: str | None = None, kind: str = _REFUSED) -> Json:
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}
