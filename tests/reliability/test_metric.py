"""The arithmetic behind `evaluate.load("mentalalign_icc")`."""

from __future__ import annotations

import doctest
import math
from typing import Any

import numpy as np
import pytest

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.metric import KWARGS_DESCRIPTION, pair_reliability

KEYS = [
    "icc_c1", "icc_c1_low", "icc_c1_high", "icc_a1", "icc_a1_low", "icc_a1_high",
    "bias", "bias_low", "bias_high", "mse", "n_targets", "n_missing", "n_degenerate", "verdict",
    "verdict_reason",
]  # fmt: skip
NAN = math.nan


def drawn(seed: int, n: int = 120) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    rng = np.random.default_rng(seed)
    human = rng.integers(1, 6, n).astype(float)
    judge = np.clip(human + rng.integers(-1, 3, n), 1, 5).astype(float)
    return judge, human


def test_the_example_of_the_help_is_true() -> None:
    """The same lines run through `evaluate` in tests/hub; here only their arithmetic does."""
    *_, last = doctest.DocTestParser().get_examples(KWARGS_DESCRIPTION)
    result = pair_reliability([5, 4, 2, 1, 3, 4], [4, 4, 2, 1, 2, 5])
    assert last.source == 'round(result["icc_c1"], 3), result["n_targets"]\n'
    assert last.want == f"{(round(float(result['icc_c1']), 3), result['n_targets'])}\n"


def test_it_returns_floats_ints_and_one_text() -> None:
    result = pair_reliability(*drawn(0), n_resamples=50)
    assert list(result) == KEYS
    kinds = {key: type(value) for key, value in result.items()}
    assert {k for k, kind in kinds.items() if kind is int} == {
        "n_targets",
        "n_missing",
        "n_degenerate",
    }
    assert {k for k, kind in kinds.items() if kind is str} == {"verdict", "verdict_reason"}
    assert all(
        kind is float
        for k, kind in kinds.items()
        if not k.startswith("n_") and not k.startswith("verdict")
    )


@pytest.mark.needs("pingouin")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("seed", range(4))
def test_equals_pingouin(seed: int) -> None:
    import pandas as pd
    import pingouin

    judge, human = drawn(seed)
    frame = pd.DataFrame(
        {
            "target": np.tile(np.arange(len(judge)), 2),
            "rater": np.repeat(["human", "judge"], len(judge)),
            "rating": np.concatenate([human, judge]),
        }
    )
    table = pingouin.intraclass_corr(frame, "target", "rater", "rating").set_index("Type")["ICC"]
    # Named after McGraw & Wong since pingouin 0.6, after Shrout & Fleiss before.
    c1, a1 = ("ICC(C,1)", "ICC(A,1)") if "ICC(C,1)" in table else ("ICC3", "ICC2")
    result = pair_reliability(judge, human, n_resamples=0)
    assert result["icc_c1"] == pytest.approx(table[c1], abs=1e-9)
    assert result["icc_a1"] == pytest.approx(table[a1], abs=1e-9)


def test_missing_ratings_are_dropped_in_pairs_and_counted() -> None:
    judge, human = drawn(1)
    whole = pair_reliability(judge, human, n_resamples=0)
    gaps = pair_reliability(
        [*judge, NAN, 3.0, NAN, None], [*human, 4.0, NAN, NAN, 2.0], n_resamples=0
    )
    assert (gaps["n_targets"], gaps["n_missing"]) == (len(judge), 4)
    for key in ("icc_c1", "icc_a1", "bias", "mse"):
        assert gaps[key] == whole[key]


def test_bias_is_judge_minus_human() -> None:
    result = pair_reliability([5, 4, 3, 2], [4, 3, 2, 1], n_resamples=0)
    assert (result["bias"], result["mse"], result["icc_c1"]) == (1.0, 1.0, 1.0)
    assert pair_reliability([4, 3, 2, 1], [5, 4, 3, 2], n_resamples=0)["bias"] == -1.0


def test_clusters_are_drawn_whole() -> None:
    """Ten copies of every target in its cluster tell no more than one."""
    judge, human = drawn(2, 40)
    labels = [f"conversation {i}" for i in range(40)]
    options: dict[str, Any] = {"n_resamples": 300, "seed": 4}
    single = pair_reliability(judge, human, clusters=labels, **options)
    copies = pair_reliability(
        np.repeat(judge, 10), np.repeat(human, 10), clusters=np.repeat(labels, 10), **options
    )
    loose = pair_reliability(np.repeat(judge, 10), np.repeat(human, 10), **options)
    for key in ("icc_c1", "bias", "bias_low", "bias_high"):
        assert copies[key] == pytest.approx(single[key], abs=0.01)
    width = {k: r["bias_high"] - r["bias_low"] for k, r in {"c": copies, "l": loose}.items()}
    assert width["c"] > 2 * width["l"]
    # Without clusters every target is its own.
    alone = pair_reliability(judge, human, **options)
    assert alone == single


def test_the_seed_decides_and_the_level_of_confidence_widens() -> None:
    pair = drawn(3)
    one = pair_reliability(*pair, n_resamples=200, seed=1)
    assert pair_reliability(*pair, n_resamples=200, seed=1) == one
    assert pair_reliability(*pair, n_resamples=200, seed=2) != one
    wide = pair_reliability(*pair, n_resamples=200, seed=1, confidence_level=0.99)
    assert wide["icc_c1_low"] < one["icc_c1_low"]
    assert wide["icc_c1_high"] > one["icc_c1_high"]


@pytest.mark.parametrize("pair", [([], []), ([3.0], [3.0]), ([NAN, 2], [1, NAN])])
def test_too_little_is_not_a_number(pair: tuple[list[float], list[float]]) -> None:
    result = pair_reliability(*pair, n_resamples=20)
    assert math.isnan(float(result["icc_c1"]))
    assert result["verdict"] == "n/a"


@pytest.mark.parametrize(
    ("predictions", "references", "options", "message"),
    [
        ([1, 2], [1, 2, 3], {}, r"must be as long; received 2 and 3"),
        (["good", 2], [1, 2], {}, r"predictions must be numbers, NaN where missing"),
        ([1, 2], [1, [2]], {}, r"references must be numbers"),
        ([[1, 2]], [[1, 2]], {}, r"predictions must have one dimension; received shape \(1, 2\)"),
        ([1, math.inf], [1, 2], {}, r"predictions must be finite or NaN"),
        ([1, 2], [1, 2], {"clusters": ["a"]}, r"each of the 2 targets; received 1"),
        ([1, 2], [1, 2], {"ci": "normal"}, r"'normal'"),
        ([1, 2], [1, 2], {"rule": "best"}, r"unknown rule 'best'"),
        ([1, 2], [1, 2], {"n_resamples": -5}, r"n_resamples .* received -5"),
        ([1, 2], [1, 2], {"n_resamples": "many"}, r"n_resamples .* received 'many'"),
        ([1, 2], [1, 2], {"confidence_level": 95}, r"confidence_level .* received 95"),
        ([1, 2], [1, 2], {"confidence_level": "high"}, r"confidence_level .* received 'high'"),
        ([1, 2], [1, 2], {"seed": None}, r"seed .* received None"),
    ],
)
def test_bad_input_is_refused_with_what_was_wrong(
    predictions: Any, references: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(StatisticsError, match=message):
        pair_reliability(predictions, references, **options)
