"""Settings from arguments, the environment and a file, in that order of precedence."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from corpus.errors import SettingsError

FILE = Path("rag.toml")
# The tables of the file beside what stands at its top, each of which has its own variables: RAG_SERVER_HOST.
SECTIONS = ("server",)

_PREFIX = "RAG_"
# Variables that are no settings.
_ELSEWHERE = {"RAG_ACCOUNTS", "RAG_HOME", "RAG_INDEX"}
_TRUTHS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}

Configured = TypeVar("Configured")


def configured(
    kind: type[Configured], file: Path | None, arguments: Mapping[str, Any], *, section: str = ""
) -> Configured:
    """A dataclass of settings that has a default for each.

    Args:
        file: a TOML file; None for `rag.toml`, if there is one.
        arguments: by name; those that are None are not given.
        section: the table of the file that is read, and what its variables begin with; empty for what stands in none.

    Raises:
        SettingsError: a setting is unknown, of the wrong kind or impossible.
    """
    given = {
        **_from_file(file, section),
        **_from_environment(os.environ, section),
        **{name: value for name, value in arguments.items() if value is not None},
    }
    defaults = kind()
    known = {item.name: type(getattr(defaults, item.name)) for item in fields(kind)}  # type: ignore[arg-type]
    of = f" of {section}" if section else ""
    for name, value in given.items():
        if name not in known:
            raise SettingsError(f"there is no setting {name}{of}: the settings are {', '.join(sorted(known))}")
        given[name] = _as(known[name], name, value)
    return kind(**given)


def _from_file(file: Path | None, section: str) -> dict[str, Any]:
    if file is None and not FILE.exists():
        return {}
    path = file or FILE
    try:
        written = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"the settings file {path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"the settings file {path} is not TOML: {error}") from error
    if not section:
        return {name: value for name, value in written.items() if name not in SECTIONS}
    table = written.get(section, {})
    if not isinstance(table, dict):
        raise SettingsError(f"{section} in {path} is {table!r}: make it a table, [{section}]")
    return table


def _from_environment(environment: Mapping[str, str], section: str) -> dict[str, str]:
    others = () if section else tuple(f"{_PREFIX}{other.upper()}_" for other in SECTIONS)
    prefix = f"{_PREFIX}{section.upper()}_" if section else _PREFIX
    return {
        name.removeprefix(prefix).lower(): value
        for name, value in environment.items()
        if name.startswith(prefix) and not name.startswith(others) and name not in _ELSEWHERE
    }


def _as(kind: type, name: str, value: Any) -> Any:
    if kind is bool and isinstance(value, str):
        value = _TRUTHS.get(value.strip().lower(), value)
    if kind is bool and not isinstance(value, bool):
        raise SettingsError(f"{name} is {value!r}: set it to true or false")
    try:
        return kind(value)
    except (TypeError, ValueError, OverflowError):
        raise SettingsError(f"{name} is {value!r}: it must be of the kind {kind.__name__}") from None
