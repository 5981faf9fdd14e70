"""The sums every moment statistic is made of.

For targets rated by k raters the sums are n, the k sums of ratings and the k × k sums of
products. They add up: over targets of one conversation, over systems, over machines. A bootstrap
replicate weighs them, so all replicates of all statistics are one matrix product.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.errors import StatisticsError

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Moments:
    """Sums over targets, for any batch of replicates.

    Attributes:
        n: number of targets (or total weight), shape (...).
        sums: sum of ratings by rater, shape (..., k).
        products: sum of products of two raters' ratings, shape (..., k, k).
        shift: what was subtracted from every rating before summing, in rating points, of the
            batch's shape or one for all. It keeps the sums small; no ICC depends on it.
    """

    n: Floats
    sums: Floats
    products: Floats
    shift: float | Floats = 0.0

    @property
    def n_raters(self) -> int:
        """Number of raters k."""
        return int(self.sums.shape[-1])

    def mean(self) -> Floats:
        """Mean rating by rater, in rating points, shape (..., k); NaN where n is 0."""
        with np.errstate(invalid="ignore", divide="ignore"):
            mean: Floats = self.sums / self.n[..., None] + np.asarray(self.shift)[..., None]
            return mean

    def covariance(self) -> Floats:
        """Population covariance (divisor n) of the raters, shape (..., k, k); NaN where n is 0."""
        return self._covariance

    @cached_property
    def _covariance(self) -> Floats:
        # Nearly every statistic starts here: computed once for all of them.
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = self.sums / self.n[..., None]
            cov: Floats = self.products / self.n[..., None, None]
            return cov - mean[..., :, None] * mean[..., None, :]


def upper_pairs(n_raters: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which of the flat sums differ, and how to unfold them into all.

    A product of two raters' ratings occurs twice in the flat sums; once is enough to be weighed.

    Returns:
        `kept`, the indices of n, the sums and the products with i ≤ j, and `unfold`, the position
        in `kept` of each of the 1 + k + k² flat sums.
    """
    k = n_raters
    pairs = [(i, j) for i in range(k) for j in range(k)]
    flat_index = {pair: 1 + k + at for at, pair in enumerate(pairs)}
    kept = [*range(1 + k), *(flat_index[i, j] for i, j in pairs if i <= j)]
    place = {index: at for at, index in enumerate(kept)}
    unfold = [*range(1 + k), *(place[flat_index[min(p), max(p)]] for p in pairs)]
    return np.array(kept), np.array(unfold)


def n_features(n_raters: int) -> int:
    """Length of the flat sums of `n_raters` raters: n, k sums, k × k products."""
    return 1 + n_raters + n_raters * n_raters


def from_flat(flat: Floats, n_raters: int, shift: float | Floats = 0.0) -> Moments:
    """Return the Moments of flat sums, shape (..., 1 + k + k²)."""
    k = n_raters
    return Moments(
        n=flat[..., 0],
        sums=flat[..., 1 : 1 + k],
        products=flat[..., 1 + k :].reshape(*flat.shape[:-1], k, k),
        shift=shift,
    )


def flat_rows(ratings: Floats) -> Floats:
    """Return each target's own flat sums; a target that lacks any rating contributes zeros.

    Args:
        ratings: shape (..., k), NaN where missing.

    Returns:
        Shape (..., 1 + k + k²).
    """
    complete = np.asarray(~np.isnan(ratings).any(axis=-1))
    x = np.where(complete[..., None], ratings, 0.0)
    k = x.shape[-1]
    products = (x[..., :, None] * x[..., None, :]).reshape(*x.shape[:-1], k * k)
    return np.concatenate([complete[..., None].astype(float), x, products], axis=-1)


def centre(ratings: Floats) -> float:
    """Return the whole number nearest to the mean rating: 0.0 when there is none.

    A whole number keeps sums of whole ratings exact in floating point, so that results do not
    depend on block sizes or threads.
    """
    known = ratings[~np.isnan(ratings)]
    return float(np.round(known.mean())) if known.size else 0.0


def as_ratings(ratings: object, *, name: str = "ratings") -> Floats:
    """Check and return a matrix of targets × raters as float64, NaN where missing.

    Raises:
        StatisticsError: not two-dimensional, fewer than two raters, infinite or not numeric.
    """
    try:
        matrix = np.asarray(ratings, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise StatisticsError(f"{name} must be numbers (NaN where missing): {error}") from None
    if matrix.ndim != 2:
        raise StatisticsError(
            f"{name} must have two dimensions, targets × raters; received shape {matrix.shape}"
        )
    if matrix.shape[1] < 2:
        raise StatisticsError(f"{name} must hold at least 2 raters; received {matrix.shape[1]}")
    if np.isinf(matrix).any():
        raise StatisticsError(f"{name} must be finite or NaN; received an infinite value")
    return matrix


def moments(ratings: object) -> Moments:
    """Return the sums over the complete targets of a targets × raters matrix (NaN = missing)."""
    matrix = as_ratings(ratings)
    shift = centre(matrix)
    return from_flat(flat_rows(matrix - shift).sum(axis=0), matrix.shape[1], shift)
