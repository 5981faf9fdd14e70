"""The alternative annotator test against its published definition, made cases and real panels."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_1samp

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.alternative_annotator import (
    alternative_annotator,
    single_expert,
)

PANELS = Path(__file__).resolve().parents[3] / "shared" / "panels" / "empathy_experts.csv"


def by_definition(
    judge: np.ndarray, experts: np.ndarray, closeness: str, epsilon: float, min_items: int = 30
) -> tuple[float, float]:
    """Winning rate and advantage probability item by item, as the paper writes them."""
    p_values, ahead = [], []
    for j in range(experts.shape[1]):
        wins, losses = [], []
        for f, row in zip(judge, experts, strict=True):
            others = [x for k, x in enumerate(row) if k != j and not np.isnan(x)]
            if np.isnan(row[j]) or np.isnan(f) or not others:
                continue
            if closeness == "rmse":
                a, b = (
                    -float(np.sqrt(np.mean([(x - o) ** 2 for o in others]))) for x in (f, row[j])
                )
            else:
                a, b = (float(np.mean([x == o for o in others])) for x in (f, row[j]))
            wins.append(float(a >= b))
            losses.append(float(b >= a))
        if len(wins) >= min_items:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # equal differences have no variance
                found = ttest_1samp(np.subtract(losses, wins), epsilon, alternative="less")
            p_values.append(found.pvalue)
            ahead.append(np.mean(wins))
    m = len(p_values)
    harmonic = sum(1 / k for k in range(1, m + 1))
    ranked = np.sort(p_values)
    rejected = [k for k in range(m) if ranked[k] <= (k + 1) / m * 0.05 / harmonic]
    return (max(rejected) + 1 if rejected else 0) / m, float(np.mean(ahead))


@pytest.fixture(scope="module")
def panels() -> pd.DataFrame:
    if not PANELS.is_file():
        message = f"the panel of several experts is not at {PANELS}"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return pd.read_csv(PANELS)


@pytest.mark.upstream
@pytest.mark.parametrize("closeness", ["rmse", "accuracy"])
@pytest.mark.parametrize("epsilon", [0.0, 0.1, 0.2])
def test_real_panels_by_the_definition(
    panels: pd.DataFrame, closeness: str, epsilon: float
) -> None:
    compared = 0
    for _, rows in panels.groupby(["framework", "attribute"]):
        wide = rows.pivot(index="conversation", columns="rater", values="rating")
        experts = wide[[c for c in wide if c.startswith("expert")]].to_numpy()
        for judge in ("claude", "gpt", "gemini", "crowd"):
            ratings = wide[judge].to_numpy()
            found = alternative_annotator(ratings, experts, closeness=closeness, epsilon=epsilon)
            omega, rho = by_definition(ratings, experts, closeness, epsilon)
            assert found.winning_rate == omega
            assert found.advantage_probability == pytest.approx(rho, abs=1e-14)
            compared += 1
    assert compared == 84


@pytest.mark.parametrize("seed", range(5))
def test_experts_who_rated_different_subsets(seed: int) -> None:
    rng = np.random.default_rng(seed)
    experts = rng.integers(1, 6, (200, 5)).astype(float)
    experts[rng.random(experts.shape) < 0.4] = np.nan
    judge = np.where(rng.random(200) < 0.1, np.nan, rng.integers(1, 6, 200))
    found = alternative_annotator(judge, experts, epsilon=0.1)
    assert (found.winning_rate, found.advantage_probability) == pytest.approx(
        by_definition(judge, experts, "rmse", 0.1)
    )


def test_a_judge_that_is_the_truth_wins_and_one_that_is_noise_loses() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(1, 6, 400).astype(float)
    experts = np.clip(truth[:, None] + rng.integers(-1, 2, (400, 3)), 1, 5)
    assert alternative_annotator(truth, experts).winning_rate == 1.0
    noise = alternative_annotator(rng.permutation(truth), experts)
    assert noise.winning_rate == 0.0
    assert not noise.passed


def test_who_rated_too_little_is_not_tested() -> None:
    experts = np.tile([[1.0, 2.0, 3.0]], (40, 1))
    experts[25:, 2] = np.nan
    found = alternative_annotator(np.full(40, 2.0), experts)
    assert found.n_experts == 2
    assert np.isnan(found.experts[2].p)
    assert found.experts[2].n_items == 25


def test_one_expert_per_item_gives_no_answer() -> None:
    experts = np.full((80, 2), np.nan)
    experts[:40, 0] = 3
    experts[40:, 1] = 4
    found = alternative_annotator(np.full(80, 3.0), experts)
    assert found.n_experts == 0
    assert np.isnan(found.winning_rate)
    assert not found.passed


def test_all_equal_ratings_tie_everywhere() -> None:
    found = alternative_annotator(np.full(50, 5.0), np.full((50, 3), 5.0))
    assert found.winning_rate == 1.0
    assert found.advantage_probability == 1.0


def test_clusters_of_equal_items_count_once() -> None:
    rng = np.random.default_rng(3)
    experts = rng.integers(1, 6, (60, 3)).astype(float)
    judge = rng.integers(1, 6, 60).astype(float)
    once = alternative_annotator(judge, experts, clusters=np.arange(60))
    plain = alternative_annotator(judge, experts)
    assert once == plain
    tenfold = alternative_annotator(
        np.repeat(judge, 10), np.repeat(experts, 10, axis=0), clusters=np.repeat(np.arange(60), 10)
    )
    for one, ten in zip(plain.experts, tenfold.experts, strict=True):
        assert ten.p == pytest.approx(one.p)
        assert ten.n_clusters == 60


def test_a_judge_as_near_to_the_trusted_expert_as_cheaper_raters() -> None:
    rng = np.random.default_rng(1)
    gold = rng.integers(1, 6, 300).astype(float)
    cheap = np.clip(gold[:, None] + rng.integers(-2, 3, (300, 2)), 1, 5)
    near = np.clip(gold + rng.integers(-1, 2, 300), 1, 5)
    assert single_expert(near, gold, cheap).winning_rate == 1.0
    assert single_expert(rng.permutation(gold), gold, cheap).winning_rate == 0.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"closeness": "mae"}, "unknown closeness 'mae'"),
        ({"epsilon": 1.5}, "epsilon must lie between 0 and 1; received 1.5"),
        ({"min_items": 1}, "at least 2 items"),
        ({"experts": np.ones((5, 1))}, "needs two experts; received one"),
        ({"experts": np.ones((4, 2))}, r"received \(5,\) and \(4, 2\)"),
    ],
)
def test_unusable_arguments(change: dict, message: str) -> None:
    arguments = {"judge": np.ones(5), "experts": np.ones((5, 2)), **change}
    with pytest.raises(StatisticsError, match=message):
        alternative_annotator(**arguments)
