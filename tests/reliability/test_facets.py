"""Many-facet Rasch severities against R's eRm (reference/panel/facets.R) and by enumeration."""

from __future__ import annotations

import csv
import itertools
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.conditional_likelihood import patterns_of
from mentalbench_hf.reliability.core.facets import facets

FOLDER = Path(__file__).parent / "reference" / "panel"


def made(name: str) -> np.ndarray:
    return np.genfromtxt(FOLDER / f"{name}.csv", delimiter=",", skip_header=1)


def expected(name: str) -> dict[str, list[float]]:
    values: dict[str, list[float]] = defaultdict(list)
    with (FOLDER / "facets_reference.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["data"] == name:
                values[row["statistic"].rstrip("_0123456789")].append(float(row["value"]))
    return values


@pytest.mark.parametrize("name", ["facets_whole", "facets_gaps"])
def test_equals_erm(name: str) -> None:
    found, r = facets(made(name)), expected(name)
    np.testing.assert_allclose(found.severity, r["severity"], atol=3e-5)
    np.testing.assert_allclose(found.severity_se, r["severity_se"], atol=3e-5)
    np.testing.assert_allclose(found.thresholds, r["threshold"], atol=6e-5)


def by_enumeration(x: np.ndarray, beta: np.ndarray, psi: np.ndarray) -> tuple[float, np.ndarray]:
    """Minus the conditional log likelihood and the residuals, over all ratings of equal total."""
    loss, residuals = 0.0, np.zeros(x.shape)
    for i, row in enumerate(x):
        rated = np.flatnonzero(row >= 0)
        others = [
            v
            for v in itertools.product(range(len(psi)), repeat=len(rated))
            if sum(v) == row[rated].sum()
        ]
        weights = np.exp([-(np.array(v) @ beta[rated] + psi[list(v)].sum()) for v in others])
        own = np.exp(-(row[rated] @ beta[rated] + psi[row[rated]].sum()))
        loss -= np.log(own / weights.sum())
        residuals[i, rated] = row[rated] - weights @ np.array(others) / weights.sum()
    return loss, residuals


def test_likelihood_and_residuals_equal_those_by_enumeration() -> None:
    rng = np.random.default_rng(1)
    x = rng.integers(0, 4, (30, 4))
    x[rng.random(x.shape) < 0.25] = -1
    x = x[(x >= 0).sum(axis=1) >= 2]
    beta, psi = np.array([-0.7, 0.1, 0.2, 0.4]), np.array([0.0, -1.1, 0.3, 0.0])
    patterns = patterns_of(np.where(x >= 0, x, np.nan).astype(float), np.arange(4.0))
    at = np.concatenate([beta, psi])
    loss, gradient = patterns.loss(at)
    expected_loss, residuals = by_enumeration(x, beta, psi)
    assert loss == pytest.approx(expected_loss)
    np.testing.assert_allclose(patterns.residuals(at).rating, residuals, atol=1e-12)
    for p, e in enumerate(np.eye(8) * 1e-6):
        slope = (patterns.loss(at + e)[0] - patterns.loss(at - e)[0]) / 2e-6
        assert gradient[p] == pytest.approx(slope, abs=1e-6)
    np.testing.assert_allclose(gradient, patterns.residuals(at).scores(None).sum(axis=0))


def test_mean_squares_of_raters_who_fit_are_1_and_an_erratic_one_stands_out() -> None:
    x = made("facets_whole")
    rng = np.random.default_rng(0)
    x[:, 3] = rng.permutation(x[:, 3])
    found = facets(x)
    assert found.infit[3] > 1.5
    assert found.outfit[3] > 1.5
    assert facets(made("facets_whole")).infit == pytest.approx(1, abs=0.15)


def test_repeating_every_item_leaves_the_robust_error_when_the_copies_are_one_cluster() -> None:
    x = made("facets_gaps")
    one, twice = facets(x), facets(np.vstack([x, x]), np.tile(np.arange(len(x)), 2))
    np.testing.assert_allclose(twice.severity, one.severity, atol=1e-6)
    np.testing.assert_allclose(twice.severity_robust_se, one.severity_robust_se, rtol=1e-4)
    np.testing.assert_allclose(twice.severity_se * np.sqrt(2), one.severity_se, rtol=1e-4)


def test_groups_that_no_item_links_are_refused_by_name() -> None:
    x = made("facets_whole")
    x[:150, 2:] = np.nan
    x[150:, :2] = np.nan
    with pytest.raises(StatisticsError, match=r"\{A, B\}; \{C, D\}"):
        facets(x, raters=("A", "B", "C", "D"))
    x[0] = [np.nan, 3, 4, np.nan]
    x[1] = [np.nan, 4, 3, np.nan]
    assert np.isfinite(facets(x).severity).all()


def test_a_rater_who_gives_only_the_highest_has_no_finite_severity_and_changes_nothing() -> None:
    x = made("facets_whole")
    with_max = np.column_stack([x, np.full(len(x), 5.0)])
    found = facets(with_max, raters=("A", "B", "C", "D", "E"))
    assert np.isnan(found.severity[4])
    assert "all highest" in found.reasons[4]
    np.testing.assert_allclose(found.severity[:4], facets(x).severity, atol=1e-5)


def test_all_fives_say_what_is_missing() -> None:
    with pytest.raises(StatisticsError, match="0 such items"):
        facets(np.full((20, 3), 5.0))


def test_an_unused_category_is_left_out_and_measures_stay_finite() -> None:
    x = made("facets_whole")
    x[x == 2] = 1
    found = facets(x)
    assert found.categories.tolist() == [1, 3, 4, 5]
    assert np.isfinite(found.measures).all()
    assert found.n_extreme == int(((x == 1).all(axis=1) | (x == 5).all(axis=1)).sum())
    # Items rated higher by everyone measure higher.
    assert np.corrcoef(found.measures, x.mean(axis=1))[0, 1] > 0.95
