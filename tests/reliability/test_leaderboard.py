"""The leaderboard: means and ranks by hand, and a band that holds all pairs together."""

from __future__ import annotations

import json

import numpy as np
import pytest
from made_ratings import by_hand
from scipy.stats import studentized_range

from mentalbench_hf.data.targets import RatedTargets
from mentalbench_hf.errors import DataError, StatisticsError
from mentalbench_hf.reliability.trust.leaderboard import leaderboard


def normal(
    seed: int, effects: tuple[float, ...], n: int = 200, *, judge_sign: float = 1.0
) -> RatedTargets:
    """Ratings with independent normal errors: one reply per conversation and system."""
    rng = np.random.default_rng(seed)
    ratings = rng.normal(size=(n, len(effects))) + np.array(effects)
    return by_hand(
        {"expert": ratings.ravel(), "judge": judge_sign * ratings.ravel()},
        clusters=np.repeat(np.arange(n), len(effects)).tolist(),
        systems=[f"s{i}" for i in range(len(effects))] * n,
        scale=(-20, 20),
    )


def test_means_and_ranks_by_hand() -> None:
    nan = float("nan")
    targets = by_hand(
        {"expert": [1, 3, 2, nan, 5, 5], "judge": [4, nan, 1, 5, 2, 2]},
        clusters=[0, 1, 0, 1, 0, 1],
        systems=["low", "low", "tied", "tied", "best", "best"],
    )
    board = leaderboard(targets, name="Safety", n_resamples=50)
    assert [(r.system, r.mean, r.rank, r.n) for r in board.rows] == [
        ("best", 5, 1, 2), ("low", 2, 2, 2), ("tied", 2, 2, 1),
    ]  # fmt: skip
    # The judge is read on the replies that the expert rated: 2, 4 (one reply) and 1.
    assert [r.judge_ranks["judge"] for r in board.rows] == [2, 1, 3]
    assert [(p.better, p.worse, p.difference) for p in board.pairs] == [
        ("best", "low", 3), ("best", "tied", 3), ("low", "tied", 0),
    ]  # fmt: skip


def test_two_conversations_tell_nothing_apart() -> None:
    board = leaderboard(normal(0, (0, 9), n=9), name="Safety")
    assert not any(p.supported for p in board.pairs)
    assert np.isnan([r.low for r in board.rows]).all()
    assert [(r.rank_low, r.rank_high) for r in board.rows] == [(1, 2), (1, 2)]
    assert "too few" in board.text
    assert json.loads(json.dumps(board.record()))["rows"][0]["low"] is None


def test_the_band_is_tukeys_on_independent_normal_ratings() -> None:
    board = leaderboard(normal(1, (0.0,) * 8, n=400), name="Safety", n_resamples=4_000)
    widths = [p.high - p.low for p in board.pairs]
    # The standard error of a difference of two means of 400 is the root of 2 / 400.
    critical = np.mean(widths) / 2 / np.sqrt(2 / 400)
    tukey = studentized_range.ppf(0.95, 8, np.inf) / np.sqrt(2)
    assert critical == pytest.approx(tukey, rel=0.05)


def test_equal_systems_are_seldom_told_apart() -> None:
    found = [
        leaderboard(normal(seed, (0.0,) * 5, n=60), name="Safety", n_resamples=300).n_supported > 0
        for seed in range(200)
    ]
    # 5% of 200 is 10; more than 19 would be a chance of one in 500.
    assert sum(found) <= 19


def test_ranges_of_ranks_count_the_systems_told_apart() -> None:
    board = leaderboard(normal(2, (3.0, 1.0, 1.01, -1.0)), name="Safety")
    assert [r.system for r in board.rows][::3] == ["s0", "s3"]
    assert [(r.rank_low, r.rank_high) for r in board.rows] == [(1, 1), (2, 3), (2, 3), (4, 4)]
    assert board.n_supported == 5
    assert "5 can be told apart" in board.text


def test_a_judge_that_turns_the_order_round_is_told_so() -> None:
    board = leaderboard(normal(3, (2.0, 0.0, -2.0), judge_sign=-1.0), name="Safety")
    (judge,) = board.judges
    assert (judge.n_pairs, judge.n_same) == (3, 0)
    assert judge.reversed_pairs[0] == ("s0", "s1")


def test_a_judges_own_counterpart_is_shown_but_not_counted() -> None:
    made = normal(4, (2.0, 0.0, -2.0))
    targets = by_hand(
        {r: made.scores(r, "Safety").tolist() for r in made.raters},
        clusters=made.clusters.tolist(),
        systems=[made.system_names[s] for s in made.systems],
        left_out={"judge": "s0"},
        scale=(-20, 20),
    )
    board = leaderboard(targets, name="Safety")
    assert board.rows[0].own_judges == ("judge",)
    assert board.rows[0].judge_ranks == {"judge": 1}
    assert board.judges[0].n_pairs == 1


def test_the_same_seed_gives_the_same_board_and_wrong_use_says_so() -> None:
    targets = normal(5, (0.0, 0.3))
    assert leaderboard(targets, name="Safety") == leaderboard(targets, name="Safety")
    with pytest.raises(DataError, match="unknown attribute 'CSS'"):
        leaderboard(targets)
    one = by_hand({"expert": [1, 2, 3], "judge": [1, 2, 3]})
    with pytest.raises(StatisticsError, match="at least two systems"):
        leaderboard(one, name="Safety")
