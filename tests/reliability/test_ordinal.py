"""Statistics of ordered categories against krippendorff, scikit-learn and scipy."""

from __future__ import annotations

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from sklearn.metrics import cohen_kappa_score, mean_absolute_error

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.agreement import ccc
from mentalbench_hf.reliability.core.counts import categories_of, coincidence_grid, count_grid
from mentalbench_hf.reliability.core.moments import moments
from mentalbench_hf.reliability.core.ordinal import (
    krippendorff_alpha,
    mae_of,
    quadratic_weighted_kappa,
    spearman,
)
from mentalbench_hf.reliability.core.ranking import kendall_of, mae_of_means, spearman_of_means
from mentalbench_hf.reliability.core.replicated_sums import SystemMeans

#: Krippendorff (2011), four observers and twelve units; ordinal alpha is printed as 0.815.
KRIPPENDORFF = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, np.nan, np.nan, np.nan],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, np.nan, 3],
        [np.nan, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, np.nan],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, np.nan],
    ]
).T


def scored(seed, *, n=200, k=2, missing=0.1, step=1.0):
    rng = np.random.default_rng(seed)
    truth = rng.normal(4.0, 0.9, (n, 1))
    x = truth + rng.normal(0, 0.7, (n, k)) + rng.normal(0, 0.3, k)
    x = np.clip(np.rint(x / step) * step, 1, 5)
    x[rng.random((n, k)) < missing] = np.nan
    return x


def complete(matrix):
    return matrix[~np.isnan(matrix).any(axis=1)]


def test_alpha_as_published():
    assert round(krippendorff_alpha(KRIPPENDORFF), 3) == 0.815


@pytest.mark.parametrize("k", [2, 3, 5])
@pytest.mark.parametrize("seed", range(4))
def test_alpha_equals_krippendorff_with_missing_ratings(seed, k):
    matrix = scored(seed, k=k, missing=0.3)
    expected = krippendorff.alpha(matrix.T, level_of_measurement="ordinal")
    assert krippendorff_alpha(matrix) == pytest.approx(expected, abs=1e-9)


def test_alpha_counts_what_is_not_pairable():
    counted = coincidence_grid(KRIPPENDORFF)
    assert (counted.n_targets, counted.n_missing) == (11, 1)
    # Each pairable rating is one unit of weight.
    assert counted.tables.sum() == pytest.approx(40)


@pytest.mark.parametrize("step", [1.0, 0.25, 1 / 3])
@pytest.mark.parametrize("seed", range(3))
def test_kappa_spearman_and_mae_equal_sklearn_and_scipy(seed, step):
    matrix = scored(seed, step=step)
    known = complete(matrix)
    human, judge = known.T
    labels = np.rint(np.arange(round(4 / step) + 1)).astype(int)
    coded = np.rint((known - 1) / step).astype(int)
    assert quadratic_weighted_kappa(matrix, missing="omit") == pytest.approx(
        cohen_kappa_score(*coded.T, weights="quadratic", labels=labels), abs=1e-9
    )
    assert spearman(matrix, missing="omit") == pytest.approx(
        stats.spearmanr(human, judge).statistic, abs=1e-9
    )
    counted = count_grid(matrix)
    assert mae_of(counted.tables.sum(axis=(0, 1)), counted.categories) == pytest.approx(
        mean_absolute_error(human, judge), abs=1e-6
    )


def test_kappa_is_lins_ccc():
    matrix = complete(scored(5))
    assert quadratic_weighted_kappa(matrix) == pytest.approx(float(ccc(moments(matrix))), abs=1e-12)


def test_kappa_takes_unequal_steps_as_they_are():
    matrix = np.array([[1.0, 1], [1, 5], [2, 2], [5, 5], [5, 2], [2, 1]])
    assert quadratic_weighted_kappa(matrix) == pytest.approx(float(ccc(moments(matrix))), abs=1e-12)


small = arrays(
    np.float64, st.tuples(st.integers(2, 9), st.just(2)), elements=st.integers(1, 4).map(float)
)


@given(small)
@settings(max_examples=80)
def test_ranking_equals_scipy_with_ties(matrix):
    means = SystemMeans(matrix, np.ones(len(matrix)))
    if (matrix == matrix[0]).all(axis=0).any():
        assert np.isnan(kendall_of(means))
        assert np.isnan(spearman_of_means(means))
        assert np.isnan(spearman(matrix))
        return
    human, judge = matrix.T
    assert kendall_of(means) == pytest.approx(stats.kendalltau(human, judge).statistic, abs=1e-9)
    expected = stats.spearmanr(human, judge).statistic
    assert spearman_of_means(means) == pytest.approx(expected, abs=1e-9)
    assert spearman(matrix) == pytest.approx(expected, abs=1e-9)
    assert mae_of_means(means) == pytest.approx(np.abs(human - judge).mean())


@given(small, st.data())
@settings(max_examples=60)
def test_a_system_drawn_twice_counts_twice(matrix, data):
    weights = np.array([data.draw(st.integers(0, 3)) for _ in matrix])
    repeated = np.repeat(matrix, weights, axis=0)
    weighed = SystemMeans(matrix, weights.astype(float))
    physical = SystemMeans(repeated, np.ones(len(repeated)))
    for statistic in (kendall_of, spearman_of_means, mae_of_means):
        assert statistic(weighed) == pytest.approx(
            float(statistic(physical)), abs=1e-9, nan_ok=True
        )


def test_means_that_differ_by_rounding_are_tied():
    means = np.array([[0.1 + 0.2, 1.0], [0.3, 2.0], [0.9, 3.0]])
    tidy = np.array([[0.3, 1.0], [0.3, 2.0], [0.9, 3.0]])
    expected = stats.kendalltau(*tidy.T).statistic
    assert kendall_of(SystemMeans(means, np.ones(3))) == pytest.approx(expected)


def test_undefined_is_nan():
    assert np.isnan(krippendorff_alpha([[3, 3], [3, 3]]))
    assert np.isnan(quadratic_weighted_kappa([[3, 3], [3, 3]]))
    assert np.isnan(spearman([[3, 1], [3, 2]]))
    assert np.isnan(krippendorff_alpha([[1, np.nan], [np.nan, 2]]))
    assert np.isnan(spearman([[1, np.nan]], missing="omit"))


def test_a_continuous_scale_is_refused():
    with pytest.raises(StatisticsError, match="at most 25 distinct ratings; found 60"):
        spearman(np.arange(60.0).reshape(30, 2))


def test_thirds_are_one_category_however_they_were_rounded():
    assert len(categories_of([1 / 3, 1 - 2 / 3, np.nan])) == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: spearman([[1, np.nan]]), "missing='omit'"),
        (lambda: quadratic_weighted_kappa([[1, 2]], missing="no"), "'raise' or 'omit'"),
        (lambda: count_grid([[1, 2, 3]]), "takes 2 raters; received 3"),
        (lambda: count_grid([[1, 6]], categories=np.arange(1.0, 6)), "rating 6.0 is none"),
    ],
)
def test_unusable_arguments_are_refused(call, message):
    with pytest.raises(StatisticsError, match=message):
        call()
