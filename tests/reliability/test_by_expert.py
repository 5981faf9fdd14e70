"""Reliability by expert, against plain loops over ratings."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_ratings import study, with_experts
from typer.testing import CliRunner

from mentalbench_hf.cli.main import app
from mentalbench_hf.cli.ratings_options import OwnRatings
from mentalbench_hf.data.targets import RatedTargets
from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability import Reliability, Settings, reliability
from mentalbench_hf.reliability.by_expert import ExpertReliability, reliability_by_expert
from mentalbench_hf.reliability.core.agreement import bias
from mentalbench_hf.reliability.core.icc import Variant, icc, icc_of
from mentalbench_hf.reliability.core.random_effects import random_effects
from mentalbench_hf.reliability.heterogeneity import heterogeneity, shuffled_weights
from mentalbench_hf.reliability.trust.ceiling import ceiling


def matrix_of(targets: RatedTargets, pair: np.ndarray, mask: np.ndarray, level: str) -> np.ndarray:
    """Targets × (reference, judge) of some replies, by plain means."""
    complete = mask & ~np.isnan(pair).any(axis=1)
    if level == "response":
        return pair[complete]
    systems = np.unique(targets.systems[complete])
    return np.array([pair[complete & (targets.systems == s)].mean(axis=0) for s in systems])


@pytest.fixture(scope="module")
def targets() -> RatedTargets:
    made = with_experts(
        study(2, n_conversations=90, missing=0.05, noise={"a": 0.5, "b": 1.0}),
        "ABC",
        {"B": 1.0, "C": 0.3},
    )
    codes = np.array(made.experts)
    # Six conversations of nobody known.
    codes[made.clusters >= 84] = -1
    return replace(made, experts=codes, left_out={"a": "system-1"})


@pytest.mark.parametrize("level", ["system", "response"])
def test_points_by_plain_means(targets: RatedTargets, level: Any) -> None:
    rows = reliability_by_expert(targets, Settings(level=level, n_resamples=50), n_shuffles=5)
    order = [r.expert for r in rows[:5]]
    assert order == ["all", "A", "B", "C", "combined"]
    assert len(rows) == 2 * 3 * 5
    for row in rows:
        if row.expert == "combined":
            continue
        code = {"A": 0, "B": 1, "C": 2}.get(row.expert)
        mask = np.full(len(targets.clusters), True) if code is None else targets.experts == code
        pair = targets.pair(row.judge, row.attribute)
        matrix = matrix_of(targets, pair, mask, level)
        assert row.n_targets == len(matrix)
        assert row.icc_c1 == pytest.approx(icc(matrix))
        assert row.icc_a1 == pytest.approx(icc(matrix, variant="ICC(A,1)"))
        difference = matrix[:, 1] - matrix[:, 0]
        assert row.bias == pytest.approx(difference.mean())
        assert row.mse == pytest.approx((difference**2).mean())
        complete = mask & ~np.isnan(pair).any(axis=1)
        included = mask & targets.included(row.judge)
        assert row.n_missing == (included & ~complete).sum()
        assert row.n_clusters == len(np.unique(targets.clusters[complete]))


@pytest.mark.parametrize("level", ["system", "response"])
def test_the_row_of_all_is_todays(targets: RatedTargets, level: Any) -> None:
    settings = Settings(level=level, n_resamples=60, seed=3)
    rows = [r for r in reliability_by_expert(targets, settings, n_shuffles=3) if r.expert == "all"]
    for row, today in zip(rows, reliability(targets, settings), strict=True):
        assert {f.name: getattr(row, f.name) for f in fields(Reliability)} == pytest.approx(
            asdict(today), nan_ok=True
        )


@pytest.mark.parametrize("level", ["system", "response"])
def test_intervals_by_a_slow_bootstrap(targets: RatedTargets, level: Any) -> None:
    """Conversations of one expert drawn in a loop, ratings stacked, statistics recomputed."""
    rows = reliability_by_expert(
        targets, Settings(level=level, n_resamples=1500), judges=["a"], names=["Clarity"],
        n_shuffles=3,
    )  # fmt: skip
    rng = np.random.default_rng(1)
    pair = targets.pair("a", "Clarity")
    points: dict[str, list[float]] = {"ICC(C,1)": [], "ICC(A,1)": []}
    errors: dict[str, list[float]] = {"ICC(C,1)": [], "ICC(A,1)": []}
    crosses, squares = np.zeros(1500), np.zeros(1500)
    for code, name in enumerate("ABC"):
        mine = np.asarray(targets.experts == code)
        members = np.unique(targets.clusters[mine])
        where = {c: np.flatnonzero(mine & (targets.clusters == c)) for c in members}
        draws: dict[Variant, list[float]] = {"ICC(C,1)": [], "ICC(A,1)": []}
        for i in range(1500):
            at = np.concatenate([where[c] for c in rng.choice(members, len(members))])
            drawn = replace(
                targets, ratings=targets.ratings[at], clusters=targets.clusters[at],
                systems=targets.systems[at], experts=None,
            )  # fmt: skip
            matrix = matrix_of(drawn, pair[at], np.full(len(at), True), level)
            for variant, values in draws.items():
                values.append(icc(matrix, variant=variant))
            centred = matrix - matrix.mean(axis=0)
            crosses[i] += 2 * (centred[:, 0] * centred[:, 1]).sum()
            squares[i] += (centred**2).sum()
        (row,) = [r for r in rows if r.expert == name]
        found = {"ICC(C,1)": (row.icc_c1_low, row.icc_c1_high),
                 "ICC(A,1)": (row.icc_a1_low, row.icc_a1_high)}  # fmt: skip
        for variant, values in draws.items():
            np.testing.assert_allclose(
                found[variant], np.quantile(values, [0.025, 0.975]), atol=0.025
            )
            errors[variant].append(float(np.std(values, ddof=1)))
        points["ICC(C,1)"].append(row.icc_c1)
        points["ICC(A,1)"].append(row.icc_a1)
    (together,) = [r for r in rows if r.expert == "combined"]
    c1 = random_effects(points["ICC(C,1)"], errors["ICC(C,1)"])
    assert together.icc_c1 == pytest.approx(c1.mean, abs=0.01)
    assert together.tau == pytest.approx(c1.tau, abs=0.02)
    assert together.icc_c1_low == pytest.approx(c1.low, abs=0.05)
    assert together.prediction_low == pytest.approx(max(c1.prediction_low, -1), abs=0.15)
    a1 = random_effects(points["ICC(A,1)"], errors["ICC(A,1)"])
    assert together.icc_a1_tau == pytest.approx(a1.tau, abs=0.02)
    low, high = np.quantile(crosses / squares, [0.025, 0.975])
    assert (together.icc_centred_low, together.icc_centred_high) == pytest.approx(
        (low, high), abs=0.025
    )


def test_centred_by_hand() -> None:
    """Two experts, one five points stricter: centring removes the shift, nothing else."""
    targets = with_experts(study(4, scale=(1, 9)), "AB")
    strict = targets.ratings.copy()
    mine = np.asarray(targets.experts == 1)
    strict[mine, 0] -= 5
    shifted = replace(targets, ratings=strict)
    settings = Settings(level="response", n_resamples=20)

    def centred(given: RatedTargets) -> ExpertReliability:
        rows = reliability_by_expert(
            given, settings, judges=["judge-a"], names=["Clarity"], n_shuffles=3
        )
        return rows[-1]

    row, plain = centred(shifted), centred(targets)
    assert row.icc_centred == pytest.approx(plain.icc_centred)
    pair = targets.pair("judge-a", "Clarity")
    cross = square = 0.0
    for code in range(2):
        x = pair[targets.experts == code] - pair[targets.experts == code].mean(axis=0)
        cross += 2 * (x[:, 0] * x[:, 1]).sum()
        square += (x**2).sum()
    assert row.icc_centred == pytest.approx(cross / square)
    assert row.bias_tau > 3
    assert row.icc_c1 == pytest.approx(plain.icc_c1)


def test_experts_draw_independently() -> None:
    """Two experts with the same ratings have other replicates, not the same ones twice."""
    one = study(5, n_conversations=40)
    twice = replace(
        one,
        ratings=np.concatenate([one.ratings, one.ratings]),
        clusters=np.concatenate([one.clusters, one.clusters + 40]),
        cluster_names=np.arange(80).astype(object),
        systems=np.concatenate([one.systems, one.systems]),
        experts=np.repeat([0, 1], len(one.clusters)),
        expert_names=("A", "B"),
    )
    rows = reliability_by_expert(twice, Settings(n_resamples=200), n_shuffles=3)
    a, b = rows[1], rows[2]
    assert a.icc_c1 == pytest.approx(b.icc_c1)
    assert a.icc_c1_low != b.icc_c1_low


def test_heterogeneity_is_found_and_its_absence_is_not() -> None:
    alike = study(11, n_conversations=120)
    cells = [(j, "Clarity") for j in alike.judges]
    statistic = partial(icc_of, variant="ICC(C,1)")
    apart = heterogeneity(
        with_experts(alike, "ABC", {"C": 2.0}), cells, statistic, "response", n_shuffles=200
    )
    same = heterogeneity(with_experts(alike, "ABC"), cells, statistic, "response", n_shuffles=200)
    assert all(h.p < 0.02 for h in apart)
    assert all(h.p > 0.02 for h in same)
    # The judges do not change, so the control does not either.
    for one, other in zip(apart, same, strict=True):
        assert one.control_p == pytest.approx(other.control_p)
        assert one.control_p > 0.02
        assert one.spread > 2 * one.control_spread


def test_heterogeneity_by_hand() -> None:
    """The spread from plain matrices, and the shuffles one by one."""
    targets = with_experts(study(12, n_conversations=40, noise={"a": 0.5}), "AB")
    (found,) = heterogeneity(targets, [("a", "Clarity")], bias, "response", n_shuffles=60, seed=4)
    pair = targets.pair("a", "Clarity")
    difference = pair[:, 1] - pair[:, 0]
    groups = np.zeros((2, 40))
    groups[0, :20] = groups[1, 20:] = 1
    spreads = []
    for weights in shuffled_weights(groups, 60, 4):
        assert weights.sum(axis=1).tolist() == [20, 20]
        assert weights.sum(axis=0).tolist() == [1] * 40
        means = [difference[w[targets.clusters] > 0].mean() for w in weights]
        spreads.append(np.std(means))
    assert found.spread == pytest.approx(spreads[0])
    as_large = sum(s >= spreads[0] - 1e-12 for s in spreads[1:])
    assert found.p == pytest.approx((1 + as_large) / 61)
    assert math.isnan(found.control_p)


def test_conversations_of_two_experts_cannot_be_dealt() -> None:
    targets = study(13, n_systems=12)
    mixed = replace(targets, experts=np.arange(len(targets.clusters)) % 2, expert_names=("A", "B"))
    rows = reliability_by_expert(mixed, Settings(n_resamples=20), n_shuffles=5)
    assert all(math.isnan(r.heterogeneity_p) for r in rows)
    assert all(not math.isnan(r.icc_c1) for r in rows)


def test_few_conversations_are_said() -> None:
    targets = study(14)
    codes = np.where(targets.clusters < 5, 0, 1)
    rows = reliability_by_expert(
        replace(targets, experts=codes, expert_names=("A", "B")), Settings(n_resamples=50),
        n_shuffles=3,
    )  # fmt: skip
    a, together = rows[1], rows[3]
    assert a.reason == "5 conversations; at least 10 are needed"
    assert math.isnan(a.icc_c1_low)
    assert a.verdict == "n/a"
    assert together.n_experts == 1
    assert "one expert" in together.reason
    assert together.verdict == "n/a"


def test_an_expert_who_always_gives_one_rating_has_a_bias_and_no_icc() -> None:
    """Its ICC is not defined in some replicates; its bias is in all of them, and counts."""
    targets = with_experts(
        study(15, n_conversations=150, noise={"a": 0.4}, shift={"a": 0.6}), "ABC"
    )
    ratings = targets.ratings.copy()
    mine = np.asarray(targets.experts == 1)
    ratings[mine] = 5.0
    ratings[np.flatnonzero(mine)[0], :, :] = 4.0
    rows = reliability_by_expert(
        replace(targets, ratings=ratings), Settings(level="response", n_resamples=300),
        names=["Clarity"], n_shuffles=3,
    )  # fmt: skip
    b, together = rows[2], rows[4]
    assert math.isnan(b.icc_c1_low)
    assert "undefined" in b.reason
    assert b.verdict == "n/a"
    assert (b.bias_low, b.bias_high) == (0, 0)
    assert together.n_experts == 2
    # The bias rests on all three: B's of 0 draws it down.
    assert together.bias < 0.8 * min(rows[1].bias, rows[3].bias)
    assert together.bias_tau > 0.1


def test_records_are_json(targets: RatedTargets) -> None:
    for row in reliability_by_expert(targets, Settings(n_resamples=30), n_shuffles=3):
        record = row.record()
        assert json.loads(json.dumps(record, allow_nan=False)) == record
        assert {"expert", "tau", "prediction_low", "prediction_high", "verdict"} <= set(record)


def test_what_cannot_be_shown_by_expert_is_refused() -> None:
    with pytest.raises(StatisticsError, match="do not say which expert"):
        reliability_by_expert(study(1))
    with pytest.raises(StatisticsError, match="percentile or bca"):
        reliability_by_expert(with_experts(study(1), "AB"), Settings(ci="analytic"))


@pytest.mark.parametrize("level", ["system", "response"])
def test_on_the_command_line(
    monkeypatch: pytest.MonkeyPatch, targets: RatedTargets, level: str, tmp_path: Path
) -> None:
    monkeypatch.setattr(OwnRatings, "ratings", lambda *_, **__: targets)
    arguments = ["reliability", "--by", "expert", "--level", level, "--n-resamples", "30"]
    result = CliRunner().invoke(app, [*arguments, "--format", "json"])
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)
    assert [r["expert"] for r in rows[:5]] == ["all", "A", "B", "C", "combined"]
    assert rows[4]["tau"] is not None
    assert rows[0]["tau"] is None
    assert {"verdict_here", "verdict_other_systems", "verdict_another_expert"} <= set(rows[0])
    beside = {"system_only", "within_systems", "attainable", "beyond_system_low"}
    assert (beside <= set(rows[0])) == (level == "response")
    if level == "response":
        assert rows[1]["system_only"] < rows[1]["icc_c1"] < rows[1]["attainable"]
        assert rows[4]["system_only"] is None
    table = CliRunner().invoke(app, [*arguments, "--out", str(tmp_path)])
    assert "combined" in table.stdout
    assert "one more expert" in table.stdout
    written = tmp_path / f"reliability_by_expert_{level}.json"
    assert json.loads(written.read_text("utf-8")) == rows
    assert written.with_suffix(".csv").exists()


def test_at_the_front_door(targets: RatedTargets) -> None:
    import mentalbench_hf as mb

    table = mb.reliability(targets, by="expert", n_resamples=30, names="Clarity")
    assert list(table.to_frame()["expert"])[:5] == ["all", "A", "B", "C", "combined"]
    ranked = mb.ceiling(targets, names="Clarity", n_resamples=30)
    assert set(ranked.judges.to_frame()["judge"]) == {"a", "b"}


def test_another_expert_stands_beside_the_judges(targets: RatedTargets) -> None:
    """In a table for reading only: the rows of JSON and CSV are the judges'."""
    import mentalbench_hf as mb

    table = mb.reliability(targets, level="system", names="Warmth", n_resamples=50)
    *judges, another = table.for_reading()
    (found,) = ceiling(targets, judges=[], names=["Warmth"], n_resamples=50).another
    assert another[:2] == ["another expert", "Warmth"]
    assert another[5].startswith(f"{found.icc_c1:.3f} [{found.icc_c1_low:.3f}")
    assert [row[0] for row in judges] == list(targets.judges)
    assert [r["judge"] for r in table.records()] == list(targets.judges)
    assert any("another expert" in text for text in table.reading)
    alone = mb.reliability(targets, level="response", names="Warmth", n_resamples=50)
    assert all(row[0] in targets.judges for row in alone.for_reading())


