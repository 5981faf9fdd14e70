from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from made_ratings import study

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.designs import (
    expectations,
    icc_of_mean_squares,
    icc_standard_error,
)
from mentalbench_hf.reliability.protocol import reliability, settings_of
from mentalbench_hf.reliability.trust.planner import cheapest, plan
from mentalbench_hf.reliability.trust.variance_components import table, variance_components
from mentalbench_hf.reliability.verdict import verdict


def disagreeing_study():
    """A judge that errs differently on different systems and conversations, as real ones do."""
    targets = study(3, n_conversations=300)
    x = targets.ratings.copy()
    lift = np.array([0.5, -0.4, 0.0, 0.6, -0.5, 0.3])[targets.systems]
    lift = lift + np.random.default_rng(8).normal(0.5, 0.4, 300)[targets.clusters]
    x[:, 2] = np.clip(np.round(x[:, 2] + lift[:, None]), 1, 5)
    return replace(targets, ratings=x)


@pytest.fixture(scope="module")
def components():
    return variance_components(disagreeing_study(), "judge-b", "Clarity")


def test_at_the_observed_design_it_gives_the_observed_reliability() -> None:
    targets = disagreeing_study()
    found = variance_components(targets, "judge-b", "Clarity", n_resamples=1_000)
    assert not any(c.negative for c in found.components)
    for row in plan(found, n_conversations=[300], ratings_per_reply=[1]):
        observed = reliability(
            targets, settings_of(row.level, n_resamples=1_000),
            judges=["judge-b"], names=["Clarity"],
        )[0]  # fmt: skip
        key = "icc_c1" if row.level == "system" else "icc_a1"
        assert row.reliability == pytest.approx(getattr(observed, key))
        width = getattr(observed, f"{key}_high") - getattr(observed, f"{key}_low")
        assert row.width == pytest.approx(width, rel=0.1)
        assert row.n_human_ratings == 300 * 6


def test_predicted_width_of_small_studies_equals_their_bootstrap_width(components) -> None:
    """Stated tolerance: within a quarter of the mean width over ten studies of 60."""
    rows = {r.level: r for r in plan(components, n_conversations=[60], ratings_per_reply=[1])}
    whole = disagreeing_study()
    rng = np.random.default_rng(0)
    for level, key in (("system", "icc_c1"), ("response", "icc_a1")):
        widths = []
        for _ in range(10):
            drawn = rng.choice(300, 60, replace=False)
            (row,) = reliability(
                whole.select(np.isin(whole.clusters, drawn)),
                settings_of(level, n_resamples=300), judges=["judge-b"], names=["Clarity"],
            )  # fmt: skip
            widths.append(getattr(row, f"{key}_high") - getattr(row, f"{key}_low"))
        assert rows[level].width == pytest.approx(np.mean(widths), rel=0.25)


def test_more_of_anything_never_hurts(components) -> None:
    for level in ("system", "response"):
        rows = plan(
            components, n_conversations=[50, 200, 800], ratings_per_reply=[1], levels=[level]
        )
        assert all(a.width > b.width for a, b in pairwise(rows))
        # Four times the conversations: about half the width.
        assert rows[0].width / rows[1].width == pytest.approx(2, rel=0.15)
        rows = plan(components, n_conversations=[200], ratings_per_reply=[1, 2, 5], levels=[level])
        assert all(a.reliability < b.reliability for a, b in pairwise(rows))
        for row in rows:
            assert row.low < row.reliability < row.high < 1
            assert row.verdict == str(verdict(row.low, row.high))


def test_what_averaging_gains_hangs_on_the_assumed_share(components) -> None:
    def gain(share: float) -> float:
        one, many = plan(
            components, n_conversations=[200], ratings_per_reply=[1, 10], levels=["response"],
            human_share=share,
        )  # fmt: skip
        return many.reliability - one.reliability

    assert gain(0) == 0
    assert 0 < gain(0.5) < gain(1)


def test_other_systems_need_many_systems(components) -> None:
    same, other = (
        plan(
            components, n_conversations=[1000], ratings_per_reply=[1], levels=["system"],
            same_systems=flag,
        )[0]
        for flag in (True, False)
    )  # fmt: skip
    assert other.reliability == same.reliability
    assert other.width > 3 * same.width
    few, many = plan(
        components, n_conversations=[1000], n_systems=[6, 60], ratings_per_reply=[1],
        levels=["system"], same_systems=False,
    )  # fmt: skip
    assert many.width < few.width / 2


