"""Gold questions of a BEIR folder: which documents answer a query (Thakur et al. 2021, arXiv:2104.08663)."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import xxhash

from corpus.errors import BadGoldFile, PathNotFound
from corpus.gold.jsonl import json_lines, read_text
from corpus.gold.question import GoldQuestion, GoldQuote

_LONGEST_NAME = 200


def load_beir(folder: Path) -> list[GoldQuestion]:
    """The queries of `queries.jsonl` that `qrels/test.tsv` judges, with the documents found to matter.

    Raises:
        PathNotFound: the folder or one of its files is not there.
        BadGoldFile: one of them is not of this format.
    """
    for path in (folder, *(folder / name for name in ("corpus.jsonl", "queries.jsonl", "qrels/test.tsv"))):
        if not path.exists():
            raise PathNotFound(path, "a BEIR folder with corpus.jsonl, queries.jsonl and qrels/test.tsv")
    relevant: dict[str, dict[str, int]] = {}
    for query, document, grade in _judgements(folder / "qrels" / "test.tsv"):
        if grade > 0:
            relevant.setdefault(query, {})[document] = grade
    path = folder / "queries.jsonl"
    asked = {_text(item, "_id", path): _text(item, "text", path) for _, item in json_lines(path)}
    questions = [
        GoldQuestion(query, asked[query], evidence=_evidence(grades))
        for query, grades in relevant.items()
        if query in asked
    ]
    if not questions:
        raise BadGoldFile(path, "has none of the queries that qrels/test.tsv judges")
    return questions


def write_beir_articles(folder: Path, target: Path) -> None:
    """Write each document of `corpus.jsonl` as an article's file into `target`, and take away what is there beside."""
    target.mkdir(parents=True, exist_ok=True)
    path = folder / "corpus.jsonl"
    stale = set(target.iterdir())
    for _, item in json_lines(path):
        title, text = item.get("title") or "", _text(item, "text", path)
        # A JSON string is a YAML string, whatever stands in the title.
        front_matter = f"---\ntitle: {json.dumps(title, ensure_ascii=False)}\n---\n" if title else ""
        file = target / f"{_article_id(_text(item, '_id', path))}.txt"
        file.write_text(f"{front_matter}{text or title}\n", "utf-8")
        stale.discard(file)
    for file in stale:
        file.unlink()


def _evidence(grades: dict[str, int]) -> tuple[GoldQuote, ...]:
    return tuple(
        GoldQuote(_article_id(document), None, fact, grade) for fact, (document, grade) in enumerate(grades.items())
    )


def _article_id(document: str) -> str:
    """A document's id as a file can be named; one that is hidden or too long for that gets another name."""
    name = quote(document, safe=" ")
    if len(name) <= _LONGEST_NAME and not name.startswith((".", "~")):
        return name
    return f"document {xxhash.xxh3_64_hexdigest(document.encode())}"


def _judgements(path: Path) -> Iterator[tuple[str, str, int]]:
    try:
        for row in csv.DictReader(read_text(path).split("\n"), delimiter="\t", quoting=csv.QUOTE_NONE):
            yield row["query-id"], row["corpus-id"], int(row["score"])
    except (KeyError, TypeError, ValueError, csv.Error):
        reason = "is not a table of query-id, corpus-id and score, with tabs between them"
        raise BadGoldFile(path, reason) from None


def _text(item: dict[str, Any], name: str, path: Path) -> str:
    value = item.get(name)
    if not isinstance(value, str):
        raise BadGoldFile(path, f"holds an object without a text `{name}`")
    return value
