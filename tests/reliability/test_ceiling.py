"""The experts' agreement with each other, and judges on the same footing."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from itertools import combinations, permutations
from typing import Any

import numpy as np
import pytest
from made_ratings import by_hand, study, with_experts
from typer.testing import CliRunner

from mentalbench_hf.cli.main import app
from mentalbench_hf.data.targets import RatedTargets
from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.icc import icc
from mentalbench_hf.reliability.core.pairwise import pairwise_iccs
from mentalbench_hf.reliability.trust.ceiling import ceiling, label
from mentalbench_hf.reliability.trust.ceiling_of_replies import reply_bounds


def test_pairs_of_columns_are_the_iccs_of_two_raters() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(3, 1, (4, 7, 5)) + rng.normal(0, 1, (4, 7, 1))
    values[1, 2, 3] = values[1, 4, 0] = values[3, :, 1] = np.nan
    values[2, :, 0] = values[2, :, 1] = 3.0
    consistency, agreement = pairwise_iccs(values)
    whole = pairwise_iccs(values[:1])
    np.testing.assert_allclose(whole[0][0], consistency[0])
    np.testing.assert_allclose(whole[1][0], agreement[0])
    for b in range(4):
        for x, y in permutations(range(5), 2):
            pair = values[b][:, [x, y]]
            for ours, variant in ((consistency, "ICC(C,1)"), (agreement, "ICC(A,1)")):
                expected = icc(pair, variant=variant, missing="omit")  # type: ignore[arg-type]
                assert ours[b, x, y] == pytest.approx(expected, nan_ok=True)
    assert math.isnan(consistency[2, 0, 1])
    assert math.isnan(consistency[3, 0, 1])


def means_of(values: np.ndarray, mask: np.ndarray, systems: np.ndarray) -> np.ndarray:
    """Means by system, NaN where there is none."""
    known = mask & ~np.isnan(values)
    return np.array(
        [values[known & (systems == s)].mean() if (known & (systems == s)).any() else np.nan
         for s in range(systems.max() + 1)]
    )  # fmt: skip


@pytest.fixture(scope="module")
def targets() -> RatedTargets:
    made = study(3, n_conversations=60, missing=0.05, noise={"a": 0.4, "b": 1.2})
    return replace(with_experts(made, "ABC", {"C": 1.0}), left_out={"a": "system-2"})


def test_points_by_plain_means(targets: RatedTargets) -> None:
    found = ceiling(targets, n_resamples=20)
    masks = [np.asarray(targets.experts == code) for code in range(3)]
    human = {n: targets.scores("expert", n) for n in targets.names}
    for pair in found.experts:
        x, y = "ABC".index(pair.expert), "ABC".index(pair.other)
        columns = [means_of(human[pair.attribute], masks[k], targets.systems) for k in (x, y)]
        matrix = np.column_stack(columns)
        assert pair.n_systems == 6
        assert pair.icc_c1 == pytest.approx(icc(matrix))
        assert pair.icc_a1 == pytest.approx(icc(matrix, variant="ICC(A,1)"))
    assert [(p.attribute, p.expert, p.other) for p in found.experts] == [
        (n, x, y) for n in targets.names for x, y in combinations("ABC", 2)
    ]
    for row in found.judges:
        variant: Any = {"icc_c1": "ICC(C,1)", "icc_a1": "ICC(A,1)"}[row.statistic]
        both = targets.pair(row.judge, row.attribute)
        both[np.isnan(both).any(axis=1)] = np.nan
        expert = [means_of(both[:, 0], m, targets.systems) for m in masks]
        judge = [means_of(both[:, 1], m, targets.systems) for m in masks]

        def mean(pairs: Any, first: Any, second: Any, variant: Any = variant) -> float:
            return float(np.mean([
                icc(np.column_stack([first[x], second[y]]), variant=variant, missing="omit")
                for x, y in pairs
            ]))  # fmt: skip

        between = mean(combinations(range(3), 2), expert, expert)
        judged = mean(permutations(range(3), 2), expert, judge)
        assert row.expert_expert == pytest.approx(between)
        assert row.judge_expert == pytest.approx(judged)
        assert row.difference == pytest.approx(judged - between)
        assert row.itself == pytest.approx(mean(combinations(range(3), 2), judge, judge))


def test_intervals_by_a_slow_bootstrap(targets: RatedTargets) -> None:
    found = ceiling(targets, n_resamples=2000, judges=["b"], names=["Clarity"])
    both = targets.pair("b", "Clarity")
    both[np.isnan(both).any(axis=1)] = np.nan
    human = targets.scores("expert", "Clarity")
    rng = np.random.default_rng(5)
    differences, pair = [], []
    members = [np.unique(targets.clusters[targets.experts == k]) for k in range(3)]
    where = {c: np.flatnonzero(targets.clusters == c) for c in range(60)}
    for _ in range(600):
        expert, judge, alone = [], [], []
        for k in range(3):
            at = np.concatenate([where[c] for c in rng.choice(members[k], len(members[k]))])
            all_ = np.full(len(at), True)
            expert.append(means_of(both[at, 0], all_, targets.systems[at]))
            judge.append(means_of(both[at, 1], all_, targets.systems[at]))
            alone.append(means_of(human[at], all_, targets.systems[at]))
        ceilings = [
            icc(np.column_stack([expert[x], expert[y]])) for x, y in permutations(range(3), 2)
        ]
        judged = [icc(np.column_stack([expert[x], judge[y]])) for x, y in permutations(range(3), 2)]
        differences.append(np.mean(judged) - np.mean(ceilings))
        pair.append(icc(np.column_stack([alone[0], alone[1]])))
    row, first = found.judges[0], found.experts[0]
    low, high = np.quantile(differences, [0.025, 0.975])
    assert (row.low, row.high) == pytest.approx((low, high), abs=0.02)
    low, high = np.quantile(pair, [0.025, 0.975])
    assert (first.icc_c1_low, first.icc_c1_high) == pytest.approx((low, high), abs=0.03)


def test_a_judge_that_repeats_the_experts_is_as_another_expert() -> None:
    targets = with_experts(study(4, n_conversations=200, noise={"a": 0.4, "b": 3.0}), "AB")
    same = targets.ratings.copy()
    same[:, 1] = same[:, 0]
    found = ceiling(replace(targets, ratings=same), n_resamples=200)
    mine = [row for row in found.judges if row.judge == "a"]
    assert {row.label for row in mine} == {"as another expert"}
    for row in mine:
        assert row.difference == pytest.approx(0)
        assert row.itself == pytest.approx(row.expert_expert)
        assert (row.low, row.high) == pytest.approx((0, 0))
    # Squeezed to the middle by its noise, it does not give the experts' numbers.
    other = [r for r in found.judges if r.judge == "b" and r.statistic == "icc_a1"]
    assert {row.label for row in other} == {"below another expert"}


@pytest.mark.parametrize(
    ("expert", "low", "expected"),
    [
        (0.8, -0.049, "as another expert"),
        (0.8, -0.051, "below another expert"),
        (0.499, 0.2, "experts disagree"),
        (0.5, 0.0, "as another expert"),
        (math.nan, 0.0, "n/a"),
        (0.8, math.nan, "n/a"),
    ],
)
def test_labels(expert: float, low: float, expected: str) -> None:
    assert label(expert, low) == expected


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(StatisticsError, match=r"name 0 such experts\. Name them"):
        ceiling(study(1))
    few = replace(study(1), experts=(study(1).clusters > 4).astype(int), expert_names=("A", "B"))
    with pytest.raises(StatisticsError, match=r"at least 10 conversations; .* 1 such"):
        ceiling(few)
    one = with_experts(study(1).select(study(1).systems == 0), "AB")
    with pytest.raises(StatisticsError, match="at least two systems"):
        ceiling(replace(one, system_names=("system-0",)))


def test_the_most_two_experts_can_agree() -> None:
    """One system: both sorted, whatever the conversations; by hand."""
    targets = by_hand(
        {"expert": [1, 2, 3, 4] * 3 + [5, 5, 4, 1] * 3, "j": [3] * 24}, clusters=range(24)
    )
    experts = np.repeat([0, 1], 12)
    (row,) = reply_bounds(replace(targets, experts=experts, expert_names=("A", "B")))
    x, y = np.sort([1, 2, 3, 4]), np.sort([5, 5, 4, 1])
    expected = 2 * np.cov(x, y, ddof=0)[0, 1] / (x.var() + y.var())
    assert row.icc_c1_attainable == pytest.approx(expected)
    with_shift = 2 * np.cov(x, y, ddof=0)[0, 1] / (x.var() + y.var() + (x.mean() - y.mean()) ** 2)
    assert row.icc_a1_attainable == pytest.approx(with_shift)
    assert math.isnan(row.shared)


def test_shared_variance_is_that_of_a_common_factor() -> None:
    """With independent errors the share is the expert's reliability, here 0.5."""
    rng = np.random.default_rng(1)
    n = 40_000
    truth = rng.standard_normal(n)
    noise = rng.standard_normal((n, 3)) * [1.0, 0.5, 2.0]
    x = truth[:, None] + noise
    targets = by_hand({"expert": x[:, 0], "j": x[:, 1], "k": x[:, 2]}, scale=(-20, 20))
    codes = np.arange(n) % 2
    (row,) = reply_bounds(replace(targets, experts=codes, expert_names=("A", "B")))
    assert row.shared == pytest.approx(0.5, abs=0.05)
    assert row.shared_other == pytest.approx(0.5, abs=0.05)
    # Judges that err alike make it smaller: a bound from below.
    x[:, 1:] += 1.5 * rng.standard_normal((n, 1))
    alike = by_hand({"expert": x[:, 0], "j": x[:, 1], "k": x[:, 2]}, scale=(-20, 20))
    (row,) = reply_bounds(replace(alike, experts=codes, expert_names=("A", "B")))
    assert row.shared < 0.3


