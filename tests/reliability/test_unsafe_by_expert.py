"""Low ratings by expert, with and without the halo, and how judges tell them."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from made_ratings import study, with_experts
from sklearn.metrics import roc_auc_score

from mentalbench_hf.data.targets import RatedTargets
from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.auc import auc_of_counts
from mentalbench_hf.reliability.trust.low_ratings import low_ratings, low_ratings_text
from mentalbench_hf.reliability.trust.unsafe import unsafe_cards
from mentalbench_hf.reliability.trust.unsafe_by_expert import unsafe_by_expert


def three(rows: list[list[float]], judged: list[list[float]], experts: list[int]) -> RatedTargets:
    """Replies with three attributes, one conversation each."""
    n = len(rows)
    names = np.arange(n).astype(object)
    return RatedTargets(
        ratings=np.stack([rows, judged], axis=1).astype(float),
        raters=("expert", "j"),
        attributes=("Warmth", "Safety", "Clarity"),
        axes={},
        clusters=np.arange(n),
        cluster_names=names,
        systems=np.zeros(n, dtype=np.int64),
        system_names=("s",),
        reference="expert",
        scale=(1, 5),
        experts=np.array(experts),
        expert_names=("A", "B"),
    )


def test_low_and_low_on_everything_by_hand() -> None:
    low, free, fine = [3, 3, 3], [4, 3, 4], [2, 4, 5]
    # Not a whole point below the others: 3 against 3.5.
    nearly = [3, 3, 4]
    rows = [low] * 8 + [free] * 6 + [fine] * 10 + [nearly] * 2 + [[np.nan, 2, 5]]
    experts = [0] * 8 + [1] * 19
    targets = three(rows, [[5, 5, 5]] * 27, experts)
    whole, a, b = low_ratings(targets)
    assert [whole.expert, a.expert, b.expert] == ["all", "A", "B"]
    # A reply that lacks an attribute may be low; of its halo nothing is known.
    assert (whole.n_low, whole.n_halo_free, whole.n_targets) == (17, 6, 27)
    assert whole.of_everything == pytest.approx(1 - 6 / 17)
    assert (a.n_low, b.n_low) == (8, 9)
    assert (a.share, b.share) == pytest.approx((8 / 17, 9 / 17))
    # Eight and nine conversations carry no rate.
    assert math.isnan(a.of_everything)
    assert math.isnan(b.of_everything)
    text = low_ratings_text([whole, a, b])
    assert text == (
        "Of 17 ratings of Safety at 3 or lower, 65% are of replies that are low on everything. "
        "53% of them come from expert B, who gave 70% of all ratings."
    )
    few = low_ratings(targets.select(targets.clusters < 5))
    assert "too few" in low_ratings_text(few)
    assert json.dumps([r.record() for r in few], allow_nan=False)


def test_the_area_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        label = rng.random(60) < 0.3
        rating = rng.integers(1, 6, 60) - label.astype(int)
        steps = np.unique(rating)
        counts = [np.array([(rating[side] == v).sum() for v in steps], dtype=float)
                  for side in (label, ~label)]  # fmt: skip
        assert auc_of_counts(*counts) == pytest.approx(roc_auc_score(label, -rating))
    assert np.isnan(auc_of_counts(np.zeros(3), np.ones(3)))


@pytest.fixture(scope="module")
def targets() -> RatedTargets:
    made = study(
        5, n_conversations=160, attributes=("Warmth", "Safety", "Clarity"), missing=0.02,
        noise={"a": 0.6, "b": 2.0},
    )  # fmt: skip
    return replace(with_experts(made, "AB", {"B": 0.8}), left_out={"a": "system-1"})


def test_points_by_plain_counts(targets: RatedTargets) -> None:
    rows = unsafe_by_expert(targets, n_resamples=30)
    assert [(r.judge, r.definition, r.expert) for r in rows] == [
        (j, d, e) for j in ("a", "b") for d in ("plain", "halo_free") for e in ("all", "A", "B")
    ]
    for row in rows:
        r = targets.raters.index(row.judge)
        mine = np.full(len(targets.clusters), True)
        if row.expert != "all":
            mine = np.asarray(targets.experts == "AB".index(row.expert))
        mine = mine & targets.included(row.judge)
        human, judged = targets.ratings[:, 0], targets.ratings[:, r]
        mine = mine & ~np.isnan(human[:, 1]) & ~np.isnan(judged).any(axis=1)
        low = human[:, 1] <= 3
        if row.definition == "halo_free":
            low = low & ((human[:, 0] + human[:, 2]) / 2 - human[:, 1] >= 1)
        assert row.n_targets == mine.sum()
        assert row.n_low == (low & mine).sum()
        assert row.n_low_clusters == len(np.unique(targets.clusters[low & mine]))
        assert row.n_low_clusters >= 10
        assert row.sensitivity == pytest.approx((judged[low & mine, 1] <= 3).mean())
        assert row.auc == pytest.approx(roc_auc_score(low[mine], -judged[mine, 1]))
        mean = np.round(judged[mine].mean(axis=1), 9)
        assert row.auc_mean == pytest.approx(roc_auc_score(low[mine], -mean))
        assert json.dumps(row.record(), allow_nan=False)


def test_the_plain_row_of_all_is_todays_card() -> None:
    """With every attribute rated, hits and misses are those of the unsafe card."""
    whole = study(6, attributes=("Warmth", "Safety"))
    rows = [r for r in unsafe_by_expert(whole, n_resamples=400) if r.definition == "plain"]
    cards = unsafe_cards(whole, thresholds=[3], names=["Safety"], n_resamples=400)
    for row, card in zip(rows, cards, strict=True):
        assert row.expert == "all"
        assert row.n_low == card.true_positives + card.false_negatives
        assert row.sensitivity == pytest.approx(card.sensitivity.estimate)
        assert row.low == pytest.approx(card.sensitivity.low, abs=0.02)


def test_intervals_by_a_slow_bootstrap(targets: RatedTargets) -> None:
    rows = unsafe_by_expert(targets, n_resamples=2000, judges=["b"])
    (row,) = [r for r in rows if r.definition == "plain" and r.expert == "all"]
    rng = np.random.default_rng(2)
    human, judged = targets.ratings[:, 0, 1], targets.ratings[:, 2]
    usable = ~np.isnan(human) & ~np.isnan(judged).any(axis=1)
    where = [np.flatnonzero(usable & (targets.clusters == c)) for c in range(160)]
    caught, areas = [], []
    for _ in range(500):
        drawn = [*rng.choice(80, 80), *rng.choice(np.arange(80, 160), 80)]
        at = np.concatenate([where[c] for c in drawn])
        low = human[at] <= 3
        caught.append((judged[at][low, 1] <= 3).mean())
        areas.append(roc_auc_score(low, -judged[at, 1]))
    assert (row.low, row.high) == pytest.approx(np.quantile(caught, [0.025, 0.975]), abs=0.02)
    assert (row.auc_low, row.auc_high) == pytest.approx(
        np.quantile(areas, [0.025, 0.975]), abs=0.02
    )


def test_no_rate_below_ten_conversations() -> None:
    rows = [[3, 2, 3]] * 9 + [[5, 5, 5]] * 31 + [[3, 2, 3]] * 12
    targets = three(rows, [[5, 5, 5]] * 52, [0] * 40 + [1] * 12)
    found = {(r.expert, r.definition): r for r in unsafe_by_expert(targets, n_resamples=50)}
    a = found["A", "plain"]
    assert (a.n_low, a.n_low_clusters) == (9, 9)
    assert math.isnan(a.sensitivity)
    assert math.isnan(a.auc)
    # Nothing caught among twelve: zero, and an upper bound that is not.
    b = found["B", "plain"]
    assert b.sensitivity == 0
    assert b.low == 0
    assert 0.1 < b.high < 0.5
    assert math.isnan(b.auc)
    assert found["all", "plain"].auc == pytest.approx(0.5)


def test_a_scale_without_a_threshold_is_refused() -> None:
    with pytest.raises(StatisticsError, match="no default threshold"):
        low_ratings(study(1, scale=(1, 9)))
    assert low_ratings(study(1, scale=(1, 9)), threshold=4)[0].attribute == "Clarity"
