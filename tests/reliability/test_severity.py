from __future__ import annotations

import numpy as np
import pytest
from made_ratings import by_hand, study

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.trust.severity import severity


def test_a_lenient_judge_keeps_the_range() -> None:
    human = [1, 2, 3, 4, 2, 3] * 4
    targets = by_hand({"expert": human, "judge": [h + 1 for h in human]})
    (row,) = severity(targets, n_resamples=300)
    assert (row.shift, row.shift_low, row.shift_high) == (1, 1, 1)
    assert (row.slope, row.sd_ratio) == (pytest.approx(1), pytest.approx(1))
    assert row.compressed is False


def test_a_compressing_judge_has_no_shift() -> None:
    human = [1, 2, 3, 4, 5] * 6
    targets = by_hand({"expert": human, "judge": [3 + (h - 3) / 4 for h in human]})
    (row,) = severity(targets, n_resamples=300)
    assert row.shift == pytest.approx(0)
    assert (row.slope, row.sd_ratio) == (pytest.approx(0.25), pytest.approx(0.25))
    assert row.compressed is True


def test_equals_least_squares_and_standard_deviations() -> None:
    targets = study(5, missing=0.1)
    for row in severity(targets, names=targets.attributes, n_resamples=50):
        pair = targets.pair(row.judge, row.attribute)
        pair = pair[~np.isnan(pair).any(axis=1)]
        design = np.column_stack([np.ones(len(pair)), pair[:, 0]])
        coefficients = np.linalg.lstsq(design, pair[:, 1], rcond=None)[0]
        assert row.slope == pytest.approx(coefficients[1])
        assert row.sd_ratio == pytest.approx(pair[:, 1].std() / pair[:, 0].std())
        assert row.n_targets == len(pair)
        assert row.slope_low <= row.slope <= row.slope_high


def test_system_level_uses_the_systems_means() -> None:
    targets = study(6)
    for row in severity(targets, level="system", names=["Clarity"], n_resamples=20):
        means = np.array(
            [targets.pair(row.judge, "Clarity")[targets.systems == s].mean(axis=0)
             for s in range(6)]
        )  # fmt: skip
        assert row.slope == pytest.approx(np.polyfit(means[:, 0], means[:, 1], 1)[0])
        assert row.n_targets == 6


def test_a_reference_that_does_not_vary_has_no_slope() -> None:
    targets = by_hand({"expert": [4, 4, 4], "judge": [1, 2, 3]})
    (row,) = severity(targets, n_resamples=20)
    assert np.isnan(row.slope)
    assert np.isnan(row.sd_ratio)
    assert row.compressed is None
    assert row.n_degenerate == 20
    assert row.record()["slope"] is None


def test_one_system_has_no_system_level() -> None:
    targets = by_hand({"expert": [1, 2], "judge": [1, 2]})
    with pytest.raises(StatisticsError, match="two systems"):
        severity(targets, level="system")


@pytest.mark.upstream
def test_the_released_judges_compress_the_range(audited) -> None:
    rows = severity(audited, names=audited.attributes, n_resamples=300)
    assert len(rows) == 28
    # A slope is r times the ratio of spreads, so it never exceeds the ratio.
    assert all(r.slope <= r.sd_ratio for r in rows)
    assert all(r.compressed for r in rows if r.attribute == "Safety")
