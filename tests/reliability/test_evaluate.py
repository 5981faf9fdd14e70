"""All statistics with intervals in one table, and the reliability rows made of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_ratings import by_hand, study

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.analytic import analytic_intervals
from mentalbench_hf.reliability.core.counts import coincidence_grid
from mentalbench_hf.reliability.core.icc import icc
from mentalbench_hf.reliability.core.ordinal import krippendorff_alpha
from mentalbench_hf.reliability.evaluate import evaluate, evaluate_panel
from mentalbench_hf.reliability.protocol import reliability
from mentalbench_hf.reliability.registry import STATISTICS, chosen
from mentalbench_hf.reliability.settings import Settings, settings_of

FEW = {"n_resamples": 200}


@pytest.fixture(scope="module")
def targets():
    return study(8, n_conversations=60, n_systems=5, missing=0.03)


@pytest.mark.parametrize("level", ["system", "response"])
@pytest.mark.parametrize("ci", ["percentile", "bca"])
def test_every_statistic_has_a_row_in_its_range(targets, level, ci):
    rows = evaluate(targets, Settings(level=level, ci=ci, **FEW))
    names = [s.name for s in chosen(None, level)]
    assert [r.statistic for r in rows] == names * (3 * 3)
    assert [(r.judge, r.attribute) for r in rows[:: len(names)]] == [
        (j, a) for j in targets.judges for a in targets.names
    ]
    for row in rows:
        spec = STATISTICS[row.statistic]
        assert spec.lowest - 1e-9 <= row.low <= row.high <= spec.highest + 1e-9, row
        assert spec.lowest - 1e-9 <= row.estimate <= spec.highest + 1e-9, row
        assert (row.level, row.ci, row.n_resamples) == (level, ci, 200)
    assert {r.axis for r in rows} == {"Both"}


@pytest.mark.parametrize("level", ["system", "response"])
@pytest.mark.parametrize(
    "ci", ["percentile", "bca", pytest.param("analytic", marks=pytest.mark.needs("pingouin"))]
)
def test_reliability_rows_are_these_statistics(targets, level, ci):
    s = Settings(level=level, ci=ci, seed=3, **FEW)
    rows = {(r.judge, r.attribute, r.statistic): r for r in evaluate(targets, s)}
    for row in reliability(targets, s):
        for name in ("icc_c1", "icc_a1", "bias"):
            other = rows[row.judge, row.attribute, name]
            ours = [getattr(row, name + end) for end in ("", "_low", "_high")]
            assert ours == pytest.approx([other.estimate, other.low, other.high], nan_ok=True)
        assert row.n_targets == rows[row.judge, row.attribute, "icc_c1"].n_targets


def test_rank_statistics_use_the_replicates_of_the_sums(targets):
    rows = evaluate(targets, Settings(level="response", **FEW), statistics=["ccc", "kappa"])
    for concordance, kappa in zip(rows[::2], rows[1::2], strict=True):
        assert (kappa.low, kappa.high) == pytest.approx((concordance.low, concordance.high))
        assert kappa.n_targets == concordance.n_targets
        assert kappa.n_missing == concordance.n_missing > 0


def test_statistics_do_not_depend_on_their_company(targets):
    s = Settings(level="response", **FEW)
    alone = evaluate(targets, s, statistics=["spearman"], names=["Warmth"])
    among = [
        r for r in evaluate(targets, s) if (r.statistic, r.attribute) == ("spearman", "Warmth")
    ]
    assert alone == among


@pytest.mark.needs("pingouin")
def test_analytic_intervals_take_no_replicates(targets):
    rows = evaluate(targets, Settings(level="response", ci="analytic"), judges=["judge-a"])
    first = {r.statistic: r for r in rows if r.attribute == "Clarity"}
    expected = analytic_intervals(targets.pair("judge-a", "Clarity"))
    assert (first["icc_a1"].low, first["icc_a1"].high) == (
        expected["ICC(A,1)"].low,
        expected["ICC(A,1)"].high,
    )
    assert first["icc_a1"].ci == "analytic"
    assert first["ccc"].ci == "none"
    assert np.isnan(first["ccc"].low)
    assert first["ccc"].record()["low"] is None
    assert {r.n_resamples for r in rows} == {0}


def test_no_replicates_give_estimates_only(targets):
    rows = evaluate(targets, Settings(n_resamples=0))
    assert all(np.isnan(r.low) and r.ci == "none" for r in rows)
    assert not np.isnan([r.estimate for r in rows]).any()


def test_degenerate_replicates_are_counted():
    # Only one conversation has any variance: a replicate without it has none.
    ratings = {"expert": [1, 2, 3, 3, 3, 3], "judge": [1, 3, 3, 3, 3, 3]}
    targets = by_hand(ratings, clusters=[0, 0, 1, 1, 2, 2])
    row = evaluate(targets, Settings(level="response", **FEW), statistics=["icc_c1"])[0]
    assert 30 < row.n_degenerate < 90
    kappa = evaluate(targets, Settings(level="response", **FEW), statistics=["kappa"])[0]
    assert kappa.n_degenerate == row.n_degenerate


def test_a_panel_of_all_raters(targets):
    rows = evaluate_panel(targets, Settings(level="response", **FEW), names=["Clarity"])
    found = {r.statistic: r for r in rows}
    matrix = np.column_stack([targets.scores(r, "Clarity") for r in targets.raters])
    assert list(found) == ["icc_c1", "icc_a1", "icc_ck", "icc_ak", "alpha"]
    assert found["icc_ak"].estimate == pytest.approx(
        icc(matrix, variant="ICC(A,k)", missing="omit")
    )
    assert found["alpha"].estimate == pytest.approx(krippendorff_alpha(matrix))
    counted = coincidence_grid(matrix)
    assert found["alpha"].n_targets == counted.n_targets > found["icc_ak"].n_targets
    assert found["alpha"].low < found["alpha"].estimate < found["alpha"].high
    assert found["alpha"].judge == "expert + judge-a + judge-b + judge-c"


def test_a_panel_leaves_out_the_counterparts_of_its_raters(targets):
    with_own = replace(targets, left_out={"judge-a": "system-1"})
    rows = evaluate_panel(with_own, Settings(n_resamples=0), raters=["judge-a", "judge-b"])
    assert {r.n_targets for r in rows} == {4}
    rows = evaluate_panel(with_own, Settings(n_resamples=0, keep_own=True))
    assert {r.n_targets for r in rows} == {5}


def test_own_counterpart_is_no_target_of_any_statistic(targets):
    with_own = replace(targets, left_out={"judge-a": "system-1"})
    rows = evaluate(with_own, Settings(level="response", n_resamples=0), judges=["judge-a"])
    kept = targets.select(targets.systems != 1)
    for row, other in zip(
        rows,
        evaluate(kept, Settings(level="response", n_resamples=0), judges=["judge-a"]),
        strict=True,
    ):
        assert row.estimate == pytest.approx(other.estimate), row.statistic
        assert (row.n_targets, row.n_missing) == (other.n_targets, other.n_missing)


def test_a_continuous_scale_keeps_what_sums_can_tell():
    fine = study(1, n_conversations=40, whole=False)
    s = Settings(level="response", n_resamples=50)
    names = {r.statistic for r in evaluate(fine, s)}
    assert "ccc" in names
    assert "kappa" not in names
    with pytest.raises(StatisticsError, match=r"Clarity of judge-a: .*at most 25 distinct"):
        evaluate(fine, s, statistics=["kappa"])


@pytest.mark.needs("pingouin")
def test_nothing_rated_is_nan_everywhere():
    empty = by_hand({"expert": [np.nan, 2], "judge": [1, np.nan]}, systems=["a", "b"])
    for level in ("system", "response"):
        for ci in ("percentile", "bca", "analytic"):
            rows = evaluate(empty, Settings(level=level, ci=ci, n_resamples=20))
            assert all(np.isnan(r.estimate) and np.isnan(r.low) for r in rows)
            assert {r.n_targets for r in rows} == {0}
            assert {r.n_missing for r in rows} == {2}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda t: evaluate(t, statistics=["gwet"]), "unknown statistic 'gwet'"),
        (lambda t: evaluate(t, statistics=["kappa"]), "does not exist for the system level"),
        (lambda t: evaluate_panel(t, statistics=["ccc"]), "more than two raters"),
        (lambda t: evaluate_panel(t, raters=["expert"]), "at least two raters"),
        (lambda t: evaluate(t, Settings(ci="normal")), "unknown interval method 'normal'"),
        (lambda t: evaluate(t, Settings(resample="rows")), "unknown resampling 'rows'"),
        (lambda t: evaluate(t, Settings(level="word")), "unknown level 'word'"),
        (lambda t: settings_of("published", ci="bca"), "published protocol's percentile"),
        (lambda t: evaluate(by_hand({"a": [1, 2], "b": [1, 2]})), "at least two systems"),
    ],
)
def test_unusable_arguments_are_refused(targets, call, message):
    with pytest.raises(StatisticsError, match=message):
        call(targets)
