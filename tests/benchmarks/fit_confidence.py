"""The confidence: whether the sentences that would be quoted hold an answer.

Each question is asked of all 490 articles of SQuAD, and of small libraries of a few, as it is, with every passage that
holds the answer taken away (a question near the subject that cannot be answered), and with its article taken away. And
the gold questions on four articles are asked, half of which were written to be unanswerable.
"""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from tqdm import tqdm

from corpus.gold import GoldQuestion
from index.article_index import ArticleIndex
from index.folder.folder_index import FolderIndex
from index.folder.generation import new_segment_folder, write_generation
from index.folder.segment import Segment
from index.folder.segment_writer import SegmentWriter
from index.folder.store import FolderStore
from index.manifest import Part
from index.query import Hit
from rag import confidence
from rag.evaluation.metrics import matches
from rag.evaluation.summary import calibration_error
from rag.evidence import choose, rank_sentences
from rag.question import Question
from rag.reader.reader import Reader
from rag.reading import Reading, read
from rag.reranker import SentenceReranker
from rag.retrieval import POOL, in_order
from rag.settings import Settings
from tests.benchmarks.data import CALIBRATING, Asked, squad_gold, squad_training

SMALL_LIBRARIES = 60
# What askers are taken to be like: three of five questions cannot be answered, and half of these were written so.
SHARES = {
    ("490 articles", "answerable"): 0.1,
    ("490 articles", "answer removed"): 0.05,
    ("490 articles", "article removed"): 0.1,
    ("small libraries", "answerable"): 0.1,
    ("small libraries", "answer removed"): 0.05,
    ("small libraries", "article removed"): 0.1,
    ("gold", "answerable"): 0.2,
    ("gold", "written to be unanswerable"): 0.3,
}
REMOVALS = ("answerable", "answer removed", "article removed")

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """A question as it was asked, its features, and whether what would be quoted holds the answer."""

    source: str
    kind: str
    article_id: str
    row: Floats
    right: bool


def fit(reader: Reader | None = None) -> dict[str, float]:
    """Weights of a logistic regression under `SHARES`, calibrated on articles that were left out of the fit.

    With a reader, on what it was not trained on.
    """
    training = squad_training().unread if reader else squad_training()
    index, questions, look = training.index, training.questions, _Look(reader)
    examples = [*_asked_of("490 articles", index, questions, look), *_asked_of_small_libraries(index, questions, look)]
    fitted_half, unseen_half = squad_gold()
    if reader:
        fitted_half = {CALIBRATING: fitted_half[CALIBRATING]}
    held_out = {asked.article_id for asked in training.held_out}
    fitting = [example for example in examples if example.article_id not in held_out]
    fitting += _gold(index, fitted_half, look)
    fitted = _logistic(fitting)
    if len(fitted_half) > 1:
        fitted = _calibrated(fitted, fitting, list(fitted_half))
    unseen = [example for example in examples if example.article_id in held_out]
    _report("490 articles and small libraries, held out", unseen, fitted)
    _report("gold, on the articles not fitted", list(_gold(index, unseen_half, look)), fitted)
    return dict(zip(look.features, fitted, strict=True))


@dataclass(frozen=True, slots=True)
class _Look:
    """How the passages found for a question are looked at."""

    reader: Reader | None

    @property
    def features(self) -> tuple[str, ...]:
        return confidence.READ_FEATURES if self.reader else confidence.FEATURES

    def at(self, question: Question, readings: Sequence[Reading], index: ArticleIndex) -> tuple[Floats, str]:
        """What the confidence sees, and what would be quoted."""
        best = in_order(question, readings, Settings().passages, index, SentenceReranker(), self.reader)
        ranked = rank_sentences(question, best)
        quoted = " ".join(item.text for item in choose(question, ranked, Settings().max_quotes))
        seen = confidence.read_features if self.reader else confidence.features
        return seen(question, best, ranked), quoted


def _logistic(examples: Sequence[Example]) -> Floats:
    """The weights of a logistic regression, each kind of question weighing what `SHARES` says."""
    counts = Counter((example.source, example.kind) for example in examples)
    shares = [SHARES[example.source, example.kind] / counts[example.source, example.kind] for example in examples]
    model = LogisticRegression(fit_intercept=False, C=10, max_iter=5000)
    model.fit(_rows(examples), [example.right for example in examples], sample_weight=np.array(shares) * len(examples))
    found: Floats = model.coef_[0]
    return found


def _calibrated(fitted: Floats, examples: Sequence[Example], articles: Sequence[str]) -> Floats:
    """The weights, shrunk to be as sure of an article that they were not fitted on as they should be (Platt 1999)."""
    evidence: list[float] = []
    right: list[bool] = []
    for article in articles:
        without = _logistic([example for example in examples if example.article_id != article])
        about = [example for example in examples if example.article_id == article]
        evidence.extend(_rows(about) @ without)
        right.extend(example.right for example in about)
    scaling = LogisticRegression(C=1e6).fit(np.array(evidence)[:, None], right)
    scaled: Floats = fitted * scaling.coef_[0, 0]
    scaled[confidence.FEATURES.index("constant")] += scaling.intercept_[0]
    return scaled


