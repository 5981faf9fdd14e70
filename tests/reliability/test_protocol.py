"""Named protocols, verdicts, and rows that hide nothing."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mentalbench_hf.choices import PROTOCOLS
from mentalbench_hf.data.mentalalign import read_mentalalign
from mentalbench_hf.data.targets import RatedTargets
from mentalbench_hf.errors import DataError, StatisticsError
from mentalbench_hf.reliability import (
    VERDICT_MEANING,
    Settings,
    Verdict,
    reliability,
    settings_of,
    verdict,
)
from mentalbench_hf.reliability.core.icc import icc
from mentalbench_hf.reliability.core.replicates import replicate
from mentalbench_hf.reliability.protocol import grid_of
from mentalbench_hf.schema import ATTRIBUTES, SAMPLE
from mentalbench_hf.sources import open_source

#: What the issue promises of every record.
RECORD = (
    "judge", "attribute", "axis", "level", "data", "n_targets", "n_missing", "icc_c1",
    "icc_c1_low", "icc_c1_high", "icc_a1", "icc_a1_low", "icc_a1_high", "bias", "mse", "verdict",
)  # fmt: skip


@pytest.fixture(scope="module")
def sample() -> RatedTargets:
    return read_mentalalign(open_source("sample")).targets()


def two_raters(human: Any, judge: Any, clusters: Any, systems: Any = None) -> RatedTargets:
    """One attribute, one judge."""
    n = len(human)
    codes = np.zeros(n, dtype=np.int64) if systems is None else np.asarray(systems)
    return RatedTargets(
        ratings=np.column_stack([human, judge]).astype(float)[:, :, None],
        raters=("human", "judge"),
        attributes=("quality",),
        axes={},
        clusters=np.asarray(clusters, dtype=np.int64),
        cluster_names=np.arange(max(clusters) + 1).astype(object),
        systems=codes,
        system_names=tuple(f"s{i}" for i in range(codes.max() + 1)),
        reference="human",
        scale=(1, 5),
    )


@pytest.mark.parametrize("protocol", ["system", "response"])
def test_a_row_per_judge_and_attribute_and_axis(sample: RatedTargets, protocol: Any) -> None:
    rows = reliability(sample, settings_of(protocol, n_resamples=50))
    assert [(r.judge, r.attribute) for r in rows] == [
        (j, a) for j in SAMPLE.judge_ids for a in (*ATTRIBUTES, "CSS", "ARS")
    ]
    for row in rows:
        record = row.record()
        assert set(RECORD) <= set(record)
        assert json.loads(json.dumps(record, allow_nan=False)) == record
        assert record["level"] == protocol
        assert record["axis"] in ("CSS", "ARS")
        assert row.icc_c1_low <= row.icc_c1_high <= 1
        assert row.icc_a1_low <= row.icc_a1_high <= 1
        assert row.bias_low <= row.bias <= row.bias_high
        assert row.mse >= row.bias**2 - 1e-12


def test_the_levels_count_other_targets(sample: RatedTargets) -> None:
    system = reliability(sample, settings_of("system", n_resamples=0))
    response = reliability(sample, settings_of("response", n_resamples=0))
    # Nine systems: the judge's own counterpart is left out.
    assert {r.n_targets for r in system} == {9}
    assert all(r.n_targets + r.n_missing == 24 * 9 for r in response)
    assert all(r.n_missing > 0 for r in response)
    everything = reliability(sample, Settings(n_resamples=0, keep_own=True))
    assert {r.n_targets for r in everything} == {10}


@pytest.mark.parametrize("level", ["system", "response"])
def test_points_are_those_of_the_plain_matrix(sample: RatedTargets, level: Any) -> None:
    """Sums and a matrix of ratings, taken by hand, give the same numbers."""
    rows = reliability(sample, Settings(level=level, n_resamples=0))
    for row in rows:
        pair = sample.pair(row.judge, row.attribute)
        complete = ~np.isnan(pair).any(axis=1)
        if level == "system":
            kept = [i for i in range(10) if (complete & (sample.systems == i)).any()]
            matrix = np.array([pair[complete & (sample.systems == i)].mean(axis=0) for i in kept])
        else:
            matrix = pair[complete]
        difference = matrix[:, 1] - matrix[:, 0]
        assert row.n_targets == len(matrix)
        assert row.icc_c1 == pytest.approx(icc(matrix), abs=1e-12)
        assert row.icc_a1 == pytest.approx(icc(matrix, variant="ICC(A,1)"), abs=1e-12)
        assert row.bias == pytest.approx(difference.mean(), abs=1e-12)
        assert row.mse == pytest.approx((difference**2).mean(), abs=1e-12)


@pytest.mark.parametrize("level", ["system", "response"])
@pytest.mark.parametrize("resample", ["conversations", "systems", "crossed"])
def test_replicates_do_not_depend_on_the_block(
    sample: RatedTargets, level: Any, resample: Any
) -> None:
    grids = [grid_of(sample, j, "Safety") for j in sample.judges]
    options: dict[str, Any] = {"level": level, "resample": resample, "n_resamples": 40, "seed": 5}
    statistics = {"n": lambda m: m.n, "sum": lambda m: m.sums[..., 1]}
    whole = replicate(grids, statistics, **options)
    for size in (1, 7, 40, 1_000):
        parts = replicate(grids, statistics, block_size=size, **options)
        for name, values in whole.items():
            np.testing.assert_array_equal(parts[name], values)
    other = replicate(grids, statistics, **{**options, "seed": 6})
    assert not np.array_equal(other["sum"], whole["sum"])


def test_what_is_drawn_widens_the_interval(sample: RatedTargets) -> None:
    widths = {}
    for resample in ("conversations", "systems", "crossed"):
        rows = reliability(sample, settings_of("system", resample=resample, n_resamples=400))
        widths[resample] = np.mean([r.bias_high - r.bias_low for r in rows])
    assert widths["conversations"] < widths["crossed"]
    assert widths["systems"] < widths["crossed"] * 1.05


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_seed_decides(sample: RatedTargets, protocol: Any) -> None:
    first, again, other = (
        reliability(sample, settings_of(protocol, n_resamples=60, seed=s)) for s in (1, 1, 2)
    )
    assert first == again
    assert [r.icc_c1 for r in first] == [r.icc_c1 for r in other]
    assert [r.icc_c1_low for r in first] != [r.icc_c1_low for r in other]


def test_without_replicates_there_is_no_interval_and_no_verdict(sample: RatedTargets) -> None:
    for row in reliability(sample, settings_of("system", n_resamples=0)):
        assert math.isnan(row.icc_c1_low)
        assert math.isnan(row.bias_high)
        assert not math.isnan(row.icc_c1)
        assert (row.verdict, row.n_degenerate) == ("n/a", 0)
        assert row.record()["icc_c1_low"] is None


def test_named_protocols() -> None:
    assert settings_of("system") == Settings()
    assert settings_of("response") == Settings(level="response")
    published = settings_of("published")
    assert (published.level, published.resample, published.rule) == (
        "system",
        "systems",
        "published",
    )
    assert (published.n_resamples, published.within_unit, published.keep_own) == (
        1_000,
        True,
        False,
    )
    chosen = settings_of("published", resample="crossed", n_resamples=7, seed=3)
    assert (chosen.resample, chosen.n_resamples, chosen.seed) == ("crossed", 7, 3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"protocol": "systems"}, r"unknown protocol 'systems'; choose one of system, response"),
        ({"protocol": "system", "n_resamples": -1}, r"n_resamples .* at least 0; received -1"),
        ({"protocol": "system", "n_resamples": 10.5}, r"n_resamples .* received 10\.5"),
        ({"protocol": "system", "seed": -3}, r"seed .* received -3"),
        ({"protocol": "system", "confidence_level": 95}, r"confidence_level .* received 95"),
        ({"protocol": "system", "confidence_level": 0.0}, r"confidence_level .* received 0"),
        ({"protocol": "system", "ci": "normal"}, r"'normal'"),
    ],
)
def test_unusable_protocols_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        settings_of(**options)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"level": "judge"}, r"unknown level 'judge'; choose one of system, response"),
        ({"resample": "raters"}, r"unknown resampling 'raters'; choose one of conversations"),
        ({"rule": "width"}, r"unknown rule 'width'; choose one of bound, published"),
        ({"n_resamples": True}, r"n_resamples must be a whole number"),
    ],
)
def test_unusable_settings_are_refused(
    sample: RatedTargets, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(StatisticsError, match=message):
        reliability(sample, replace(Settings(n_resamples=10), **changes))


def test_unknown_names_are_refused(sample: RatedTargets) -> None:
    settings = Settings(n_resamples=0)
    with pytest.raises(DataError, match=r"unknown rater 'gpt-9'; known: sample-expert"):
        reliability(sample, settings, judges=["gpt-9"])
    with pytest.raises(DataError, match=r"unknown attribute 'Kindness'; known: Guidance"):
        reliability(sample, settings, names=["Kindness"])


def test_one_system_has_no_system_level() -> None:
    targets = two_raters([1, 2, 3], [1, 2, 4], [0, 1, 2])
    with pytest.raises(StatisticsError, match=r"at least two systems; received 1\. Use the resp"):
        reliability(targets, settings_of("system"))


@pytest.mark.parametrize(
    ("low", "high", "rule", "expected"),
    [
        (0.75, 0.9, "bound", "GR"),
        (0.7499, 0.9, "bound", "MV"),
        (0.50, 1.0, "bound", "MV"),
        (0.4999, 0.99, "bound", "LR"),
        (-0.8, 0.1, "bound", "LR"),
        (0.60, 0.955, "published", "GR"),
        (0.60, 0.956, "published", "MV"),
        (0.40, 0.960, "published", "MV"),
        (0.40, 0.961, "published", "LR"),
        # A narrow interval around nothing is good there, and limited in ours.
        (0.00, 0.10, "published", "GR"),
        (0.00, 0.10, "bound", "LR"),
        (math.nan, 0.9, "bound", "n/a"),
        (0.1, math.nan, "published", "n/a"),
    ],
)
def test_verdicts(low: float, high: float, rule: Any, expected: str) -> None:
    found = verdict(low, high, rule)
    assert found == expected
    assert VERDICT_MEANING[Verdict(found)]


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(StatisticsError, match=r"unknown rule 'best'; choose one of bound, publ"):
        verdict(0.1, 0.2, "best")  # type: ignore[arg-type]


def test_the_level_decides_which_icc_is_judged() -> None:
    """A judge that ranks perfectly and rates two points lower may rank and may not score."""
    human = np.tile([3, 3.5, 4, 4.5, 5], 24)
    targets = two_raters(human, human - 2, np.repeat(np.arange(24), 5), np.tile(np.arange(5), 24))
    (system,) = reliability(targets, settings_of("system", n_resamples=100))
    (response,) = reliability(targets, settings_of("response", n_resamples=100))
    assert (system.icc_c1, system.bias, system.verdict) == (1.0, -2.0, "GR")
    assert (response.icc_c1, response.verdict) == (pytest.approx(1.0), "LR")
    assert response.icc_a1 < 0.3


def test_a_negative_icc_stays_negative() -> None:
    rng = np.random.default_rng(1)
    human = rng.integers(1, 6, 300)
    judge = np.clip(6 - human + rng.integers(-1, 2, 300), 1, 5)
    (row,) = reliability(
        two_raters(human, judge, np.repeat(np.arange(60), 5)),
        settings_of("response", n_resamples=200),
    )
    assert row.icc_c1_high < -0.5
    assert row.icc_c1_low < row.icc_c1 < row.icc_c1_high
    assert (row.n_degenerate, row.verdict) == (0, "LR")


def test_degenerate_replicates_are_counted() -> None:
    """Three conversations, one of which alone varies: a replicate without it has no ICC."""
    targets = two_raters([1, 5, 3, 3, 3, 3], [1, 5, 3, 3, 3, 3], [0, 0, 1, 1, 2, 2])
    (row,) = reliability(targets, settings_of("response", n_resamples=2_000))
    # (2/3)³ of the replicates lack it.
    assert row.n_degenerate / 2_000 == pytest.approx((2 / 3) ** 3, abs=0.04)
    assert (row.icc_c1, row.verdict) == (pytest.approx(1), "n/a")


def test_nothing_complete_is_said_so() -> None:
    targets = two_raters([np.nan, 2, np.nan], [1, np.nan, 3], [0, 1, 2])
    (row,) = reliability(targets, settings_of("response", n_resamples=20))
    assert (row.n_targets, row.n_missing, row.verdict) == (0, 3, "n/a")
    assert math.isnan(row.icc_c1)
    assert math.isnan(row.mse)
