"""Language models at an address: OpenAI's own, and whatever speaks its Chat Completions, as most servers do."""

from __future__ import annotations

import asyncio
import os
from base64 import b64encode
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from corpus.errors import LanguageModelError, SettingsError
from corpus.tokens import count_tokens
from rag.llm.model import Message, OnText, Reply, unheard

if TYPE_CHECKING:
    from openai import APIStatusError, AsyncOpenAI

    from rag.llm.failures import Failed
    from rag.llm.stream import Stream

_KEY = "OPENAI_API_KEY"
_RETRIES = 2
# Seconds: where nothing answers at all, that is soon known.
_CONNECTING = 5.0
# What a server may not know; without it the same is asked, only less exactly.
_DISPENSABLE = {"temperature": 0, "seed": 0, "stream_options": {"include_usage": True}}
# Of the models that there are, so many are named.
_NAMED = 8
# What is shorter stands in any text.
_LEAST_SECRET = 4
_HERE = ("localhost", "127.0.0.1", "::1")


class Endpoint:
    """A model at an address; each reply has a connection of its own, so any number of threads may ask.

    Args:
        address: up to its `/v1`; a user and a password in it are sent, and shown nowhere.
        model: its name there; empty where there is only one.
        window: how many tokens prompt and reply may have together.
        timeout: seconds for the whole of a reply, with all that is tried again.
        key: by default that in OPENAI_API_KEY, read whenever the model is asked.
        shown: what errors call the endpoint; by default its address.

    Raises:
        SettingsError: the address is none.
    """

    def __init__(
        self, address: str, model: str = "", *, window: int, timeout: float, key: str = "", shown: str = ""
    ) -> None:
        self.window = window
        self._timeout = timeout
        self._model = model
        self._own_key = key
        self._address, self._login = _split(address)
        self._shown = shown or self._address
        self.name = model or self._shown

    def reply(self, messages: Sequence[Message], *, max_tokens: int, on_text: OnText | None = None) -> Reply:
        """See `LanguageModel.reply`; nothing is tried again once there is text."""
        from anyio.from_thread import start_blocking_portal

        # In a loop, where whatever is waited for can be broken off at the deadline; and that in a thread of its own,
        # since a notebook has a loop running already.
        with start_blocking_portal() as portal:
            return portal.call(self._reply, messages, max_tokens, on_text or unheard)

    async def _reply(self, messages: Sequence[Message], max_tokens: int, on_text: OnText) -> Reply:
        from rag.llm.failures import Failed

        key = self._key()
        try:
            async with asyncio.timeout(self._timeout) as limit, self._client(key, limit) as client:
                return await self._told(client, messages, max_tokens, on_text)
        except Failed as failed:
            failure = failed
        except TimeoutError:
            if not limit.expired():
                raise
            failure = Failed(f"did not end its reply within {self._timeout:g} s: set llm_timeout to more, or ask again")
        # Not within the handlers: the errors they have hold the key.
        user, password = self._login or ("", "")
        raise LanguageModelError(failure.line(self._shown, _secrets(key, user, password)))

    def _key(self) -> str:
        key = self._own_key or os.environ.get(_KEY, "").strip()
        if not (key.isascii() and key.isprintable()):
            raise LanguageModelError(f"{_KEY} holds characters that no key has: set it again")
        return key

    def _client(self, key: str, limit: asyncio.Timeout) -> AsyncOpenAI:
        from rag.llm.failures import Failed

        try:
            return self._made(key, limit)
        except Exception:
            # Whatever the transport makes of a proxy or a certificate that the environment names.
            raise Failed("cannot be asked: check the proxy and the certificates that the environment names") from None

    def _made(self, key: str, limit: asyncio.Timeout) -> AsyncOpenAI:
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient, Timeout

        # A proxy is the way to other machines, not to a server on this one.
        is_here = urlsplit(self._address).hostname in _HERE
        http = DefaultAsyncHttpxClient(
            auth=self._login, trust_env=not is_here, event_hooks={"response": [_unless_too_late(limit)]}
        )
        waiting = Timeout(None, connect=min(_CONNECTING, self._timeout))
        return AsyncOpenAI(
            base_url=self._address, api_key=key or "none", timeout=waiting, max_retries=_RETRIES, http_client=http
        )

    async def _told(self, client: AsyncOpenAI, messages: Sequence[Message], max_tokens: int, on_text: OnText) -> Reply:
        """The reply; Failed where there is none, whatever the client has as an error."""
        from openai import APIConnectionError, APIStatusError

        from rag.llm.failures import BROKE_OFF, Failed, of_connection, of_status

        try:
            self.name = model = self._model or await _only_model(client)
            body = [{"role": message.role, "content": message.content} for message in messages]
            request: dict[str, Any] = {"model": model, "messages": body, "max_tokens": max_tokens, **_DISPENSABLE}
            return await _asked(client, request, on_text)
        except APIStatusError as error:
            failed = await self._not_found(client) if error.status_code == 404 else None
            raise failed or of_status(error, has_key=bool(client.api_key != "none")) from None
        except APIConnectionError as error:
            raise of_connection(error) from None
        except Exception as error:
            # What the transport raises while the body of an error is read comes through the client as it is.
            if not type(error).__module__.startswith("httpx"):
                raise
            raise Failed(BROKE_OFF) from None

    async def _not_found(self, client: AsyncOpenAI) -> Failed | None:
        """What is not there, the model or all that is asked at the address; None where both are."""
        from rag.llm.failures import Failed

        try:
            models = await _models(client)
        except Exception:
            # Whatever is wrong with the list of models, it is no longer what was asked for.
            models = None
        if models is None:
            return Failed("has nothing that chats: check the address, which often ends in /v1")
        if self.name in models:
            return None
        return Failed(f"has no model {self.name}: set llm_model to one that it has", _some(models))


