"""Human units for another expert: wider intervals, refusals, skill on experts held out."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_ratings import study, with_experts

from mentalbench_hf.data.mentalalign import read_mentalalign
from mentalbench_hf.data.targets import RatedTargets
from mentalbench_hf.reliability.core.prediction_powered import Estimate
from mentalbench_hf.reliability.trust.calibration import calibrate, fit
from mentalbench_hf.reliability.trust.expert_skill import (
    calibrate_by_expert,
    expert_skill,
    scope_of_skill,
)
from mentalbench_hf.reliability.trust.held_out_systems import leave_one_out
from mentalbench_hf.reliability.trust.human_units import human_mean
from mentalbench_hf.reliability.trust.rater_term import RaterTerm, rater_term
from mentalbench_hf.sources import open_source


def severe(shifts: list[float], seed: int = 1, spread: float = 1.0) -> RatedTargets:
    """Experts A, B, … that are stricter by these many points; systems `spread` times as far."""
    made = with_experts(
        study(seed, n_conversations=240, n_systems=8, scale=(1, 99), whole=False,
              noise={"a": 0.3, "b": 0.4}),
        "ABCDEF"[: len(shifts)],
    )  # fmt: skip
    ratings = made.ratings + (spread - 1) * (made.systems - 3.5)[:, None, None] * 2 / 7
    ratings[:, 0] -= np.array(shifts)[np.asarray(made.experts)][:, None]
    return replace(made, ratings=ratings)


def test_the_term_is_the_spread_of_severity() -> None:
    term = rater_term(severe([0.0, 0.4, 0.8]), "Clarity")
    assert term.n_experts == 3
    assert term.severity_sd == pytest.approx(0.4, abs=0.06)
    assert term.variance == pytest.approx(term.severity_sd**2 * 4 / 3)
    assert "another expert" in term.units
    alike = rater_term(severe([0.0, 0.0, 0.0]), "Clarity")
    assert alike.severity_sd < 0.1
    unknown = rater_term(study(1), "Clarity")
    assert (unknown.n_experts, unknown.variance) == (0, 0.0)
    assert "'expert'" in unknown.units


def test_widening_by_hand() -> None:
    term = RaterTerm("x", 0.4, 4)
    found = term.widen(Estimate(3.0, 2.4, 3.6, 0.3, 50))
    assert found.standard_error == pytest.approx(math.sqrt(0.09 + 0.16 * 1.25))
    assert found.high - 3.0 == pytest.approx(2 * found.standard_error)
    assert 3.0 - found.low == pytest.approx(2 * found.standard_error)
    assert term.half_width(Estimate(3.0, 2.4, 3.6, 0.3, 50)) == pytest.approx(2 * math.sqrt(0.2))
    # An estimate without error of its own takes the normal quantile; an endless one stays endless.
    assert term.widen(Estimate(3.0, 3.0, 3.0, 0.0, 50)).high == pytest.approx(
        3 + 1.96 * math.sqrt(0.2)
    )
    endless = Estimate(3.0, -math.inf, math.inf, math.inf, 0)
    assert term.widen(endless) == endless
    nothing = RaterTerm("x", math.nan, 0)
    assert nothing.widen(Estimate(3.0, 2.4, 3.6, 0.3, 50)).high == 3.6


def test_another_expert_widens_the_mean_and_nothing_else() -> None:
    targets = severe([0.0, 0.2, 0.4], spread=4.0)
    new = np.random.default_rng(2).normal(50, 1, 400)
    plain = human_mean(replace(targets, experts=None), "a", "Clarity", new)
    found = human_mean(targets, "a", "Clarity", new)
    assert not plain.refused
    assert not found.refused
    assert found.mean == plain.mean
    assert (found.here_low, found.here_high) == (plain.low, plain.high)
    assert (plain.here_low, plain.here_high) == (plain.low, plain.high)
    assert found.low < plain.low < plain.high < found.high
    assert found.severity_sd == pytest.approx(0.2, abs=0.05)
    assert "another expert" in found.units
    assert math.isnan(plain.severity_sd)


def test_experts_further_apart_than_systems_are_a_reason_to_refuse() -> None:
    found = human_mean(
        severe([-3.0, 0.0, 3.0]), "a", "Clarity", np.random.default_rng(2).normal(50, 1, 400)
    )
    assert found.refused
    assert any("another expert may move the mean" in r for r in found.reasons)
    assert math.isnan(found.here_low)


def test_ratings_of_its_own_are_in_the_units_of_their_raters() -> None:
    targets = severe([-3.0, 0.0, 3.0], spread=4.0)
    rng = np.random.default_rng(3)
    judge = rng.normal(50, 1, 300)
    human = np.where(np.arange(300) < 100, judge + rng.normal(0, 0.3, 300), np.nan)
    found = human_mean(targets, "a", "Clarity", judge, human=human)
    assert found.units == "the raters of this system"
    assert math.isnan(found.severity_sd)
    assert (found.low, found.high) == (found.here_low, found.here_high)


def test_skill_on_experts_held_out_by_plain_loops() -> None:
    targets = severe([0.0, 0.5, 1.0])
    found = expert_skill(targets, "a", "Clarity", n_resamples=50)
    pair, experts = targets.pair("a", "Clarity"), np.asarray(targets.experts)
    errors, constant = 0.0, 0.0
    for code in range(3):
        rest, mine = pair[experts != code], pair[experts == code]
        curve = fit(rest[:, 1], rest[:, 0], scale=targets.scale)
        errors += ((curve(mine[:, 1]) - mine[:, 0]) ** 2).sum()
        constant += ((rest[:, 0].mean() - mine[:, 0]) ** 2).sum()
    assert found.n_experts == 3
    assert found.skill == pytest.approx(1 - errors / constant)
    assert found.low < found.skill < found.high


def test_skill_for_these_experts_only_is_said_to_be_that() -> None:
    """Half the experts see what the judge sees, the other half the opposite."""
    targets = severe([0.0, 0.0])
    ratings = targets.ratings.copy()
    mine = np.asarray(targets.experts == 1)
    ratings[mine, 0] = 100 - 0.3 * ratings[mine, 0] - 35
    odd = replace(targets, ratings=ratings)
    for given, says in (
        (targets, "it survives another expert"),
        (replace(targets, experts=None), "experts behind it are not known"),
        (odd, "no better than"),
    ):
        report = calibrate(given, "a", "Clarity", n_resamples=200)
        experts = expert_skill(given, "a", "Clarity", n_resamples=200)
        assert says in scope_of_skill(report, experts)
    both = calibrate_by_expert(targets, "a", "Clarity")
    assert both.n_experts == 2
    assert both.expert_skill == expert_skill(targets, "a", "Clarity").skill
    assert both.skill == calibrate(targets, "a", "Clarity").skill
    assert "survives" in both.record()["scope"]
    alone = calibrate(targets, "a", "Clarity", n_resamples=200)
    lost = replace(expert_skill(odd, "a", "Clarity", n_resamples=200), low=-0.1)
    assert "of these experts only" in scope_of_skill(alone, lost)
    assert expert_skill(study(1), "judge-a", "Clarity").n_experts == 0


def test_every_calibration_says_whose_units_it_is_in() -> None:
    targets = severe([0.0, 0.5, 1.0])
    report = calibrate_by_expert(targets, "a", "Clarity")
    assert report.record()["units"] == "experts A, B, C as they share the conversations"
    unknown = calibrate(replace(targets, experts=None), "a", "Clarity", n_resamples=50)
    assert unknown.units == "the reference 'expert'"
    assert {h.record()["units"] for h in leave_one_out(targets, "a", "Clarity")} == {report.units}


def test_released_means_are_refused_where_experts_differ_too_much(upstream: Path) -> None:
    """The experts' severity differs as much as systems do on four attributes, and on no other."""
    targets = read_mentalalign(open_source(str(upstream))).targets()
    held = targets.systems == targets.system_names.index("gpt-4o")
    known, new = targets.select(~held), targets.select(held)
    names = {}
    for name in targets.names:
        ratings = new.pair("o4-mini", name)[:, 1]
        found = human_mean(known, "o4-mini", name, ratings, n_resamples=200)
        names[name] = any("another expert may move" in r for r in found.reasons)
    assert {n for n, refused in names.items() if refused} == {
        "Relevance", "Safety", "Empathy", "Understanding",
    }  # fmt: skip
