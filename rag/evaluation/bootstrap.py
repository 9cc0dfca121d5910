"""How sure a figure is: the bootstrap (Efron 1979), seeded, so that the same run gives the same interval."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

_RESAMPLES = 2000
_SEED = 0
_ROUNDING = 1e-12

Table = NDArray[np.float64]
Statistic = Callable[[Table], float]


def interval(statistic: Statistic, table: Table) -> tuple[float, float]:
    """The 95 % interval of a statistic of a table's rows: the bias-corrected percentiles (Efron 1981).

    A calibration error grows by resampling, so that its plain percentiles would lie above it.
    """
    # A quarter of a second, which the page would take longer to be there.
    from scipy.special import ndtr, ndtri

    resampled = np.array([statistic(table[drawn]) for drawn in _draws(len(table))])
    resampled, value = resampled[~np.isnan(resampled)], statistic(table)
    below = ((resampled < value).mean() + (resampled <= value).mean()) / 2
    bias = ndtri(np.clip(below, 1 / len(resampled), 1 - 1 / len(resampled)))
    low, high = np.quantile(resampled, ndtr(2 * bias + ndtri(np.array([0.025, 0.975]))))
    return min(float(low), value), max(float(high), value)


def paired(statistic: Statistic, first: Table, second: Table) -> tuple[float, float]:
    """The 95 % interval of how much a statistic grows from one table to another of the same rows."""
    differences = [statistic(second[drawn]) - statistic(first[drawn]) for drawn in _draws(len(first))]
    low, high = np.nanquantile(differences, [0.025, 0.975])
    return float(low), float(high)


def randomised(statistic: Statistic, first: Table, second: Table) -> float:
    """How often chance alone would change a statistic as much: the paired randomisation test.

    Rows are swapped between the tables at random (Smucker et al. 2007). Where few rows differ, it is not fooled into
    seeing a change, as the bootstrap is.
    """
    observed = abs(statistic(second) - statistic(first))
    random = np.random.default_rng(_SEED)
    as_great = 0
    for _ in range(_RESAMPLES):
        swapped = random.random(len(first))[:, None] < 0.5
        change = statistic(np.where(swapped, first, second)) - statistic(np.where(swapped, second, first))
        as_great += abs(change) >= observed - _ROUNDING
    # What was observed is one of the ways, so that no p-value is zero (Davison and Hinkley 1997, 4.2).
    return (1 + as_great) / (1 + _RESAMPLES)


def _draws(count: int) -> Iterator[NDArray[np.int64]]:
    random = np.random.default_rng(_SEED)
    return (random.integers(count, size=count) for _ in range(_RESAMPLES))
