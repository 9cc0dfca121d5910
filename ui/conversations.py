"""The conversations that the page keeps: one SQLite file, so that they outlive server and browser."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from corpus.errors import RagError
from rag.answer import Answer
from rag.conversation import Turn

if TYPE_CHECKING:
    from pydantic import TypeAdapter

REASONS = ("wrong citation", "should have refused", "not helpful")
_LONGEST_NAME = 60

# A page sends the open conversation whole with whatever is done there.
MOST_EXCHANGES = 200

# What made the file, version by version; one of an earlier version is brought up to date.
_STEPS = (
    (
        "CREATE TABLE conversations(id TEXT PRIMARY KEY, name TEXT NOT NULL, used TEXT NOT NULL)",
        """CREATE TABLE exchanges(
            number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
            conversation TEXT NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
            asked TEXT NOT NULL, question TEXT NOT NULL, answer TEXT, error TEXT, receipt TEXT,
            liked INTEGER, reason TEXT, correction TEXT
        )""",
        "CREATE INDEX exchanges_of ON exchanges(conversation, number)",
    ),
    ("ALTER TABLE conversations ADD COLUMN owner TEXT NOT NULL DEFAULT ''",),
)
# Whatever an account finds or changes is among these.
_OWN = "conversation IN (SELECT id FROM conversations WHERE owner = :owner)"
_OWN_EXCHANGES = f"FROM exchanges WHERE {_OWN}"
_EXCHANGE = "id, question, answer, error, liked, reason, correction, asked"


class NotKept(RagError):
    """The file of the conversations cannot be read or written."""

    def __init__(self, file: Path, reason: Exception) -> None:
        self.file = file
        super().__init__(f"conversations cannot be kept in {file} ({reason}): move it away, or set RAG_HOME")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the reader thinks of an answer; of one that is disliked, why, and perhaps what would be right."""

    liked: bool
    reason: str | None = None
    correction: str | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and what came of it: an answer, or the error that prevented one, in a line."""

    id: str
    question: str
    reply: Answer | str
    verdict: Verdict | None = None
    asked: str = ""

    @property
    def turn(self) -> Turn | None:
        """The exchange as the chatbot remembers it; an error is nothing to remember."""
        return (self.question, self.reply.text) if isinstance(self.reply, Answer) else None


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation without what was said in it; `used` is when it last grew, ISO 8601 in UTC."""

    id: str
    name: str
    used: str


