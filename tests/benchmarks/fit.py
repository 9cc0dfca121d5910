"""Fits `rag/weights.json`: python -m tests.benchmarks.fit

On questions of SQuAD's training set about 44 articles, none of which `squad/gold.jsonl` asks about.

The evidence: which sentence of the twelve best passages holds the answer, as a linear ranker over pairs of the right
sentence and a wrong one. The confidence: each question is asked of all 490 articles and of small libraries of a few, as
it is, with every passage that holds the answer taken away (a question near the subject that cannot be answered), and
with its whole article taken away. Both are fitted on two thirds of the 44 articles and reported on the rest.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from tqdm import tqdm

from index.article_index import ArticleIndex
from index.generation import join, write_generation
from index.query import Hit
from index.segment import Segment
from index.store import writing
from rag import confidence, evidence
from rag.evidence import rank_sentences
from rag.question import Question
from rag.settings import Settings
from rag.weights import FILE, weights
from tests.benchmarks.data import Asked, squad_index, squad_training

QUESTIONS = 3000
SMALL_LIBRARIES = 60
HARD_NEGATIVES = 12
# The first finds what is hard by the cosine alone; after four the weights no longer move.
ROUNDS = 4
KINDS = ("answerable", "answer removed", "article removed")
# What a question is taken to be before anything is known of it: most can be answered.
PRIOR = (0.7, 0.15, 0.15)

Floats = NDArray[np.float64]
Example = tuple[str, str, Floats]
Mask = NDArray[np.bool_]
Judged = tuple[str, Floats, Mask, Mask]


def main() -> None:
    """Fit the evidence, then the confidence that rests on it, and write both."""
    index = squad_index()
    questions = squad_training(index, QUESTIONS)
    held_out = set(sorted({asked.article_id for asked in questions})[::3])
    fitted = json.loads(FILE.read_text("utf-8"))
    fitted["evidence"] = _fit_evidence(list(_judged(index, questions)), held_out)
    FILE.write_text(json.dumps(fitted), "utf-8")
    weights.cache_clear()
    examples = [*_asked_of(index, questions[: QUESTIONS // 3]), *_asked_of_small_libraries(index, questions)]
    fitted["confidence"] = _fit_confidence(examples, held_out)
    FILE.write_text(json.dumps(fitted, indent=1) + "\n", "utf-8")


def _judged(index: ArticleIndex, questions: Sequence[Asked]) -> Iterator[Judged]:
    """For each question the features of every sentence found, which of them is the right one, and which are wrong."""
    for asked in tqdm(questions, desc="Evidence", unit=" questions"):
        question = Question.understand(asked.question, "", index)
        tables, right, wrong = [], [], []
        for hit in index.search(question.query, Settings().passages):
            tables.append(evidence.features(question, hit, index)[1])
            own = hit.passage.article_id == asked.article_id
            right += [own and start <= asked.start and asked.end <= end for start, end in hit.passage.sentences]
            # A sentence elsewhere that holds the answer too may be right as well.
            wrong += [asked.answer not in hit.passage.quote(*place) for place in hit.passage.sentences]
        yield asked.article_id, np.concatenate(tables), np.array(right), np.array(wrong)


def _fit_evidence(judged: Sequence[Judged], held_out: set[str]) -> dict[str, float]:
    """Weights under which the right sentence beats the wrong ones that the weights of the round before put highest."""
    fitting = [item for item in judged if item[0] not in held_out and item[2].any()]
    fitted = np.eye(len(evidence.FEATURES))[0]
    for _ in range(ROUNDS):
        pairs = np.concatenate([_pairs(table, right, wrong, fitted) for _, table, right, wrong in fitting])
        model = LogisticRegression(fit_intercept=False, max_iter=2000)
        model.fit(np.concatenate([pairs, -pairs]), np.repeat([True, False], len(pairs)))
        fitted = model.coef_[0]
    unseen = [(right, np.argsort(-table @ fitted)) for name, table, right, _ in judged if name in held_out]
    for first in (1, 3):
        share = np.mean([right[order[:first]].any() for right, order in unseen])
        print(f"held-out evidence@{first}: {share:.3f} (n={len(unseen)})")
    return _named(evidence.FEATURES, fitted)


def _pairs(table: Floats, right: Mask, wrong: Mask, fitted: Floats) -> Floats:
    """The right sentence's features less those of the wrong sentences that score highest."""
    hardest = np.argsort(-table[wrong] @ fitted)[:HARD_NEGATIVES]
    differences: Floats = table[right][0] - table[wrong][hardest]
    return differences