def test_other_systems_interval_covers_new_draws_of_systems() -> None:
    """Normal ratings with known components: 95% of repeated studies lie within the interval."""
    rng = np.random.default_rng(1)
    n, s = 80, 20
    variances = np.array([0.1, 0.5, 0.0, 0.2, 0.1, 0.1, 0.6])
    true = icc_of_mean_squares(expectations(n, s) @ variances, n, s, "system", "ICC(C,1)")
    error = icc_standard_error(variances, n, s, "system", "ICC(C,1)", same_systems=False)
    values = []
    for _ in range(500):
        mean = np.sqrt(0.5) * rng.standard_normal((s, 1))
        mean = mean + np.sqrt(0.2 / n) * rng.standard_normal((s, 1))
        mean = mean + np.sqrt(0.1 + 0.6 / n) * rng.standard_normal((s, 2))
        cov = np.cov(mean.T)
        values.append(2 * cov[0, 1] / (cov[0, 0] + cov[1, 1]))
    assert np.mean(values) == pytest.approx(float(true), abs=0.02)
    assert np.std(values) == pytest.approx(error, rel=0.15)


def test_cheapest_study_that_meets_a_goal(components) -> None:
    rows = plan(
        components, n_conversations=[25, 50, 100, 200, 400], ratings_per_reply=[1, 2],
        levels=["response"],
    )  # fmt: skip
    goal = sorted(r.width for r in rows)[len(rows) // 2]
    found = cheapest(rows, width=goal)
    assert found is not None
    assert found.width <= goal
    assert not [r for r in rows if r.width <= goal and r.n_human_ratings < found.n_human_ratings]
    assert cheapest(rows, low=0.999) is None
    both = cheapest(rows, low=rows[-1].low, width=goal)
    assert both is not None
    assert both.low >= rows[-1].low
    with pytest.raises(StatisticsError, match="what the study is to reach"):
        cheapest(rows)
    with pytest.raises(StatisticsError, match="never mixed"):
        cheapest(plan(components), width=0.1)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"n_conversations": [1]}, "n_conversations must be whole numbers of at least 2"),
        ({"n_systems": [2.5]}, "n_systems must be whole"),
        ({"ratings_per_reply": [0]}, "ratings_per_reply must be whole numbers of at least 1"),
        ({"human_share": 1.5}, "human_share"),
        ({"confidence_level": 95}, "confidence_level"),
        ({"icc_variant": "ICC(C,k)"}, "cannot be planned for"),
        ({"levels": ["word"]}, "unknown level 'word'"),
    ],
)
def test_wrong_sizes(components, wrong, says: str) -> None:
    with pytest.raises(StatisticsError, match=says):
        plan(components, **{"icc_variant": "ICC(C,1)", **wrong})


def test_rows_are_plain(components) -> None:
    row = plan(components, n_conversations=[50])[0]
    assert json.loads(json.dumps(row.record())) == row.record()


@pytest.mark.upstream
@pytest.mark.parametrize("name", ["Safety", "Guidance"])
def test_small_studies_of_the_released_ratings(audited, name: str) -> None:
    """Stated tolerance: predicted width within 30% of the mean bootstrap width at system level.

    At response level Safety has a handful of conversations with very low ratings; studies without
    them are narrower than those with them, so the tolerance there is 60%.
    """
    judge = audited.judges[0]
    found = variance_components(audited, judge, name, n_resamples=1_000)
    rows = {r.level: r for r in plan(found, n_conversations=[250], ratings_per_reply=[1])}
    pair = audited.pair(judge, name)
    counts = np.bincount(audited.clusters[~np.isnan(pair).any(axis=1)])
    complete = np.flatnonzero(counts == found.n_systems)
    assert len(complete) == found.n_conversations <= len(table(audited, judge, name))
    rng = np.random.default_rng(4)
    for level, key in (("system", "icc_c1"), ("response", "icc_a1")):
        widths = []
        for _ in range(8):
            drawn = rng.choice(complete, 250, replace=False)
            (row,) = reliability(
                audited.select(np.isin(audited.clusters, drawn)),
                settings_of(level, n_resamples=300), judges=[judge], names=[name],
            )  # fmt: skip
            widths.append(getattr(row, f"{key}_high") - getattr(row, f"{key}_low"))
        loose = name == "Safety" and level == "response"
        assert rows[level].width == pytest.approx(np.mean(widths), rel=0.6 if loose else 0.3)
