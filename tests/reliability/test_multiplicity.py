from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.multiplicity import (
    adjust,
    bootstrap_p_above,
    bootstrap_p_value,
)

P = st.lists(st.floats(0, 1, allow_nan=False), min_size=1, max_size=30)


def test_holm_by_hand() -> None:
    assert adjust([0.01, 0.04, 0.03, 0.005]).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_benjamini_hochberg_by_hand() -> None:
    assert adjust([0.01, 0.04, 0.03, 0.005], "bh").tolist() == pytest.approx(
        [0.02, 0.04, 0.04, 0.02]
    )


def test_a_test_that_was_not_made_does_not_count() -> None:
    found = adjust([0.01, np.nan, 0.02])
    assert found == pytest.approx([0.02, np.nan, 0.02], nan_ok=True)
    assert np.isnan(adjust([np.nan])).all()


@given(P)
def test_holm_rejects_exactly_what_the_step_down_procedure_does(p: list[float]) -> None:
    level = 0.05
    rejected = set()
    for step, i in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        if p[i] > level / (len(p) - step):
            break
        rejected.add(i)
    adjusted = adjust(p)
    # Exact ties with the level depend on rounding; they are left out.
    for i, value in enumerate(adjusted):
        if abs(value - level) > 1e-9:
            assert (value <= level) == (i in rejected)


@given(P)
def test_corrections_only_raise_and_keep_the_order(p: list[float]) -> None:
    order = np.argsort(p, kind="stable")
    for method in ("holm", "bh"):
        adjusted = adjust(p, method)
        assert (adjusted >= np.array(p) - 1e-12).all()
        assert (adjusted <= 1).all()
        assert (np.diff(adjusted[order]) >= -1e-12).all()
    assert (adjust(p, "bh") <= adjust(p, "holm") + 1e-12).all()


def test_wrong_p_values() -> None:
    with pytest.raises(StatisticsError, match="holm, bh"):
        adjust([0.1], "sidak")  # type: ignore[arg-type]
    with pytest.raises(StatisticsError, match="between 0 and 1"):
        adjust([1.1])


def test_p_value_by_hand() -> None:
    replicates = np.array([*[1.0] * 97, *[-1.0] * 2, np.nan])
    assert bootstrap_p_value(replicates) == pytest.approx(2 * 3 / 100)
    assert bootstrap_p_above(replicates, 0) == pytest.approx(3 / 100)
    assert bootstrap_p_value(-replicates) == bootstrap_p_value(replicates)
    assert bootstrap_p_value(np.zeros(10)) == 1
    assert np.isnan(bootstrap_p_value(np.array([np.nan, 1.0])))
    assert np.isnan(bootstrap_p_above(np.array([np.nan, 1.0]), 0))


def test_p_value_and_percentile_interval_agree() -> None:
    rng = np.random.default_rng(0)
    for centre in np.linspace(-3, 3, 25):
        replicates = rng.normal(centre, 1, 4_000)
        low, high = np.quantile(replicates, [0.025, 0.975])
        if min(abs(low), abs(high)) > 0.05:
            assert (bootstrap_p_value(replicates) < 0.05) == (low > 0 or high < 0)