def _asked_of(index: ArticleIndex, questions: Sequence[Asked]) -> Iterator[Example]:
    """Each question as it is, with its answer taken away, and with its article taken away."""
    for asked in tqdm(questions, desc="Confidence", unit=" questions", leave=False):
        question = Question.understand(asked.question, "", index)
        hits = index.search(question.query, 100)
        for kind in KINDS:
            left = [hit for hit in hits if _is_left(hit, asked, kind)][: Settings().passages]
            ranked = rank_sentences(question, left, index)
            if ranked:
                yield kind, asked.article_id, confidence.features(question, left, ranked)


def _is_left(hit: Hit, asked: Asked, kind: str) -> bool:
    own = hit.passage.article_id == asked.article_id
    if kind == "article removed":
        return not own
    return kind == "answerable" or not (own and asked.answer.lower() in hit.passage.text.lower())


def _asked_of_small_libraries(index: ArticleIndex, questions: Sequence[Asked]) -> Iterator[Example]:
    """Questions on one article asked of libraries of one to eight articles with it, and of others without it."""
    draw = random.Random(1)
    names = [article.id for article in index.articles()]
    subjects = sorted({asked.article_id for asked in questions})
    for _ in tqdm(range(SMALL_LIBRARIES), desc="Small libraries"):
        subject = draw.choice(subjects)
        members = {subject, *draw.sample(names, draw.randrange(8))}
        own = [asked for asked in questions if asked.article_id == subject][:15]
        foreign = [asked for asked in draw.sample(list(questions), 30) if asked.article_id not in members][:15]
        with tempfile.TemporaryDirectory() as folder:
            small = _library(index, members, Path(folder))
            yield from _asked_of(small, own)
            for kind, article_id, row in _asked_of(small, foreign):
                if kind == "answerable":
                    yield "article removed", article_id, row


def _library(index: ArticleIndex, members: set[str], folder: Path) -> ArticleIndex:
    """An index of some articles of another, with the vectors that it has already."""
    with writing(folder):
        parts = [Segment(segment.folder, segment.sources().keys() - members) for segment in index.segments]
        place = join(folder, [part for part in parts if part.sources()], index.manifest.recipe.dim)
        write_generation(folder, None, [place], set(), index.manifest.recipe, [])
    return ArticleIndex.open(folder)


def _fit_confidence(examples: Sequence[Example], held_out: set[str]) -> dict[str, float]:
    """Weights of a logistic regression, under the prior, and how well it does on articles it has not seen."""
    fitting = [example for example in examples if example[1] not in held_out]
    counts = {kind: sum(example[0] == kind for example in fitting) for kind in KINDS}
    shares = {kind: share * len(fitting) / counts[kind] for kind, share in zip(KINDS, PRIOR, strict=True)}
    model = LogisticRegression(fit_intercept=False, C=10, max_iter=5000)
    model.fit(
        np.array([row for _, _, row in fitting]),
        [kind == "answerable" for kind, _, _ in fitting],
        sample_weight=[shares[kind] for kind, _, _ in fitting],
    )
    unseen = [example for example in examples if example[1] in held_out]
    kinds = np.array([kind for kind, _, _ in unseen])
    table = np.array([row for _, _, row in unseen])
    probability = model.predict_proba(table)[:, 1]
    for kind in KINDS[1:]:
        rows = (kinds == "answerable") | (kinds == kind)
        auroc = roc_auc_score(kinds[rows] == "answerable", probability[rows])
        print(f"held-out AUROC against '{kind}': {auroc:.3f} (n={rows.sum()})")
    for kind in KINDS:
        print(f"held-out, answered at .5, {kind}: {(probability[kinds == kind] >= 0.5).mean():.3f}")
    for name, column in list(zip(confidence.FEATURES, table.T, strict=True))[1:]:
        print(f"{name:22} alone {roc_auc_score(kinds == 'answerable', column):.3f}")
    return _named(confidence.FEATURES, model.coef_[0])


def _named(features: Sequence[str], fitted: Floats) -> dict[str, float]:
    named = {name: round(float(weight), 4) for name, weight in zip(features, fitted, strict=True)}
    print(json.dumps(named, indent=1))
    return named


if __name__ == "__main__":
    main()
