"""Bootstrap of any statistic of sums over conversations.

:mod:`~mentalbench_hf.reliability.core.replicates` resamples the moments of rater pairs. What is
made of other sums (counts of missed replies, differences by human level) is resampled here, with
the same weights: the same seed draws the same conversations in both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.reliability.core.bootstrap import (
    BLOCK_BYTES,
    check_replicates,
    single_is_exact,
    weight_blocks,
)
from mentalbench_hf.reliability.core.moments import Floats

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets

#: Doubles in one block of weighed sums (32 MB), beside the block of weights.
_BLOCK_DOUBLES = 4 * 2**20
#: Replicates in a block all the same, as far as their weights fit so many bytes: a product of few
#: rows reads all sums for little work.
_ROWS: Final = 64
_ROW_BYTES: Final = 64 * 2**20


def drawn_from(targets: RatedTargets) -> NDArray[np.bool_]:
    """Return which conversations are drawn from, shape (n_clusters,).

    Those with a response that the reference and at least one judge rated on some attribute: a
    conversation without any is no part of the sample.
    """
    raters = [targets.raters.index(j) for j in targets.judges]
    reference = targets.ratings[:, targets.raters.index(targets.reference)]
    judged = ~np.isnan(targets.ratings[:, raters]).all(axis=1)
    rated = (judged & ~np.isnan(reference)).any(axis=1)
    counts = np.bincount(targets.clusters[rated], minlength=len(targets.cluster_names))
    return np.asarray(counts > 0)


def cluster_sums(rows: Floats, clusters: NDArray[np.int64], drawn: NDArray[np.bool_]) -> Floats:
    """Sum the rows of each conversation that is drawn from.

    Args:
        rows: shape (n_targets, F), no NaN; zeros where a target does not count.
        clusters: code of each target's conversation.
        drawn: which conversations are drawn from, shape (n_clusters,).

    Returns:
        Shape (number of drawn conversations, F).
    """
    n = len(drawn)
    sums = np.stack([np.bincount(clusters, weights=c, minlength=n) for c in rows.T], axis=-1)
    return np.asarray(sums[drawn], dtype=np.float64)


def replicate_sums(
    sums: Floats,
    statistic: Callable[[Floats], Floats],
    *,
    n_resamples: int,
    seed: int,
) -> Floats:
    """Return a statistic of the weighed sums of every bootstrap replicate.

    Args:
        sums: shape (n_clusters, F), see :func:`cluster_sums`.
        statistic: maps a block of sums, shape (b, F), to values, shape (b, S).
        n_resamples: number of replicates.
        seed: seed; the same replicates whatever the block size.

    Returns:
        Shape (n_resamples, S).

    Raises:
        StatisticsError: unusable numbers.
    """
    check_replicates(n_resamples, seed)
    n_clusters, width = sums.shape
    values = np.empty((n_resamples, statistic(np.zeros((1, width))).shape[1]))
    if n_clusters == 0:
        values[:] = np.nan
        return values
    few = min(_ROWS, _ROW_BYTES // (8 * n_clusters))
    size = max(1, few, min(BLOCK_BYTES // (8 * n_clusters), _BLOCK_DOUBLES // max(1, width)))
    # Sums of whole ratings are exact in single precision, at half the cost.
    weighed = sums.astype(np.float32) if single_is_exact(sums) else sums
    start = 0
    for weights in weight_blocks(
        n_clusters, n_resamples, seed, block_size=size, dtype=weighed.dtype
    ):
        block = (weights @ weighed).astype(np.float64, copy=False)
        values[start : start + len(weights)] = statistic(block)
        start += len(weights)
    return values


def ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Return numerator / denominator, NaN where the denominator is not positive."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(denominator > 0, numerator / denominator, np.nan)
