from __future__ import annotations

import json

import numpy as np
import pytest
from made_ratings import by_hand, study
from sklearn.isotonic import IsotonicRegression

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.trust.calibration import calibrate, fit, folds

NAN = float("nan")
SCALE = (1.0, 5.0)


@pytest.fixture
def pairs() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    human = rng.integers(1, 6, size=300).astype(float)
    judge = np.clip(np.round(0.5 * human + 2.5 + rng.normal(0, 0.8, size=300)), 1, 5)
    return judge, human


def test_the_line_is_least_squares(pairs) -> None:
    judge, human = pairs
    line = fit(judge, human, scale=SCALE)
    design = np.column_stack([np.ones(len(judge)), judge])
    intercept, slope = np.linalg.lstsq(design, human, rcond=None)[0]
    at = np.array([1, 2.5, 4, 5])
    assert line(at) == pytest.approx(np.clip(intercept + slope * at, 1, 5))


def test_the_monotone_curve_is_scikit_learns(pairs) -> None:
    judge, human = pairs
    curve = fit(judge, human, kind="monotone", scale=SCALE)
    theirs = IsotonicRegression(y_min=1, y_max=5, out_of_bounds="clip").fit(judge, human)
    at = np.linspace(0, 6, 25)
    assert curve(at) == pytest.approx(theirs.predict(at))


def test_a_steep_line_bends_at_the_edge_of_the_scale() -> None:
    line = fit([2, 3, 4], [1, 3, 5], scale=SCALE)
    assert line([1, 2, 2.5, 3, 4, 5]).tolist() == pytest.approx([1, 1, 2, 3, 5, 5])


def test_missing_ratings_stay_missing_and_do_not_enter() -> None:
    with_missing = fit([1, 2, NAN, 5], [2, 3, 4, NAN], scale=SCALE)
    assert with_missing == fit([1, 2], [2, 3], scale=SCALE)
    assert np.isnan(with_missing([NAN, 2])).tolist() == [True, False]


def test_a_judge_that_never_varies_maps_to_the_mean() -> None:
    for kind in ("linear", "monotone"):
        assert fit([4, 4, 4], [1, 2, 3], kind=kind, scale=SCALE)([1, 4]).tolist() == [2, 2]


def test_what_cannot_be_fitted() -> None:
    with pytest.raises(StatisticsError, match="linear, monotone"):
        fit([1], [1], kind="cubic", scale=SCALE)  # type: ignore[arg-type]
    with pytest.raises(StatisticsError, match="no reply is rated by both"):
        fit([1, NAN], [NAN, 2], scale=SCALE)
    with pytest.raises(StatisticsError, match="equal length"):
        fit([1, 2], [1], scale=SCALE)


def test_a_conversation_is_never_split() -> None:
    clusters = np.repeat([5, 7, 1, 9, 4, 2, 3], 3)
    fold = folds(clusters, 3, seed=1)
    assert set(fold) == {0, 1, 2}
    for c in np.unique(clusters):
        assert len(set(fold[clusters == c])) == 1
    assert folds(clusters, 3, seed=1).tolist() == fold.tolist()
    assert folds(clusters, 3, seed=2).tolist() != fold.tolist()
    for wrong in (1, 8):
        with pytest.raises(StatisticsError, match="between 2 and the number of conversations, 7"):
            folds(clusters, wrong, seed=0)


def test_held_out_errors_equal_a_loop_over_folds() -> None:
    targets = study(4, missing=0.1)
    report = calibrate(targets, "judge-b", "Clarity", n_folds=4, n_resamples=50, seed=3)
    pair = targets.pair("judge-b", "Clarity")
    known = ~np.isnan(pair).any(axis=1)
    human, judge = pair[known].T
    fold = folds(targets.clusters[known], 4, 3)
    mapped, mean = np.empty(len(human)), np.empty(len(human))
    for k in range(4):
        train, test = fold != k, fold == k
        slope, intercept = np.polyfit(judge[train], human[train], 1)
        mapped[test] = np.clip(intercept + slope * judge[test], 1, 5)
        mean[test] = human[train].mean()
    for errors, e in ((report.before, judge - human), (report.after, mapped - human)):
        assert errors.mae == pytest.approx(np.abs(e).mean())
        assert errors.rmse == pytest.approx(np.sqrt((e**2).mean()))
        assert errors.bias == pytest.approx(e.mean())
        assert errors.rmse_low < errors.rmse < errors.rmse_high
    expected = 1 - ((mapped - human) ** 2).sum() / ((mean - human) ** 2).sum()
    assert report.skill == pytest.approx(expected)
    assert report.n_targets == known.sum()
    assert json.loads(json.dumps(report.record()))["calibration"]["kind"] == "linear"


@pytest.mark.parametrize("kind", ["linear", "monotone"])
def test_a_shifted_judge_is_repaired(kind: str) -> None:
    targets = study(2, shift={"judge-a": 1.0})
    report = calibrate(targets, "judge-a", "Clarity", kind=kind, n_resamples=200)
    assert report.before.bias_low > 0.5
    assert abs(report.after.bias) < 0.05
    assert report.rmse_change_high < 0
    assert report.skill_low > 0.3


def test_noise_has_no_skill() -> None:
    rng = np.random.default_rng(0)
    targets = by_hand(
        {"expert": rng.integers(1, 6, 400), "judge": rng.integers(1, 6, 400)},
        clusters=np.repeat(np.arange(100), 4).tolist(),
    )
    report = calibrate(targets, "judge", "Safety", n_resamples=200)
    assert report.skill_low < 0
    assert report.skill < 0.02


@pytest.mark.upstream
def test_the_released_ratings(audited) -> None:
    for judge in audited.judges:
        for kind in ("linear", "monotone"):
            report = calibrate(audited, judge, "Guidance", kind=kind, n_resamples=100)
            # Every judge is lenient on Guidance; the map takes that out on unseen conversations.
            assert report.before.bias_low > 0
            assert abs(report.after.bias) < 0.01
            assert report.rmse_change_high < 0
            assert report.skill_low > 0.1
