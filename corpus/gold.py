"""Gold questions: what is asked, what is right, and where in the articles it stands."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.article import Range
from corpus.errors import BadGoldFile, PathNotFound


@dataclass(frozen=True, slots=True)
class GoldQuote:
    """Words that prove an answer. Quotes with one `fact` say the same, and citing any of them proves it."""

    article: str
    quote: str
    fact: int


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """A question with its right answers, any of which will do, and the quotes that prove them.

    `history` are the turns before, each a question and its answer; an unanswerable question has neither answers nor
    evidence.
    """

    id: str
    question: str
    answers: tuple[str, ...]
    evidence: tuple[GoldQuote, ...]
    unanswerable: bool
    history: tuple[tuple[str, str], ...]
    kind: str | None = None


def load_gold(path: Path) -> list[GoldQuestion]:
    """The questions of a `.jsonl` file, one object a line.

    An object has `id`, `question`, `answers`, `evidence` (`article`, the file's name without its ending, `quote`, and
    `fact` where several quotes say the same), `unanswerable`, `history` and perhaps `kind`.

    Raises:
        PathNotFound: there is no such file.
        BadGoldFile: a line is not such an object; the error names it.
    """
    try:
        lines = path.read_text("utf-8").split("\n")
    except FileNotFoundError:
        raise PathNotFound(path) from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadGoldFile(path, 0, f"cannot be read as text: {error}") from error
    questions = [_question(path, number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    if not questions:
        raise BadGoldFile(path, 0, "there is no question in it")
    return questions


def locate(quote: str, text: str) -> Range | None:
    """Where a quote stands in an article's text, line breaks and spaces counting alike; None where it does not."""
    start = text.find(quote)
    if start >= 0:
        return start, start + len(quote)
    found = re.search(r"\s+".join(map(re.escape, quote.split())), text)
    return found.span() if found else None


def _question(path: Path, number: int, line: str) -> GoldQuestion:
    try:
        item: dict[str, Any] = json.loads(line)
        return GoldQuestion(
            id=str(item["id"]),
            question=str(item["question"]),
            answers=tuple(str(answer) for answer in _list(item, "answers")),
            evidence=tuple(
                GoldQuote(str(quote["article"]), str(quote["quote"]), int(quote.get("fact", place)))
                for place, quote in enumerate(_list(item, "evidence"))
            ),
            unanswerable=bool(item.get("unanswerable", False)),
            history=tuple((str(asked), str(answered)) for asked, answered in _list(item, "history")),
            kind=item.get("kind"),
        )
    except json.JSONDecodeError as error:
        raise BadGoldFile(path, number, f"is not JSON: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadGoldFile(path, number, f"is not a gold question: {error!r}") from error


def _list(item: dict[str, Any], name: str) -> list[Any]:
    found = item.get(name, [])
    if not isinstance(found, list):
        raise TypeError(f"{name} is not a list")
    return found
