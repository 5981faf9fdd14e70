"""Baselines of an ICC, against enumeration and plain loops."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_ratings import by_hand, study, with_experts

from mentalbench_hf.data.targets import RatedTargets
from mentalbench_hf.reliability import Settings, reliability
from mentalbench_hf.reliability.core.baselines import (
    attainable,
    comonotone_product,
    icc_of_strata,
    strata_sums,
    system_only,
)
from mentalbench_hf.reliability.core.icc import icc
from mentalbench_hf.reliability.trust.baselines import Baseline, baselines


def sums_of(pair: np.ndarray, strata: np.ndarray) -> np.ndarray:
    n = len(pair)
    return strata_sums(
        pair, np.arange(n), strata, n_clusters=n, n_systems=int(strata.max()) + 1
    ).sum(axis=0)


def test_system_only_is_the_mean_over_all_other_conversations() -> None:
    """Every shift of a stratum's judge ratings meets every other conversation exactly once."""
    rng = np.random.default_rng(3)
    strata = np.repeat([0, 1, 2], 6)
    pair = rng.integers(1, 6, (18, 2)).astype(float)
    values = []
    for shift in range(1, 6):
        dealt = pair.copy()
        for s in range(3):
            dealt[strata == s, 1] = np.roll(pair[strata == s, 1], shift)
        values.append(icc(dealt))
    assert icc_of_strata(system_only(sums_of(pair, strata))) == pytest.approx(np.mean(values))


def test_attainable_is_the_best_of_all_pairings() -> None:
    rng = np.random.default_rng(4)
    strata = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    pair = rng.integers(1, 6, (8, 2)).astype(float)
    best = -math.inf
    for first in itertools.permutations(range(4)):
        for second in itertools.permutations(range(4, 8)):
            best = max(best, icc(np.column_stack([pair[:, 0], pair[[*first, *second], 1]])))
    found = icc_of_strata(attainable(sums_of(pair, strata), pair, strata))
    assert found == pytest.approx(best)


@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=7),
    st.lists(st.integers(1, 5), min_size=1, max_size=7),
)
def test_the_largest_product_repeats_both_to_one_length(x: list[int], y: list[int]) -> None:
    a, b = np.array(x, dtype=float), np.array(y, dtype=float)
    plain = np.sort(np.repeat(a, len(b))) @ np.sort(np.repeat(b, len(a))) / (len(a) * len(b))
    assert comonotone_product(a, b) == pytest.approx(plain)


def test_nothing_has_no_product() -> None:
    assert math.isnan(comonotone_product(np.array([]), np.array([1.0])))


def rows_of(targets: RatedTargets, expert: str) -> list[Baseline]:
    return [b for b in baselines(targets, n_resamples=0) if b.expert == expert]


def test_a_judge_that_knows_the_system_alone() -> None:
    """It gives every reply of a system one rating: all its agreement is the system."""
    targets = study(1, noise={"a": 0.5})
    known = targets.ratings.copy()
    for s in range(6):
        known[targets.systems == s, 1] = known[targets.systems == s, 1].mean(axis=0)
    (row, *_) = rows_of(replace(targets, ratings=known), "all")
    assert row.system_only == pytest.approx(row.icc_c1, abs=1e-9)
    assert row.within_systems == pytest.approx(0, abs=1e-9)
    assert row.beyond_system == pytest.approx(0, abs=1e-9)


def test_a_judge_that_repeats_the_expert() -> None:
    targets = study(2, noise={"a": 0.5})
    same = targets.ratings.copy()
    same[:, 1] = same[:, 0]
    (row, *_) = rows_of(replace(targets, ratings=same), "all")
    assert (row.icc_c1, row.within_systems, row.attainable) == pytest.approx((1, 1, 1))
    assert 0 < row.system_only < 1


def test_by_hand() -> None:
    """Two systems, two conversations: the judge's rating of the same system elsewhere."""
    targets = by_hand(
        {"expert": [1, 4, 3, 5], "judge": [2, 5, 1, 4]},
        clusters=["x", "x", "y", "y"],
        systems=["s", "t", "s", "t"],
    )
    (row,) = baselines(targets, n_resamples=0)
    assert row.expert == "all"
    assert row.system_only == pytest.approx(icc([[1, 1], [4, 4], [3, 2], [5, 5]]))
    inside = [[1 - 2, 2 - 1.5], [3 - 2, 1 - 1.5], [4 - 4.5, 5 - 4.5], [5 - 4.5, 4 - 4.5]]
    assert row.within_systems == pytest.approx(icc(inside))
    assert row.attainable == pytest.approx(icc([[1, 1], [3, 2], [4, 4], [5, 5]]))
    assert row.attainable_a1 == pytest.approx(
        icc([[1, 1], [3, 2], [4, 4], [5, 5]], variant="ICC(A,1)")
    )
    assert math.isnan(row.icc_c1_low)


