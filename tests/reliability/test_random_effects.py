"""Random effects over experts, against statsmodels and a slow second way."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.stats import t

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.random_effects import (
    paule_mandel,
    permutation_p,
    random_effects,
)


def cases() -> list[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(5)
    made = []
    for k, tau in itertools.product((2, 3, 4, 6, 12), (0.0, 0.05, 0.3)):
        error = rng.uniform(0.01, 0.1, k)
        made.append((0.7 + tau * rng.standard_normal(k) + error * rng.standard_normal(k), error))
    return made


@pytest.mark.filterwarnings("ignore::statsmodels.tools.sm_exceptions.InvalidTestWarning")
@pytest.mark.parametrize(("theta", "error"), cases())
def test_agrees_with_statsmodels(theta: np.ndarray, error: np.ndarray) -> None:
    from statsmodels.stats.meta_analysis import combine_effects

    found = random_effects(theta, error)
    # Finer than this, their search takes rounding for an overshoot and gives 0.
    theirs = combine_effects(theta, error**2, method_re="iterated", use_t=True, atol=1e-6)
    assert found.tau**2 == pytest.approx(max(theirs.tau2, 0.0), abs=1e-6)
    assert found.mean == pytest.approx(theirs.mean_effect_re, abs=1e-5)
    assert found.q == pytest.approx(theirs.q, rel=1e-9)
    # Theirs is the interval without the floor of q.
    scale = max(1.0, theirs.scale_hksj_re) / theirs.scale_hksj_re
    width = np.ptp(theirs.conf_int()[3]) * math.sqrt(scale)
    assert found.high - found.low == pytest.approx(width, rel=1e-4)


@pytest.mark.parametrize(("theta", "error"), cases())
def test_agrees_with_a_search_over_a_grid(theta: np.ndarray, error: np.ndarray) -> None:
    def excess(tau2: float) -> float:
        w = [1 / (s * s + tau2) for s in error]
        mu = sum(a * b for a, b in zip(w, theta, strict=True)) / sum(w)
        return sum(a * (b - mu) ** 2 for a, b in zip(w, theta, strict=True)) - (len(theta) - 1)

    found = paule_mandel(theta, error)
    if excess(0.0) <= 0:
        assert found == 0.0
    else:
        low, high = 0.0, 10.0
        for _ in range(200):
            middle = (low + high) / 2
            low, high = (middle, high) if excess(middle) > 0 else (low, middle)
        assert found == pytest.approx(low, abs=1e-10)


def test_by_hand() -> None:
    """Equal errors: τ² is the variance of the estimates less the squared error."""
    found = random_effects([1.0, 2.0, 3.0, 4.0], [0.5] * 4)
    between = 5 / 3 - 0.25
    assert found.tau**2 == pytest.approx(between)
    assert found.mean == pytest.approx(2.5)
    half = t.ppf(0.975, 3) * math.sqrt((5 / 3) / 4)
    assert (found.low, found.high) == pytest.approx((2.5 - half, 2.5 + half))
    reach = t.ppf(0.975, 2) * math.sqrt(between + (5 / 3) / 4)
    assert (found.prediction_low, found.prediction_high) == pytest.approx(
        (2.5 - reach, 2.5 + reach)
    )
    assert found.q == pytest.approx(5 / 0.25)
    assert found.reason == ""


def test_alike_experts_do_not_shrink_the_interval() -> None:
    found = random_effects([0.5, 0.5, 0.5], [0.1, 0.1, 0.1])
    half = t.ppf(0.975, 2) * 0.1 / math.sqrt(3)
    assert found.tau == 0.0
    assert found.q == pytest.approx(0.0)
    assert found.high - found.mean == pytest.approx(half)


def test_few_experts_are_said_to_be_few() -> None:
    none = random_effects([], [])
    assert (none.n, none.reason) == (0, "no expert has an estimate")
    assert math.isnan(none.mean)
    one = random_effects([0.5, np.nan, 0.2], [0.1, 0.1, np.nan])
    assert (one.n, one.mean) == (1, 0.5)
    assert all(math.isnan(v) for v in (one.low, one.high, one.tau, one.prediction_low, one.q))
    assert "one expert" in one.reason
    two = random_effects([0.4, 0.6], [0.1, 0.1])
    # They lie twice their squared error apart: half of it is between them.
    assert two.tau == pytest.approx(0.1)
    assert two.high - two.mean == pytest.approx(t.ppf(0.975, 1) * 0.1)
    assert math.isnan(two.prediction_high)
    assert "third" in two.reason


def test_errors_of_zero_are_borne() -> None:
    found = random_effects([1.0, 2.0, 3.0], [0.0, 0.0, 0.0])
    assert found.tau == pytest.approx(1.0)
    assert found.mean == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("theta", "error", "message"),
    [
        ([1.0, 2.0], [0.1], r"one standard error for each estimate; .*\(2,\) and \(1,\)"),
        ([1.0, 2.0], [0.1, -0.2], r"not negative; received -0\.2"),
    ],
)
def test_unusable_numbers_are_refused(theta: list[float], error: list[float], message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        random_effects(theta, error)
    with pytest.raises(StatisticsError, match="at least two; received 1"):
        paule_mandel([1.0], [0.1])


def test_a_permutation_p_is_never_zero() -> None:
    assert permutation_p(5.0, np.arange(5.0)) == pytest.approx(1 / 6)
    assert permutation_p(3.0, np.array([1.0, 3.0, 4.0, np.nan])) == pytest.approx(3 / 4)
    assert math.isnan(permutation_p(np.nan, np.arange(5.0)))
