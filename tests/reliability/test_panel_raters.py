"""Profiles of raters: least squares with dummies, known cases, planted habits."""

from __future__ import annotations

import numpy as np
import pytest

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.bootstrap import draw_weights
from mentalbench_hf.reliability.core.rater_effects import rater_levels, spread_ratios
from mentalbench_hf.reliability.core.rating_habits import halo, near_repeats
from mentalbench_hf.reliability.panel.facets import ALL, severities
from mentalbench_hf.reliability.panel.raters import RaterProfile, rater_profiles
from mentalbench_hf.reliability.panel.ratings import PanelRatings


def panels(
    seed: int = 0, n: int = 150, missing: float = 0.15, attributes: int = 3
) -> list[PanelRatings]:
    """Experts A, B, C and judge J, who is a point more lenient, rate one reply per cluster."""
    rng = np.random.default_rng(seed)
    quality = rng.normal(3, 0.6, (n, 1))
    made = []
    for a in range(attributes):
        level = quality + rng.normal(0, 0.5, (n, 1))
        x = level + np.array([0, 0.2, -0.2, 1.0]) + rng.normal(0, 0.6, (n, 4))
        x = np.clip(np.round(x), 1, 5)
        x[rng.random(x.shape) < missing] = np.nan
        made.append(
            PanelRatings(
                f"attribute {a}", ("A", "B", "C"), ("J",), x[:, :3], x[:, 3:], np.arange(n),
                np.zeros(n, dtype=np.int64), ("all",), (1.0, 5.0),
            )
        )  # fmt: skip
    return made


def by_rater(given: list[PanelRatings], attribute: str = ALL) -> dict[str, RaterProfile]:
    rows = rater_profiles(given, n_resamples=200, n_permutations=99)
    return {r.rater: r for r in rows if r.attribute == attribute}


def refitted(x: np.ndarray) -> np.ndarray:
    """Levels by least squares with a dummy per item and rater."""
    n, k = x.shape
    item, rater = np.nonzero(~np.isnan(x))
    design = np.hstack([np.eye(n)[item], np.eye(k)[rater]])
    levels = np.linalg.lstsq(design, x[item, rater], rcond=None)[0][n:]
    return np.asarray(levels - levels.mean())


def test_levels_are_those_of_least_squares_with_dummies() -> None:
    x = np.hstack([panels()[0].of_experts, panels()[0].of_judges])
    found = rater_levels([x], np.arange(len(x)), n_resamples=0)
    np.testing.assert_allclose(found.levels, refitted(x), atol=1e-10)


def test_replicates_are_the_refitted_levels() -> None:
    complete = panels(missing=0.0)[0]
    x = np.hstack([complete.of_experts, complete.of_judges])
    found = rater_levels([x], np.arange(len(x)), n_resamples=3, seed=1)
    for b, weights in enumerate(draw_weights(len(x), 0, 3, 1)):
        again = refitted(np.repeat(x, weights.astype(int), axis=0))
        np.testing.assert_allclose(found.replicates[b], again, atol=1e-10)
    # With ratings missing they are close, and as wide.
    gaps = panels()[0]
    x = np.hstack([gaps.of_experts, gaps.of_judges])
    found = rater_levels([x], np.arange(len(x)), n_resamples=200, seed=1)
    again = np.array(
        [refitted(np.repeat(x, w.astype(int), axis=0)) for w in draw_weights(len(x), 0, 200, 1)]
    )
    assert found.replicates.std(axis=0) == pytest.approx(again.std(axis=0), rel=0.05)


def test_a_lenient_judge_is_lenient_in_points_and_in_logits() -> None:
    given = panels()
    rows = by_rater(given)
    assert rows["J"].severity_high < -0.5 < rows["A"].severity_low
    assert sum(r.severity for r in rows.values()) == pytest.approx(0)
    logits = {r.rater: r for r in severities(given)}
    assert min(logits.values(), key=lambda r: r.severity).rater == "J"
    assert logits["J"].high < logits["C"].low
    assert logits["J"].fair_average > logits["C"].fair_average
    assert logits["J"].attribute == ALL


def test_spread_is_over_the_same_items() -> None:
    x = np.random.default_rng(0).normal(0, 1, (50, 3))
    x[:, 1], x[:, 2] = 2 * x[:, 0], x[:, 0]
    x[:10, 1] = np.nan
    x[:10, 0] *= 100
    found = spread_ratios([x])
    pair = x[10:]
    own = pair[:, 1].var() * 2
    others = pair[:, 0].var() + pair[:, 2].var()
    assert found[1] == pytest.approx(np.sqrt(own / others))
    assert np.isnan(spread_ratios([np.full((5, 2), 5.0)])).all()
    beside_one_who_never_varies = spread_ratios([np.array([[1.0, 4], [2, 4], [5, 4]])])
    np.testing.assert_array_equal(beside_one_who_never_varies, [np.nan, 0])


