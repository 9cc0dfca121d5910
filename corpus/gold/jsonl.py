"""Gold questions as JSON lines, one object a line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from corpus.errors import BadGoldFile, PathNotFound
from corpus.gold.question import GoldQuestion, GoldQuote

# A half of a surrogate pair is no character, and neither file systems nor SQLite take it.
_HALF_CHARACTER = re.compile(r"\\ud[89a-f]", re.IGNORECASE)
_NAMES = {str: "text", list: "a list", bool: "true or false", int: "a whole number", dict: "an object"}


def load_jsonl(path: Path) -> list[GoldQuestion]:
    """The questions of a `.jsonl` file.

    An object has `id`, `question`, and `answers`, `evidence` or both, or else `unanswerable`; perhaps `history` (pairs
    of a question and its answer) and `kind`. The evidence are objects with `article` (its file's path below the folder
    that was indexed, without the ending), `quote`, and one `fact` number where several quotes say the same.

    Raises:
        PathNotFound: there is no such file.
        BadGoldFile: a line is not such an object; the error names it.
    """
    questions: dict[str, GoldQuestion] = {}
    for number, item in json_lines(path):
        question = _question(item, path, number)
        if question.id in questions:
            raise BadGoldFile(path, f"the id {question.id} is there a second time: give each question its own", number)
        questions[question.id] = question
    if not questions:
        raise BadGoldFile(path, "there is no question in it")
    return list(questions.values())


def json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each object of a file of JSON lines, with the number of its line; raises as `load_jsonl` does."""
    # Not splitlines, which also breaks at characters that may stand in a JSON string.
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if line.strip():
            yield number, parse_object(line, path, number)


def read_text(path: Path) -> str:
    """A file's text; raises as `load_jsonl` does."""
    try:
        # Some editors put a mark before the first character.
        return path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise PathNotFound(path, "a file of gold questions") from None
    except OSError as error:
        raise BadGoldFile(path, f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadGoldFile(path, "is not UTF-8 text") from error


def parse_object(text: str, path: Path, line: int | None = None) -> dict[str, Any]:
    """A JSON object, halves of characters in it replaced; raises `BadGoldFile` for anything else."""
    try:
        item = json.loads(text)
        if _HALF_CHARACTER.search(text):
            item = json.loads(json.dumps(item, ensure_ascii=False).encode("utf-8", "replace"))
    except json.JSONDecodeError as error:
        raise BadGoldFile(path, f"is not JSON: {error.msg} at character {error.pos + 1}", line) from error
    except (ValueError, RecursionError) as error:
        raise BadGoldFile(
            path, "is not JSON that can be read: it nests too deep, or a number is too long", line
        ) from error
    if not isinstance(item, dict):
        raise BadGoldFile(path, "is not a JSON object, `{…}`", line)
    return item


def _question(item: dict[str, Any], path: Path, line: int) -> GoldQuestion:
    try:
        question = GoldQuestion(
            id=str(_field(item, "id", str, int)),
            question=_words(item, "question"),
            answers=tuple(_texts(_field(item, "answers", list, default=[]), "answers")),
            evidence=tuple(_quotes(_field(item, "evidence", list, default=[]))),
            unanswerable=_field(item, "unanswerable", bool, default=False),
            history=tuple(_turns(_field(item, "history", list, default=[]))),
            kind=_field(item, "kind", str, default=None),
        )
        if question.unanswerable and (question.answers or question.evidence):
            raise ValueError("is `unanswerable`, and has `answers` or `evidence`: take away one or the other")
        if not (question.unanswerable or question.answers or question.evidence):
            raise ValueError("has no `answers`, no `evidence`, and is not `unanswerable`: say what is right")
    except ValueError as error:
        raise BadGoldFile(path, str(error), line) from error
    return question


def _field(item: dict[str, Any], name: str, *kinds: type, default: Any = ...) -> Any:
    """A field of an object; ValueError, in words, where it is missing without a default or of another kind."""
    value = item.get(name, default)
    if value is ...:
        raise ValueError(f"has no `{name}`")
    if value is not default and type(value) not in kinds:
        raise ValueError(f"`{name}` is not {' or '.join(_NAMES[kind] for kind in kinds)}")
    return value


def _words(item: dict[str, Any], name: str) -> str:
    """A field of text that says something."""
    text: str = _field(item, name, str)
    if not text.strip():
        raise ValueError(f"`{name}` is empty")
    return text


def _texts(values: list[Any], name: str) -> Iterator[str]:
    for value in values:
        if not isinstance(value, str):
            raise ValueError(f"`{name}` holds something that is not text: {value!r}")
        yield value


def _quotes(values: list[Any]) -> Iterator[GoldQuote]:
    for place, value in enumerate(values):
        if not isinstance(value, dict):
            raise ValueError("`evidence` holds something that is not an object with `article` and `quote`")
        fact = _field(value, "fact", int, default=place)
        yield GoldQuote(_field(value, "article", str), _words(value, "quote"), fact)


def _turns(values: list[Any]) -> Iterator[tuple[str, str]]:
    for value in values:
        if not isinstance(value, list) or len(value) != 2:
            raise ValueError("`history` holds something that is not a pair of a question and its answer")
        asked, answered = _texts(value, "history")
        yield asked, answered