@pytest.mark.parametrize("level", ["system", "response"])
@pytest.mark.parametrize("form", ["json", "table", "csv", "md"])
def test_on_the_command_line(
    monkeypatch: pytest.MonkeyPatch, targets: RatedTargets, level: str, form: str
) -> None:
    from mentalbench_hf.cli.ratings_options import OwnRatings

    monkeypatch.setattr(OwnRatings, "ratings", lambda *_: targets)
    result = CliRunner().invoke(
        app, ["ceiling", "--level", level, "--format", form, "--n-resamples", "20"]
    )
    assert result.exit_code == 0, result.output
    if form != "json":
        assert "Warmth" in result.stdout
        return
    found = json.loads(result.stdout)
    assert len(found["experts"]) == 3 * 3
    keys = {"attribute", "expert", "other"}
    if level == "response":
        assert "cannot be known" in found["note"]
        assert keys <= set(found["experts"][0])
        return
    assert keys | {"icc_c1", "icc_c1_low", "icc_c1_high", "icc_a1"} <= set(found["experts"][0])
    assert {
        "judge", "attribute", "statistic", "expert_expert", "judge_expert", "difference", "low",
        "high", "label",
    } <= set(found["judges"][0])  # fmt: skip
    assert len(found["judges"]) == 2 * 3 * 2