def test_halo_by_hand() -> None:
    x = np.array([[5, 5], [5, 5], [1, 2], [2, 1], [np.nan, 3]])
    found = halo(x)
    assert found.n == 4
    assert found.equal == 0.5
    assert found.equal_by_chance == pytest.approx(0.5 * 0.5 + 2 * 0.25 * 0.25)
    assert found.correlation == pytest.approx(np.corrcoef(x[:4].T)[0, 1])
    assert np.isnan(halo(np.full((5, 2), 5.0)).correlation)


def test_rows_copied_from_rows_nearby_stand_out() -> None:
    rng = np.random.default_rng(3)
    rows = rng.integers(1, 6, (200, 7)).astype(float)
    chance = near_repeats(rows)
    assert chance.pairs <= 1
    rows[101:110] = rows[100]
    copied = near_repeats(rows)
    assert copied.pairs == 45
    assert copied.by_chance < 15
    assert copied.p_value == pytest.approx(1 / 200)
    # The same rows far from each other are no sign; rows of one rating are halo.
    assert near_repeats(rng.permutation(rows)).p_value > 0.01
    assert near_repeats(np.full((50, 3), 5.0)).pairs == 0


def test_only_the_rater_who_turns_lenient_drifts() -> None:
    given = panels(n=400, missing=0.0)
    for p in given:
        p.of_experts[250:, 1] = np.clip(p.of_experts[250:, 1] + 1, 1, 5)
    rows = by_rater(given)
    assert rows["B"].drift_p_value == pytest.approx(0.01)
    (start,) = rows["B"].drift_breaks
    assert abs(start - 250) <= 5
    assert rows["B"].drift_change > 0.4
    steady = by_rater(panels(n=400, missing=0.0))
    assert all(r.drift_p_value > 0.01 and not r.drift_breaks for r in steady.values())


def test_uses_of_the_scale_and_rows_by_attribute() -> None:
    given = panels()
    rows = rater_profiles(given, n_resamples=50, n_permutations=9)
    assert len(rows) == 4 * 4
    first = rows[0]
    own = given[0].of_experts[:, 0]
    own = own[~np.isnan(own)]
    assert first.categories == (1, 2, 3, 4, 5)
    assert first.shares == pytest.approx([(own == c).mean() for c in range(1, 6)])
    assert first.highest_share == first.shares[-1]
    assert first.n_ratings == len(own)
    assert first.record()["equal_share"] is None
    for p in given[1:]:
        p.of_experts[:80, 0] = given[0].of_experts[:80, 0]
    halo_of = by_rater(given)
    assert halo_of["A"].equal_share > 0.4 > halo_of["A"].equal_share_by_chance
    assert halo_of["B"].equal_share < 0.2
    assert halo_of["A"].attribute_correlation > halo_of["B"].attribute_correlation
    # With one attribute, what is looked for over all stands in its row.
    (alone, *_) = rater_profiles(given[:1], n_resamples=50, n_permutations=9)
    assert alone.attribute == "attribute 0"
    assert np.isfinite(alone.drift_p_value)


def test_raters_without_common_items_are_not_compared() -> None:
    (panel,) = panels(attributes=1)
    panel.of_experts[:75, 2] = np.nan
    panel.of_experts[75:, :2] = np.nan
    panel.of_judges[75:] = np.nan
    rows = {r.rater: r for r in rater_profiles([panel], n_resamples=50, n_permutations=9)}
    assert np.isnan(rows["C"].severity)
    assert "no item that another rater rated" in rows["C"].note
    assert "relative to A, B, J alone" in rows["A"].note
    with pytest.raises(StatisticsError, match="same items"):
        rater_profiles([panel, *panels(n=10)])


def test_all_fives_and_one_expert_give_what_is_possible() -> None:
    n = 12
    panel = PanelRatings(
        "Safety", ("A",), (), np.full((n, 1), 5.0), np.empty((n, 0)), np.arange(n),
        np.zeros(n, dtype=np.int64), ("all",), (1.0, 5.0),
    )  # fmt: skip
    (row,) = rater_profiles([panel], n_resamples=20, n_permutations=9)
    assert row.mean == 5
    assert row.highest_share == 1
    assert np.isnan(row.severity)
    assert np.isnan(row.spread)
