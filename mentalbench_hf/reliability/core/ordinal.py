"""Statistics of ordered categories, from count tables: kappa, alpha, Spearman, mean error.

Functions named ``…_of`` take tables in any batch shape (..., K, K): reference in rows, judge in
columns (see counts.py). NaN means not defined: no target, or no variance. The others take a
targets × raters matrix.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.counts import coincidence_grid, count_grid
from mentalbench_hf.reliability.core.moments import Floats, as_ratings


def kappa_of(tables: Floats, categories: Floats) -> Floats:
    """Return the quadratic weighted kappa, −1 to 1.

    Cohen (1968), "Weighted kappa", Psychological Bulletin 70(4): one minus the ratio of the
    observed to the chance-expected mean squared difference, with the chance table from the
    margins. Differences are those of the ratings, so that unequal steps count as they are; for
    such weights kappa equals Lin's CCC (Krippendorff 1970; King & Chinchilli 2001).

    Args:
        tables: shape (..., K, K).
        categories: the K ratings.
    """
    rows, columns = tables.sum(axis=-1), tables.sum(axis=-2)
    n = rows.sum(axis=-1)
    squared = (categories[:, None] - categories[None, :]) ** 2
    observed = np.einsum("...ij,ij->...", tables, squared)
    expected = np.einsum("...i,...i->...", rows, columns @ squared)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(expected > 0, 1 - observed * n / expected, np.nan)


def mae_of(tables: Floats, categories: Floats) -> Floats:
    """Return the mean absolute difference of judge and reference, in rating points, at least 0."""
    distance = np.abs(categories[:, None] - categories[None, :])
    with np.errstate(invalid="ignore", divide="ignore"):
        mean: Floats = np.einsum("...ij,ij->...", tables, distance) / tables.sum(axis=(-1, -2))
        return mean


def spearman_of(tables: Floats) -> Floats:
    """Return Spearman's rank correlation with mid-ranks for ties, −1 to 1.

    Spearman (1904); for ties Pearson's correlation of the mid-ranks (Kendall & Gibbons 1990).
    """
    rows, columns = tables.sum(axis=-1), tables.sum(axis=-2)
    a, b = _centred_ranks(rows), _centred_ranks(columns)
    joint = (a * np.einsum("...ij,...j->...i", tables, b)).sum(axis=-1)
    scale = (rows * a**2).sum(axis=-1) * (columns * b**2).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(scale > 0, joint / np.sqrt(scale), np.nan)


def alpha_of(coincidences: Floats) -> Floats:
    """Return ordinal Krippendorff alpha of a coincidence matrix, at most 1; may be negative.

    Krippendorff (2011), "Computing Krippendorff's alpha-reliability". The ordinal distance of two
    categories is the squared difference of their mid-ranks among all pairable ratings. NaN when
    all ratings are the same or none is pairable.

    Args:
        coincidences: shape (..., K, K), symmetric; their sum is the number of pairable ratings.
    """
    margins = coincidences.sum(axis=-1)
    n = margins.sum(axis=-1)
    ranks = _centred_ranks(margins)
    # With centred ranks both sums of squared differences reduce to these two.
    spread = (margins * ranks**2).sum(axis=-1)
    joint = (ranks * np.einsum("...ij,...j->...i", coincidences, ranks)).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(spread > 0, 1 - (n - 1) * (spread - joint) / (n * spread), np.nan)


def pair_alpha_of(tables: Floats) -> Floats:
    """Return ordinal Krippendorff alpha of two raters' count tables (see :func:`alpha_of`)."""
    return alpha_of(tables + tables.swapaxes(-1, -2))


def quadratic_weighted_kappa(
    ratings: object, *, missing: Literal["raise", "omit"] = "raise"
) -> float:
    """Return the quadratic weighted kappa of two raters (see :func:`kappa_of`).

    Args:
        ratings: shape (n_targets, 2), NaN where missing.
        missing: "raise" refuses missing ratings; "omit" leaves out targets that lack any.

    Raises:
        StatisticsError: wrong shape, missing ratings with missing="raise", or a continuous scale.

    Examples:
        >>> round(quadratic_weighted_kappa([[1, 1], [2, 3], [4, 4], [5, 4]]), 4)
        0.875
    """
    g = count_grid(_complete(ratings, missing))
    return float(kappa_of(g.tables.sum(axis=(0, 1), dtype=np.float64), g.categories))


def spearman(ratings: object, *, missing: Literal["raise", "omit"] = "raise") -> float:
    """Return Spearman's rank correlation of two raters (see :func:`spearman_of`).

    Arguments and errors as for :func:`quadratic_weighted_kappa`.
    """
    g = count_grid(_complete(ratings, missing))
    return float(spearman_of(g.tables.sum(axis=(0, 1), dtype=np.float64)))


def krippendorff_alpha(ratings: object) -> float:
    """Return ordinal Krippendorff alpha of two or more raters (see :func:`alpha_of`).

    Args:
        ratings: shape (n_targets, n_raters ≥ 2), NaN where missing. A target needs two ratings to
            count; no rating of a target with two or more is left out.

    Raises:
        StatisticsError: wrong shape or a continuous scale.
    """
    g = coincidence_grid(ratings)
    return float(alpha_of(g.tables.sum(axis=(0, 1))))


def _centred_ranks(margins: Floats) -> Floats:
    """Mid-ranks of the categories less their mean, shape (..., K)."""
    ranks = np.cumsum(margins, axis=-1) - margins / 2
    centred: Floats = ranks - margins.sum(axis=-1, keepdims=True) / 2
    return centred


def _complete(ratings: object, missing: str) -> Floats:
    if missing not in ("raise", "omit"):
        raise StatisticsError(f"missing must be 'raise' or 'omit'; received {missing!r}")
    matrix = as_ratings(ratings)
    incomplete = np.isnan(matrix).any(axis=1)
    if missing == "raise" and incomplete.any():
        raise StatisticsError(
            f"{int(incomplete.sum())} of {len(matrix)} targets lack a rating; "
            "pass missing='omit' to leave them out"
        )
    return matrix
