"""ICCs of all pairs of columns at once, such as many raters' means of the same systems."""

from __future__ import annotations

import numpy as np

from mentalbench_hf.reliability.core.moments import Floats


def pairwise_iccs(values: Floats) -> tuple[Floats, Floats]:
    """Return ICC(C,1) and ICC(A,1) of every two columns, over the targets that both rated.

    McGraw & Wong (1996) for two raters: with s the sample (co)variances of the n targets,
    ICC(C,1) = 2 s_xy / (s_xx + s_yy), and ICC(A,1) has the squared difference of the means less
    (s_xx + s_yy − 2 s_xy) / n added to the denominator.

    Args:
        values: shape (b, n_targets, n_columns), NaN where missing.

    Returns:
        Two arrays of shape (b, n_columns, n_columns); NaN with fewer than two common targets or
        without any variance.
    """
    present = ~np.isnan(values)
    # Any shift will do; near zero, differences of squares keep their digits.
    middle = np.nanmean(values) if present.any() else 0.0
    x = np.where(present, values - middle, 0.0)
    turned = np.swapaxes(x, -1, -2)
    if present.all():
        n = np.full((1, 1, 1), float(values.shape[1]))
        sums, squares = (np.sum(v, axis=-2)[:, :, None] for v in (x, x * x))
    else:
        there = present.astype(np.float64)
        n = np.swapaxes(there, -1, -2) @ there
        sums, squares = turned @ there, np.swapaxes(x * x, -1, -2) @ there
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sums / n
        df = np.where(n > 1, n - 1, np.nan)
        variance = (squares - n * mean * mean) / df
        other, other_mean = np.swapaxes(variance, -1, -2), np.swapaxes(mean, -1, -2)
        cross = 2 * (turned @ x - n * mean * other_mean) / df
        both = variance + other
        # Rounding leaves about 1e-16 of the squares where nothing varies.
        scale = (squares + np.swapaxes(squares, -1, -2)) / n
        consistency = np.where(both > 1e-12 * scale, cross / both, np.nan)
        total = both + (mean - other_mean) ** 2 - (both - cross) / n
        agreement = np.where(np.abs(total) > 1e-12 * scale, cross / total, np.nan)
    return consistency, agreement
