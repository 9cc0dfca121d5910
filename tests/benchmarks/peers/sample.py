"""The articles and questions that all programs get: SQuAD's, or enough of them to be measured in minutes."""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass
from pathlib import Path

from corpus.gold import GoldQuestion, load_gold
from tests.benchmarks.data import SQUAD

_QUESTIONS = 300
_EVERY = 10


@dataclass(frozen=True, slots=True)
class Sample:
    """Article files, and questions that they answer."""

    articles: tuple[Path, ...]
    questions: tuple[GoldQuestion, ...]

    @property
    def characters(self) -> int:
        """How long the articles are, together."""
        return sum(len(path.read_text("utf-8")) for path in self.articles)

    def copy_to(self, folder: Path) -> None:
        """Put the articles into a folder that is made for them."""
        folder.mkdir()
        for path in self.articles:
            shutil.copy(path, folder)


def squad(*, whole: bool = False) -> Sample:
    """300 questions, and the articles that they are about with every tenth of the others, or all of them."""
    gold = [question for question in load_gold(SQUAD / "gold.jsonl") if not question.unanswerable]
    asked = {quote.article for question in gold for quote in question.evidence}
    paths = sorted((SQUAD / "articles").glob("*.txt"))
    about = [path for path in paths if path.stem in asked]
    others = [path for path in paths if path.stem not in asked]
    articles = tuple(sorted([*about, *others[:: 1 if whole else _EVERY]]))
    return Sample(articles, tuple(random.Random(0).sample(gold, _QUESTIONS)))
