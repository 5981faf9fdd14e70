from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from made_ratings import by_hand, study

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.bootstrap import draw_weights
from mentalbench_hf.reliability.core.icc import icc
from mentalbench_hf.reliability.core.multiplicity import adjust
from mentalbench_hf.reliability.protocol import reliability, settings_of
from mentalbench_hf.reliability.trust.judge_pairs import compare_judges, threshold_tests
from mentalbench_hf.reliability.trust.jury import with_jury


def test_difference_and_interval_equal_a_loop_over_replicates() -> None:
    targets = study(2, n_conversations=30, missing=0.1)
    (row,) = compare_judges(
        targets, [("judge-a", "judge-b")], level="response", names=["Clarity"],
        n_resamples=200, seed=6,
    )  # fmt: skip
    x = np.column_stack([targets.scores(r, "Clarity") for r in ("expert", "judge-a", "judge-b")])
    known = ~np.isnan(x).any(axis=1)
    x, clusters = x[known], targets.clusters[known]
    assert len(np.unique(clusters)) == 30
    kind = "ICC(A,1)"
    assert row.n_targets == known.sum()
    assert row.icc == pytest.approx(icc(x[:, [0, 1]], variant=kind))
    assert row.other_icc == pytest.approx(icc(x[:, [0, 2]], variant=kind))
    values = []
    for weights in draw_weights(30, 0, 200, 6, dtype=np.float64):
        drawn = np.repeat(np.arange(30), weights.astype(int))
        rows = np.concatenate([np.flatnonzero(clusters == c) for c in drawn])
        first, second = (icc(x[rows][:, [0, i]], variant=kind) for i in (1, 2))
        values.append(first - second)
    assert [row.low, row.high] == pytest.approx(np.quantile(values, [0.025, 0.975]).tolist())


def test_a_judge_and_its_copy_do_not_differ() -> None:
    targets = study(2)
    copy = targets.with_rater("copy", targets.ratings[:, 1])
    for level in ("system", "response"):
        rows = compare_judges(copy, [("judge-a", "copy")], level=level, n_resamples=100)
        for row in rows:
            assert (row.difference, row.low, row.high, row.p) == (0, 0, 0, 1)


def test_paired_intervals_are_narrower_than_the_two_apart() -> None:
    targets = study(2, noise={"a": 0.8, "b": 0.9})
    (row,) = compare_judges(targets, level="response", names=["Clarity"], n_resamples=500)
    apart = reliability(targets, settings_of("response", n_resamples=500), names=["Clarity"])
    widths = [r.icc_a1_high - r.icc_a1_low for r in apart]
    assert row.high - row.low < np.hypot(*widths)


def test_every_pair_is_compared_and_corrected_as_one_family() -> None:
    targets = study(2)
    rows = compare_judges(targets, level="response", n_resamples=300)
    assert len(rows) == 3 * 2
    assert {r.n_tests for r in rows} == {6}
    p = [r.p for r in rows]
    assert [r.p_holm for r in rows] == pytest.approx(adjust(p, "holm").tolist())
    assert [r.p_bh for r in rows] == pytest.approx(adjust(p, "bh").tolist())
    noisy = next(r for r in rows if (r.judge, r.other) == ("judge-a", "judge-c"))
    assert noisy.low > 0
    assert noisy.p_holm < 0.05
    assert json.loads(json.dumps(noisy.record()))["n_tests"] == 6
    swapped = compare_judges(
        targets, [("judge-c", "judge-a")], level="response", n_resamples=300, names=["Clarity"]
    )[0]
    assert swapped.difference == pytest.approx(-noisy.difference)
    assert swapped.p == noisy.p


def test_neither_judges_own_counterpart_is_used() -> None:
    targets = replace(study(2), left_out={"judge-a": "system-0", "judge-b": "system-1"})
    rows = compare_judges(targets, level="system", n_resamples=20, names=["Clarity"])
    assert {(r.judge, r.other): r.n_targets for r in rows} == {
        ("judge-a", "judge-b"): 4,
        ("judge-a", "judge-c"): 5,
        ("judge-b", "judge-c"): 5,
    }


def test_false_findings_are_rare_among_equal_judges() -> None:
    """40 pairs of equally good judges: 5% of paired tests find a difference, give or take."""
    found = 0
    for seed in range(40):
        targets = study(100 + seed, n_conversations=80, noise={"a": 0.8, "b": 0.8},
                        attributes=("Clarity",))  # fmt: skip
        (row,) = compare_judges(targets, level="response", n_resamples=400)
        found += row.p < 0.05
    assert found <= 6


def test_threshold_tests_agree_with_the_bounds_and_are_corrected() -> None:
    targets = study(2)
    tests = threshold_tests(targets, level="response", n_resamples=1_000, seed=3)
    rows = reliability(
        targets, settings_of("response", n_resamples=1_000, seed=3, confidence_level=0.9),
        names=targets.attributes,
    )  # fmt: skip
    for test, row in zip(tests, rows, strict=True):
        assert (test.judge, test.attribute) == (row.judge, row.attribute)
        assert test.icc == pytest.approx(row.icc_a1)
        # A one-sided test at 5% looks at the lower bound of the 90% interval.
        assert (test.p < 0.05) == (row.icc_a1_low > 0.5)
    assert [t.p_holm for t in tests] == pytest.approx(adjust([t.p for t in tests]).tolist())
    assert len({t.p < 0.05 for t in tests}) == 2


def test_what_cannot_be_compared() -> None:
    targets = study(2)
    with pytest.raises(StatisticsError, match="two different judges"):
        compare_judges(targets, [("judge-a", "judge-a")])
    single = by_hand({"expert": [1, 2], "judge": [1, 2]})
    with pytest.raises(StatisticsError, match="two different judges"):
        compare_judges(single, level="response")
    with pytest.raises(StatisticsError, match="two systems"):
        threshold_tests(single)


@pytest.mark.upstream
def test_the_released_judges(audited) -> None:
    for level, n in (("system", 8), ("response", 7_000)):
        rows = compare_judges(audited, level=level, n_resamples=300)
        assert len(rows) == 6 * 7
        for row in rows:
            assert row.n_targets >= n
            assert row.low <= row.difference <= row.high
            assert row.p <= row.p_bh <= row.p_holm + 1e-12
    rated = with_jury(audited)
    pairs = [("jury (mean)", judge) for judge in audited.judges]
    against = compare_judges(rated, pairs, level="system", n_resamples=300)
    assert {r.n_tests for r in against} == {28}
