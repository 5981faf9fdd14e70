from __future__ import annotations

import json

import numpy as np
import pytest
from made_ratings import by_hand, study

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.protocol import reliability, settings_of
from mentalbench_hf.reliability.trust.bias_surface import bias_surface
from mentalbench_hf.reliability.trust.reference_levels import level_codes, levels_of

NAN = float("nan")


def test_cells_by_hand() -> None:
    targets = by_hand(
        {"expert": [1, 1, 5, 5, 3, NAN], "judge": [3, 2, 5, 4, 3, 5]},
        clusters=["a", "a", "b", "b", "c", "c"],
        systems=["x", "y"] * 3,
    )
    cells = {(c.system, c.human_level): c for c in bias_surface(targets, n_resamples=200)}
    assert len(cells) == (1 + 2) * (1 + 5)
    expected = {
        ("", None): (5, 2 / 5),
        ("", 1.0): (2, 1.5),
        ("", 5.0): (2, -0.5),
        ("x", None): (3, 2 / 3),
        ("y", None): (2, 0.0),
        ("x", 1.0): (1, 2.0),
        ("y", 5.0): (1, -1.0),
        ("x", 3.0): (1, 0.0),
    }
    for key, (n, value) in expected.items():
        assert (cells[key].n, cells[key].bias) == (n, pytest.approx(value)), key
    empty = cells["y", 2.0]
    assert (empty.n, empty.n_degenerate) == (0, 200)
    assert json.loads(json.dumps(empty.record()))["bias"] is None
    # Without conversation "a" there is no reply at level 1.
    assert 0 < cells["", 1.0].n_degenerate < 200


def test_equals_group_means_with_missing_ratings() -> None:
    targets = study(2, missing=0.15)
    for cell in bias_surface(targets, n_resamples=20):
        pair = targets.pair(cell.judge, cell.attribute)
        keep = ~np.isnan(pair).any(axis=1)
        if cell.system:
            keep &= targets.systems == targets.system_names.index(cell.system)
        if cell.human_level is not None:
            keep &= pair[:, 0] == cell.human_level
        assert cell.n == keep.sum()
        if cell.n:
            assert cell.bias == pytest.approx((pair[keep, 1] - pair[keep, 0]).mean())


def test_all_together_has_the_interval_of_the_reliability_rows() -> None:
    """The same seed draws the same conversations here and there."""
    targets = study(7, missing=0.05)
    rows = reliability(targets, settings_of("response", n_resamples=300, seed=9))
    cells = bias_surface(targets, n_resamples=300, seed=9)
    whole = {(c.judge, c.attribute): c for c in cells if not c.system and c.human_level is None}
    compared = [r for r in rows if r.attribute in targets.attributes]
    assert len(compared) == len(whole) == 6
    for row in compared:
        cell = whole[row.judge, row.attribute]
        assert [cell.bias, cell.low, cell.high] == pytest.approx(
            [row.bias, row.bias_low, row.bias_high]
        )


def test_ratings_outside_the_scale_have_no_level() -> None:
    targets = by_hand({"expert": [0, 6, 3], "judge": [3, 3, 3]})
    cells = {c.human_level: c for c in bias_surface(targets, n_resamples=5) if not c.system}
    assert cells[None].n == 3
    assert [cells[float(level)].n for level in range(1, 6)] == [0, 0, 1, 0, 0]


def test_levels_of_any_scale() -> None:
    assert levels_of((1, 5)).tolist() == [1, 2, 3, 4, 5]
    assert levels_of((0, 100)).tolist() == [0, 25, 50, 75, 100]
    assert levels_of((0, 1.5)).tolist() == pytest.approx(np.linspace(0, 1.5, 5))
    assert levels_of((1, 5), [1, 4.5]).tolist() == [1, 4.5]
    codes = level_codes(np.array([1, 1.49, 1.5, 5, 5.2, 0.9, NAN]), levels_of((1, 5)), (1, 5))
    assert codes.tolist() == [0, 0, 1, 4, -1, -1, -1]
    for wrong in ([], [3, 2], [1, 1]):
        with pytest.raises(StatisticsError, match="ascending"):
            levels_of((1, 5), wrong)
    with pytest.raises(StatisticsError, match="scale 1 to 5"):
        levels_of((1, 5), [0, 3])


@pytest.mark.upstream
def test_the_released_ratings(audited) -> None:
    cells = bias_surface(audited, n_resamples=200)
    assert len(cells) == 4 * 7 * 11 * 6
    at = {(c.judge, c.attribute, c.system, c.human_level): c for c in cells}
    for judge in audited.judges:
        for name in audited.attributes:
            whole = at[judge, name, "", None]
            # Parts add up to the whole.
            for parts in (
                [at[judge, name, s, None] for s in audited.system_names],
                [at[judge, name, "", float(level)] for level in range(1, 6)],
                [at[judge, name, s, float(v)] for s in audited.system_names for v in range(1, 6)],
            ):
                assert sum(c.n for c in parts) == whole.n
                total = sum(c.n * c.bias for c in parts if c.n)
                assert total == pytest.approx(whole.n * whole.bias)
            # Replies that the experts rated lowest are the ones the judge lifts most.
            assert at[judge, name, "", 1.0].bias > at[judge, name, "", 5.0].bias
