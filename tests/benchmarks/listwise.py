"""A linear ranker fitted to put what is right before all that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logsumexp, softmax

from index.article_index import ArticleIndex
from tests.benchmarks.data import Asked, bioasq, squad_training

# On standardised features; it only keeps the weights from growing where the features part right from wrong.
_RIDGE = 1e-3

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found for a question: a row of features each, which of them are right, and which surely wrong."""

    table: Floats
    right: Mask
    wrong: Mask
    held_out: bool

    @property
    def teaches(self) -> bool:
        """Whether there is something to put before something else."""
        return bool(self.right.any() and self.wrong.any())


def judge_all(
    title: str, judge: Callable[[ArticleIndex, Asked, bool], Judged], *, unread: bool = False, stated: bool = False
) -> dict[str, list[Judged]]:
    """What was found for the questions of SQuAD's and of BioASQ's training set, as `judge` sees it.

    Args:
        unread: only of those that the reader is not trained on.
        stated: of the same told as statements, too.
    """
    sets = [each.unread if unread else each for each in (squad_training(), bioasq())]
    sets += [each.stated for each in sets] if stated else []
    return {
        training.name: [judge(training.index, asked, asked in training.held_out) for asked in training.progress(title)]
        for training in sets
    }


def fit(sets: Sequence[Sequence[Judged]]) -> Floats:
    """The weights that minimise the loss of each right row against all wrong ones at once, each set weighing the same.

    Fitting on the hardest wrong rows alone, in rounds, ranks the sentences as well, and the passages worse.
    """
    learned = [[item for item in judged if item.teaches and not item.held_out] for judged in sets]
    spread = np.concatenate([item.table for judged in learned for item in judged]).std(axis=0)
    scaled = [[(item.table / spread, item.right, item.wrong) for item in judged] for judged in learned]

    def loss(weights: Floats) -> tuple[float, Floats]:
        total, slope = _RIDGE * weights @ weights, 2 * _RIDGE * weights
        for judged in scaled:
            for table, right, wrong in judged:
                scores = table @ weights
                behind = logsumexp(scores[wrong]) - scores[right]
                pull = expit(behind) / len(behind) / len(judged)
                total += np.logaddexp(0, behind).mean() / len(judged)
                slope = slope + pull.sum() * (softmax(scores[wrong]) @ table[wrong]) - pull @ table[right]
        return float(total), slope

    found: Floats = minimize(loss, np.zeros(len(spread)), jac=True, method="L-BFGS-B").x / spread
    return found


def report(name: str, judged: Sequence[Judged], weights: Floats, depths: Sequence[int]) -> None:
    """Print how often something right is among the first few, on what was held out."""
    unseen = [(item.right, np.argsort(-item.table @ weights)) for item in judged if item.held_out]
    shares = [f"@{depth} {np.mean([right[order[:depth]].any() for right, order in unseen]):.3f}" for depth in depths]
    print(f"{name}, held out: {' '.join(shares)} (n={len(unseen)})")
