"""What the server says on standard error: what goes wrong, or a line for each event too, and no secret in any."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import secrets
import sys
import traceback
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TextIO

from corpus.errors import RagError
from ui.serving.server_settings import JSON, QUIET

# The request that is being answered, also in the threads that work for it; empty outside of any.
request_id: ContextVar[str] = ContextVar("request_id", default="")
# How a program that calls gradio's endpoints came in.
door: ContextVar[str] = ContextVar("door", default="api")

_EVENTS = logging.getLogger("ui.serving.events")
_PRINTED = logging.getLogger("ui.printed")
# What a request may be called by whoever sends it: nothing that could forge a line of the log.
_SANE = re.compile(r"[\w.:/+={}-]{1,100}", re.ASCII)
_SECRET = re.compile(r"(KEY|TOKEN|PASSWORD|SECRET|ACCOUNTS)$", re.IGNORECASE)
# Up to the last @: a password may hold one, or a slash.
_ADDRESS = re.compile(r"(?<=://)[^\s\"'<>]+")
_CREDENTIALS = re.compile(r"\b(bearer|basic)\s+[\w.~+/:=-]{4,}", re.IGNORECASE)
# The mark of an error that was logged.
_TOLD = "_is_logged"
# What is shorter stands in any text.
_LEAST_SECRET = 6


def name_request(given: str | None) -> str:
    """Name the request that is being answered: as it was named already, or, where that is no name, anew."""
    name = given if given and _SANE.fullmatch(given) else secrets.token_hex(8)
    request_id.set(name)
    return name


def say(event: str, *, level: int = logging.INFO, error: BaseException | None = None, **fields: object) -> None:
    """Log an event with what is known of it.

    Args:
        error: whose traceback is logged.
        fields: by name; those that are None are left out.
    """
    known = {name: value for name, value in fields.items() if value is not None}
    _EVENTS.log(level, event, exc_info=error, extra={"fields": known})


def log_to(stream: TextIO, kind: str, *, has_questions: bool = False) -> None:
    """Have everything that is logged or printed as an error go to a stream, as one of `server_settings.LOGS`.

    Args:
        has_questions: whether what was asked may stand there, as it does in many an error's message.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter((JsonLines if kind == JSON else Lines)(has_questions=has_questions))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("ui").setLevel(logging.WARNING if kind == QUIET else logging.INFO)
    logging.captureWarnings(True)
    sys.stderr = _Printed()


def without_secrets(text: str) -> str:
    """A text without logins in addresses, and without what the environment holds under the name of a secret."""
    text = _CREDENTIALS.sub(r"\1 …", _ADDRESS.sub(_without_login, text))
    for secret in _secrets():
        text = text.replace(secret, "…")
    return text


class _Formatter(logging.Formatter):
    """What the forms of an event share: what is known of it, without what is not to be said.

    Args:
        has_questions: whether what was asked may stand there.
    """

    def __init__(self, *, has_questions: bool = False) -> None:
        super().__init__()
        self._has_questions = has_questions

    def event(self, record: logging.LogRecord) -> dict[str, Any]:
        """What is known, by name."""
        made = datetime.fromtimestamp(record.created, UTC)
        fields: dict[str, Any] = getattr(record, "fields", {"logger": record.name})
        error = record.exc_info[1] if record.exc_info else None
        event = {
            "time": made.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **({"request": name} if (name := request_id.get()) else {}),
            **fields,
            **({"traceback": self._traceback(error)} if error else {}),
        }
        return {name: without_secrets(value) if isinstance(value, str) else value for name, value in event.items()}

    def _traceback(self, error: BaseException) -> str:
        if self._has_questions:
            return "".join(traceback.format_exception(error)).rstrip()
        return "\n".join(_frames(error, set()))


class Lines(_Formatter):
    """One event as a line for people, with the traceback below it, indented, where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter`."""
        event = self.event(record)
        below = event.pop("traceback", "").split("\n")
        head = " ".join(" ".join(event.pop(name).split()) for name in ("time", "level", "event"))
        rest = " ".join(f"{name}={_word(value)}" for name, value in event.items())
        # No error's message can look like an event, which begins at the margin.
        lines = (f"{head} {rest}".rstrip(), *(f"  {line}" for line in below if line))
        return "\n".join(map(_printable, lines))


def _word(value: object) -> str:
    """A value as one word, so that none can look like another, or like another line."""
    return str(value) if _SANE.fullmatch(str(value)) else json.dumps(value, ensure_ascii=False, default=str)


class JsonLines(_Formatter):
    """One event as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter`."""
        return _printable(json.dumps(self.event(record), ensure_ascii=False, default=str))


def _printable(text: str) -> str:
    """A text in which what moves a terminal's cursor, or ends a line, is written as JSON escapes it."""
    return text if text.isprintable() else "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)


def _frames(error: BaseException, seen: set[int]) -> Iterator[str]:
    """The lines of a traceback, causes first, with the messages of our own errors alone.

    Those of other errors may quote what was asked, in whatever way.
    """
    seen.add(id(error))
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause and id(cause) not in seen:
        yield from _frames(cause, seen)
    yield "Traceback (most recent call last):"
    for frame in traceback.format_tb(error.__traceback__):
        yield from frame.rstrip().split("\n")
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    yield f"{name}: {error}" if isinstance(error, RagError) else name
    for member in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        yield from _frames(member, seen)


def _without_login(found: re.Match[str]) -> str:
    *login, rest = found[0].rsplit("@", 1)
    return f"…@{rest}" if login else rest


def _secrets() -> list[str]:
    """What is not to be said: the values of variables that are named for secrets, and the passwords in accounts."""
    values = [value for name, value in os.environ.items() if _SECRET.search(name)]
    accounts = [line.split(":", 2)[-1] for value in values for line in re.split(r"[\n;]", value)]
    said = {value.strip() for value in (*values, *accounts)}
    return sorted((value for value in said if len(value) >= _LEAST_SECRET), key=len, reverse=True)


class _Printed(io.TextIOBase):
    """Standard error, where what is printed is logged line by line, and a traceback as one event."""

    def __init__(self) -> None:
        self._rest = ""

    def writable(self) -> bool:
        """See `io.IOBase`."""
        return True

    def write(self, text: str) -> int:
        """See `io.TextIOBase`."""
        if error := sys.exception():
            # Printed by whoever handles it, in many pieces; gradio does so.
            if not getattr(error, _TOLD, False):
                setattr(error, _TOLD, True)
                _PRINTED.error("unexpected error", exc_info=error)
            return len(text)
        *lines, self._rest = (self._rest + text).split("\n")
        for line in filter(str.strip, lines):
            _PRINTED.warning("%s", line)
        return len(text)
