from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from made_ratings import by_hand, study

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.prediction_powered import prediction_powered_mean
from mentalbench_hf.reliability.trust.held_out_systems import leave_one_out
from mentalbench_hf.reliability.trust.human_units import human_mean

REFERENCE = json.loads(
    (Path(__file__).parent / "reference" / "prediction_powered.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", REFERENCE)
def test_equals_the_authors_library_without_conversations(case) -> None:
    """Ours divides by C − 1 conversations where theirs divides by C."""
    ours = prediction_powered_mean(case["human"], case["predicted"], case["new_predicted"])
    assert ours.mean == pytest.approx(case["mean"], abs=1e-12)
    n = len(case["human"]) + len(case["new_predicted"])
    assert ours.n_clusters == n
    half = (ours.high - ours.low) / 2 * np.sqrt((n - 1) / n)
    assert half == pytest.approx((case["high"] - case["low"]) / 2, abs=1e-12)


def test_conversations_widen_the_interval_as_repeating_the_data_must_not_narrow_it() -> None:
    rng = np.random.default_rng(1)
    human, new = rng.normal(3, 1, 50), rng.normal(3, 1, 80)
    predicted = human + rng.normal(0, 0.5, 50)
    once = prediction_powered_mean(
        human, predicted, new, clusters=np.arange(50), new_clusters=np.arange(100, 180)
    )
    copied = prediction_powered_mean(
        np.tile(human, 4), np.tile(predicted, 4), np.tile(new, 4),
        clusters=np.tile(np.arange(50), 4), new_clusters=np.tile(np.arange(100, 180), 4),
    )  # fmt: skip
    assert copied.standard_error == pytest.approx(once.standard_error)
    naive = prediction_powered_mean(np.tile(human, 4), np.tile(predicted, 4), np.tile(new, 4))
    assert naive.standard_error < 0.6 * once.standard_error


def test_coverage_of_the_prediction_powered_interval_with_dependent_replies() -> None:
    """300 studies with known mean 3; the nominal 95% must hold within sampling error."""
    rng = np.random.default_rng(7)
    covered = {"clustered": 0, "naive": 0}
    for _ in range(300):
        topic = rng.normal(0, 1, 80)[:, None]
        truth = 3 + topic + 0.3 * rng.standard_normal((80, 6))
        predicted = truth + 0.8 + 0.8 * rng.normal(0, 1, 80)[:, None]
        rated, new = slice(0, 30), slice(30, 80)
        args = truth[rated].ravel(), predicted[rated].ravel(), predicted[new].ravel()
        found = prediction_powered_mean(
            *args,
            clusters=np.repeat(np.arange(30), 6),
            new_clusters=np.repeat(np.arange(50), 6) + 30,
        )
        covered["clustered"] += found.low <= 3 <= found.high
        naive = prediction_powered_mean(*args)
        covered["naive"] += naive.low <= 3 <= naive.high
    assert 0.91 <= covered["clustered"] / 300 <= 0.98
    assert covered["naive"] / 300 < 0.75


def test_what_prediction_powered_means_refuse() -> None:
    with pytest.raises(StatisticsError, match="rated replies"):
        prediction_powered_mean([], [], [1.0])
    with pytest.raises(StatisticsError, match="NaN"):
        prediction_powered_mean([1, float("nan")], [1, 2], [1.0])
    with pytest.raises(StatisticsError, match="both clusters"):
        prediction_powered_mean([1, 2], [1, 2], [1.0], clusters=[1, 2])
    with pytest.raises(StatisticsError, match="give one for each"):
        prediction_powered_mean([1, 2], [1, 2], [1.0], clusters=[1, 2], new_clusters=[1, 2])
    with pytest.raises(StatisticsError, match="one conversation"):
        prediction_powered_mean([1, 2], [1, 2], [1.0], clusters=[1, 1], new_clusters=[1])


def split(targets, system: int):
    """The study without one system, and that system's rows."""
    mine = targets.systems == system
    return targets.select(~mine), mine


def test_a_new_system_from_other_systems_by_hand() -> None:
    """The line over systems' means, with numpy's own least squares and covariance."""
    targets = study(5, n_conversations=200, n_systems=8)
    known, mine = split(targets, 3)
    ratings = targets.scores("judge-a", "Clarity")[mine]
    found = human_mean(known, "judge-a", "Clarity", ratings, n_resamples=200)
    assert not found.refused
    assert found.reasons == ()
    assert (found.basis, found.n_systems, found.n_new) == ("other systems", 7, 200)
    human, judge = known.pair("judge-a", "Clarity").T
    slope, intercept = np.polyfit(judge, human, 1)
    mapped = np.clip(intercept + slope * judge, 1, 5)
    x, y = (np.array([v[known.systems == s].mean() for s in (0, 1, 2, 4, 5, 6, 7)])
            for v in (mapped, human))  # fmt: skip
    at = np.clip(intercept + slope * ratings, 1, 5).mean()
    line = np.polyfit(x, y, 1)
    assert found.mean == pytest.approx(np.polyval(line, at))
    assert found.correction == pytest.approx(found.mean - at)
    design = np.column_stack([np.ones(7), x])
    s2 = ((y - np.polyval(line, x)) ** 2).sum() / 5
    row = np.array([1, at])
    predictive = s2 * (1 + row @ np.linalg.inv(design.T @ design) @ row)
    half = (found.high - found.low) / 2
    # 2.5706: 95% quantile of |t| with 5 degrees of freedom, from printed tables.
    sampling = (line[0] * slope) ** 2 * ratings.var() / (len(ratings) - 1)
    assert half == pytest.approx(2.5706 * np.sqrt(predictive + sampling), rel=1e-3)
    truth = targets.scores("expert", "Clarity")[mine].mean()
    assert found.low <= truth <= found.high


def test_some_human_ratings_take_the_place_of_other_systems() -> None:
    targets = study(6, n_conversations=200, n_systems=5, shift={"judge-a": 0.5})
    known, mine = split(targets, 2)
    ratings = targets.scores("judge-a", "Clarity")[mine]
    truth = targets.scores("expert", "Clarity")[mine]
    some = truth.copy()
    some[60:] = np.nan
    found = human_mean(known, "judge-a", "Clarity", ratings, human=some, n_resamples=50)
    assert found.basis == "human ratings of this system"
    assert (found.n_rated, found.n_new) == (60, 200)
    assert not found.refused
    assert found.low <= truth.mean() <= found.high
    alone = np.nanstd(some, ddof=1) / np.sqrt(60) * 1.96
    # The judge's ratings of the other 140 replies are worth something.
    assert (found.high - found.low) / 2 < alone
    whole = human_mean(known, "judge-a", "Clarity", ratings, human=truth, n_resamples=50)
    assert whole.mean == pytest.approx(truth.mean())


def test_refusal_names_every_reason_and_gives_no_number() -> None:
    noisy = study(1, noise={"judge": 30.0}, n_systems=6)
    known, mine = split(noisy, 5)
    found = human_mean(
        known, "judge", "Clarity", noisy.scores("judge", "Clarity")[mine], n_resamples=200
    )
    assert found.refused
    assert np.isnan([found.mean, found.low, found.high]).all()
    said = " ".join(found.reasons)
    assert "does not follow the differences between systems" in said
    assert "no better than their mean" in said
    record = json.loads(json.dumps(found.record()))
    assert record["mean"] is None
    assert len(record["reasons"]) == len(found.reasons)


def test_too_few_systems_or_human_ratings() -> None:
    targets = study(1, n_systems=4)
    known, mine = split(targets, 3)
    ratings = targets.scores("judge-a", "Clarity")[mine]
    found = human_mean(known, "judge-a", "Clarity", ratings, n_resamples=50)
    assert "only 3 known systems" in found.reasons[0]
    few = np.full(len(ratings), np.nan)
    few[:5] = 3
    found = human_mean(known, "judge-a", "Clarity", ratings, human=few, n_resamples=50)
    assert "only 5 conversations of the new system" in found.reasons[0]


def test_a_table_without_systems_needs_human_ratings() -> None:
    rng = np.random.default_rng(2)
    human = rng.integers(1, 6, 300).astype(float)
    targets = by_hand({"expert": human, "judge": np.clip(human + rng.integers(-1, 2, 300), 1, 5)})
    found = human_mean(targets, "judge", "Safety", [3, 4, 5], n_resamples=20)
    assert found.refused
    assert "human ratings of the new system" in found.reasons[0]


def test_bounds_stay_on_the_scale() -> None:
    """All systems near the top: the interval of a prediction would pass the end of the scale."""
    targets = study(9, n_systems=12, noise={"judge-a": 0.3}, shift={"judge-a": 0.2})
    known, mine = split(targets, 11)
    ratings = np.full(mine.sum(), 5.0)
    found = human_mean(known, "judge-a", "Clarity", ratings, n_resamples=50, confidence_level=0.99)
    assert not found.refused
    assert found.high == 5
    assert found.low < found.mean


def test_wrong_lengths_and_empty_ratings() -> None:
    targets = study(1)
    with pytest.raises(StatisticsError, match="one for each reply"):
        human_mean(targets, "judge-a", "Clarity", [1, 2], conversations=[1])
    with pytest.raises(StatisticsError, match="rated no reply"):
        human_mean(targets, "judge-a", "Clarity", [float("nan")])


def test_leave_one_out_holds_the_truth_where_likeness_does_not() -> None:
    """Systems on which the judge errs differently: only one interval allows for that."""
    targets = study(3, n_conversations=300, n_systems=12, attributes=("Clarity",))
    rng = np.random.default_rng(0)
    x = targets.ratings.copy()
    x[:, 1] = np.clip(x[:, 1] + rng.normal(0, 0.4, 12)[targets.systems][:, None], 1, 5)
    object.__setattr__(targets, "ratings", x)
    rows = leave_one_out(targets, "judge-a", "Clarity")
    assert len(rows) == 12
    assert sum(r.covered for r in rows) >= 10
    assert sum(r.covered_if_alike for r in rows) <= 5
    assert rows[0].record()["covered"] in (True, False)
    with pytest.raises(StatisticsError, match="at least 5 systems"):
        leave_one_out(study(1, n_systems=4), "judge-a", "Clarity")


@pytest.mark.upstream
def test_the_released_systems_held_out(audited) -> None:
    rows = [
        row
        for judge in audited.judges
        for name in audited.attributes
        for row in leave_one_out(audited, judge, name)
    ]
    assert len(rows) == 4 * 7 * 9
    # Nominal 95%; nine systems, one of them far from the rest, fall a little short of it.
    assert sum(r.covered for r in rows) / len(rows) > 0.85
    # Replies of a new system are not drawn like those of the others.
    assert sum(r.covered_if_alike for r in rows) / len(rows) < 0.3


@pytest.mark.upstream
def test_safety_is_refused_for_every_judge_that_does_not_follow_the_systems(audited) -> None:
    known, mine = split(audited, audited.system_names.index("qwen3-4b"))
    for judge in audited.judges:
        ratings = audited.scores(judge, "Safety")[mine]
        found = human_mean(known, judge, "Safety", ratings, n_resamples=100)
        assert found.refused
        assert np.isnan(found.mean)
