"""Real data to measure on, read in place from `../shared/bench`, and indexes of it, made once and kept."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tqdm import tqdm

from corpus.article import Article
from index.article_index import ArticleIndex
from index.build import build
from index.home import home

BENCH = Path(__file__).parents[3] / "shared" / "bench"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the article that answers it, and the answer's place in that article."""

    question: str
    article_id: str
    start: int
    end: int
    answer: str


def json_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON-lines file; the program ends with one line where it is absent."""
    if not path.exists():
        sys.exit(f"needs {path.relative_to(BENCH.parents[1])}")
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def indexed(name: str, articles: Path) -> ArticleIndex:
    """The index of a folder of articles, made the first time and kept in the project's cache."""
    folder = home() / "bench" / name
    with tqdm(unit=" passages", disable=None) as bar:

        def show(what: str, done: int, total: int) -> None:
            bar.desc, bar.n, bar.total = what, done, total
            bar.refresh()

        build([articles], folder, progress=show)
    return ArticleIndex.open(folder)


def squad_index() -> ArticleIndex:
    """All 490 articles of SQuAD."""
    return indexed("squad", BENCH / "squad" / "articles")


def squad_training(index: ArticleIndex, count: int) -> list[Asked]:
    """Questions of SQuAD's training set on 44 articles, none of which `squad/gold.jsonl` asks about."""
    items = list(json_lines(BENCH / "train" / "squad_v1_train_du44.jsonl"))
    random.Random(0).shuffle(items)
    found = (_placed(index, item) for item in items)
    return [asked for asked, _ in zip(filter(None, found), range(count), strict=False)]


def _placed(index: ArticleIndex, item: dict[str, Any]) -> Asked | None:
    """The item with its answer's place in an article, where its paragraph stands there word for word."""
    paragraph, answer = item["context"].strip(), item["answers"][0]
    article = _by_paragraph(index).get(paragraph)
    if article is None:
        return None
    lead = len(item["context"]) - len(item["context"].lstrip())
    start = article.text.index(paragraph) + answer["start"] - lead
    end = start + len(answer["text"])
    same = article.text[start:end] == answer["text"]
    return Asked(item["question"], article.id, start, end, answer["text"]) if same else None


@cache
def _by_paragraph(index: ArticleIndex) -> dict[str, Article]:
    return {line: article for article in index.articles() for line in article.text.split("\n")}
