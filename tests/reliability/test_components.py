from __future__ import annotations

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
from made_ratings import by_hand, study

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.designs import (
    SOURCES,
    degrees_of_freedom,
    expectations,
    icc_of_mean_squares,
)
from mentalbench_hf.reliability.core.icc import icc
from mentalbench_hf.reliability.protocol import reliability, settings_of
from mentalbench_hf.reliability.trust.variance_components import table, variance_components


def mean_squares_by_projection(x: np.ndarray) -> np.ndarray:
    """Mean squares by averaging matrices: an independent route to the analysis of variance."""
    out = []
    for source in [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)]:
        effect = np.zeros_like(x)
        for size in range(len(source) + 1):
            for subset in itertools.combinations(source, size):
                rest = tuple(a for a in range(3) if a not in subset)
                sign = (-1) ** (len(source) - size)
                effect = effect + sign * x.mean(axis=rest, keepdims=True)
        df = np.prod([x.shape[a] - 1 for a in source])
        out.append((effect**2).sum() / df)
    return np.array(out)


def of(x: np.ndarray):
    """Return crossed ratings (conversations, systems, 2) as targets."""
    n, s, _ = x.shape
    flat = x.reshape(n * s, 2)
    return by_hand(
        {"expert": flat[:, 0].tolist(), "judge": flat[:, 1].tolist()},
        clusters=np.repeat(np.arange(n), s).tolist(),
        systems=[f"s{i}" for i in range(s)] * n,
        scale=(-100, 100),
    )


def test_components_solve_independent_mean_squares() -> None:
    x = np.random.default_rng(2).normal(size=(12, 5, 2))
    found = variance_components(of(x), "judge", "Safety", n_resamples=50)
    squares = mean_squares_by_projection(x)
    assert expectations(12, 5) @ found.variances == pytest.approx(squares)
    assert degrees_of_freedom(12, 5).sum() == 12 * 5 * 2 - 1
    assert [c.source for c in found.components] == list(SOURCES)
    # Pure noise: about half of the estimates of what is not there are negative, and stay so.
    assert any(c.negative and c.variance < 0 for c in found.components)
    assert all(c.share >= 0 for c in found.components)
    assert sum(c.share for c in found.components) == pytest.approx(1)


def test_known_components_are_found_on_average() -> None:
    rng = np.random.default_rng(5)
    true = np.array([0.5, 1.0, 0.3, 0.4, 0.2, 0.1, 0.6])
    shapes = [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, 0, 1), (0, 1, 1), (1, 1, 1)]
    n, s = 30, 8
    squares = []
    for _ in range(600):
        x = np.zeros((n, s, 2))
        for variance, keep in zip(true, shapes, strict=True):
            shape = [d if k else 1 for d, k in zip((n, s, 2), keep, strict=True)]
            x = x + np.sqrt(variance) * rng.standard_normal(shape)
        squares.append(mean_squares_by_projection(x))
    solved = np.linalg.solve(expectations(n, s), np.array(squares).T)
    error = solved.std(axis=1) / np.sqrt(600)
    assert (np.abs(solved.mean(axis=1) - true) < 4 * error).all()


@pytest.mark.parametrize("kind", ["ICC(C,1)", "ICC(A,1)"])
def test_both_levels_are_ratios_of_the_mean_squares(kind: str) -> None:
    x = np.random.default_rng(3).normal(size=(15, 6, 2)) + np.arange(6)[None, :, None]
    squares = mean_squares_by_projection(x)
    system = icc(x.mean(axis=0), variant=kind)
    response = icc(x.reshape(-1, 2), variant=kind)
    assert icc_of_mean_squares(squares, 15, 6, "system", kind) == pytest.approx(system)
    assert icc_of_mean_squares(squares, 15, 6, "response", kind) == pytest.approx(response)


def test_standard_errors_are_those_of_the_reliability_rows() -> None:
    targets = study(4)
    found = variance_components(targets, "judge-b", "Clarity", n_resamples=1_000, seed=2)
    for level in ("system", "response"):
        row = reliability(
            targets, settings_of(level, n_resamples=1_000, seed=2),
            judges=["judge-b"], names=["Clarity"],
        )[0]  # fmt: skip
        width = row.icc_c1_high - row.icc_c1_low
        assert 2 * 1.96 * found.standard_errors[level]["ICC(C,1)"] == pytest.approx(width, rel=0.1)
    assert json.loads(json.dumps(found.record()))["n_systems"] == 6
    for component in found.components:
        assert component.low <= component.high


def test_conversations_that_lack_a_rating_are_counted_and_left_out() -> None:
    targets = study(4, n_conversations=20)
    x = targets.ratings.copy()
    x[0, 0, 0] = np.nan
    x[targets.clusters == 7, 1] = np.nan
    holes = replace(targets, ratings=x)
    found = variance_components(holes, "judge-a", "Clarity", n_resamples=20)
    # Conversation 7 has no pair at all, conversation 0 has five of six.
    assert (found.n_conversations, found.n_incomplete) == (18, 1)
    keep = ~np.isin(targets.clusters, [0, 7])
    alone = variance_components(targets.select(keep), "judge-a", "Clarity", n_resamples=20)
    assert found.variances == pytest.approx(alone.variances)


def test_own_counterpart_is_left_out() -> None:
    targets = replace(study(4), left_out={"judge-a": "system-2"})
    assert table(targets, "judge-a", "Clarity").shape == (120, 5, 2)
    assert table(targets, "judge-b", "Clarity").shape == (120, 6, 2)


def test_designs_that_have_no_components() -> None:
    one = by_hand({"expert": [1, 2, 3], "judge": [1, 2, 3]})
    with pytest.raises(StatisticsError, match="at least two systems"):
        variance_components(one, "judge", "Safety")
    twice = by_hand(
        {"expert": [1, 2, 3], "judge": [1, 2, 3]}, clusters=["a", "a", "b"], systems=["x"] * 3
    )
    with pytest.raises(StatisticsError, match="'a' has 2 of 'x'"):
        variance_components(twice, "judge", "Safety")
    gaps = by_hand({"expert": [1, 2], "judge": [1, 2]}, clusters=["a", "b"], systems=["x", "y"])
    with pytest.raises(StatisticsError, match="0 of 2 have them"):
        variance_components(gaps, "judge", "Safety")


@pytest.mark.upstream
def test_the_released_ratings(audited) -> None:
    for judge in audited.judges:
        for name in audited.attributes:
            found = variance_components(audited, judge, name, n_resamples=50)
            assert found.n_systems == 9
            whole = table(audited, judge, name)
            complete = whole[~np.isnan(whole).any(axis=(1, 2))]
            assert found.n_conversations == len(complete)
            assert found.n_conversations + found.n_incomplete == len(whole)
            squares = mean_squares_by_projection(complete)
            assert expectations(len(complete), 9) @ found.variances == pytest.approx(squares)
