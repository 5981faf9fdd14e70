"""Replicates and intervals: weights, blocks, threads, scipy's BCa."""

from __future__ import annotations

import numpy as np
import pytest
from made_ratings import study
from scipy import stats

from mentalbench_hf.choices import RESAMPLES
from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.agreement import bias, ccc
from mentalbench_hf.reliability.core.bootstrap import (
    acceleration,
    bca_interval,
    check_resampling,
    draw_weights,
    percentile_interval,
    weight_blocks,
)
from mentalbench_hf.reliability.core.counts import coincidence_grid, count_cells, count_grid
from mentalbench_hf.reliability.core.icc import icc, icc_of
from mentalbench_hf.reliability.core.moments import moments
from mentalbench_hf.reliability.core.ordinal import (
    alpha_of,
    kappa_of,
    krippendorff_alpha,
    quadratic_weighted_kappa,
    spearman,
    spearman_of,
)
from mentalbench_hf.reliability.core.ranking import kendall_of, spearman_of_means
from mentalbench_hf.reliability.core.rating_sums import grid
from mentalbench_hf.reliability.core.replicated_sums import of_moments, response_cells, system_cells
from mentalbench_hf.reliability.core.replicates import (
    estimate_cells,
    jackknife_cells,
    replicate,
    replicate_cells,
)
from mentalbench_hf.reliability.protocol import grid_of

SCALE = np.arange(1.0, 6)
STATISTICS = {"icc": icc_of, "ccc": ccc, "bias": bias}


@pytest.fixture(scope="module")
def targets():
    return study(3, n_conversations=50, n_systems=5, missing=0.05)


def grids_of(targets):
    return [grid_of(targets, j, a) for j in targets.judges for a in targets.attributes]


def tables_of(targets):
    return [
        count_grid(
            targets.pair(j, a),
            targets.clusters,
            targets.systems,
            n_clusters=50,
            n_systems=5,
            categories=SCALE,
        )
        for j in targets.judges
        for a in targets.attributes
    ]


def all_kinds(targets):
    grids = grids_of(targets)
    of_means = {name: of_moments(f) for name, f in STATISTICS.items()}
    of_tables = {"kappa": lambda t: kappa_of(t, SCALE), "spearman": spearman_of}
    return {
        "response": (response_cells(grids), STATISTICS),
        "system": (
            system_cells(grids),
            of_means | {"kendall": kendall_of, "spearman": spearman_of_means},
        ),
        "counts": (count_cells(tables_of(targets)), of_tables),
    }


