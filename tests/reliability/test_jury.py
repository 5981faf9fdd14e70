from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_ratings import by_hand, study

from mentalbench_hf.errors import DataError, StatisticsError
from mentalbench_hf.reliability.protocol import reliability, settings_of
from mentalbench_hf.reliability.trust.jury import with_jury

NAN = float("nan")


def votes(targets, name: str) -> list[float]:
    return targets.scores(name, targets.attributes[0]).tolist()


RATINGS = {
    "expert": [1, 2, 3, 4, 5],
    "a": [1, 1, NAN, NAN, 5],
    "b": [2, 5, 3, 4, 5],
    "c": [3, 3, 4, NAN, 5],
}


def test_votes_by_hand() -> None:
    targets = by_hand(RATINGS)
    assert votes(with_jury(targets), "jury (mean)") == pytest.approx(
        [2, 3, 3.5, NAN, 5], nan_ok=True
    )
    median = with_jury(targets, vote="median")
    assert votes(median, "jury (median)") == pytest.approx([2, 3, 3.5, NAN, 5], nan_ok=True)
    lowest = with_jury(targets, vote="lowest", min_jurors=1, name="strict")
    assert votes(lowest, "strict") == [1, 1, 3, 4, 5]
    omit = with_jury(targets, missing="omit")
    assert votes(omit, "jury (mean)") == pytest.approx([2, 3, NAN, NAN, 5], nan_ok=True)
    two = with_jury(targets, ["a", "c"])
    assert votes(two, "jury (mean)") == pytest.approx([2, 2, NAN, NAN, 5], nan_ok=True)


def test_no_juror_votes_on_its_counterpart() -> None:
    targets = by_hand(RATINGS, systems=["x", "y", "x", "y", "x"], left_out={"b": "y"})
    assert votes(with_jury(targets), "jury (mean)") == pytest.approx(
        [2, 2, 3.5, NAN, 5], nan_ok=True
    )
    # Abstaining is not a missing rating.
    assert votes(with_jury(targets, missing="omit"), "jury (mean)") == pytest.approx(
        [2, 2, NAN, NAN, 5], nan_ok=True
    )
    rated = with_jury(targets)
    assert rated.included("jury (mean)").all()
    assert not rated.included("b").all()


def test_a_jury_is_a_rater_like_any_other() -> None:
    targets = study(3, noise={"a": 1.0, "b": 1.0, "c": 1.0})
    rated = with_jury(targets)
    rows = reliability(rated, settings_of("response", n_resamples=50))
    by = {(r.judge, r.attribute): r for r in rows}
    for name in (*targets.attributes, "Both"):
        jury = by["jury (mean)", name]
        # Errors that the jurors do not share average out.
        assert jury.icc_c1 > max(by[j, name].icc_c1 for j in "abc")
    # The other rows stay as they were.
    alone = reliability(targets, settings_of("response", n_resamples=50))
    assert [r for r in rows if r.judge != "jury (mean)"] == alone


def test_two_juries_side_by_side() -> None:
    targets = study(3)
    both = with_jury(with_jury(targets), targets.judges, vote="median")
    assert both.judges[-2:] == ("jury (mean)", "jury (median)")
    with pytest.raises(DataError, match="already"):
        with_jury(with_jury(targets), targets.judges)


@pytest.mark.parametrize(
    ("jurors", "choices", "says"),
    [
        (["a"], {}, "at least two different judges"),
        (["a", "a"], {}, "at least two different judges"),
        (["a", "expert"], {}, "'expert' is not a judge"),
        (None, {"vote": "mode"}, "mean, median, lowest"),
        (None, {"missing": "guess"}, "available, omit"),
        (None, {"min_jurors": 4}, "between 1 and the number of jurors, 3"),
    ],
)
def test_wrong_juries(jurors, choices, says: str) -> None:
    with pytest.raises(StatisticsError, match=says):
        with_jury(by_hand(RATINGS), jurors, **choices)


@pytest.mark.upstream
def test_the_released_judges_as_a_jury(audited) -> None:
    rated = with_jury(audited)
    jury = rated.ratings[:, -1]
    own = np.zeros(len(audited.systems), dtype=bool)
    for judge in audited.judges:
        own |= ~audited.included(judge)
    x = audited.ratings[:, 1:]
    whole = ~np.isnan(x).any(axis=(1, 2)) & ~own
    assert jury[whole] == pytest.approx(x[whole].mean(axis=1))
    # On a counterpart three of four vote.
    gpt = audited.systems == audited.system_names.index("gpt-4o")
    gpt &= ~np.isnan(x).any(axis=(1, 2))
    others = [i for i, j in enumerate(audited.judges) if j != "gpt-4o"]
    assert jury[gpt] == pytest.approx(x[gpt][:, others].mean(axis=1))
    keep = replace(audited, left_out={})
    assert not np.allclose(with_jury(keep).ratings[gpt, -1], jury[gpt])
