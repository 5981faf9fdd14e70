from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from made_ratings import by_hand, study

from mentalbench_hf.data.fault_variants import (
    FAULT_VARIANTS,
    NO_REPEATS,
    fault_variants,
    left_out_variants,
)
from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.protocol import reliability, settings_of
from mentalbench_hf.reliability.trust.sensitivity import sensitivity
from mentalbench_hf.schema import USABLE, Status


def variants_of(seed: int = 1):
    """A study in which conversation 0..9 carries agreed ones that are not ratings."""
    clean = study(seed, n_conversations=60, attributes=("Clarity",))
    faulty = clean.ratings.copy()
    bad = clean.clusters < 10
    harmless = clean.clusters == 20
    faulty[bad] = 1
    without_bad, without_other = faulty.copy(), faulty.copy()
    without_bad[bad] = np.nan
    without_other[harmless] = np.nan
    audited = without_bad.copy()
    audited[harmless] = np.nan
    ratings = {
        "as_is": faulty,
        "no_bad": without_bad,
        "no_other": without_other,
        "clean": audited,
    }
    return {name: replace(clean, ratings=x, data=name) for name, x in ratings.items()}


def test_every_row_equals_the_reliability_row() -> None:
    variants = variants_of()
    found = sensitivity(variants, n_resamples=300, seed=4)
    assert len(found.rows) == 2 * 3 * 2 * 4
    for level in ("system", "response"):
        for name, targets in variants.items():
            rows = reliability(targets, settings_of(level, n_resamples=300, seed=4))
            ours = [r for r in found.rows if r.level == level and r.variant == name]
            for row, our in zip(rows, ours, strict=True):
                kind = "icc_c1" if level == "system" else "icc_a1"
                assert (our.judge, our.attribute) == (row.judge, row.attribute)
                assert our.icc == pytest.approx(getattr(row, kind))
                assert (our.n_targets, our.n_missing) == (row.n_targets, row.n_missing)


def test_released_rows_have_the_same_interval() -> None:
    variants = variants_of()
    found = sensitivity(variants, n_resamples=300, seed=4)
    rows = reliability(variants["as_is"], settings_of("response", n_resamples=300, seed=4))
    ours = [r for r in found.rows if r.level == "response" and r.variant == "as_is"]
    for row, our in zip(rows, ours, strict=True):
        assert [our.low, our.high] == pytest.approx([row.icc_a1_low, row.icc_a1_high])
        assert our.verdict == row.verdict_here
        assert (our.change, our.change_low, our.change_high) == (0, 0, 0)


def test_the_fault_that_moves_the_verdict_is_named() -> None:
    found = sensitivity(variants_of(), n_resamples=300, levels=["response"])
    assert found.variants == ("as_is", "no_bad", "no_other", "clean")
    for moved in found.moved:
        assert moved.main_fault == "no_bad"
        # Agreed ones that are no ratings overstate reliability.
        assert moved.change_high < 0
        assert "no_other" not in moved.alone
    assert found.changed
    for moved in found.changed:
        assert moved.before != moved.after
    # What changes comes first.
    flags = [m.verdict_changes for m in found.moved]
    assert flags == sorted(flags, reverse=True)
    record = json.loads(json.dumps(found.record()))
    assert record["moved"][0]["verdict_changes"] is True


def test_no_fault_is_named_where_nothing_moves() -> None:
    targets = study(3, attributes=("Clarity",))
    found = sensitivity({"a": targets, "b": targets, "c": targets}, n_resamples=20)
    assert not found.changed
    assert {m.main_fault for m in found.moved} == {""}


def test_one_system_has_the_response_level_only() -> None:
    targets = by_hand({"expert": [1, 2, 4, 5], "judge": [1, 3, 4, 4]})
    found = sensitivity({"a": targets, "b": targets}, n_resamples=20)
    assert {r.level for r in found.rows} == {"response"}


def test_variants_must_match() -> None:
    with pytest.raises(StatisticsError, match="at least two"):
        sensitivity({"a": study(1)})
    with pytest.raises(StatisticsError, match="'a' and 'b' must hold the same replies"):
        sensitivity({"a": study(1), "b": study(1, n_conversations=5)})


@pytest.mark.upstream
def test_fault_variants_of_the_released_ratings(mentalalign, audited) -> None:
    variants = fault_variants(mentalalign)
    assert list(variants) == list(FAULT_VARIANTS)
    known = {name: ~np.isnan(t.ratings) for name, t in variants.items()}
    values = {name: t.ratings for name, t in variants.items()}
    assert not np.isin(values["released"][known["released"]], range(1, 6)).all()
    assert np.isin(values["no_out_of_scale"][known["no_out_of_scale"]], range(1, 6)).all()
    for name in ("no_out_of_scale", "no_misaligned", "no_missing_responses", "audited"):
        # Something is taken out, nothing is added or changed.
        assert (known[name] <= known["released"]).all()
        assert known[name].sum() < known["released"].sum()
        assert np.array_equal(values[name][known[name]], values["released"][known[name]])
        assert variants[name].data == name
    together = known["released"].copy()
    for name in ("no_out_of_scale", "no_misaligned", "no_missing_responses"):
        together &= known[name]
    # What the three leave and the audit does not is left by no usable status.
    assert (known["audited"] <= together).all()
    extra = together & ~known["audited"]
    codes = mentalalign.statuses.transpose(1, 2, 0, 3).reshape(extra.shape)[extra]
    assert not {list(Status)[c] for c in codes} & USABLE


@pytest.mark.upstream
def test_missing_responses_overstate_safety(mentalalign) -> None:
    found = sensitivity(fault_variants(mentalalign), names=["Safety"], n_resamples=300)
    for moved in found.moved:
        assert moved.change_high < 0
        assert moved.main_fault == "no_missing_responses"


def test_more_left_out_is_compared_with_the_last_variant() -> None:
    targets = study(1)
    half = np.where((targets.clusters % 2 == 0)[:, None, None], targets.ratings, np.nan)
    last = replace(targets, ratings=np.where(targets.ratings == 1, np.nan, targets.ratings))
    found = sensitivity(
        {"a": targets, "b": last}, {"half": replace(targets, ratings=half)}, n_resamples=50
    )
    by = {(r.level, r.judge, r.attribute, r.variant): r for r in found.rows}
    assert {x.variant for x in found.left_out} == {"half"}
    for row in found.rows:
        if row.variant == "half":
            assert row.against == "b"
            other = by[row.level, row.judge, row.attribute, "b"]
            assert row.change == pytest.approx(row.icc - other.icc)
    # What is left out beside the faults is no end of the comparison between them.
    assert found.variants == ("a", "b")
    assert {m.main_fault for m in found.moved} == {""}
    for entry in found.left_out:
        rows = [r for r in found.rows if r.variant == "half" and r.level == entry.level]
        assert abs(entry.largest) == max(abs(r.change) for r in rows)


@pytest.mark.upstream
def test_repeated_rows_and_each_expert_are_left_out(mentalalign, audited) -> None:
    from mentalbench_hf.data.audit import audit

    left = left_out_variants(mentalalign, audit(mentalalign))
    assert list(left) == [NO_REPEATS, *(f"without_expert_{x}" for x in "ABCDE")]
    known = ~np.isnan(audited.ratings).all(axis=(1, 2))
    gone = {name: known & np.isnan(t.ratings).all(axis=(1, 2)) for name, t in left.items()}
    # Every reply is one expert's.
    together = np.sum([gone[name] for name in list(left)[1:]], axis=0)
    assert (together[known] == 1).all()
    assert 0 < gone[NO_REPEATS].sum() < 1_000
