"""One figure for several experts, with what another expert may add: random effects.

Each expert has an estimate and its standard error; the experts are taken as drawn from those who
might have rated. The variance between them comes from Paule & Mandel (1982, Journal of Research
of the National Bureau of Standards 87): it is where the weighed squares equal their expectation.
The interval of the mean is that of Hartung & Knapp (2001, Statistics in Medicine 20) and Sidik &
Jonkman (2002, Statistics in Medicine 21), never narrower than its weights alone would make it
(q at least 1), and the prediction interval for one more expert that of Higgins, Thompson &
Spiegelhalter (2009, JRSS A 172).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.bootstrap import check_confidence_level
from mentalbench_hf.reliability.core.moments import Floats

#: A standard error of 0 counts as this, so that weights stay finite.
_SMALLEST_ERROR: Final = 1e-9


@dataclass(frozen=True, slots=True)
class RandomEffects:
    """The mean over experts, and where one more expert may lie.

    Attributes:
        n: K, estimates that have a standard error; others are left out.
        mean: weighed mean; NaN when K is 0.
        low: lower bound of the mean's interval; NaN when K is below 2.
        high: upper bound, likewise.
        tau: standard deviation between experts; NaN when K is below 2.
        prediction_low: lower bound for the estimate of one more expert; NaN when K is below 3.
        prediction_high: upper bound, likewise.
        q: Cochran's Q, the heterogeneity, about K − 1 where experts are alike; NaN when K is
            below 2.
        reason: why bounds are absent; empty when none is.
    """

    n: int
    mean: float
    low: float
    high: float
    tau: float
    prediction_low: float
    prediction_high: float
    q: float
    reason: str


def random_effects(
    estimates: object, standard_errors: object, *, confidence_level: float = 0.95
) -> RandomEffects:
    """Return the random-effects mean with its interval and the prediction interval.

    Args:
        estimates: shape (K,), NaN where an expert has none.
        standard_errors: shape (K,), not negative; NaN where unknown.
        confidence_level: of both intervals, between 0 and 1.

    Raises:
        StatisticsError: different lengths, a negative standard error or an unusable level.

    Examples:
        >>> found = random_effects([0.9, 0.6, 0.8], [0.02, 0.03, 0.04])
        >>> round(found.mean, 3), round(found.tau, 3)
        (0.767, 0.15)
    """
    from scipy.stats import t

    check_confidence_level(confidence_level)
    theta, error = _known(estimates, standard_errors)
    k = len(theta)
    nan = float("nan")
    if k == 0:
        return RandomEffects(0, nan, nan, nan, nan, nan, nan, nan, "no expert has an estimate")
    if k == 1:
        return RandomEffects(
            1, float(theta[0]), nan, nan, nan, nan, nan, nan,
            "one expert does not show how far experts differ",
        )  # fmt: skip
    tau2 = paule_mandel(theta, error)
    weights = 1 / (error**2 + tau2)
    mean = float((weights * theta).sum() / weights.sum())
    scale = max(1.0, float((weights * (theta - mean) ** 2).sum()) / (k - 1))
    variance = scale / float(weights.sum())
    upper = (1 + confidence_level) / 2
    half = float(t.ppf(upper, k - 1) * np.sqrt(variance))
    reach = float(t.ppf(upper, k - 2) * np.sqrt(tau2 + variance)) if k > 2 else nan
    return RandomEffects(
        n=k,
        mean=mean,
        low=mean - half,
        high=mean + half,
        tau=float(np.sqrt(tau2)),
        prediction_low=mean - reach,
        prediction_high=mean + reach,
        q=_squares(theta, error, 0.0),
        reason="" if k > 2 else "two experts do not tell where a third may lie",
    )


def paule_mandel(estimates: object, standard_errors: object) -> float:
    """Return τ², the variance between experts: 0 where their scatter is no more than chance.

    The root of Σ (θ − μ)² / (s² + τ²) = K − 1, with μ the mean weighed by 1 / (s² + τ²) (Paule &
    Mandel 1982). The left side falls as τ² grows, so the root is unique.

    Raises:
        StatisticsError: as for :func:`random_effects`, or fewer than two estimates.
    """
    from scipy.optimize import brentq

    theta, error = _known(estimates, standard_errors)
    k = len(theta)
    if k < 2:
        raise StatisticsError(f"the variance between experts needs at least two; received {k}")
    if _squares(theta, error, 0.0) <= k - 1:
        return 0.0
    # At K times the scatter the weighed squares are at most 1 / K, below K − 1.
    top = k * float(((theta - theta.mean()) ** 2).sum())
    found = brentq(lambda tau2: _squares(theta, error, tau2) - (k - 1), 0.0, top, xtol=1e-14)
    return float(found)


def permutation_p(observed: float, shuffled: Floats) -> float:
    """Return the p-value of a statistic that is large when labels matter.

    (1 + shuffles at least as large) / (1 + shuffles), so never 0 (Phipson & Smyth 2010,
    Statistical Applications in Genetics and Molecular Biology 9). Undefined shuffles (NaN) are
    left out; NaN when the observed value is not defined.

    Args:
        observed: the statistic with the labels as they are.
        shuffled: shape (n_shuffles,), with the labels shuffled.
    """
    if np.isnan(observed):
        return float("nan")
    known = shuffled[~np.isnan(shuffled)]
    # Shuffles that give the same groups give the same statistic up to rounding.
    as_large = int((known >= observed - 1e-12 * abs(observed)).sum())
    return (1 + as_large) / (1 + len(known))


def _known(estimates: object, standard_errors: object) -> tuple[Floats, Floats]:
    theta = np.asarray(estimates, dtype=np.float64)
    error = np.asarray(standard_errors, dtype=np.float64)
    if theta.ndim != 1 or theta.shape != error.shape:
        raise StatisticsError(
            "give one standard error for each estimate; received shapes "
            f"{theta.shape} and {error.shape}"
        )
    if (error < 0).any():
        raise StatisticsError(f"a standard error is not negative; received {error.min():g}")
    known = np.isfinite(theta) & np.isfinite(error)
    return theta[known], np.maximum(error[known], _SMALLEST_ERROR)


def _squares(theta: Floats, error: Floats, tau2: float) -> float:
    weights = 1 / (error**2 + tau2)
    mean = (weights * theta).sum() / weights.sum()
    return float((weights * (theta - mean) ** 2).sum())
