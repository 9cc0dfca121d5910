"""A language model in a GGUF file, run by llama.cpp within this process: nothing has to be started first."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.request import ProxyHandler, Request, build_opener

from corpus.errors import LanguageModelError, MissingDependency, SettingsError
from rag.llm.endpoint import Endpoint
from rag.llm.model import Message, OnText, Reply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xllamacpp import Server

_MAGIC = b"GGUF"
_SILENT = -1
# Tokens of a prompt that are read before it is looked whether anyone still waits.
_BATCH = 512
_TURN = "<|im_start|>"
# For models that were never taught to chat: they go on with a text, and an answer of theirs ends with its paragraph.
_PLAIN = "{% for message in messages %}{{ message.content }}\n\n{% endfor %}Answer:"
_PARAGRAPH = "\n\n"
_loading = Lock()


class LocalModel:
    """A model in a file. Replies are written one at a time: more at once would each be slower, and share its window."""

    def __init__(self, llama: _Llama, *, window: int, timeout: float) -> None:
        self.name = llama.name
        self.window = min(window, llama.window)
        # What the model is let go with.
        self._llama = llama
        self._endpoint = Endpoint(
            f"{llama.address}/v1", llama.name, window=self.window, timeout=timeout, key=llama.key, shown=llama.name
        )

    @classmethod
    def load(cls, file: Path, *, window: int, timeout: float) -> LocalModel:
        """The model of a GGUF file, read once however often it is asked for.

        Args:
            window: tokens that prompt and reply may have together; fewer where the model was trained for fewer.
            timeout: seconds for a reply, those included for which others are waited for.

        Raises:
            MissingDependency: llama.cpp is not installed.
            SettingsError: it is no such file.
            LanguageModelError: llama.cpp cannot make anything of it.
        """
        if not find_spec("xllamacpp"):
            raise MissingDependency("xllamacpp", "a model in a GGUF file", "pip install xllamacpp")
        _check(file)
        with _loading:
            llama = _llama(file.resolve(), file.stat().st_mtime_ns, window)
        return cls(llama, window=window, timeout=timeout)

    def reply(self, messages: Sequence[Message], *, max_tokens: int, on_text: OnText | None = None) -> Reply:
        """See `LanguageModel.reply`; at the deadline the model stops."""
        return self._endpoint.reply(messages, max_tokens=max_tokens, on_text=on_text)


@dataclass(frozen=True, slots=True)
class _Llama:
    """llama.cpp with a model: it always listens, so on this machine alone, and to nobody without a key made for it."""

    server: Server
    name: str
    key: str

    @property
    def address(self) -> str:
        address: str = self.server.listening_address
        return address

    @property
    def window(self) -> int:
        """Tokens that it takes, and was trained for."""
        about = self._asked("/v1/models")["data"][0]["meta"]
        return int(min(about["n_ctx"], about["n_ctx_train"]))

    @property
    def chats(self) -> bool:
        """Whether the model knows the marks of the turns that it would be given.

        A file without a template gets ChatML from llama.cpp, which is nonsense to a model that was not taught it.
        """
        if _TURN not in self._asked("/props")["chat_template"]:
            return True
        return len(self._asked("/tokenize", {"content": _TURN, "parse_special": True})["tokens"]) == 1

    def _asked(self, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        request = Request(self.address + path, None if body is None else json.dumps(body).encode(), headers)
        # No proxy: it is this process that is asked.
        with build_opener(ProxyHandler({})).open(request) as reply:
            return json.load(reply)


def _check(file: Path) -> None:
    try:
        with file.open("rb") as opened:
            is_gguf = opened.read(len(_MAGIC)) == _MAGIC
    except OSError as error:
        raise SettingsError(f"llm is {file}, which cannot be read ({error.strerror}): name a GGUF file") from None
    if not is_gguf:
        raise SettingsError(f"llm is {file}, which is no GGUF file: name one")


@lru_cache(maxsize=1)
def _llama(file: Path, changed: int, window: int) -> _Llama:
    """The model of a file as it was last changed; the one before is let go."""
    llama = _started(file, window)
    if llama.chats:
        return llama
    del llama
    return _started(file, window, chat_template=_PLAIN, antiprompt=[_PARAGRAPH])


def _started(file: Path, window: int, **template: Any) -> _Llama:
    # Threads that spin while they wait for each other starve where others want the processor too: on two cores that
    # were shared, 9 tokens a second, and 40 without. It is read when the library is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    from xllamacpp import CommonParams, Server

    key = secrets.token_urlsafe()
    params = CommonParams()
    params.model.path = str(file)
    params.model_alias = {file.name}
    here = {"hostnames": ["127.0.0.1"], "port": 0, "api_keys": [key], "verbosity": _SILENT}
    # Not thinking: it takes minutes on a processor, and the tokens that the answer was given.
    wanted = {"n_ctx": window, "n_parallel": 1, "n_batch": _BATCH, "enable_reasoning": 0}
    unused = {"ui": False, "endpoint_slots": False, "warmup": False, "cache_ram_mib": 0}
    for name, value in {**here, **wanted, **unused, **template}.items():
        setattr(params, name, value)
    try:
        return _Llama(Server(params), file.name, key)
    except RuntimeError:
        raise LanguageModelError(
            f"{file.name} cannot be loaded: it is cut short, newer than xllamacpp, or larger than the memory"
        ) from None
