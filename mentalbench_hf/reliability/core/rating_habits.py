"""Signs that a rater did not weigh each attribute of each item: halo and repeated ratings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.reliability.core.moments import Floats

#: So many rows apart counts as near.
NEAR: Final = 20


@dataclass(frozen=True, slots=True)
class Halo:
    """How alike one rater's ratings of the attributes of an item are.

    Attributes:
        n: items with every attribute rated.
        equal: share of them with all attributes equal, 0 to 1; NaN without any, or one attribute.
        equal_by_chance: the share expected if attributes were rated with the same frequencies
            but independently of each other.
        correlation: mean correlation of two attributes over items; those that do not vary are
            left out, NaN where fewer than two are left.
    """

    n: int
    equal: float
    equal_by_chance: float
    correlation: float


@dataclass(frozen=True, slots=True)
class Repeats:
    """Pairs of rows near each other with the same ratings throughout.

    Attributes:
        n: rows compared.
        pairs: pairs at most NEAR rows apart that are equal in every rating; rows of one rating
            throughout are left to :class:`Halo`.
        by_chance: mean number in the same rows in random order.
        p_value: share of random orders with as many, the order itself counted in; NaN where
            rows cannot repeat.
    """

    n: int
    pairs: int
    by_chance: float
    p_value: float


def halo(ratings: Floats) -> Halo:
    """Measure how alike the attributes of an item are rated.

    Args:
        ratings: shape (n_items, n_attributes), one rater's, NaN where missing.
    """
    nan = float("nan")
    x = ratings[~np.isnan(ratings).any(axis=1)]
    if not len(x) or x.shape[1] < 2:
        return Halo(len(x), nan, nan, nan)
    values, codes = np.unique(x, return_inverse=True)
    codes = codes.reshape(x.shape)
    shares = [np.bincount(c, minlength=len(values)) / len(x) for c in codes.T]
    varying = x[:, np.ptp(x, axis=0) > 0]
    a = varying.shape[1]
    correlation = nan
    if a >= 2:
        correlation = float((np.corrcoef(varying.T).sum() - a) / (a * (a - 1)))
    return Halo(
        n=len(x),
        equal=float((x == x[:, :1]).all(axis=1).mean()),
        equal_by_chance=float(np.prod(shares, axis=0).sum()),
        correlation=correlation,
    )


def near_repeats(rows: Floats, *, n_permutations: int = 199, seed: int = 0) -> Repeats:
    """Count near rows that repeat each other, against the same rows in random order.

    Where what is rated comes in an order, such as sorted by system, near rows are alike for every
    rater: read one rater's number beside the others'.

    Args:
        rows: shape (n_rows, n_ratings), one rater's in the order rated; a row with a missing
            rating repeats none.
        n_permutations: random orders.
        seed: of the orders.
    """
    telling = ~np.isnan(rows).any(axis=1) & (rows != rows[:, :1]).any(axis=1)
    n = len(rows)
    # Rows that cannot repeat have a code of their own each.
    codes = -np.arange(1, n + 1, dtype=np.int64)
    if telling.any():
        codes[telling] = np.unique(rows[telling], axis=0, return_inverse=True)[1].reshape(-1)
    counts = np.bincount(codes[telling]) if telling.any() else np.zeros(1)
    if counts.max() < 2:
        return Repeats(n, 0, 0.0, float("nan"))
    small = codes.astype(np.int32)
    pairs = _near_equal(small)
    rng = np.random.default_rng(seed)
    null = np.array([_near_equal(rng.permutation(small)) for _ in range(n_permutations)])
    p_value = (1 + int((null >= pairs).sum())) / (1 + n_permutations)
    return Repeats(n, pairs, float(null.mean()) if n_permutations else float("nan"), p_value)


def _near_equal(codes: NDArray[np.int32]) -> int:
    lags = range(1, min(NEAR, len(codes) - 1) + 1)
    return int(sum(int((codes[lag:] == codes[:-lag]).sum()) for lag in lags))
