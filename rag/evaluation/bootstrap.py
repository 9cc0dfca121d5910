"""How sure a figure is: the bootstrap (Efron 1979), seeded, so that the same run gives the same interval."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

_RESAMPLES = 2000
_SEED = 0

Rows = NDArray[np.float64]


def interval(statistic: Callable[[Rows], float], table: Rows) -> tuple[float, float]:
    """The 95 % interval of a statistic of a table's rows: the bias-corrected percentiles (Efron 1981).

    A calibration error grows by resampling, so that its plain percentiles would lie above it.
    """
    resampled = np.array([statistic(table[drawn]) for drawn in _draws(len(table))])
    resampled, value = resampled[~np.isnan(resampled)], statistic(table)
    below = ((resampled < value).mean() + (resampled <= value).mean()) / 2
    bias = ndtri(np.clip(below, 1 / len(resampled), 1 - 1 / len(resampled)))
    low, high = np.quantile(resampled, ndtr(2 * bias + ndtri(np.array([0.025, 0.975]))))
    return min(float(low), value), max(float(high), value)


def paired(statistic: Callable[[Rows], float], first: Rows, second: Rows) -> tuple[tuple[float, float], float]:
    """The 95 % interval of how much a statistic grows from one table to another of the same rows, and its p-value.

    The p-value is two-sided: twice the share of the resamples in which the difference is not on its own side of zero.
    """
    differences = np.array([statistic(second[drawn]) - statistic(first[drawn]) for drawn in _draws(len(first))])
    differences = differences[~np.isnan(differences)]
    low, high = np.percentile(differences, [2.5, 97.5])
    # The sample itself counts among its resamples, so that no p-value is zero (Davison and Hinkley 1997, 4.2).
    p = 2 * (1 + min((differences <= 0).sum(), (differences >= 0).sum())) / (1 + len(differences))
    return (float(low), float(high)), min(float(p), 1.0)


def _draws(count: int) -> Iterator[NDArray[np.int64]]:
    random = np.random.default_rng(_SEED)
    return (random.integers(count, size=count) for _ in range(_RESAMPLES))
