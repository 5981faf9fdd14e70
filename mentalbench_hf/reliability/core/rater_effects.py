"""Level and spread of raters, net of the items they rated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.reliability.core.cluster_groups import cluster_groups
from mentalbench_hf.reliability.core.cluster_sums import replicate_sums
from mentalbench_hf.reliability.core.moments import Floats


@dataclass(frozen=True, eq=False)
class RaterLevels:
    """The raters' part of the additive fit rating = item + rater.

    Attributes:
        levels: shape (k,), in rating points; mean 0 over the raters that items link. NaN for a
            rater without an item that another rated.
        replicates: shape (n_resamples, k).
        n_shared: shape (k,), ratings of items that another rated.
    """

    levels: Floats
    replicates: Floats
    n_shared: NDArray[np.int64]


def rater_levels(
    blocks: Sequence[Floats],
    clusters: NDArray[np.int64],
    *,
    n_resamples: int = 2_000,
    seed: int = 0,
) -> RaterLevels:
    """Fit rating = item + rater by least squares; items of each block have effects of their own.

    Replicates keep the normal equations of the data and draw the clusters' scores (Kline & Santos
    2012, "A score based approach to wild bootstrap inference"): with no rating missing and
    clusters of equal size they are those of the refitted data.

    Args:
        blocks: matrices of shape (n_items, k), such as one per attribute, NaN where missing.
        clusters: shape (n_items,), code of each item's cluster, in every block.
        n_resamples: replicates of whole clusters (see :func:`~.cluster_groups.cluster_groups`).
        seed: of the replicates.
    """
    k = blocks[0].shape[1]
    normal, right = np.zeros((k, k)), np.zeros(k)
    shared = np.zeros(k, dtype=np.int64)
    for block in blocks:
        known, apart, n = _apart(block, np.zeros(k))
        normal += np.diag(known.sum(axis=0)) - known.T @ (known / n[:, None])
        right += apart.sum(axis=0)
        shared += known.sum(axis=0).astype(np.int64)
    inverse = np.linalg.pinv(normal, hermitian=True)
    levels = inverse @ right
    code = cluster_groups(clusters, seed)
    scores = np.zeros((int(code.max(initial=-1)) + 1, k))
    for block in blocks:
        _, apart, _ = _apart(block, levels)
        for r in range(k):
            scores[:, r] += np.bincount(code, weights=apart[:, r], minlength=len(scores))
    replicates = levels + replicate_sums(
        scores, lambda sums: sums @ inverse, n_resamples=n_resamples, seed=seed
    )
    alone = shared == 0
    replicates[:, alone] = np.nan
    return RaterLevels(np.where(alone, np.nan, levels), replicates, shared)


def spread_ratios(blocks: Iterable[Floats]) -> Floats:
    """Return each rater's standard deviation over the others' on the same items, shape (k,).

    Sums of squares about the mean are taken for each two raters over the items that both rated,
    and added up over the others; NaN where they do not vary.

    Args:
        blocks: matrices of shape (n_items, k), NaN where missing.
    """
    own: Floats | None = None
    for block in blocks:
        known = (~np.isnan(block)).astype(np.float64)
        y = np.where(known > 0, block - _centre(block), 0.0)
        n = known.T @ known
        with np.errstate(invalid="ignore", divide="ignore"):
            squares = (y**2).T @ known - np.where(n > 0, (y.T @ known) ** 2 / n, 0)
        np.fill_diagonal(squares, 0)
        own = squares if own is None else own + squares
    if own is None:
        return np.empty(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        others = own.sum(axis=0)
        return np.where(others > 1e-9, np.sqrt(np.maximum(own.sum(axis=1), 0) / others), np.nan)


def _apart(block: Floats, levels: Floats) -> tuple[Floats, Floats, Floats]:
    """Return who rated, ratings net of levels and items, and ratings per item, at least 1.

    Only items with two ratings or more count.
    """
    rated = ~np.isnan(block)
    rated &= (rated.sum(axis=1) >= 2)[:, None]
    known = rated.astype(np.float64)
    n = np.maximum(known.sum(axis=1), 1)
    net = np.where(rated, block - levels, 0.0)
    apart = np.where(rated, net - (net.sum(axis=1) / n)[:, None], 0.0)
    return known, apart, n


def _centre(block: Floats) -> float:
    return float(np.nanmean(block)) if not np.isnan(block).all() else 0.0
