"""Agreement on the same footing and alpha of a panel, against independent code."""

from __future__ import annotations

import krippendorff
import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.icc import icc
from mentalbench_hf.reliability.panel.agreement import same_footing
from mentalbench_hf.reliability.panel.alpha import alphas
from mentalbench_hf.reliability.panel.leave_one_out import leave_one_out
from mentalbench_hf.reliability.panel.ratings import PanelRatings


def made(
    seed: int = 0, n: int = 120, n_experts: int = 3, missing: float = 0.2, per_cluster: int = 1
) -> PanelRatings:
    rng = np.random.default_rng(seed)
    truth = rng.integers(1, 6, n)
    ratings = np.clip(truth[:, None] + rng.integers(-1, 2, (n, n_experts + 1)), 1, 5).astype(float)
    ratings[rng.random(ratings.shape) < missing] = np.nan
    return PanelRatings(
        attribute="Empathy",
        experts=tuple("ABCDEFG"[:n_experts]),
        judges=("J",),
        of_experts=ratings[:, :n_experts],
        of_judges=ratings[:, n_experts:],
        clusters=np.arange(n) // per_cluster,
        systems=np.zeros(n, dtype=np.int64),
        system_names=("all",),
        scale=(1.0, 5.0),
    )


def test_every_pair_is_compared_on_the_items_all_three_rated() -> None:
    panel = made()
    rows = same_footing(panel, 0, n_resamples=100).rows()
    for row in rows:
        if row.expert == "mean":
            continue
        i, j = panel.experts.index(row.expert), panel.experts.index(row.other)
        x, y, judge = panel.of_experts[:, i], panel.of_experts[:, j], panel.of_judges[:, 0]
        items = ~np.isnan(x + y + judge)
        assert row.n_items == items.sum()
        of_pairs = [np.column_stack(p)[items] for p in ((x, y), (judge, x), (judge, y))]
        if row.statistic == "ordinal_alpha":
            values = [krippendorff.alpha(p.T, level_of_measurement="ordinal") for p in of_pairs]
        elif row.statistic == "pearson":
            values = [np.corrcoef(p.T)[0, 1] for p in of_pairs]
        elif row.statistic == "quadratic_weighted_kappa":
            values = [cohen_kappa_score(*p.T.astype(int), weights="quadratic") for p in of_pairs]
        else:
            variant = {"icc_a1": "ICC(A,1)", "icc_c1": "ICC(C,1)"}[row.statistic]
            values = [icc(p, variant=variant) for p in of_pairs]
        assert row.expert_expert == pytest.approx(values[0])
        assert row.judge_expert == pytest.approx(np.mean(values[1:]))
        assert row.difference == pytest.approx(np.mean(values[1:]) - values[0])
        assert row.low <= row.difference <= row.high


def test_the_mean_row_is_the_mean_over_pairs() -> None:
    rows = [r for r in same_footing(made(), 0, n_resamples=50).rows() if r.statistic == "icc_c1"]
    pairs, mean = rows[:-1], rows[-1]
    assert (mean.expert, mean.other) == ("mean", "")
    assert mean.judge_expert == pytest.approx(np.mean([r.judge_expert for r in pairs]))


def test_without_a_judge_the_experts_stand_alone() -> None:
    rows = same_footing(made(missing=0), None, n_resamples=50).rows()
    assert {r.judge for r in rows} == {""}
    assert all(np.isnan(r.judge_expert) and np.isnan(r.difference) for r in rows)
    assert all(np.isfinite(r.expert_expert_low) for r in rows)


def test_the_judge_stands_beside_the_expert_against_the_same_mean() -> None:
    panel = made(1)
    for row in leave_one_out(panel, 0, n_resamples=50):
        if row.expert == "mean" or row.statistic != "icc_a1":
            continue
        e = panel.experts.index(row.expert)
        with np.errstate(invalid="ignore"):
            others = np.delete(panel.of_experts, e, axis=1)
            rest = np.nansum(others, axis=1) / (~np.isnan(others)).sum(axis=1)
        own, judge = panel.of_experts[:, e], panel.of_judges[:, 0]
        items = ~np.isnan(rest + own + judge)
        assert row.n_items == items.sum()
        assert row.expert_rest == pytest.approx(
            icc(np.column_stack([own, rest])[items], variant="ICC(A,1)")
        )
        assert row.judge_rest == pytest.approx(
            icc(np.column_stack([judge, rest])[items], variant="ICC(A,1)")
        )


