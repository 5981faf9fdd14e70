"""Blocks of rows in one style: made raters whose changes are known, and the released sheets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from data_sheets import read
from numpy.typing import NDArray

from mentalbench_hf.data.interim_totals import read_interim_totals
from mentalbench_hf.data.ruler.change_points import MIN_ROWS, change_points, gains, standardised
from mentalbench_hf.data.ruler.rater_blocks import rater_blocks, rater_blocks_of
from mentalbench_hf.data.ruler.row_features import kept_systems, row_features
from mentalbench_hf.data.ruler.styles import letters
from mentalbench_hf.errors import DataError, StatisticsError
from mentalbench_hf.schema import JUDGE_IDS, RELEASED

if TYPE_CHECKING:
    from pathlib import Path

Ratings = NDArray[np.float64]


def rated(quality: Ratings, rng: np.random.Generator, offsets: Ratings | float = 0.0) -> Ratings:
    """Ratings 1 to 5 of replies of some quality, shape (rows, systems), on three attributes."""
    seen = quality[..., None] + offsets + rng.normal(0, 0.5, (*quality.shape, 3))
    return np.clip(np.round(seen), 1, 5)


def study(styles: list[tuple[int, tuple[float, float, float]]], seed: int = 0) -> list[Ratings]:
    """A rater whose offsets change with the rows, and three judges who stay as they are."""
    rng = np.random.default_rng(seed)
    offsets = np.repeat([s for _, s in styles], [n for n, _ in styles], axis=0)
    quality = 3 + rng.normal(0, 0.7, (len(offsets), 6))
    return [rated(quality, rng, offsets[:, None, :]), *(rated(quality, rng) for _ in range(3))]


LENIENT, STRICT, THIRD = (0.5, 0.5, 0.5), (-0.6, 0.0, 0.6), (0.9, -0.9, 0.0)


def test_features_of_a_row_by_hand():
    replies = [[[5, 5, 5], [3, 4, 5], [1, np.nan, 1]], [[np.nan] * 3] * 3]
    first, second = row_features(np.array(replies, dtype=float))
    assert first == pytest.approx([4, 4.5, 5, 0.5, 1.0, 0.5])
    assert np.isnan(second).all()


def test_systems_with_missing_replies_are_left_out_unless_all_are():
    ratings = np.full((2, 100, 2, 1), 3.0)
    ratings[0, :5, 1] = np.nan
    ratings[1, :50] = np.nan
    assert kept_systems(ratings).tolist() == [True, False]
    assert kept_systems(ratings[:, :, 1:]).tolist() == [True]


def test_the_gain_is_the_drop_in_the_sum_of_squares():
    rows = np.random.default_rng(0).normal(size=(30, 2))

    def squares(x: Ratings) -> float:
        return float(((x - x.mean(axis=0)) ** 2).sum())

    expected = [squares(rows) - squares(rows[:k]) - squares(rows[k:]) for k in range(1, 30)]
    assert gains(rows) == pytest.approx(expected)


def test_a_level_shift_hardly_enters_the_scale():
    rows = np.random.default_rng(1).normal(size=(400, 3)) * [1, 10, 100]
    shifted = rows + np.repeat([[0, 0, 0], [3, 30, 300]], 200, axis=0)
    for given in (rows, shifted):
        steps = np.diff(standardised(given), axis=0)
        assert (steps.T @ steps / 2 / 399) == pytest.approx(np.eye(3), abs=1e-8)
    assert gains(standardised(shifted)).argmax() == 199
    with pytest.raises(StatisticsError, match="finite"):
        standardised(np.full((80, 2), np.nan))


@pytest.mark.parametrize("seed", range(5))
def test_changes_are_found_and_a_style_that_comes_back_is_known_again(seed: int):
    own, *judges = study([(90, LENIENT), (80, STRICT), (70, LENIENT), (80, THIRD)], seed)
    found = rater_blocks(own, np.array(judges), seed=seed)
    assert np.abs(np.subtract(found.found.rows, (90, 170, 240))).max() <= 2
    assert found.styles.of_block.tolist() == [0, 1, 0, 2]
    assert found.found.p_value == 1 / 200
    for b in found.found.boundaries:
        assert b.low <= b.row <= b.high
        assert 0 < b.probability <= 1
    assert found.block.tolist() == sorted(found.block.tolist())


def test_raters_who_stay_as_they_are_have_no_blocks():
    wrong = 0
    for seed in range(10):
        _, *judges = study([(90, LENIENT), (80, STRICT), (70, LENIENT), (80, THIRD)], seed)
        for i, judge in enumerate(judges):
            others = np.array([*judges[:i], *judges[i + 1 :]])
            wrong += bool(rater_blocks(judge, others, seed=seed).found.rows)
    # At a level of 1%, two or more of thirty happen in one of twenty-five studies.
    assert wrong <= 1


def test_a_change_in_what_is_rated_is_no_change_of_rater():
    rng = np.random.default_rng(3)
    quality = 3 + rng.normal(0, 0.5, (200, 6)) + np.repeat([-0.8, 0.8], 100)[:, None]
    own, *judges = (rated(quality, rng) for _ in range(4))
    assert rater_blocks(own).found.rows != ()
    assert rater_blocks(own, np.array(judges)).found.rows == ()


def test_drift_is_not_cut_to_pieces():
    rng = np.random.default_rng(4)
    drift = np.linspace(-0.6, 0.6, 300)[:, None, None]
    own = rated(3 + rng.normal(0, 0.7, (300, 6)), rng, drift)
    found = rater_blocks(own).found
    assert (found.rows, found.p_value) == ((), 1 / 200)
    assert found.inside == found.statistic


def test_few_rows_cannot_tell():
    own, *judges = study([(20, LENIENT), (20, STRICT)])
    few = rater_blocks(own, np.array(judges))
    assert few.found.rows == ()
    assert f"at least {MIN_ROWS}" in few.found.reason
    assert np.isnan(few.found.p_value)
    assert set(few.block) == set(few.style) == {0}
    assert "0 rows" in rater_blocks(np.full((80, 3, 2), np.nan)).found.reason
    assert "0 features" in rater_blocks(np.full((80, 3, 2), 4.0)).found.reason


def test_rows_without_a_rating_keep_their_place():
    own, *judges = study([(90, LENIENT), (80, STRICT)])
    own[[0, 40, 41, 89, 169]] = np.nan
    found = rater_blocks(own, np.array(judges))
    assert found.found.rows == (90,)
    assert found.block.tolist() == [0] * 90 + [1] * 80


def test_permuted_rows_have_uniform_p_values():
    rng = np.random.default_rng(5)
    p = [change_points(standardised(rng.normal(size=(80, 3))), seed=i).p_value for i in range(100)]
    assert np.mean(np.array(p) <= 0.05) <= 0.12
    assert 0.35 < np.mean(p) < 0.65


def test_letters_go_to_anchors_then_by_first_row():
    style = np.array([0, 1, 0, 2, 3])
    codes, names = letters(style, {"A": 1, "B": 0})
    assert names == ("A", "B", "C", "D")
    assert [names[c] for c in codes] == ["B", "A", "B", "C", "D"]
    same = letters(style, {"A": 0, "B": 2})
    assert [same[1][c] for c in same[0]] == ["A", "B", "A", "C", "D"]
    assert letters(np.arange(28))[1][-2:] == ("A2", "B2")


@pytest.mark.upstream
def test_any_ratings_give_what_the_sheets_give(upstream: Path):
    targets = read(upstream).targets()
    targets = replace(targets, experts=None, expert_names=())
    found = rater_blocks_of(targets)
    own = read(upstream).blocks
    assert found.found.rows == own.found.rows
    assert found.styles.of_block.tolist() == own.styles.of_block.tolist()
    assert rater_blocks_of(targets, JUDGE_IDS[0]).found.rows == ()
    with pytest.raises(DataError, match="unknown rater 'nobody'"):
        rater_blocks_of(targets, "nobody")


@pytest.mark.upstream
def test_blocks_of_the_released_sheet_hold_under_other_seeds_and_features(upstream: Path):
    data = read(upstream)
    rows = data.blocks.found.rows
    assert 3 <= len(rows) <= 8
    values = data.ratings()
    own, judges = values[0], values[1:]
    for seed in range(3):
        assert rater_blocks(own, judges, seed=seed).found.rows == rows
    for attribute in (0, 3, 6):
        fewer = rater_blocks(np.delete(own, attribute, 2), np.delete(judges, attribute, 3))
        assert np.abs(np.subtract(fewer.found.rows, rows)).max() <= 1
    for system in (0, 4, 7):
        fewer = rater_blocks(np.delete(own, system, 1), np.delete(judges, system, 2))
        assert np.abs(np.subtract(fewer.found.rows, rows)).max() <= 1
    without = rater_blocks(own)
    assert np.abs(np.subtract(without.found.rows, rows)).max() <= 1
    assert without.styles.of_block.tolist() == data.blocks.styles.of_block.tolist()
    backwards = rater_blocks(own[::-1], judges[:, ::-1]).found.rows
    assert np.abs(1000 - np.array(backwards[::-1]) - rows).max() <= 1


@pytest.mark.upstream
def test_no_judge_has_blocks(upstream: Path):
    data = read(upstream)
    for judge in JUDGE_IDS:
        found = data.blocks_of(judge).found
        assert (found.rows, found.reason) == ((), "")


@pytest.mark.upstream
def test_experts_come_from_the_blocks_and_go_with_the_targets(upstream: Path):
    data = read(upstream)
    codes, names = data.experts
    assert names == tuple("ABCDEFGH"[: len(names)])
    assert (np.diff(codes) != 0).sum() == len(data.blocks.found.rows)
    targets = data.targets()
    assert targets.expert_names == names
    assert targets.experts is not None
    assert (targets.experts == codes[targets.clusters]).all()


def test_the_sample_is_one_expert_because_it_is_too_small_to_tell():
    data = read("sample")
    assert data.experts[1] == ("A",)
    assert "rows with" in data.blocks.found.reason


def test_an_interim_table_must_be_whole(tmp_path: Path):
    path = tmp_path / "totals.csv"
    path.write_text("expert,sheet_suffix,attribute,total\nA,claude,Safety,10\n", encoding="utf-8")
    with pytest.raises(DataError, match="lacks 69 totals"):
        read_interim_totals(path, RELEASED)
    path.write_text("expert,sheet_suffix,attribute,total\nA,claude,Safty,10\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 2"):
        read_interim_totals(path, RELEASED)
