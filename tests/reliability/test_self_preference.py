from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_ratings import by_hand, study

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.trust.self_preference import self_preference
from mentalbench_hf.schema import JUDGES, SYSTEMS


def test_effect_by_hand_within_levels() -> None:
    """The own system is better in the experts' eyes; only what exceeds that is preference."""
    targets = by_hand(
        {
            #          own           rest
            "expert": [5, 5, 5, 3, 5, 3, 3, 3],
            "judge": [5, 5, 5, 5, 4, 3, 3, 4],
        },
        clusters=[0, 1, 2, 3, 0, 1, 2, 3],
        systems=["own"] * 4 + ["rest"] * 4,
    )
    (row,) = self_preference(targets, counterparts={"judge": "own"}, n_resamples=50)
    # Level 5: own 0 against rest −1, three replies; level 3: own 2 against rest 1/3, one reply.
    assert row.effect == pytest.approx((3 * 1 + 1 * (5 / 3)) / 4)
    assert row.raw == pytest.approx(2 / 4 - 0 / 4)
    assert (row.n_group, row.n_rest) == (4, 4)
    assert (row.relation, row.systems, row.rank, row.n_systems) == ("own", ("own",), 1, 2)
    assert np.isnan(row.others)
    assert np.isnan(row.excess)


def test_equals_a_weighted_regression_on_level_dummies() -> None:
    """With every level's difference weighed by the group's replies: regression per level."""
    targets = study(11, attributes=("Clarity",))
    (row,) = self_preference(
        targets, counterparts={"judge-b": "system-2"}, names=["Clarity"], n_resamples=5
    )
    human, judge = targets.pair("judge-b", "Clarity").T
    own = targets.systems == 2
    effects, weights = [], []
    for level in range(1, 6):
        at = human == level
        if (at & own).any() and (at & ~own).any():
            design = np.column_stack([np.ones(at.sum()), own[at]])
            effects.append(np.linalg.lstsq(design, judge[at], rcond=None)[0][1])
            weights.append((at & own).sum())
    assert row.effect == pytest.approx(np.average(effects, weights=weights))
    assert row.n_group == sum(weights)


def test_planted_preference_is_found_and_style_is_not_blamed_on_the_judge() -> None:
    targets = study(1, n_conversations=400, noise={"judge-a": 0.5, "judge-b": 0.5, "judge-c": 0.5})
    x = targets.ratings.copy()
    # All judges like the style of system-1; judge-a alone favours its own, system-4.
    x[targets.systems == 1, 1:] = np.minimum(x[targets.systems == 1, 1:] + 1, 5)
    x[targets.systems == 4, 1] = np.minimum(x[targets.systems == 4, 1] + 1, 5)
    rows = self_preference(
        replace(targets, ratings=x),
        counterparts={"judge-a": "system-4", "judge-b": "system-1"},
        names=["Clarity"],
        n_resamples=400,
    )
    favours, style = rows
    assert favours.judge == "judge-a"
    assert favours.excess_low > 0.3
    assert style.judge == "judge-b"
    assert style.effect_low > 0.3
    assert style.excess_low < 0 < style.excess_high or abs(style.excess) < 0.15
    assert style.others == pytest.approx(style.effect - style.excess)


def test_family_holds_the_counterpart_and_its_kin() -> None:
    targets = study(2)
    rows = self_preference(
        targets,
        counterparts={"judge-a": "system-0"},
        judge_families={"judge-a": "x", "judge-b": "x", "judge-c": "y"},
        system_families={"system-0": "x", "system-1": "x", "system-2": "z"},
        names=["Clarity"],
        n_resamples=10,
    )
    found = [(r.judge, r.relation, r.systems) for r in rows]
    assert found == [
        ("judge-a", "own", ("system-0",)),
        ("judge-a", "family", ("system-0", "system-1")),
        ("judge-b", "family", ("system-0", "system-1")),
    ]
    assert rows[1].rank is None
    assert rows[0].rank in range(1, 7)


def test_without_any_relation_it_says_what_to_pass() -> None:
    with pytest.raises(StatisticsError, match="counterparts="):
        self_preference(study(1))
    with pytest.raises(StatisticsError, match="'nobody', which is not a system"):
        self_preference(study(1), counterparts={"judge-a": "nobody"})


@pytest.mark.upstream
def test_the_released_ratings(audited) -> None:
    rows = self_preference(
        audited,
        judge_families={j.id: j.family for j in JUDGES},
        system_families={s.id: s.family for s in SYSTEMS},
        n_resamples=200,
    )
    # Four counterparts, and the two judges of one maker have a family of two systems.
    assert len(rows) == 7 * (4 + 2)
    families = {r.judge: r.systems for r in rows if r.relation == "family"}
    assert set(families) == {"gpt-4o", "o4-mini"}
    assert len(set(families.values())) == 1
    for row in rows:
        assert row.effect_low <= row.effect <= row.effect_high
        assert row.excess == pytest.approx(row.effect - row.others)