def _rows(examples: Sequence[Example]) -> Floats:
    return np.array([example.row for example in examples])


def _asked_of(source: str, index: ArticleIndex, questions: Sequence[Asked], look: _Look) -> Iterator[Example]:
    """Each question as it is, with its answer taken away, and with its article taken away."""
    for asked in tqdm(questions, desc="Asking", unit=" questions", leave=False, disable=None):
        question = Question.understand(asked.question, "", index)
        readings = [read(question, found) for found in index.search([question.query], POOL + 30)[0]]
        for kind in REMOVALS:
            left = [reading for reading in readings if _is_left(reading.hit, asked, kind)][:POOL]
            if left:
                yield _example(source, kind, asked.article_id, *look.at(question, left, index), [asked.answer])


def _gold(index: ArticleIndex, about: Mapping[str, Sequence[GoldQuestion]], look: _Look) -> Iterator[Example]:
    """Gold questions, by article, asked of all articles."""
    asked = [(article_id, gold) for article_id, questions in about.items() for gold in questions]
    for article_id, gold in tqdm(asked, desc="Asking gold questions", unit=" questions", leave=False, disable=None):
        question = Question.understand(gold.question, "", index)
        readings = [read(question, found) for found in index.search([question.query], POOL)[0]]
        kind = "written to be unanswerable" if gold.unanswerable else "answerable"
        yield _example("gold", kind, article_id, *look.at(question, readings, index), gold.answers)


def _example(source: str, kind: str, article_id: str, row: Floats, quoted: str, answers: Sequence[str]) -> Example:
    """What the confidence sees of a question, and whether it should be high."""
    return Example(source, kind, article_id, row, kind == "answerable" and matches(quoted, answers))


def _is_left(hit: Hit, asked: Asked, kind: str) -> bool:
    own = hit.passage.article_id == asked.article_id
    if kind == "article removed":
        return not own
    return kind == "answerable" or not (own and asked.answer.lower() in hit.passage.text.lower())


def _asked_of_small_libraries(index: FolderIndex, questions: Sequence[Asked], look: _Look) -> Iterator[Example]:
    """Questions on one article asked of libraries of one to eight articles with it, and of others without it."""
    draw = random.Random(1)
    names = [article.id for article in index.articles()]
    subjects = sorted({asked.article_id for asked in questions})
    source = "small libraries"
    for _ in tqdm(range(SMALL_LIBRARIES), desc="Small libraries", disable=None):
        subject = draw.choice(subjects)
        members = {subject, *draw.sample(names, draw.randrange(8))}
        own = [asked for asked in questions if asked.article_id == subject][:15]
        foreign = [asked for asked in draw.sample(list(questions), 30) if asked.article_id not in members][:15]
        with tempfile.TemporaryDirectory() as folder:
            small = _library(index, members, Path(folder))
            yield from _asked_of(source, small, own, look)
            for example in _asked_of(source, small, foreign, look):
                if example.kind == "answerable":
                    yield Example(source, "article removed", example.article_id, example.row, right=False)


def _library(index: FolderIndex, members: set[str], folder: Path) -> FolderIndex:
    """An index of some articles of another, with the vectors that it has already."""
    store = FolderStore(folder)
    with store.writing():
        place = new_segment_folder(folder)
        with SegmentWriter.open(place) as writer:
            for segment in index.segments:
                writer.copy(Segment(segment.folder, segment.sources().keys() - members))
        write_generation(folder, None, [Part(place.name, writer.passages)], (), index.manifest.recipe, (), ())
    return store.open()


def _report(title: str, examples: Sequence[Example], fitted: Floats) -> None:
    """How well the confidence tells what can be answered on what was not fitted, and what a threshold would do."""
    sure = 1 / (1 + np.exp(-_rows(examples) @ fitted))
    kinds = np.array([example.kind for example in examples])
    error = calibration_error(np.column_stack([sure, [example.right for example in examples]]))
    print(f"\n{title} (n={len(examples)}): calibration error {error:.3f}")
    for kind in sorted(set(kinds) - {"answerable"}):
        rows = (kinds == "answerable") | (kinds == kind)
        print(f"AUROC against '{kind}': {roc_auc_score(kinds[rows] == 'answerable', sure[rows]):.3f}")
    for threshold in (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5):
        answered = [f"{kind} {(sure[kinds == kind] >= threshold).mean():.3f}" for kind in sorted(set(kinds))]
        print(f"answered at {threshold}: {', '.join(answered)}")
