"""The accounts: who they are, what each may do, and whether a password is right."""

from __future__ import annotations

import hmac
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from corpus.errors import SettingsError

if TYPE_CHECKING:
    from ui.serving.server_settings import ServerSettings

# Accounts in the environment, written as in a file, with newlines or semicolons between them.
VARIABLE = "RAG_ACCOUNTS"
SHORTEST_PASSWORD = 8

Role = Literal["reader", "editor"]
_ROLES: dict[str, Role] = {"reader": "reader", "editor": "editor"}
_NAME = re.compile(r"[\w.@-]{1,64}")
_FORM = "write name:role:password, where the role is reader or editor"


@dataclass(frozen=True, slots=True)
class Account:
    """Someone who came in; the name is empty where there are no accounts.

    A reader asks, keeps conversations, judges and exports; an editor also changes the articles and runs evaluations.
    """

    name: str
    role: Role

    @property
    def is_editor(self) -> bool:
        """Whether the articles and the runs may be changed."""
        return self.role == "editor"

    @property
    def refusal(self) -> str:
        """What a reader is told who tries to change something."""
        why = f"{self.name} is a reader" if self.name else "the page was started with --read-only"
        return f"Only an editor may do this, and {why}."


def account_of(request: Any) -> Account:
    """Whose request it is, as the door found: a request of Starlette's, or one of gradio's that wraps it."""
    account = getattr(request, "request", request).scope["user"]
    assert isinstance(account, Account)
    return account


class Accounts:
    """Everyone who may come in; of their passwords only digests are held, under a key that ends with the process."""

    def __init__(self, passwords: Mapping[Account, str] | None = None, anyone: Role = "editor") -> None:
        """Take accounts with their passwords.

        Args:
            anyone: what whoever comes is without an account.
        """
        self.anyone = Account("", anyone)
        self._key = secrets.token_bytes(32)
        self._nobodys = secrets.token_bytes(32)
        self._known = {account.name: (account, self._digest(word)) for account, word in (passwords or {}).items()}

    def __len__(self) -> int:
        return len(self._known)

    def admit(self, name: str, password: str) -> Account | None:
        """The account of a name, if the password is its own; a name that is unknown takes as long."""
        account, digest = self._known.get(name, (None, self._nobodys))
        return account if hmac.compare_digest(self._digest(password), digest) else None

    def _digest(self, password: str) -> bytes:
        return blake2b(password.encode("utf-8", "surrogatepass"), key=self._key, digest_size=32).digest()


def accounts_for(settings: ServerSettings) -> Accounts:
    """Who may come in where the page is served so; none where everyone may.

    Raises:
        SettingsError: the accounts cannot be read, or nobody said that everyone who reaches the address may come in.
    """
    written = os.environ.get(VARIABLE)
    if settings.no_auth and (settings.auth or written is not None):
        named = "an accounts file" if settings.auth else VARIABLE
        raise SettingsError(f"--no-auth lets everyone in, and there is {named}: leave one of them out")
    found = [
        *(_from_file(Path(settings.auth)) if settings.auth else ()),
        *(_parsed(re.split(r"[;\n]", written), VARIABLE) if written is not None else ()),
    ]
    if not found and not settings.no_auth and not settings.is_loopback:
        raise SettingsError(
            f"whoever reaches {settings.host or 'this machine'} could come in: name accounts with --auth FILE, "
            "or let everyone in with --no-auth"
        )
    names = [account.name for account, _ in found]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise SettingsError(f"there are two accounts {doubled[0]}: leave one of them out")
    if settings.read_only:
        found = [(replace(account, role="reader"), password) for account, password in found]
    return Accounts(dict(found), "reader" if found or settings.read_only else "editor")


def _from_file(file: Path) -> list[tuple[Account, str]]:
    try:
        # On Windows the mode says nothing of who may read.
        if os.name == "posix" and file.stat().st_mode & 0o077:
            raise SettingsError(f"others can read the accounts in {file}: keep them to yourself with chmod 600 {file}")
        return _parsed(file.read_text("utf-8").splitlines(), str(file))
    except OSError as error:
        raise SettingsError(f"the accounts file {file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise SettingsError(f"the accounts file {file} is not UTF-8: write it anew") from None


def _parsed(lines: list[str], where: str) -> list[tuple[Account, str]]:
    """Accounts with their passwords; errors say the line and nothing of it, which may be a password."""
    written = [(number, line.strip()) for number, line in enumerate(lines, 1)]
    found = [_account(line, f"{where}, line {number}") for number, line in written if line and line[0] != "#"]
    if not found:
        raise SettingsError(f"{where} holds no account: {_FORM}")
    return found


def _account(line: str, where: str) -> tuple[Account, str]:
    name, role, password = (*line.split(":", 2), "", "")[:3]
    if role not in _ROLES:
        raise SettingsError(f"{where} is no account: {_FORM}")
    if not _NAME.fullmatch(name):
        raise SettingsError(f"the name in {where} can have letters, digits and ._@- and is at most 64 of them")
    if len(password) < SHORTEST_PASSWORD:
        raise SettingsError(f"the password in {where} is too short: take at least {SHORTEST_PASSWORD} characters")
    return Account(name, _ROLES[role]), password
