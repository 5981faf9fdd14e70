"""Intraclass correlations of two-way designs, from sums.

McGraw & Wong (1996), "Forming inferences about some intraclass correlation coefficients",
Psychological Methods 1(1); Shrout & Fleiss (1979), Psychological Bulletin 86(2).
"""

from __future__ import annotations

from typing import Final, Literal, get_args

import numpy as np

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.moments import Floats, Moments, as_ratings, moments

Variant = Literal["ICC(C,1)", "ICC(A,1)", "ICC(C,k)", "ICC(A,k)"]
VARIANTS: Final[tuple[Variant, ...]] = get_args(Variant)


def mean_squares(m: Moments) -> tuple[Floats, Floats, Floats]:
    """Return the mean squares of targets, raters and residual of the two-way table.

    With T the target sums over k raters: SS_targets = Σ T²/k − G²/nk, SS_raters = Σ_r (Σ x_r)²/n
    − G²/nk, SS_total = Σ x² − G²/nk, and the residual is what remains (McGraw & Wong 1996).

    Returns:
        Three arrays of the batch's shape; NaN where n < 2.
    """
    k = m.n_raters
    with np.errstate(invalid="ignore", divide="ignore"):
        # Deviations from the rater means: the residual needs no difference of large numbers.
        scatter = m.covariance() * m.n[..., None, None]
        grand = m.sums.sum(axis=-1) / k
        ss_targets = scatter.sum(axis=(-1, -2)) / k
        ss_raters = ((m.sums - grand[..., None]) ** 2).sum(axis=-1) / m.n
        ss_residual = np.trace(scatter, axis1=-2, axis2=-1) - ss_targets
        df = np.where(m.n > 1, m.n - 1, np.nan)
        return ss_targets / df, ss_raters / (k - 1), ss_residual / (df * (k - 1))


def icc_of(m: Moments, variant: Variant = "ICC(C,1)") -> Floats:
    """Return the ICC of the sums, of the batch's shape.

    NaN where it is not defined: fewer than two targets, or no variance at all. Negative values
    stay negative.
    """
    ms_targets, ms_raters, ms_residual = mean_squares(m)
    k = m.n_raters
    signal = ms_targets - ms_residual
    with np.errstate(invalid="ignore", divide="ignore"):
        if variant == "ICC(C,1)":
            total = ms_targets + (k - 1) * ms_residual
        elif variant == "ICC(A,1)":
            total = ms_targets + (k - 1) * ms_residual + k * (ms_raters - ms_residual) / m.n
        elif variant == "ICC(C,k)":
            total = ms_targets
        elif variant == "ICC(A,k)":
            total = ms_targets + (ms_raters - ms_residual) / m.n
        else:
            raise StatisticsError(f"unknown ICC variant {variant!r}; choose one of {VARIANTS}")
        # Rounding leaves about 1e-16 of the scale where the true sum of squares is zero.
        scale = np.abs(ms_targets) + np.abs(ms_residual) + np.abs(ms_raters)
        return np.where(np.abs(total) > 1e-12 * scale, signal / total, np.nan)


def icc(
    ratings: object,
    *,
    variant: Variant = "ICC(C,1)",
    missing: Literal["raise", "omit"] = "raise",
) -> float:
    """Return one intraclass correlation of a targets × raters matrix.

    Which one answers which question:
        ICC(C,1): do the raters order and space the targets alike? A constant offset between
            raters is ignored. Fits ranking.
        ICC(A,1): do they give the same numbers? An offset counts as disagreement. Fits using
            one rater's score in place of the other's. ICC(C,1) well above ICC(A,1) points to a
            systematic offset.
        ICC(C,k), ICC(A,k): the same for the mean of all k raters.

    Args:
        ratings: shape (n_targets, n_raters ≥ 2), any numeric scale, NaN where missing.
        variant: the name of McGraw & Wong (1996).
        missing: "raise" refuses missing ratings; "omit" leaves out targets that lack any.

    Returns:
        The ICC, at most 1; may be negative; NaN where not defined (fewer than two complete
        targets, or no variance).

    Raises:
        StatisticsError: wrong shape, unknown variant, or missing ratings with missing="raise".

    Examples:
        >>> round(icc([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8],
        ...            [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]), 4)
        0.7148
    """
    if missing not in ("raise", "omit"):
        raise StatisticsError(f"missing must be 'raise' or 'omit'; received {missing!r}")
    matrix = as_ratings(ratings)
    n_incomplete = int(np.isnan(matrix).any(axis=1).sum())
    if n_incomplete and missing == "raise":
        raise StatisticsError(
            f"{n_incomplete} of {len(matrix)} targets lack a rating; "
            "pass missing='omit' to leave them out"
        )
    return float(icc_of(moments(matrix), variant))
