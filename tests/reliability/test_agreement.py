"""Statistics of sums against numpy and scipy, and the split of the mean squared error."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from mentalbench_hf.reliability.core import agreement
from mentalbench_hf.reliability.core.moments import moments

pairs = arrays(
    np.float64,
    st.tuples(st.integers(2, 15), st.just(2)),
    elements=st.integers(1, 5).map(float),
)


@given(pairs)
@settings(max_examples=80)
def test_the_parts_of_the_mse_add_up(matrix):
    m = moments(matrix)
    parts = [agreement.mse_bias(m), agreement.mse_scale(m), agreement.mse_unexplained(m)]
    assert sum(map(float, parts)) == pytest.approx(np.mean((matrix[:, 1] - matrix[:, 0]) ** 2))
    assert all(p >= -1e-12 for p in parts)


@given(pairs)
@settings(max_examples=80)
def test_equals_numpy_and_scipy(matrix):
    human, judge = matrix.T
    m, d = moments(matrix), matrix[:, 1] - matrix[:, 0]
    assert float(agreement.bias(m)) == pytest.approx(d.mean())
    assert float(agreement.rmse(m)) == pytest.approx(np.sqrt((d**2).mean()))
    half = 1.96 * d.std(ddof=1)
    assert float(agreement.limits_low(m)) == pytest.approx(d.mean() - half, abs=1e-9)
    assert float(agreement.limits_high(m)) == pytest.approx(d.mean() + half, abs=1e-9)
    if human.std() and judge.std():
        assert float(agreement.pearson(m)) == pytest.approx(stats.pearsonr(human, judge).statistic)
    else:
        assert np.isnan(agreement.pearson(m))


def test_ccc_of_a_table_worked_out_by_hand():
    # Means 2 and 3, variances 2/3 and 2/3, covariance 2/3: 2·(2/3) / (2/3 + 2/3 + 1) = 4/7.
    assert float(agreement.ccc(moments([[1, 2], [2, 3], [3, 4]]))) == pytest.approx(4 / 7)


def test_ratings_far_from_zero_lose_no_digits():
    near = np.array([[1.0, 2], [2, 2], [4, 5], [3, 1]])
    for statistic in (agreement.ccc, agreement.pearson, agreement.mse_scale):
        assert float(statistic(moments(near + 1e6))) == pytest.approx(
            float(statistic(moments(near))), abs=1e-12
        )


def test_undefined_is_nan():
    same = moments([[3, 3], [3, 3]])
    assert np.isnan(agreement.ccc(same))
    assert np.isnan(agreement.pearson(moments([[3.1, 1], [3.1, 2], [3.1, 4]])))
    one = moments([[3, 4]])
    assert np.isnan(agreement.limits_low(one))
    assert float(agreement.bias(one)) == 1.0
    none = moments([[np.nan, 4]])
    assert all(np.isnan(f(none)) for f in (agreement.bias, agreement.mse, agreement.ccc))