async def _asked(client: AsyncOpenAI, request: dict[str, Any], on_text: OnText) -> Reply:
    """The reply to a request, or to what is left of it without options that the server minds."""
    from openai import BadRequestError, UnprocessableEntityError

    from rag.llm.stream import Stream

    stream = Stream(on_text)
    try:
        create = client.chat.completions.with_streaming_response.create
        async with create(**request, stream=True) as response:
            await stream.read(response)
    except (BadRequestError, UnprocessableEntityError) as error:
        lighter = _lighter(request, error)
        if not lighter:
            raise
    else:
        return _whole(request, stream)
    return await _asked(client, lighter, on_text)


def _lighter(request: dict[str, Any], error: APIStatusError) -> dict[str, Any] | None:
    """A refused request without what was minded, or, where that is not told, without all that it can do without."""
    from rag.llm.failures import of_words, said

    words = f"{error.code} {error.param} {said(error.body)}"
    if of_words(words, ""):
        return None
    if "max_completion_tokens" in words and "max_tokens" in request:
        # OpenAI's models that think know the limit by this name alone.
        rest = {name: value for name, value in request.items() if name != "max_tokens"}
        return {**rest, "max_completion_tokens": request["max_tokens"]}
    left = [name for name in _DISPENSABLE if name in request]
    minded = [name for name in left if name in words] or left
    return {name: value for name, value in request.items() if name not in minded} if minded else None


def _whole(request: dict[str, Any], stream: Stream) -> Reply:
    """The reply that a stream has brought; Failed where that is none."""
    from rag.llm.failures import FILTERED, Failed

    if stream.refusal:
        raise Failed("refused to reply", stream.refusal)
    if stream.finish == "content_filter":
        raise Failed(FILTERED)
    if not stream.text.strip():
        if stream.finish == "length":
            raise Failed("came to its limit of tokens before a word of its reply: choose one that thinks less")
        raise Failed("gave an empty reply: ask again, or choose another model")
    return Reply(
        stream.text,
        stream.prompt_tokens or sum(count_tokens(message["content"]) for message in request["messages"]),
        stream.completion_tokens or count_tokens(stream.text),
        is_whole=stream.finish != "length",
    )


async def _only_model(client: AsyncOpenAI) -> str:
    from rag.llm.failures import Failed

    models = await _models(client)
    if models is None:
        raise Failed("has no list of models: check the address, which often ends in /v1, or set llm_model")
    if not models:
        raise Failed("has no model: load one there")
    if len(models) > 1:
        raise Failed("has several models: set llm_model to one of them", _some(models))
    return models[0]


async def _models(client: AsyncOpenAI) -> list[str] | None:
    """The names of an endpoint's models; None where it has no list of them."""
    from openai import NotFoundError

    try:
        listed: Any = await client.get("/models", cast_to=object)
        return [str(model["id"]) for model in listed["data"] or ()]
    except (NotFoundError, KeyError, TypeError, ValueError):
        return None


def _some(models: Sequence[str]) -> str:
    more = [f"{len(models) - _NAMED} more"] if len(models) > _NAMED else []
    return ", ".join([*sorted(models)[:_NAMED], *more])


def _unless_too_late(limit: asyncio.Timeout) -> Callable[[Any], Awaitable[None]]:
    """Keeps the client from waiting for as long as a server asks where that is past the deadline."""

    async def look(response: Any) -> None:
        left = (limit.when() or 0.0) - asyncio.get_running_loop().time()
        with suppress(ValueError):
            if float(response.headers.get("retry-after", 0)) > left:
                response.headers["x-should-retry"] = "false"

    return look


def _split(address: str) -> tuple[str, tuple[str, str] | None]:
    """An address without the user and the password in it, and those."""
    try:
        parts = urlsplit(address.strip())
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError:
        parts, port = urlsplit(""), ""
    if parts.query or parts.fragment:
        raise SettingsError("llm is an address with a ? or a #, which is not sent: leave out what follows it")
    if parts.scheme not in ("http", "https") or not parts.hostname or not _is_name(parts.hostname):
        # Not repeated: it may hold a password.
        raise SettingsError("llm is no address: set it to one such as http://localhost:11434/v1")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    login = (unquote(parts.username or ""), unquote(parts.password or "")) if "@" in parts.netloc else None
    return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}", login


def _is_name(host: str) -> bool:
    """Whether a host can be looked for under this name."""
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return host.isprintable()


def _secrets(key: str, user: str, password: str) -> tuple[str, ...]:
    """What of a login servers may repeat, in each way in which it is sent, the longest first."""
    together = b64encode(f"{user}:{password}".encode()).decode() if user or password else ""
    said = {key, together, *(way for part in (user, password) for way in (part, quote(part, safe="")))}
    return tuple(sorted((secret for secret in said if len(secret) >= _LEAST_SECRET), key=len, reverse=True))
