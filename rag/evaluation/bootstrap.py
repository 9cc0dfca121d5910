"""How sure a mean is: the percentile bootstrap (Efron 1979), seeded, so that the same run gives the same interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_RESAMPLES = 2000
_SEED = 0


def interval(values: Sequence[float]) -> tuple[float, float]:
    """The 95 % interval of the mean of some values."""
    drawn = np.random.default_rng(_SEED).integers(len(values), size=(_RESAMPLES, len(values)))
    means = np.asarray(values, dtype=np.float64)[drawn].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)
