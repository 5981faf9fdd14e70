"""Severity of experts, told apart from the content of their conversations."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from made_ratings import study, with_experts
from scipy.stats import t

from mentalbench_hf.data.targets import RatedTargets
from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.cluster_regression import cluster_regression
from mentalbench_hf.reliability.expert_severity import (
    ASSUMPTION,
    expert_severity,
    severity_between,
)

SHIFT = {"A": 0.0, "B": 0.6, "C": -0.3}


@pytest.fixture(scope="module")
def planted() -> RatedTargets:
    """Expert B is stricter by 0.6, C milder by 0.3; C's conversations are better by one point."""
    made = with_experts(
        study(1, n_conversations=300, scale=(1, 99), noise={"a": 0.3, "b": 0.3}, whole=False), "ABC"
    )
    ratings = made.ratings.copy()
    better = np.asarray(made.experts == 2)
    ratings[better] += 1.0
    for code, name in enumerate("ABC"):
        ratings[np.asarray(made.experts == code), 0] -= SHIFT[name]
    ratings[:, 1] += 0.5
    return replace(made, ratings=ratings)


def test_a_planted_severity_is_found(planted: RatedTargets) -> None:
    found = expert_severity(planted, names=["Clarity"])
    middle = np.mean(list(SHIFT.values()))
    for row in found.experts:
        truth = SHIFT[row.expert] - middle
        # Judges see content with noise, so a little of its difference counts as severity.
        assert row.severity == pytest.approx(truth, abs=0.12)
        assert row.low < row.severity < row.high
    by_name = {row.expert: row for row in found.experts}
    # The plain mean takes C, whose conversations are better, for far milder than C is.
    assert by_name["C"].below_mean < SHIFT["C"] - middle - 0.5
    assert sum(row.severity for row in found.experts) == pytest.approx(0, abs=1e-9)
    for net in found.judges:
        truth = {"a": 0.5, "b": 0.0}[net.judge] + middle
        assert net.net == pytest.approx(truth, abs=0.15)
        assert net.bias - net.severity == pytest.approx(net.net)
    spread = severity_between(found.experts)
    assert spread.tau == pytest.approx(np.std(list(SHIFT.values()), ddof=1), abs=0.12)


def test_agrees_with_statsmodels(planted: RatedTargets) -> None:
    """The same regression with treatment coding and cluster-robust errors."""
    import statsmodels.api as sm

    codes = np.asarray(planted.experts)
    human, judged = planted.ratings[:, 0, 0], planted.ratings[:, 1:, 0]
    columns = [planted.systems == s for s in range(6)] + [judged[:, 0], judged[:, 1]]
    columns += [codes == 1, codes == 2]
    model = sm.OLS(human, np.column_stack(columns).astype(float)).fit(
        cov_type="cluster", cov_kwds={"groups": planted.clusters}, use_t=True
    )
    # Effects of A, B, C are 0, b, c; each less their mean, with the sign of severity.
    contrasts = {"A": [1 / 3, 1 / 3], "B": [-2 / 3, 1 / 3], "C": [1 / 3, -2 / 3]}
    found = expert_severity(planted, names=["Clarity"])
    for row in found.experts:
        test = model.t_test(np.array([0.0] * 8 + contrasts[row.expert]))
        assert row.severity == pytest.approx(test.effect.item())
        assert row.standard_error == pytest.approx(test.sd.item())
        assert row.high - row.severity == pytest.approx(t.ppf(0.975, 299) * test.sd.item())


def test_net_bias_by_leaving_conversations_out(planted: RatedTargets) -> None:
    """Its standard error against the jackknife over conversations."""
    small = planted.select(planted.clusters % 4 == 0)
    found = {(b.judge, b.expert): b for b in expert_severity(small, names=["Clarity"]).judges}
    values: dict[tuple[str, str], list[float]] = {key: [] for key in found}
    conversations = np.unique(small.clusters)
    for c in conversations:
        for b in expert_severity(small.select(small.clusters != c), names=["Clarity"]).judges:
            values[b.judge, b.expert].append(b.net)
    g = len(conversations)
    for key, row in found.items():
        x = np.array(values[key])
        jackknife = np.sqrt((g - 1) / g * ((x - x.mean()) ** 2).sum())
        assert (row.high - row.net) / t.ppf(0.975, g - 1) == pytest.approx(jackknife, rel=0.1)


def test_own_counterparts_count_in_no_bias(planted: RatedTargets) -> None:
    targets = replace(planted, left_out={"a": "system-0"})
    found = expert_severity(targets, names=["Clarity"])
    for b in found.judges:
        mine = np.asarray(targets.experts == "ABC".index(b.expert))
        if b.judge == "a":
            mine = mine & (targets.systems != 0)
        column = 1 if b.judge == "a" else 2
        x = targets.ratings[mine][:, :, 0]
        assert b.bias == pytest.approx((x[:, column] - x[:, 0]).mean())


def test_records_and_refusals(planted: RatedTargets) -> None:
    record = expert_severity(planted).record()
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert record["assumption"] == ASSUMPTION
    with pytest.raises(StatisticsError, match="at least two experts"):
        expert_severity(study(1))
    design = np.ones((20, 2))
    with pytest.raises(StatisticsError, match="told apart"):
        cluster_regression(design, np.arange(20.0), np.arange(20))
    with pytest.raises(StatisticsError, match="too few for 2 coefficients"):
        cluster_regression(design[:2], np.arange(2.0), np.arange(2))
