"""Everything that can be set about the server."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from corpus.errors import SettingsError
from rag.configured import configured

SECTION = "server"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
# What is said on standard error: what goes wrong alone, or each event as a line of text or of JSON.
LOGS = QUIET, TEXT, JSON = "quiet", "text", "json"

# Questions a minute where nothing is set: no script of this machine's own comes near the first, and no reader who comes
# from elsewhere, or by an account, near the second.
_OWN_QUESTIONS, _OTHERS_QUESTIONS = 60_000, 300


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """How the page is served.

    Args:
        host: the address to listen at; one that others reach needs accounts or `no_auth`, see `accounts_for`.
        port: the port; 0 for 7860, or the next one that is free.
        auth: a file of accounts, each name:role:password on a line of its own; empty for none.
        no_auth: let in whoever reaches the address.
        read_only: make everyone a reader, who changes neither articles nor runs.
        mcp: also offer the endpoints for programs as tools of the Model Context Protocol, at `/gradio_api/mcp/`.
        questions_per_minute: how many questions each reader may ask, known by account or else by address; 0 for 60,000
            where only this machine is listened to and there are no accounts, and 300 elsewhere. Other requests may be
            twenty times as many.
        upload_megabytes: how large a file may be that is uploaded.
        grace_seconds: how long answers that are being written are waited for when the server is ended.
        log: `quiet` for what goes wrong alone, `text` or `json` for a line of each request and answer too.
        log_questions: whether that line holds the question.
    """

    host: str = "127.0.0.1"
    port: int = 0
    auth: str = ""
    no_auth: bool = False
    read_only: bool = False
    mcp: bool = False
    questions_per_minute: int = 0
    upload_megabytes: int = 50
    grace_seconds: float = 10.0
    log: str = QUIET
    log_questions: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise SettingsError(f"{self.port} is no port: name one from 1 to 65535")
        for name, least in (("questions_per_minute", 0), ("upload_megabytes", 1), ("grace_seconds", 0)):
            if not least <= getattr(self, name) < math.inf:
                raise SettingsError(f"{name} is {getattr(self, name)}: set it to {least} or more")
        if self.log not in LOGS:
            raise SettingsError(f"log is {self.log!r}: set it to {', '.join(LOGS)}")

    def questions(self, *, has_accounts: bool) -> int:
        """How many questions each reader may ask in a minute."""
        is_own = self.is_loopback and not has_accounts
        return self.questions_per_minute or (_OWN_QUESTIONS if is_own else _OTHERS_QUESTIONS)

    @property
    def is_loopback(self) -> bool:
        """Whether this machine alone reaches the address."""
        try:
            return self.host in LOOPBACK or ip_address(self.host).is_loopback
        except ValueError:
            return False

    def described(self) -> dict[str, Any]:
        """The settings by name."""
        return asdict(self)

    @classmethod
    def load(cls, file: Path | None = None, **arguments: Any) -> ServerSettings:
        """Settings from a file's table `[server]`, from `RAG_SERVER_…` variables, and from arguments not None.

        Raises:
            SettingsError: a setting is unknown, of the wrong kind or impossible.
        """
        return configured(cls, file, arguments, section=SECTION)
