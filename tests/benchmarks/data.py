"""Real data to measure on, read in place from `../shared/bench`, and indexes of it, made once and kept."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import xxhash
from tqdm import tqdm

from corpus.article import Article
from corpus.gold import GoldQuestion, load_gold, write_beir_articles
from corpus.gold.jsonl import json_lines
from index.build import build
from index.folder.folder_index import FolderIndex
from index.folder.store import FolderStore
from index.home import home
from index.manifest import FORMAT
from rag.evaluation.facts import Place
from tests.benchmarks.statements import stated

BENCH = Path(__file__).parents[3] / "shared" / "bench"
SQUAD = BENCH / "squad"
_QUESTIONS = 3000


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the places in the articles that answer it, and the answer where it is a few words."""

    question: str
    places: tuple[Place, ...]
    answer: str = ""

    @property
    def article_id(self) -> str:
        """The first of the articles that answer it."""
        return self.places[0][0]


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Questions to fit on, the index they are asked of, and those of them that are held out to report on."""

    name: str
    index: FolderIndex
    questions: tuple[Asked, ...]
    held_out: frozenset[Asked]

    @property
    def unread(self) -> TrainingSet:
        """What is held out of it, which the reader is not trained on; of that, every other article is held out."""
        left = tuple(asked for asked in self.questions if asked in self.held_out)
        unseen = set(sorted({asked.article_id for asked in left})[::2])
        return TrainingSet(
            f"{self.name}, not trained on",
            self.index,
            left,
            frozenset(asked for asked in left if asked.article_id in unseen),
        )

    @property
    def stated(self) -> TrainingSet:
        """Those of its questions that can be told as statements, so told."""
        told = {
            asked: replace(asked, question=said)
            for asked in self.questions
            if (said := stated(asked.question, asked.answer))
        }
        held_out = frozenset(told[asked] for asked in self.held_out & told.keys())
        return TrainingSet(f"{self.name}, as statements", self.index, tuple(told.values()), held_out)

    def progress(self, title: str) -> Iterator[Asked]:
        """The questions, with a bar that says how far they are."""
        return iter(tqdm(self.questions, desc=f"{title}: {self.name}", unit=" questions", leave=False, disable=None))


# The one of the fitted gold articles that the reader is not trained on, to calibrate what is said with it.
CALIBRATING = "Scottish_Parliament"


def require() -> None:
    """End the program with one line where the data is absent."""
    if not BENCH.is_dir():
        sys.exit(f"needs {BENCH.relative_to(BENCH.parents[1])}")


def indexed(name: str, *articles: Path) -> FolderIndex:
    """The index of folders of articles, made the first time and kept in the project's cache."""
    # One of another format is another's.
    folder = home() / f"bench-{FORMAT}" / name
    with tqdm(unit="B", unit_scale=True, disable=None) as bar:

        def show(what: str, done: int, total: int) -> None:
            bar.desc, bar.n, bar.total = what, done, total
            bar.refresh()

        build(articles, folder, progress=show)
    return FolderStore(folder).open()


def scifact_articles() -> Path:
    """SciFact's 5,183 abstracts as a folder of articles."""
    folder = home() / "bench" / "scifact-articles"
    write_beir_articles(BENCH / "scifact", folder)
    return folder


def squad_training() -> TrainingSet:
    """3,000 questions of SQuAD's training set on 44 articles, none of which `squad/gold.jsonl` asks about.

    Those on every third article are held out.
    """
    index = indexed("squad", SQUAD / "articles")
    items = _training("squad_v1_train_du44.jsonl")
    random.Random(0).shuffle(items)
    found = (_placed(index, item) for item in items)
    asked = [asked for asked, _ in zip(filter(None, found), range(_QUESTIONS), strict=False)]
    unseen = set(sorted({item.article_id for item in asked})[::3])
    return TrainingSet("squad", index, tuple(asked), frozenset(item for item in asked if item.article_id in unseen))


def squad_gold() -> tuple[dict[str, list[GoldQuestion]], dict[str, list[GoldQuestion]]]:
    """SQuAD's gold questions by article: every other of the eight articles to fit on, and the rest to report on."""
    data = json.loads((SQUAD / "dev-v2.0.json").read_text("utf-8"))["data"]
    known = {question.id: question for question in load_gold(SQUAD / "gold.jsonl")}
    about = {
        str(article["title"]): [known[item["id"]] for paragraph in article["paragraphs"] for item in paragraph["qas"]]
        for article in data
    }
    fitted, unseen = ({title: about[title] for title in sorted(about)[first::2]} for first in (0, 1))
    return fitted, unseen


def bioasq() -> TrainingSet:
    """BioASQ's questions with the snippets that experts marked in some 7,000 abstracts; every third is held out."""
    questions: dict[str, list[Place]] = {}
    abstracts: dict[str, str] = {}
    for item in _training("bioasq6b9b_evidence.jsonl"):
        text = item["context"]
        name = text_name(text)
        abstracts[name] = text
        lead = len(text) - len(text.lstrip())
        for answer in item["answers"]:
            start = answer["start"] - lead
            questions.setdefault(item["question"], []).append((name, start, start + len(answer["text"])))

    folder = home() / "bench" / "bioasq-articles"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in abstracts.items():
        (folder / f"{name}.txt").write_text(text, "utf-8")
    asked = tuple(Asked(text, tuple(places)) for text, places in questions.items())
    return TrainingSet("bioasq", indexed("bioasq", folder), asked, frozenset(asked[::3]))


def text_name(text: str) -> str:
    """The name that a text without one has as an article."""
    return str(xxhash.xxh3_64_hexdigest(text.encode()))


def _training(name: str) -> list[dict[str, Any]]:
    return [item for _, item in json_lines(BENCH / "train" / name)]


def _placed(index: FolderIndex, item: dict[str, Any]) -> Asked | None:
    """The item with its answer's place in an article, where its paragraph stands there word for word."""
    paragraph, answer = item["context"].strip(), item["answers"][0]
    article = _by_paragraph(index).get(paragraph)
    if article is None:
        return None
    lead = len(item["context"]) - len(item["context"].lstrip())
    start = article.text.index(paragraph) + answer["start"] - lead
    end = start + len(answer["text"])
    same = article.text[start:end] == answer["text"]
    return Asked(item["question"], ((article.id, start, end),), answer["text"]) if same else None


@cache
def _by_paragraph(index: FolderIndex) -> dict[str, Article]:
    return {line: article for article in index.articles() for line in article.text.split("\n")}
