"""The ICCs: exact values of a published table, pingouin, and what must not change them."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mentalbench_hf.errors import MissingExtraError, StatisticsError
from mentalbench_hf.reliability.core.analytic import analytic_intervals
from mentalbench_hf.reliability.core.icc import VARIANTS, icc

#: Shrout & Fleiss (1979), Table 2: six targets, four raters.
SHROUT_FLEISS = [
    [9, 2, 5, 8],
    [6, 1, 3, 2],
    [8, 4, 6, 8],
    [7, 1, 2, 6],
    [10, 5, 6, 9],
    [6, 2, 4, 7],
]


def exact(table: list[list[int]]) -> dict[str, Fraction]:
    """All variants in exact arithmetic, from the sums of squares written out."""
    n, k = len(table), len(table[0])
    x = [[Fraction(v) for v in row] for row in table]
    grand = sum(map(sum, x)) / (n * k)
    rows = [sum(row) / k for row in x]
    columns = [sum(row[j] for row in x) / n for j in range(k)]
    targets = k * sum((r - grand) ** 2 for r in rows) / (n - 1)
    raters = n * sum((c - grand) ** 2 for c in columns) / (k - 1)
    residual = sum(
        (x[i][j] - rows[i] - columns[j] + grand) ** 2 for i in range(n) for j in range(k)
    ) / ((n - 1) * (k - 1))
    return {
        "ICC(C,1)": (targets - residual) / (targets + (k - 1) * residual),
        "ICC(A,1)": (targets - residual)
        / (targets + (k - 1) * residual + Fraction(k, n) * (raters - residual)),
        "ICC(C,k)": (targets - residual) / targets,
        "ICC(A,k)": (targets - residual) / (targets + (raters - residual) / n),
    }


@pytest.mark.parametrize("variant", VARIANTS)
def test_shrout_and_fleiss_exactly(variant):
    assert icc(SHROUT_FLEISS, variant=variant) == pytest.approx(
        float(exact(SHROUT_FLEISS)[variant]), abs=1e-12
    )


def test_shrout_and_fleiss_as_printed():
    printed = {"ICC(C,1)": 0.71, "ICC(A,1)": 0.29, "ICC(C,k)": 0.91, "ICC(A,k)": 0.62}
    assert {v: round(icc(SHROUT_FLEISS, variant=v), 2) for v in VARIANTS} == printed


def pingouin_table(matrix):
    import pingouin

    n, k = matrix.shape
    frame = pd.DataFrame(
        {"t": np.repeat(np.arange(n), k), "r": np.tile(np.arange(k), n), "x": matrix.reshape(-1)}
    )
    return pingouin.intraclass_corr(frame, "t", "r", "x", nan_policy="omit").set_index("Type")


# pingouin 0.7 passes `inplace` to pandas 3.1, which announces that it will go.
@pytest.mark.needs("pingouin")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("seed", range(8))
def test_equals_pingouin_on_random_matrices_with_missing_values(seed):
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(5, 60)), int(rng.integers(2, 5))
    matrix = rng.normal(size=(n, 1)) + rng.normal(size=(n, k)) + rng.normal(size=k)
    if seed % 2:
        matrix = np.clip(np.rint(matrix + 3), 1, 5)
    matrix[rng.random((n, k)) < 0.05] = np.nan
    table = pingouin_table(matrix)
    bounds = analytic_intervals(matrix)
    for variant in VARIANTS:
        assert icc(matrix, variant=variant, missing="omit") == pytest.approx(
            table.loc[variant, "ICC"], abs=1e-9
        )
        # pingouin prints its interval with two decimals unless told otherwise: ours is not cut.
        low, high = table.loc[variant, "CI95"]
        assert (bounds[variant].low, bounds[variant].high) == pytest.approx((low, high), abs=0.0051)


@pytest.mark.needs("pingouin")
def test_analytic_intervals_leave_pingouin_as_it_was():
    import pingouin

    before = dict(pingouin.options)
    analytic_intervals(SHROUT_FLEISS)
    assert pingouin.options == before


@pytest.mark.needs("pingouin")
def test_analytic_intervals_are_nan_without_residual():
    interval = analytic_intervals([[1, 2], [2, 3], [4, 5]])["ICC(C,1)"]
    assert np.isnan(interval.low)
    assert np.isnan(interval.high)


def test_analytic_intervals_are_of_95_percent():
    with pytest.raises(StatisticsError, match="percentile"):
        analytic_intervals(SHROUT_FLEISS, 0.9)


def test_without_pingouin_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pingouin", None)
    with pytest.raises(MissingExtraError, match=r"mentalbench-hf\[pingouin\]"):
        analytic_intervals(SHROUT_FLEISS)


def test_pingouin_is_imported_only_when_asked_for():
    code = "import sys, mentalbench_hf.reliability; sys.exit('pingouin' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


matrices = arrays(
    np.float64,
    st.tuples(st.integers(3, 12), st.integers(2, 4)),
    elements=st.integers(1, 5).map(float),
)


@given(matrices, st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_order_of_raters_and_targets_does_not_matter(matrix, random):
    columns = random.sample(range(matrix.shape[1]), matrix.shape[1])
    rows = random.sample(range(len(matrix)), len(matrix))
    for variant in VARIANTS:
        assert icc(matrix[rows][:, columns], variant=variant) == pytest.approx(
            icc(matrix, variant=variant), abs=1e-9, nan_ok=True
        )


@given(matrices, st.integers(-3, 3))
@settings(max_examples=60)
def test_an_offset_of_one_rater_is_no_matter_of_consistency(matrix, offset):
    moved = matrix.copy()
    moved[:, 0] += offset
    for variant in ("ICC(C,1)", "ICC(C,k)"):
        assert icc(moved, variant=variant) == pytest.approx(
            icc(matrix, variant=variant), abs=1e-9, nan_ok=True
        )


def test_an_offset_lowers_agreement():
    moved = np.array(SHROUT_FLEISS, dtype=float)
    moved[:, 0] += 3
    assert icc(moved, variant="ICC(A,1)") < icc(SHROUT_FLEISS, variant="ICC(A,1)") - 0.05


@given(matrices)
@settings(max_examples=60)
def test_equals_exact_arithmetic_or_is_undefined(matrix):
    table = [[int(v) for v in row] for row in matrix]
    try:
        expected = {v: float(f) for v, f in exact(table).items()}
    except ZeroDivisionError:
        expected = {}
    for variant in VARIANTS if expected else ():
        assert icc(matrix, variant=variant) == pytest.approx(expected[variant], rel=1e-9, abs=1e-9)


def test_negative_values_stay_negative():
    assert icc([[1, 5], [2, 4], [4, 2], [5, 1]]) == -1.0


@pytest.mark.parametrize("table", [[[1, 2]], [[3, 3], [3, 3]], [[np.nan, 1], [2, np.nan]]])
def test_undefined_is_nan(table):
    assert np.isnan(icc(table, missing="omit"))


@pytest.mark.parametrize(
    ("ratings", "options", "message"),
    [
        ([1, 2, 3], {}, "two dimensions"),
        ([[1], [2]], {}, "at least 2 raters"),
        ([[1, np.inf], [1, 2]], {}, "infinite"),
        ([["a", "b"]], {}, "numbers"),
        ([[1, np.nan], [1, 2]], {}, "missing='omit'"),
        ([[1, 2], [1, 2]], {"variant": "ICC3"}, "choose one of"),
        ([[1, 2], [1, 2]], {"missing": "drop"}, "'raise' or 'omit'"),
    ],
)
def test_unusable_arguments_are_refused(ratings, options, message):
    with pytest.raises(StatisticsError, match=message):
        icc(ratings, **options)
