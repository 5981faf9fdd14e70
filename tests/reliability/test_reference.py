"""Every statistic against R (psych, epiR, stats); reference/reference.R made the numbers."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from mentalbench_hf.reliability.core.analytic import analytic_intervals
from mentalbench_hf.reliability.core.counts import count_grid
from mentalbench_hf.reliability.core.moments import moments
from mentalbench_hf.reliability.core.replicated_sums import SystemMeans, mean_ratings
from mentalbench_hf.reliability.protocol import grid_of
from mentalbench_hf.reliability.registry import ANALYTIC, STATISTICS, Needs

FOLDER = Path(__file__).parent / "reference"


def read(name: str) -> dict[str, dict[str, float]]:
    values: dict[str, dict[str, float]] = defaultdict(dict)
    with (FOLDER / name).open(newline="") as file:
        for row in csv.DictReader(file):
            values[row["matrix"]][row["statistic"]] = float(row["value"])
    return values


def ours(matrix, statistic):
    """The statistic with single rows as targets, or, where it has no such form, as systems."""
    spec = STATISTICS[statistic]
    need, function = spec.of.get("response") or spec.of["system"]
    if need is Needs.MOMENTS:
        return function(moments(matrix))
    fine = len(np.unique(matrix)) > 25
    if need is Needs.MEANS or fine:
        _, function = spec.of["system"]
        return function(SystemMeans(matrix, np.ones(len(matrix))))
    counted = count_grid(matrix)
    return function(counted.tables.sum(axis=(0, 1), dtype=float), counted.categories)


def differences(matrix, expected):
    """Statistic -> (ours, R's), of all that R computed."""
    matrix = matrix[~np.isnan(matrix).any(axis=1)]
    assert len(matrix) == expected["n_targets"]
    found = {s: float(ours(matrix, s)) for s in expected if s in STATISTICS}
    if "icc_c1_low" in expected:
        for name, interval in ((n, analytic_intervals(matrix)[v]) for n, v in ANALYTIC.items()):
            found |= {f"{name}_low": interval.low, f"{name}_high": interval.high}
    assert set(found) == set(expected) - {"n_targets"}
    return found


@pytest.mark.needs("pingouin")
@pytest.mark.parametrize("name", ["apart", "ceiling", "gaps", "means", "opposed", "three"])
def test_equals_r_on_synthetic_matrices(name):
    matrix = np.genfromtxt(FOLDER / f"{name}.csv", delimiter=",", skip_header=1)
    expected = read("reference.csv")[name]
    for statistic, value in differences(matrix, expected).items():
        assert value == pytest.approx(expected[statistic], abs=1e-6), statistic


@pytest.mark.needs("pingouin")
@pytest.mark.upstream
def test_equals_r_on_the_released_sheets(audited):
    reference = read("upstream.csv")
    assert len(reference) == 56
    for key, expected in reference.items():
        judge, name, level = key.rsplit("_", 2)
        matrix = audited.pair(judge, name)
        if level == "system":
            matrix = mean_ratings(grid_of(audited, judge, name))
        for statistic, value in differences(matrix, expected).items():
            assert value == pytest.approx(expected[statistic], abs=1e-6), (key, statistic)
