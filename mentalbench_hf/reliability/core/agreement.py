"""How two raters' numbers agree, from sums: bias, errors, correlation and concordance.

The first rater is the reference (the human experts), the second the judge. Every function takes
Moments of two raters in any batch shape and returns an array of that shape; targets that lack a
rating are not in the sums. Variances and covariances have divisor n unless said otherwise. NaN
means not defined: no target, or no variance where one is divided by.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from mentalbench_hf.reliability.core.moments import Floats, Moments

#: Half width of the limits of agreement in standard deviations (Bland & Altman 1986).
LIMITS_Z: Final = 1.96
#: A variance below this part of the mean square is rounding: the ratings are all the same.
_ROUNDING: Final = 1e-12


def bias(m: Moments) -> Floats:
    """Return judge − reference mean rating, in rating points (−4 to 4 on a 1 to 5 scale)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return (m.sums[..., 1] - m.sums[..., 0]) / m.n


def mse(m: Moments) -> Floats:
    """Return the mean squared difference of judge and reference, in squared rating points."""
    p = m.products
    with np.errstate(invalid="ignore", divide="ignore"):
        return (p[..., 0, 0] + p[..., 1, 1] - 2 * p[..., 0, 1]) / m.n


def rmse(m: Moments) -> Floats:
    """Return the root of the mean squared difference, in rating points."""
    return np.sqrt(mse(m))


def mse_bias(m: Moments) -> Floats:
    """Return the part of the MSE due to different means: the squared bias.

    The MSE splits exactly into three parts, each at least 0 and in squared rating points:
    (mean_j − mean_h)² + (s_j − s_h)² + 2 s_h s_j (1 − r), with s the standard deviations and r
    Pearson's correlation of reference h and judge j. They are :func:`mse_bias`,
    :func:`mse_scale` and :func:`mse_unexplained` (Kobayashi & Salam 2000, "Comparing simulated
    and measured values using mean squared deviation and its components", Agronomy Journal 92).
    """
    return bias(m) ** 2


def mse_scale(m: Moments) -> Floats:
    """Return the part of the MSE due to different spread: (s_j − s_h)² (see :func:`mse_bias`).

    Large when a judge compresses or stretches the scale.
    """
    s = _deviations(m)
    return (s[..., 1] - s[..., 0]) ** 2


def mse_unexplained(m: Moments) -> Floats:
    """Return the part of the MSE that no linear rescaling of the judge removes.

    2 s_h s_j (1 − r) = 2 (s_h s_j − s_hj), which is 0 when either rater has no variance; see
    :func:`mse_bias`.
    """
    s = _deviations(m)
    return 2 * (s[..., 0] * s[..., 1] - m.covariance()[..., 0, 1])


def pearson(m: Moments) -> Floats:
    """Return Pearson's product-moment correlation, −1 to 1; NaN when either has no variance."""
    v = _variances(m)
    with np.errstate(invalid="ignore", divide="ignore"):
        r = m.covariance()[..., 0, 1] / np.sqrt(v[..., 0] * v[..., 1])
        return np.where((v[..., 0] > 0) & (v[..., 1] > 0), np.clip(r, -1.0, 1.0), np.nan)


def ccc(m: Moments) -> Floats:
    """Return Lin's concordance correlation coefficient, −1 to 1.

    2 s_hj / (s_h² + s_j² + (mean_h − mean_j)²) with divisor n (Lin 1989, "A concordance
    correlation coefficient to evaluate reproducibility", Biometrics 45(1)): Pearson's correlation
    times a penalty for different means and spreads. NaN when all ratings are the same number.
    """
    v = _variances(m)
    spread = v[..., 0] + v[..., 1] + bias(m) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(spread > 0, 2 * m.covariance()[..., 0, 1] / spread, np.nan)


def limits_low(m: Moments) -> Floats:
    """Return the lower limit of agreement: mean − 1.96 sd of judge − reference, rating points.

    About 95% of differences lie between the two limits if they are normal. The standard deviation
    has divisor n − 1 (Bland & Altman 1986, "Statistical methods for assessing agreement between
    two methods of clinical measurement", Lancet 327). NaN for fewer than two targets.
    """
    return bias(m) - LIMITS_Z * _difference_deviation(m)


def limits_high(m: Moments) -> Floats:
    """Return the upper limit of agreement: mean + 1.96 sd (see :func:`limits_low`)."""
    return bias(m) + LIMITS_Z * _difference_deviation(m)


def _difference_deviation(m: Moments) -> Floats:
    c = m.covariance()
    variance = c[..., 0, 0] + c[..., 1, 1] - 2 * c[..., 0, 1]
    with np.errstate(invalid="ignore", divide="ignore"):
        unbiased = np.where(m.n > 1, variance * m.n / (m.n - 1), np.nan)
    return np.sqrt(np.maximum(unbiased, 0.0))


def _variances(m: Moments) -> Floats:
    """Variances by rater, shape (..., k); what is only rounding is 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        v = np.diagonal(m.covariance(), axis1=-2, axis2=-1)
        square = np.diagonal(m.products, axis1=-2, axis2=-1) / m.n[..., None]
        # NaN, where there is no target, fails the comparison and must stay.
        return np.where(v <= _ROUNDING * square, 0.0, v)


def _deviations(m: Moments) -> Floats:
    return np.sqrt(_variances(m))