class Conversations:
    """The conversations of an account in one file; safe to share between threads and between processes.

    `owner` is the account's name; those of no account are of the empty one.
    """

    def __init__(self, file: Path) -> None:
        """Open the file, or start it.

        Raises:
            NotKept: the file cannot be written, or is none of ours; from the other methods, too, where it cannot be
                read or written any more.
        """
        self._file = file
        self.owner = ""
        self._lock = Lock()
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
            self._begin()
        except (OSError, sqlite3.Error) as error:
            raise NotKept(self._file, error) from error

    def close(self) -> None:
        """Let go of the file; what is still to be kept then is an error."""
        # A connection that is closed while another thread uses it takes the whole process with it.
        with self._lock:
            self._database.close()

    def of(self, owner: str) -> Conversations:
        """Those of another account, in the same file; nothing of anyone else's is found or changed there."""
        others = copy(self)
        others.owner = owner
        return others

    def all(self) -> list[Conversation]:
        """Every conversation, the one used last first."""
        rows = self._rows("SELECT id, name, used FROM conversations WHERE owner = :owner ORDER BY used DESC")
        return [Conversation(*row) for row in rows]

    def get(self, conversation: str) -> Conversation | None:
        """A conversation, or None where it has been deleted or never was."""
        rows = self._rows("SELECT id, name, used FROM conversations WHERE owner = :owner AND id = :id", conversation)
        return Conversation(*rows[0]) if rows else None

    def exchanges(self, conversation: str) -> list[Exchange]:
        """What was said in a conversation, oldest first."""
        rows = self._rows(f"SELECT {_EXCHANGE} {_OWN_EXCHANGES} AND conversation = :id ORDER BY number", conversation)
        return [_exchange(*row) for row in rows]

    def exchange(self, exchange: str) -> Exchange | None:
        """One exchange, or None where there is none of that id."""
        rows = self._rows(f"SELECT {_EXCHANGE} {_OWN_EXCHANGES} AND id = :id", exchange)
        return _exchange(*rows[0]) if rows else None

    def last(self, conversation: str) -> str | None:
        """The id of a conversation's last exchange."""
        rows = self._rows(
            f"SELECT id {_OWN_EXCHANGES} AND conversation = :id ORDER BY number DESC LIMIT 1", conversation
        )
        return str(rows[0][0]) if rows else None

    def conversation_of(self, exchange: str) -> str | None:
        """The id of the conversation in which an exchange stands."""
        rows = self._rows(f"SELECT conversation {_OWN_EXCHANGES} AND id = :id", exchange)
        return str(rows[0][0]) if rows else None

    def receipt(self, exchange: str) -> str | None:
        """The receipt of an answer as JSON, as it was made when the answer was given."""
        rows = self._rows(f"SELECT receipt {_OWN_EXCHANGES} AND id = :id", exchange)
        return rows[0][0] if rows else None

    def judged(self) -> list[tuple[Exchange, list[Turn]]]:
        """Every answer that the reader judged, oldest first, with the turns before it."""
        found = []
        for (conversation,) in self._rows(f"SELECT DISTINCT conversation {_OWN_EXCHANGES} AND liked IS NOT NULL"):
            turns: list[Turn] = []
            for exchange in self.exchanges(conversation):
                if exchange.verdict and isinstance(exchange.reply, Answer):
                    found.append((exchange, list(turns)))
                turns += [exchange.turn] if exchange.turn else []
        return sorted(found, key=lambda item: item[0].asked)

    def has_judged(self) -> bool:
        """Whether the reader judged any answer."""
        return bool(self._rows(f"SELECT 1 {_OWN_EXCHANGES} AND liked IS NOT NULL LIMIT 1"))

    def add(self, conversation: str, question: str, reply: Answer | str, receipt: str | None = None) -> Exchange:
        """Keep an exchange; a conversation begins with its first one, and is named after its question."""
        conversation, question = _characters(conversation), _characters(question)
        exchange = Exchange(new_id(), question, reply, asked=_now())
        answer, error = (_json(reply), None) if isinstance(reply, Answer) else (None, _characters(reply))
        with self._writing() as database:
            begun = database.execute(
                "INSERT INTO conversations VALUES (?, ?, ?, ?) "
                "ON CONFLICT(id) DO UPDATE SET used = excluded.used WHERE owner = excluded.owner",
                (conversation, _named(question), exchange.asked, self.owner),
            )
            if not begun.rowcount:
                raise RagError("this conversation is somebody else's: begin a new one")
            database.execute(
                "INSERT INTO exchanges(id, conversation, asked, question, answer, error, receipt) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (exchange.id, conversation, exchange.asked, question, answer, error, receipt),
            )
        return exchange

    def take_back(self, exchange: str) -> None:
        """Forget an exchange; a conversation ends with its last one."""
        with self._writing() as database:
            database.execute(f"DELETE FROM exchanges WHERE id = :id AND {_OWN}", self._own(exchange))
            database.execute("DELETE FROM conversations WHERE id NOT IN (SELECT conversation FROM exchanges)")

    def rename(self, conversation: str, name: str) -> None:
        """Name a conversation; an empty name changes nothing."""
        if name.strip():
            with self._writing() as database:
                database.execute(
                    "UPDATE conversations SET name = :name WHERE id = :id AND owner = :owner",
                    {"name": _named(name), **self._own(conversation)},
                )

    def delete(self, conversation: str) -> None:
        """Forget a conversation and all that was said in it."""
        with self._writing() as database:
            database.execute("DELETE FROM conversations WHERE id = :id AND owner = :owner", self._own(conversation))

    def judge(self, exchange: str, verdict: Verdict | None) -> None:
        """Keep what the reader thinks of an answer, or, with None, that it is not judged any more."""
        liked, reason, correction = (verdict.liked, verdict.reason, verdict.correction) if verdict else (None,) * 3
        told = {"liked": liked, "reason": reason, "correction": correction and _characters(correction)}
        with self._writing() as database:
            database.execute(
                "UPDATE exchanges SET liked = :liked, reason = :reason, correction = :correction "
                f"WHERE id = :id AND answer IS NOT NULL AND {_OWN}",
                {**told, **self._own(exchange)},
            )

    def _begin(self) -> None:
        self._database.execute("PRAGMA foreign_keys = ON")
        if self._version() == 0:
            self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("BEGIN IMMEDIATE")
        with self._database:
            # Anew: another server may have made the file meanwhile.
            for statement in chain.from_iterable(_STEPS[self._version() :]):
                self._database.execute(statement)
            self._database.execute(f"PRAGMA user_version = {len(_STEPS)}")

    def _version(self) -> int:
        """By how many of the steps the file was made; sqlite3.DatabaseError where by none of them."""
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        (things,) = self._database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if version > len(_STEPS) or bool(version) != bool(things):
            raise sqlite3.DatabaseError("it is another program's, or another version's")
        return int(version)

    def _own(self, named: str) -> dict[str, str]:
        return {"owner": self.owner, "id": _characters(named)}

    def _rows(self, query: str, named: str = "") -> list[tuple[Any, ...]]:
        """What a query finds, of the owner and of what is named by an id."""
        try:
            with self._lock:
                return self._database.execute(query, self._own(named)).fetchall()
        except sqlite3.Error as error:
            raise NotKept(self._file, error) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it is kept, or nothing."""
        try:
            with self._lock:
                self._database.execute("BEGIN IMMEDIATE")
                # Ends the transaction either way.
                with self._database:
                    yield self._database
        except sqlite3.Error as error:
            raise NotKept(self._file, error) from error


def new_id() -> str:
    """An id that cannot be guessed, for what can be reached by a link."""
    return secrets.token_urlsafe(12)


@cache
def _answers() -> TypeAdapter[Answer]:
    from pydantic import TypeAdapter

    return TypeAdapter(Answer)


def _json(answer: Answer) -> str:
    return _answers().dump_json(answer).decode("utf-8")


def _exchange(
    exchange: str,
    question: str,
    answer: str | None,
    error: str | None,
    liked: int | None,
    reason: str | None,
    correction: str | None,
    asked: str,
) -> Exchange:
    reply = _answer(answer) if answer else error or ""
    verdict = None if liked is None else Verdict(bool(liked), reason, correction)
    return Exchange(exchange, question, reply, verdict, asked)


def _answer(written: str) -> Answer | str:
    """An answer as it was kept, or a line in its place where that was by another version."""
    from pydantic import ValidationError

    try:
        return _answers().validate_json(written)
    except ValidationError:
        return "this answer was kept by another version: ask again"


def _characters(text: str) -> str:
    """The text without halves of surrogate pairs, which are no characters, and which SQLite does not take."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _named(text: str) -> str:
    flat = " ".join(_characters(text).split())
    return flat if len(flat) <= _LONGEST_NAME else flat[:_LONGEST_NAME].rsplit(" ", 1)[0] + " …"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
