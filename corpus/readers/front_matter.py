"""The fields between `---` lines at the top of a text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from corpus.readers.draft import Draft

# A block whose first line is a field or a comment; a text that merely begins with a rule has none.
_BLOCK = re.compile(r"\A\s*---[ \t]*\r?\n(?=#|[\w-]+[ \w-]*:)(.*?\n)(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_LONGEST = 50_000  # characters; what is longer is the article itself, and YAML is slow to read
_NAMES = 20  # in a list; nobody says more
_KEYS = {
    "title": ("title", "headline"),
    "author": ("author", "authors", "by", "byline", "creator"),
    "published": ("date", "published", "pubdate", "publish_date", "published_at", "date_published", "datepublished"),
    "source": ("source", "publisher", "publication", "site", "site_name", "website"),
    "url": ("url", "link", "permalink", "canonical", "canonical_url", "source_url"),
    "language": ("language", "lang", "locale"),
}


def with_front_matter(text: str, read_body: Callable[[str], Draft]) -> Draft:
    """The body as `read_body` reads it, with what the front matter says in place of what was found in the body."""
    block = _BLOCK.match(text)
    if not block or len(block[1]) > _LONGEST:
        return read_body(text)
    values = {_plain_key(key): _words(value) for key, value in _fields(block[1]).items()}
    found = {name: next((values[key] for key in keys if values.get(key)), None) for name, keys in _KEYS.items()}
    if found["source"] and "://" in found["source"]:
        found["url"] = found["url"] or found["source"]
        found["source"] = None
    draft = read_body(text[block.end() :])
    return replace(draft, **{name: value for name, value in found.items() if value})


def _fields(block: str) -> dict[Any, Any]:
    """The block as YAML with every value left a string, so that `2024-08` stays as precise as it was written."""
    import yaml  # 30 ms, and only for files with front matter

    try:
        fields = yaml.load(block, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError):
        # Most often a title with a colon and no quotes: take the lines as they look.
        lines = [line.partition(":") for line in block.split("\n") if not line.startswith((" ", "\t", "#", "-"))]
        return {key: value.strip().strip("\"'") for key, _, value in lines}
    return fields if isinstance(fields, dict) else {}


def _plain_key(key: object) -> str:
    """`Site-Name` and `site name` as `site_name`."""
    return re.sub(r"[\s-]+", "_", str(key).strip().lower())


def _words(value: object) -> str:
    """A value as text: names joined by commas, a person by their name; what lies deeper says nothing.

    A list of lists may be a small file's way to name itself a million times.
    """
    if isinstance(value, list):
        return ", ".join(filter(None, [_name(each) for each in value[:_NAMES]]))
    return _name(value)


def _name(value: object) -> str:
    """A single value as text."""
    if isinstance(value, dict):
        value = value.get("name", "")
    return "" if isinstance(value, list | dict) else str(value).strip()
