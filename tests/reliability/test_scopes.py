"""Whom a verdict speaks of: these systems and experts, other systems, another expert."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_ratings import study, with_experts

from mentalbench_hf.reliability import Settings, reliability, settings_of, verdict
from mentalbench_hf.reliability.core.icc import icc
from mentalbench_hf.reliability.core.random_effects import random_effects
from mentalbench_hf.reliability.trust.sentences import trust_all
from mentalbench_hf.reliability.verdict import weakest


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("GR", "MV", "LR"), "LR"),
        (("GR", "", "MV"), "MV"),
        (("GR", "", ""), "GR"),
        (("GR", "n/a", "MV"), "MV"),
        (("GR", "n/a", ""), "GR"),
        (("n/a", "n/a", ""), "n/a"),
        (("", "", ""), "n/a"),
    ],
)
def test_the_weakest(given: tuple[str, ...], expected: str) -> None:
    assert weakest(*given) == expected


@pytest.mark.parametrize("level", ["system", "response"])
def test_conversations_alone_give_todays_rows(level: str) -> None:
    """Nothing but the verdict moves, and `verdict_here` is what it was."""
    targets = study(3)
    settings = settings_of(level, n_resamples=200)  # type: ignore[arg-type]
    plain = reliability(targets, settings, scoped=False)
    for before, row in zip(plain, reliability(with_experts(targets, "AB"), settings), strict=True):
        assert before.verdict == row.verdict_here
        same = replace(
            row, verdict=before.verdict, verdict_here="", verdict_other_systems="",
            verdict_another_expert="",
        )  # fmt: skip
        assert same == before
        scopes = (row.verdict_here, row.verdict_other_systems, row.verdict_another_expert)
        assert row.verdict == weakest(*scopes)


@pytest.mark.parametrize("level", ["system", "response"])
def test_other_systems_is_the_crossed_verdict(level: str) -> None:
    settings = settings_of(level, n_resamples=300, seed=2)  # type: ignore[arg-type]
    rows = reliability(study(4), settings)
    crossed = reliability(study(4), replace(settings, resample="crossed"), scoped=False)
    assert [r.verdict_other_systems for r in rows] == [r.verdict for r in crossed]
    assert all(r.verdict_another_expert == "" for r in rows)
    # Whatever the printed interval resamples, the scopes are the same.
    again = reliability(study(4), replace(settings, resample="crossed"))
    for row, other in zip(rows, again, strict=True):
        assert row.verdict_here == other.verdict_here
        assert row.verdict_other_systems == other.verdict_other_systems


def test_one_system_has_no_other_systems() -> None:
    one = study(5).select(study(5).systems == 0)
    targets = replace(one, system_names=("system-0",))
    for row in reliability(targets, settings_of("response", n_resamples=100)):
        assert row.verdict_other_systems == ""
        assert row.verdict == row.verdict_here


def test_another_expert_by_a_slow_second_way() -> None:
    """Every expert by plain loops over their conversations, then the experts combined."""
    targets = with_experts(study(6, n_conversations=60, noise={"judge-a": 0.3}), "ABC", {"C": 1.5})
    settings = Settings(level="response", n_resamples=800, seed=1)
    rng = np.random.default_rng(9)
    for row in reliability(targets, settings):
        pair = targets.pair("judge-a", row.attribute)
        lows, points, errors = [], [], []
        for code in range(3):
            members = np.unique(targets.clusters[targets.experts == code])
            rows = {c: pair[targets.clusters == c] for c in members}
            draws = [
                icc(np.concatenate([rows[c] for c in rng.choice(members, len(members))]),
                    variant="ICC(A,1)")
                for _ in range(800)
            ]  # fmt: skip
            points.append(icc(np.concatenate(list(rows.values())), variant="ICC(A,1)"))
            lows.append(np.quantile(draws, 0.025))
            errors.append(np.std(draws, ddof=1))
        together = random_effects(points, errors)
        # No bound is so near a threshold that other draws would move the label.
        for low in (*lows, together.low):
            assert min(abs(low - 0.5), abs(low - 0.75)) > 0.01
        labels = [verdict(low, 1.0) for low in (*lows, together.low)]
        assert row.verdict_another_expert == weakest(*labels)


def test_an_expert_with_other_ways_fails_the_judge_for_another_expert() -> None:
    targets = with_experts(study(7, n_conversations=240), "ABCD", {"D": 3.0})
    rows = reliability(targets, settings_of("response", n_resamples=300), judges=["judge-a"])
    assert {r.verdict_another_expert for r in rows} == {"LR"}
    assert {r.verdict for r in rows} == {"LR"}
    alike = with_experts(study(7, n_conversations=240), "ABCD")
    best = reliability(alike, settings_of("response", n_resamples=300), judges=["judge-a"])
    assert all(r.verdict_another_expert != "LR" for r in best)


def test_an_expert_with_few_conversations_cannot_be_told() -> None:
    targets = study(8)
    codes = (targets.clusters >= 4).astype(np.int64)
    few = replace(targets, experts=codes, expert_names=("A", "B"))
    for row in reliability(few, settings_of("response", n_resamples=100)):
        assert row.verdict_another_expert == "n/a"
        assert row.verdict == weakest(row.verdict_here, row.verdict_other_systems)
    unknown = replace(targets, experts=np.full(len(codes), -1), expert_names=())
    assert all(
        r.verdict_another_expert == ""
        for r in reliability(unknown, settings_of("response", n_resamples=100))
    )


def test_rules_and_intervals_without_scopes() -> None:
    targets = with_experts(study(9), "AB")
    for row in reliability(targets, settings_of("published", n_resamples=50)):
        scopes = (row.verdict_here, row.verdict_other_systems, row.verdict_another_expert)
        assert scopes == ("", "", "")
        assert row.verdict == verdict(row.icc_c1_low, row.icc_c1_high, "published")
    for row in reliability(targets, settings_of("system", n_resamples=0)):
        assert (row.verdict_here, row.verdict_other_systems) == ("n/a", "n/a")
        assert row.verdict_another_expert == "n/a"


def test_sentences_say_where_the_verdict_ends() -> None:
    targets = with_experts(study(7, n_conversations=240), "ABCD", {"D": 3.0})
    levels = [reliability(targets, settings_of(x, n_resamples=200)) for x in ("system", "response")]
    said = {(t.judge, t.attribute): t for t in trust_all(*levels)}
    weaker = 0
    for row in levels[1]:
        if row.verdict == "LR" != row.verdict_here:
            weaker += 1
            sentence = said[row.judge, row.attribute].scoring
            assert "must not score a single reply" in sentence
            assert "beyond these systems and experts" in sentence
            assert sentence.endswith("another expert.")
    assert weaker
    assert all("other than these" not in t.unknown for t in said.values())
