"""Bootstrap replicates as weights, and intervals from replicates.

Efron & Tibshirani (1993), "An Introduction to the Bootstrap". Conversations are resampled whole
(a cluster bootstrap), because the ten responses to one conversation are not independent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.moments import Floats

#: Bytes in one block of weights: memory stays bounded, and a block fits the processor's cache.
BLOCK_BYTES: Final = 8 * 2**20


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval from replicates.

    Attributes:
        low: lower bound, NaN when fewer than two replicates are defined.
        high: upper bound, likewise.
        n_resamples: replicates drawn.
        n_degenerate: replicates for which the statistic is not defined. They are left out of the
            quantiles and always reported.
    """

    low: float
    high: float
    n_resamples: int
    n_degenerate: int


def check_resampling(n_resamples: int, confidence_level: float, seed: int) -> None:
    """Raise StatisticsError unless the three arguments are usable."""
    if isinstance(n_resamples, bool) or int(n_resamples) != n_resamples or n_resamples < 0:
        raise StatisticsError(
            f"n_resamples must be a whole number of at least 0; received {n_resamples!r}"
        )
    if not 0 < confidence_level < 1:
        raise StatisticsError(
            f"confidence_level must lie between 0 and 1 (0.95); received {confidence_level!r}"
        )
    if isinstance(seed, bool) or int(seed) != seed or seed < 0:
        raise StatisticsError(f"seed must be a whole number of at least 0; received {seed!r}")


def weight_blocks(
    n_units: int, n_resamples: int, seed: int, *, block_size: int | None = None
) -> Iterator[Floats]:
    """Yield blocks of bootstrap weights: how often each unit is drawn in each replicate.

    The replicates come from one stream of random numbers, so they do not depend on the block
    size.

    Args:
        n_units: number of resampled units (conversations or systems), at least 1.
        n_resamples: number of replicates in all.
        seed: seed of the generator (PCG64).
        block_size: replicates in one block; by default as many as fit BLOCK_BYTES.

    Yields:
        Arrays of shape (at most block_size, n_units), whole numbers with row sums n_units.
    """
    rng = np.random.default_rng(seed)
    size = block_size or max(1, BLOCK_BYTES // (8 * n_units))
    for start in range(0, n_resamples, size):
        b = min(size, n_resamples - start)
        drawn = rng.integers(0, n_units, size=(b, n_units), dtype=np.int32).astype(np.int64)
        drawn += np.arange(b, dtype=np.int64)[:, None] * n_units
        counts = np.bincount(drawn.ravel(), minlength=b * n_units)
        yield counts.reshape(b, n_units).astype(np.float64)


def percentile_interval(replicates: Floats, confidence_level: float = 0.95) -> Interval:
    """Return the percentile interval of one statistic's replicates, shape (n_resamples,).

    NaN replicates are degenerate: counted, and left out of the quantiles.
    """
    degenerate = np.isnan(replicates)
    n, n_degenerate = len(replicates), int(degenerate.sum())
    if n - n_degenerate < 2:
        return Interval(np.nan, np.nan, n, n_degenerate)
    alpha = (1 - confidence_level) / 2
    low, high = np.quantile(replicates[~degenerate], [alpha, 1 - alpha])
    return Interval(float(low), float(high), n, n_degenerate)
