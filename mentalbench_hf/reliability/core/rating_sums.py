"""Sums by conversation and system: all that the moment statistics need of the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.reliability.core.moments import (
    Floats,
    Moments,
    as_ratings,
    centre,
    flat_rows,
    from_flat,
    n_features,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, eq=False)
class Grid:
    """Sums over the targets of each conversation and system.

    Attributes:
        sums: shape (n_clusters, n_systems, 1 + k + k²); zero where there is no target. Grids of
            the same targets add up, so parts can be summed on different machines.
        n_raters: k.
        shift: what was subtracted from every rating, in rating points.
        n_missing: targets that lack a rating, left out of the sums.
    """

    sums: Floats
    n_raters: int
    shift: float
    n_missing: int

    @property
    def n_targets(self) -> int:
        """Targets with every rating."""
        return int(self.sums[..., 0].sum())

    @property
    def n_clusters(self) -> int:
        """Conversations with such a target."""
        return int(self.sums[..., 0].any(axis=1).sum())

    @property
    def n_systems(self) -> int:
        """Systems with such a target."""
        return int(self.sums[..., 0].any(axis=0).sum())


def grid(
    ratings: object,
    clusters: NDArray[np.int64] | None = None,
    systems: NDArray[np.int64] | None = None,
    *,
    n_clusters: int | None = None,
    n_systems: int | None = None,
    included: NDArray[np.bool_] | None = None,
) -> Grid:
    """Sum a targets × raters matrix by conversation and system.

    Args:
        ratings: shape (n_targets, k ≥ 2), NaN where missing.
        clusters: code of each target's conversation, 0 ≤ code < n_clusters; by default every
            target is its own.
        systems: code of each target's system; by default there is one system.
        n_clusters: number of conversations, by default as many as occur.
        n_systems: number of systems, by default as many as occur.
        included: targets that count at all; others are neither summed nor counted as missing.

    Returns:
        The Grid; targets that lack a rating are in `n_missing` only.
    """
    matrix = as_ratings(ratings)
    n, k = matrix.shape
    c = np.arange(n) if clusters is None else np.asarray(clusters, dtype=np.int64)
    s = np.zeros(n, dtype=np.int64) if systems is None else np.asarray(systems, dtype=np.int64)
    n_c = int(c.max(initial=-1)) + 1 if n_clusters is None else n_clusters
    n_s = int(s.max(initial=0)) + 1 if n_systems is None else n_systems
    counted = np.ones(n, dtype=bool) if included is None else included
    complete = counted & ~np.isnan(matrix).any(axis=1)
    shift = centre(matrix[complete])
    rows = flat_rows(matrix[complete] - shift)
    cell = c[complete] * n_s + s[complete]
    sums = np.stack(
        [np.bincount(cell, weights=column, minlength=n_c * n_s) for column in rows.T], axis=-1
    )
    return Grid(
        sums=sums.reshape(n_c, n_s, n_features(k)).astype(np.float64),
        n_raters=k,
        shift=shift,
        n_missing=int(counted.sum() - complete.sum()),
    )


def response_moments(sums: Floats, n_raters: int, shift: float | Floats = 0.0) -> Moments:
    """Return Moments with single responses as targets.

    Args:
        sums: shape (..., n_systems, 1 + k + k²), already summed over conversations.
        n_raters: k.
        shift: as in the Grid.
    """
    return from_flat(sums.sum(axis=-2), n_raters, shift)


def system_rows(sums: Floats, n_raters: int) -> Floats:
    """Return the flat sums of the systems' mean ratings, one row per system.

    Args:
        sums: shape (..., n_systems, at least 1 + k), summed over conversations.
        n_raters: k.

    Returns:
        Shape (..., n_systems, 1 + k + k²); zeros for a system without targets.
    """
    n = sums[..., :1]
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.where(n > 0, sums[..., 1 : 1 + n_raters] / n, np.nan)
    return flat_rows(means)


def system_moments(sums: Floats, n_raters: int, shift: float | Floats = 0.0) -> Moments:
    """Return Moments with the systems' mean ratings as targets (see :func:`system_rows`)."""
    return from_flat(system_rows(sums, n_raters).sum(axis=-2), n_raters, shift)


def stack(grids: Sequence[Grid]) -> Floats:
    """Stack grids of the same conversations and systems: (n_grids, n_clusters, n_systems, F)."""
    return np.stack([g.sums for g in grids])