def test_statistics_by_expert(targets: RatedTargets) -> None:
    """Each expert's row is that of their ratings alone; the combined one a mean over experts."""
    import mentalbench_hf as mb

    asked: dict[str, Any] = {"level": "response", "names": "Warmth", "judges": "a"}
    asked |= {"statistic": ["bias", "icc_a1"], "n_resamples": 60}
    table = mb.statistics(targets, by="expert", **asked)
    rows = {(r["statistic"], r["expert"]): r for r in table.records()}
    assert [e for s, e in rows if s == "bias"] == ["all", "A", "B", "C", "combined"]
    whole = {r["statistic"]: r for r in mb.statistics(targets, **asked).records()}
    for name in ("bias", "icc_a1"):
        assert {k: rows[name, "all"][k] for k in whole[name]} == whole[name]
        found = {r.expert: r for r in reliability_by_expert(
            targets, Settings(level="response", n_resamples=60), judges=["a"], names=["Warmth"]
        )}  # fmt: skip
        for expert in "ABC":
            assert rows[name, expert]["estimate"] == pytest.approx(getattr(found[expert], name))
        own = [rows[name, e] for e in "ABC"]
        together = random_effects(
            [r["estimate"] for r in own], [(r["high"] - r["low"]) / (2 * 1.959964) for r in own]
        )
        combined = rows[name, "combined"]
        assert combined["estimate"] == pytest.approx(together.mean, abs=1e-6)
        assert combined["prediction_low"] == pytest.approx(together.prediction_low, abs=1e-4)
    with pytest.raises(StatisticsError, match="not a panel"):
        mb.statistics(targets, by="expert", panel=True)
    with pytest.raises(StatisticsError, match="do not say which expert"):
        mb.statistics(replace(targets, experts=None, expert_names=()), by="expert")
