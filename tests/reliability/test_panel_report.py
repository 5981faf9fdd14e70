"""A panel's report: ranking, unsafe replies, baselines, verdicts, and what cannot be said."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scipy.stats import kendalltau

from mentalbench_hf.data.targets import RatedTargets
from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.panel.agreement import PairAgreement
from mentalbench_hf.reliability.panel.annotator import baselines
from mentalbench_hf.reliability.panel.ranking import ranking
from mentalbench_hf.reliability.panel.ratings import panel_ratings
from mentalbench_hf.reliability.panel.report import PARTS, PanelSettings, panel_report
from mentalbench_hf.reliability.panel.unsafe import unsafe_ceiling
from mentalbench_hf.reliability.panel.verdicts import judge_verdict

FEW = PanelSettings(n_resamples=100)


def made(
    n: int = 200,
    n_experts: int = 3,
    n_systems: int = 4,
    noise: int = 1,
    judge_noise: int = 1,
    seed: int = 0,
) -> RatedTargets:
    rng = np.random.default_rng(seed)
    systems = np.arange(n) % n_systems
    truth = np.clip(2 + systems + rng.integers(-1, 2, n), 1, 5)
    experts = truth[:, None] + rng.integers(-noise, noise + 1, (n, n_experts))
    judge = truth[:, None] + rng.integers(-judge_noise, judge_noise + 1, (n, 1))
    ratings = np.clip(np.column_stack([experts, judge]), 1, 5).astype(float)
    return RatedTargets(
        ratings=ratings[:, :, None],
        raters=(*"ABCDEFG"[:n_experts], "J"),
        attributes=("Safety",),
        axes={},
        clusters=np.arange(n) // 2,
        cluster_names=np.arange(-(-n // 2)).astype(object),
        systems=systems,
        system_names=tuple(f"s{k}" for k in range(n_systems)),
        reference="A",
        scale=(1.0, 5.0),
    )


def test_the_ranking_is_that_of_the_means() -> None:
    targets = made()
    found = ranking(panel_ratings(targets, "ABC", ["J"], "Safety"), 0, n_resamples=200)
    human = targets.ratings[:, :3, 0].mean(axis=1)
    judge = targets.ratings[:, 3, 0]
    means = [[x[targets.systems == s].mean() for s in range(4)] for x in (human, judge)]
    assert found.tau_b == pytest.approx(kendalltau(*means).statistic)
    assert found.winner == "s3"
    assert found.judge_winner == f"s{np.argmax(means[1])}"
    assert 0 <= found.swap_probability < 0.2
    assert len(found.pairs) == 6
    assert found.pairs[0].by_experts == pytest.approx(max(means[0]) - min(means[0]))


def test_the_share_of_experts_is_of_those_with_an_order() -> None:
    targets = made(n=40, n_systems=2, noise=0, judge_noise=0)
    targets.ratings[:, 0, 0] = 3  # an expert who ties everything has no order
    targets.ratings[:, 1, 0] = 6 - targets.ratings[:, 1, 0]
    (pair,) = ranking(panel_ratings(targets, "ABC", ["J"], "Safety"), 0, n_resamples=50).pairs
    assert pair.n_experts == 2
    assert pair.experts_with_judge == 0.5


def test_one_system_has_no_ranking() -> None:
    targets = made(n_systems=1)
    with pytest.raises(StatisticsError, match="at least two systems; received 1"):
        ranking(panel_ratings(targets, "ABC", ["J"], "Safety"), 0)


def test_low_replies_are_seen_by_the_others_and_the_judge() -> None:
    targets = made(n=400)
    panel = panel_ratings(targets, "ABC", ["J"], "Safety")
    rows = unsafe_ceiling(panel, 0, 2.0, n_resamples=100)
    assert [r.expert for r in rows] == ["A", "B", "C", "mean"]
    low = panel.of_experts[:, 0] <= 2
    assert rows[0].n_low == low.sum()
    assert rows[0].experts_too == pytest.approx((panel.of_experts[low, 1:] <= 2).mean())
    assert rows[0].judge_too == pytest.approx((panel.of_judges[low, 0] <= 2).mean())
    assert rows[0].difference == pytest.approx(rows[0].judge_too - rows[0].experts_too)
    assert rows[0].low <= rows[0].difference <= rows[0].high


def test_low_replies_of_few_clusters_give_no_rate() -> None:
    targets = made(n=400)
    targets.ratings[:] = 5
    targets.ratings[:6, 0, 0] = 1
    row = unsafe_ceiling(panel_ratings(targets, "ABC", ["J"], "Safety"), 0, 2.0, n_resamples=50)[0]
    assert (row.n_low, row.n_clusters) == (6, 3)
    assert math.isnan(row.experts_too)
    assert math.isnan(row.judge_too_low)


def test_baselines_know_nothing_of_the_reply() -> None:
    targets = made(n=2_000)
    panel = panel_ratings(targets, "ABC", ["J"], "Safety")
    by_name = dict(baselines(panel, panel.of_judges[:, 0]))
    values, counts = np.unique(panel.of_experts, return_counts=True)
    assert set(by_name["modal grade"]) == {values[counts.argmax()]}
    outside = (panel.systems == 1) & (panel.clusters != panel.clusters[1])
    assert by_name["system's mean"][1] == pytest.approx(panel.of_experts[outside].mean())
    one = by_name["random expert"]
    assert (one[:, None] == panel.of_experts).any(axis=1).all()
    within = panel.systems == 2
    shuffled = np.corrcoef(by_name["shuffled expert"][within], panel.of_experts[within, 0])[0, 1]
    assert abs(shuffled) < 0.1


def test_the_report_holds_every_part() -> None:
    found = panel_report(made(), "ABC", settings=FEW).record()
    assert set(PARTS) <= set(found)
    assert all(found[part] for part in PARTS)
    assert found["not_computed"] == []
    assert found["judges"] == ["J"]
    json.dumps(found, allow_nan=False)


def test_without_a_judge_the_experts_alone() -> None:
    found = panel_report(made(), "ABC", [], settings=FEW).record()
    assert {r["judge"] for r in found["agreement"]} == {""}
    assert found["verdicts"] == []
    assert [r["replaced"] for r in found["alpha"]] == [""]


def test_one_expert_says_what_cannot_be_said() -> None:
    found = panel_report(made(n_experts=1), "A", settings=FEW)
    reasons = {r["part"]: r["reason"] for r in found.not_computed}
    assert "one expert" in reasons["agreement"]
    assert "one expert" in reasons["unsafe"]
    assert "two experts" in reasons["alternative_annotator"]
    assert found.parts["ranking"][0].n_systems == 4


def test_experts_without_a_common_reply_say_so() -> None:
    targets = made(n_experts=2)
    targets.ratings[:100, 0] = np.nan
    targets.ratings[100:, 1] = np.nan
    found = panel_report(targets, "AB", settings=FEW)
    reasons = {r["part"]: r["reason"] for r in found.not_computed}
    assert reasons["agreement"] == "no items that the raters share"
    assert "no expert shares 30 items" in reasons["alternative_annotator"]
    assert found.parts["ranking"]


def test_thirty_items_of_two_experts_are_tested() -> None:
    found = panel_report(made(n=30, n_experts=2), "AB", settings=FEW)
    own = [t for t in found.parts["alternative_annotator"] if not t.baseline]
    assert {t.n_items for t in own} == {30}


def test_all_fives_give_no_verdict() -> None:
    targets = made()
    targets.ratings[:] = 5
    (verdict,) = panel_report(targets, "ABC", settings=FEW).parts["verdicts"]
    assert verdict.verdict == "cannot tell"
    assert verdict.n_items_needed is None


def test_a_scale_without_a_known_threshold_needs_one() -> None:
    targets = made()
    object.__setattr__(targets, "scale", (0.0, 10.0))
    found = panel_report(targets, "ABC", settings=FEW)
    assert found.parts["unsafe"] == []
    given = PanelSettings(n_resamples=100, thresholds=(4.0,))
    assert {r.threshold for r in panel_report(targets, "ABC", settings=given).parts["unsafe"]} == {
        4.0
    }


def row(difference: float, low: float, high: float, experts: float = 0.8) -> list[PairAgreement]:
    judged = experts + difference
    return [
        PairAgreement(
            "Safety", "J", "mean", "", "icc_a1", 100, experts, 0.7, 0.9, judged, 0.6, 0.9,
            difference, low, high, 0,
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "verdict", "needed"),
    [
        (row(0.1, 0.02, 0.2), "better", None),
        (row(0.0, -0.04, 0.04), "as good as another expert", None),
        (row(-0.2, -0.3, -0.1), "worse", None),
        (row(-0.2, -0.5, 0.1), "cannot tell", 225),
        (row(0.0, -0.1, 0.1), "cannot tell", 400),
        (row(-0.01, -0.02, 0.0, experts=0.3), "experts do not agree", None),
        (row(math.nan, math.nan, math.nan, experts=math.nan), "cannot tell", None),
    ],
)
def test_verdicts(rows: list[PairAgreement], verdict: str, needed: int | None) -> None:
    found = judge_verdict(rows, [], epsilon=0.2, n_experts=3)
    assert found is not None
    assert found.verdict == verdict
    assert found.n_items_needed == needed
    assert "Safety" in found.sentence
    assert (f"About {needed} items would tell" in found.sentence) == (needed is not None)


def test_a_baseline_that_passes_too_empties_the_test() -> None:
    targets = made(n=300, noise=0, judge_noise=0)
    targets.ratings[:] = 5
    targets.ratings[::50, 0, 0] = 4
    targets.ratings[1::50, 3, 0] = 4
    (verdict,) = panel_report(targets, "ABC", settings=FEW).parts["verdicts"]
    assert "modal grade" in verdict.passes_mean_nothing
    assert "passing means nothing here" in verdict.sentence


def test_one_trusted_expert_and_cheaper_raters() -> None:
    targets = made(n=300, noise=1, judge_noise=0)
    targets.ratings[:, 0, 0] = targets.ratings[:, 3, 0]  # the judge is what the expert is
    found = panel_report(targets, "A", ["J"], cheaper="BC", settings=FEW)
    own = [t for t in found.parts["alternative_annotator"] if not t.baseline]
    assert {t.winning_rate for t in own} == {1.0}
    assert {t.n_experts for t in own} == {2}
    modal = [t for t in found.parts["alternative_annotator"] if t.baseline == "modal grade"]
    assert not any(t.passed for t in modal)
    with pytest.raises(StatisticsError, match="one trusted expert"):
        panel_report(targets, "AB", ["J"], cheaper="C", settings=FEW)