def test_experts_exchange_nothing() -> None:
    """The judge's rating stays with the expert: each part by itself, then their sums."""
    targets = with_experts(study(6, missing=0.1), "AB", {"B": 1.0})
    whole = rows_of(targets, "all")
    for name, code in (("A", 0), ("B", 1)):
        alone = replace(targets.select(targets.experts == code), experts=None)
        for ours, theirs in zip(rows_of(targets, name), rows_of(alone, "all"), strict=True):
            for key in ("icc_c1", "icc_a1", "system_only", "within_systems", "attainable"):
                assert getattr(ours, key) == pytest.approx(getattr(theirs, key))
            assert ours.n_targets == theirs.n_targets
    today = reliability(targets, Settings(level="response", n_resamples=0))
    assert [r.icc_c1 for r in whole] == pytest.approx([r.icc_c1 for r in today])
    assert [r.icc_a1 for r in whole] == pytest.approx([r.icc_a1 for r in today])
    # Within systems speaks of systems alone, so it is what it would be without experts.
    plain = rows_of(replace(targets, experts=None), "all")
    assert [r.within_systems for r in whole] == pytest.approx([r.within_systems for r in plain])
    assert [r.system_only for r in whole] != pytest.approx([r.system_only for r in plain])


def test_replies_of_nobody_known_are_in_the_row_of_all_only() -> None:
    targets = with_experts(study(7), "AB")
    codes = np.array(targets.experts)
    codes[targets.clusters < 20] = -1
    rows = baselines(replace(targets, experts=codes), n_resamples=30, names=["Clarity"])
    by_name = {(r.judge, r.expert): r for r in rows}
    assert {r.expert for r in rows} == {"all", "A", "B"}
    assert by_name["judge-a", "all"].n_targets == 120 * 6
    assert by_name["judge-a", "A"].n_targets + by_name["judge-a", "B"].n_targets == 100 * 6
    for row in rows:
        record = row.record()
        assert json.loads(json.dumps(record, allow_nan=False)) == record


def test_intervals_by_a_slow_bootstrap() -> None:
    targets = with_experts(study(8, n_conversations=60, noise={"a": 0.6}), "AB", {"B": 1.0})
    found = baselines(targets, n_resamples=1500, names=["Clarity"])
    pair = targets.pair("a", "Clarity")
    rng = np.random.default_rng(0)
    draws: dict[str, list[float]] = {"system_only": [], "within_systems": [], "icc_c1": []}
    for _ in range(800):
        rows, strata = [], []
        for code in range(2):
            members = np.unique(targets.clusters[targets.experts == code])
            at = np.concatenate(
                [np.flatnonzero(targets.clusters == c) for c in rng.choice(members, len(members))]
            )
            rows.append(pair[at])
            strata.append(6 * code + targets.systems[at])
        drawn, code_of = np.concatenate(rows), np.concatenate(strata)
        draws["icc_c1"].append(icc(drawn))
        other, inside = drawn.copy(), drawn.copy()
        for s in np.unique(code_of):
            mine = code_of == s
            n = mine.sum()
            # Same expectation: every target gets the mean of the others, the marginals stay.
            other[mine, 1] = (drawn[mine, 1].sum() - drawn[mine, 1]) / (n - 1)
        for s in range(6):
            inside[code_of % 6 == s] -= drawn[code_of % 6 == s].mean(axis=0)
        h, j = other[:, 0] - other[:, 0].mean(), other[:, 1] - other[:, 1].mean()
        squares = ((drawn - drawn.mean(axis=0)) ** 2).sum()
        draws["system_only"].append(2 * (h * j).sum() / squares)
        draws["within_systems"].append(2 * (inside[:, 0] * inside[:, 1]).sum() / (inside**2).sum())
    for name, values in draws.items():
        low, high = np.quantile(values, [0.025, 0.975])
        assert getattr(found[0], f"{name}_low") == pytest.approx(low, abs=0.02)
        assert getattr(found[0], f"{name}_high") == pytest.approx(high, abs=0.02)


def test_a_single_reply_of_a_system_has_no_other() -> None:
    targets = by_hand(
        {"expert": [1, 4, 3], "judge": [2, 5, 1]}, clusters=["x", "x", "y"], systems=["s", "t", "s"]
    )
    (row,) = baselines(targets, n_resamples=0)
    assert row.system_only == pytest.approx(icc([[1, 1], [3, 2]]))