def test_replicates_draw_whole_clusters() -> None:
    items, clusters = (
        same_footing(made(2, per_cluster=c), 0, n_resamples=400).rows() for c in (1, 30)
    )
    assert items[0].difference == clusters[0].difference
    assert items[0].low != clusters[0].low


def test_intervals_agree_with_resampling_by_index() -> None:
    panel = made(3, n=80, n_experts=2, missing=0)
    row = same_footing(panel, 0, n_resamples=4_000).rows()[0]
    rng = np.random.default_rng(5)
    x, y = panel.of_experts.T
    judge = panel.of_judges[:, 0]
    draws = []
    for _ in range(1_500):
        at = rng.integers(0, 80, 80)
        of = [
            icc(np.column_stack(p)[at], variant="ICC(A,1)")
            for p in ((x, y), (judge, x), (judge, y))
        ]
        draws.append((of[1] + of[2]) / 2 - of[0])
    assert (row.low, row.high) == pytest.approx(np.quantile(draws, [0.025, 0.975]), abs=0.02)


def test_alpha_of_the_experts_and_with_each_replaced() -> None:
    panel = made(4)
    rows = alphas(panel, 0, n_resamples=100)
    assert [r.replaced for r in rows] == ["", "A", "B", "C"]
    for at, row in enumerate(rows):
        ratings = panel.of_experts.copy()
        if at:
            both = ~np.isnan(ratings[:, at - 1] + panel.of_judges[:, 0])
            ratings[both, at - 1] = panel.of_judges[both, 0]
        expected = krippendorff.alpha(ratings.T, level_of_measurement="ordinal")
        assert row.alpha == pytest.approx(expected)
        assert row.low <= row.alpha <= row.high
    assert rows[1].change == pytest.approx(rows[1].alpha - rows[0].alpha)


def test_alpha_of_one_expert_is_refused() -> None:
    with pytest.raises(StatisticsError, match="two experts"):
        alphas(made(n_experts=1), None)


def test_experts_who_share_no_item_have_no_agreement() -> None:
    panel = made(missing=0, n_experts=2)
    panel.of_experts[:60, 0] = np.nan
    panel.of_experts[60:, 1] = np.nan
    assert same_footing(panel, 0, n_resamples=50).rows() == []
    assert same_footing(panel, 0, n_resamples=50).validity() is None
    assert leave_one_out(panel, 0, n_resamples=50) == []


def test_all_fives_are_no_agreement_and_no_number() -> None:
    panel = made(missing=0)
    panel.of_experts[:] = 5
    row = same_footing(panel, 0, n_resamples=50).rows()[0]
    assert np.isnan(row.expert_expert)
    assert np.isnan(row.low)
    assert row.n_degenerate == 50
    assert np.isnan(alphas(panel, None, n_resamples=50)[0].alpha)


def test_validity_is_the_correlation_that_a_reliable_expert_would_show() -> None:
    rng = np.random.default_rng(0)
    n = 4_000
    truth = rng.normal(size=n)
    experts = truth[:, None] + rng.normal(size=(n, 3))
    judge = 0.8 * truth + 0.6 * rng.normal(size=n)
    panel = made(n=n, missing=0)
    panel.of_experts[:], panel.of_judges[:, 0] = experts, judge
    found = same_footing(panel, 0, n_resamples=200).validity()
    assert found is not None
    assert found.validity == pytest.approx(0.8, abs=0.03)
    assert found.low < 0.8 < found.high
    assert found.warning == ""


def test_validity_above_one_is_warned_of() -> None:
    panel = made(5, n=200, missing=0)
    panel.of_judges[:, 0] = panel.of_experts.mean(axis=1)
    found = same_footing(panel, 0, n_resamples=100).validity()
    assert found is not None
    assert found.validity > 1
    assert "above 1" in found.warning