@pytest.mark.parametrize("n_units", [1, 3, 50, 1000, 70_000])
def test_replicates_do_not_depend_on_their_block(n_units):
    n = 300 if n_units < 1001 else 12
    whole = draw_weights(n_units, 0, n, seed=7)
    assert (whole.sum(axis=1) == n_units).all()
    for size in (1, 5, 7, n):
        parts = list(weight_blocks(n_units, n, 7, block_size=size))
        assert np.array_equal(np.concatenate(parts), whole)
    assert np.array_equal(draw_weights(n_units, n // 3, n // 2, 7), whole[n // 3 : n // 2])
    assert np.array_equal(draw_weights(n_units, 0, n, 7, dtype=np.float32), whole)
    if n_units > 3:
        assert not np.array_equal(draw_weights(n_units, 0, n, seed=8), whole)


def test_weights_are_those_of_drawing_with_replacement():
    weights = draw_weights(20, 0, 20_000, seed=1)
    counts = np.bincount(weights.astype(int).reshape(-1), minlength=6)[:6]
    expected = stats.binom.pmf(np.arange(6), 20, 1 / 20) * weights.size
    assert np.abs(counts / expected - 1).max() < 0.05
    assert np.abs(np.corrcoef(weights.T)[0, 1] + 1 / 19) < 0.03


@pytest.mark.parametrize("resample", RESAMPLES)
@pytest.mark.parametrize("kind", ["response", "system", "counts"])
def test_blocks_and_threads_change_no_bit(targets, kind, resample):
    cells, statistics = all_kinds(targets)[kind]
    reference = None
    for block_size, threads in ((None, None), (1, 1), (7, 2), (40, 3), (300, 1)):
        values = replicate_cells(
            cells,
            statistics,
            resample=resample,
            n_resamples=150,
            seed=11,
            block_size=block_size,
            threads=threads,
        )
        reference = reference or values
        for name, replicates in values.items():
            assert np.array_equal(replicates, reference[name], equal_nan=True), name


def test_cells_in_several_groups_use_the_same_replicates(targets, monkeypatch):
    cells, statistics = all_kinds(targets)["counts"]
    together = replicate_cells(cells, statistics, n_resamples=60)
    monkeypatch.setattr("mentalbench_hf.reliability.core.replicates._GROUP_BYTES", 1)
    apart = replicate_cells(cells, statistics, n_resamples=60)
    for name in statistics:
        assert np.array_equal(together[name], apart[name], equal_nan=True)


def repeated(targets, weights):
    """Row numbers of the targets of conversations drawn so often."""
    rows = [np.flatnonzero(targets.clusters == c) for c in range(len(weights))]
    return np.concatenate([np.tile(r, int(w)) for r, w in zip(rows, weights, strict=True)])


def test_a_weighed_replicate_is_the_statistic_of_repeated_rows(targets):
    judge, name = targets.judges[0], targets.attributes[0]
    pair = targets.pair(judge, name)
    panel = np.column_stack([targets.scores(r, name) for r in targets.raters])
    coincidences = coincidence_grid(panel, targets.clusters, n_clusters=50)
    weights = draw_weights(50, 0, 6, seed=2)
    sums = replicate(
        [grid_of(targets, judge, name)], STATISTICS, level="response", n_resamples=6, seed=2
    )
    counted = replicate_cells(
        count_cells(tables_of(targets)[:1]),
        {"kappa": lambda t: kappa_of(t, SCALE), "spearman": spearman_of},
        n_resamples=6,
        seed=2,
    )
    alpha = replicate_cells(count_cells([coincidences]), {"alpha": alpha_of}, n_resamples=6, seed=2)
    for i, w in enumerate(weights):
        rows = repeated(targets, w)
        assert sums["icc"][0, i] == pytest.approx(icc(pair[rows], missing="omit"), abs=1e-9)
        assert sums["ccc"][0, i] == pytest.approx(float(ccc(moments(pair[rows]))), abs=1e-9)
        assert counted["kappa"][0, i] == pytest.approx(
            quadratic_weighted_kappa(pair[rows], missing="omit"), abs=1e-9
        )
        assert counted["spearman"][0, i] == pytest.approx(
            spearman(pair[rows], missing="omit"), abs=1e-9
        )
        assert alpha["alpha"][0, i] == pytest.approx(krippendorff_alpha(panel[rows]), abs=1e-9)


def test_crossed_replicates_draw_conversations_and_systems(targets):
    judge, name = targets.judges[0], targets.attributes[0]
    pair = targets.pair(judge, name)
    g = grid_of(targets, judge, name)
    of_conversations = draw_weights(50, 0, 5, seed=4)
    systems_seed = int(np.random.SeedSequence(4).generate_state(1, np.uint64)[0])
    of_systems = draw_weights(5, 0, 5, systems_seed)
    values = {
        level: replicate(
            [g], {"icc": icc_of}, level=level, resample="crossed", n_resamples=5, seed=4
        )
        for level in ("response", "system")
    }
    for i in range(5):
        rows = repeated(targets, of_conversations[i])
        codes = targets.systems[rows]
        of_system = [rows[codes == s] for s in range(5)]
        times = of_systems[i].astype(int)
        drawn = np.concatenate([np.tile(r, t) for r, t in zip(of_system, times, strict=True)])
        assert values["response"]["icc"][0, i] == pytest.approx(
            icc(pair[drawn], missing="omit"), abs=1e-9
        )
        means = np.array([np.nanmean(complete(pair[r]), axis=0) for r in of_system])
        assert values["system"]["icc"][0, i] == pytest.approx(
            icc(np.repeat(means, times, axis=0)), abs=1e-9, nan_ok=True
        )


def complete(matrix):
    return matrix[~np.isnan(matrix).any(axis=1)]


def test_duplicated_conversations_change_no_estimate(targets):
    grids = grids_of(targets)
    judge, name = targets.judges[0], targets.attributes[0]
    twice = np.concatenate([targets.pair(judge, name)] * 2)
    clusters = np.concatenate([targets.clusters, targets.clusters + 50])
    doubled = grid(twice, clusters, np.tile(targets.systems, 2))
    cells = response_cells([doubled])
    once = estimate_cells(response_cells(grids[:1]), {"ccc": ccc, "bias": bias})
    for statistic, value in estimate_cells(cells, {"ccc": ccc, "bias": bias}).items():
        assert value[0] == pytest.approx(once[statistic][0])


@pytest.mark.parametrize("resample", RESAMPLES)
@pytest.mark.parametrize("kind", ["response", "system", "counts"])
def test_jackknife_leaves_one_unit_out(targets, kind, resample):
    cells, statistics = all_kinds(targets)[kind]
    found = jackknife_cells(cells, statistics, resample=resample)
    units = {"conversations": [50], "systems": [5], "crossed": [50, 5]}[resample]
    judge, name = targets.judges[0], targets.attributes[0]
    pair = targets.pair(judge, name)
    for statistic, per_cell in found.items():
        assert [len(v) for v in per_cell[0]] == units, statistic
    if kind != "response":
        return
    codes = {50: targets.clusters, 5: targets.systems}
    for values in found["icc"][0]:
        code = codes[len(values)]
        expected = [icc(pair[code != u], missing="omit") for u in range(len(values))]
        assert values == pytest.approx(np.array(expected), abs=1e-9)


def test_bca_equals_scipy_on_a_statistic_of_clusters(targets):
    judge, name = targets.judges[1], targets.attributes[0]
    pair = targets.pair(judge, name)
    rows_of = [np.flatnonzero(targets.clusters == c) for c in range(50)]

    def statistic(drawn):
        return icc(pair[np.concatenate([rows_of[c] for c in drawn])], missing="omit")

    result = stats.bootstrap(
        (np.arange(50),),
        statistic,
        n_resamples=400,
        vectorized=False,
        method="BCa",
        rng=np.random.default_rng(0),
    )
    cells = response_cells([grid_of(targets, judge, name)])
    left_out = jackknife_cells(cells, {"icc": icc_of})["icc"][0]
    estimate = float(estimate_cells(cells, {"icc": icc_of})["icc"][0])
    interval = bca_interval(result.bootstrap_distribution, estimate, left_out)
    assert (interval.low, interval.high) == pytest.approx(
        tuple(result.confidence_interval), abs=1e-9
    )


def test_bca_of_two_kinds_of_units_equals_scipy_of_two_samples():
    rng = np.random.default_rng(1)
    x, y = rng.exponential(size=30), rng.exponential(size=20)

    def statistic(a, b, axis=-1):
        return a.mean(axis=axis) * b.mean(axis=axis)

    result = stats.bootstrap((x, y), statistic, n_resamples=999, method="BCa", rng=rng)
    left_out = [
        np.array([statistic(np.delete(x, i), y) for i in range(30)]),
        np.array([statistic(x, np.delete(y, i)) for i in range(20)]),
    ]
    interval = bca_interval(result.bootstrap_distribution, float(statistic(x, y)), left_out)
    assert (interval.low, interval.high) == pytest.approx(
        tuple(result.confidence_interval), abs=1e-9
    )


def test_bca_without_skew_or_bias_is_the_percentile_interval():
    replicates = np.linspace(-1, 1, 2001)
    both = [f(replicates, *a) for f, a in ((percentile_interval, ()), (bca_interval, (0.0, [])))]
    assert both[0].low == pytest.approx(both[1].low)
    assert both[0].high == pytest.approx(both[1].high)
    assert acceleration([np.ones(5), np.array([np.nan, 1.0])]) == 0.0


def test_degenerate_replicates_are_counted_and_left_out():
    replicates = np.array([np.nan, 1.0, 2, 3, np.nan])
    for interval in (percentile_interval(replicates, 0.5), bca_interval(replicates, 2.0, [], 0.5)):
        assert (interval.n_resamples, interval.n_degenerate) == (5, 2)
        assert (interval.low, interval.high) == pytest.approx((1.5, 2.5))
    for interval in (
        percentile_interval(np.array([np.nan, 1.0])),
        bca_interval(np.array([1.0, 2.0]), np.nan, []),
        bca_interval(np.array([1.0, 2.0]), 5.0, []),
    ):
        assert np.isnan(interval.low)
        assert np.isnan(interval.high)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1, 0.95, 0), "n_resamples"),
        ((True, 0.95, 0), "n_resamples"),
        ((10, 1.0, 0), "confidence_level"),
        ((10, 0.95, -2), "seed"),
    ],
)
def test_unusable_numbers_are_refused(arguments, message):
    with pytest.raises(StatisticsError, match=message):
        check_resampling(*arguments)
