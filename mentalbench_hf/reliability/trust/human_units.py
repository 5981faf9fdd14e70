"""The mean human rating of a system that only a judge has rated.

With human ratings of some of the system's own replies, the prediction-powered mean applies:
Angelopoulos, Bates, Fannjiang, Jordan & Zrnic (2023), "Prediction-powered inference", Science 382.
The judge's mapped ratings of all replies give the mean, and the rated replies correct its error.

Without any, the judge's error has to be learnt from other systems, and prediction-powered inference
alone would be wrong: its assumption, that rated and unrated replies are drawn alike, fails, since
judges err differently on different systems. The known systems' human means are therefore regressed
on their mapped means, and the interval is that of predicting one more system: t with S − 2 degrees
of freedom, variance s² (1 + 1/S + (x − x̄)² / Σ(x − x̄)²) (Draper & Smith 1998, "Applied Regression
Analysis"), plus what the new system's own replies leave uncertain.
:func:`~mentalbench_hf.reliability.trust.held_out_systems.leave_one_out` shows, on the user's own
data, how often either interval holds the truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from mentalbench_hf.choices import KINDS, Kind, check_choice
from mentalbench_hf.reliability.core.bootstrap import check_resampling
from mentalbench_hf.reliability.core.records import Record
from mentalbench_hf.reliability.protocol import Settings, reliability
from mentalbench_hf.reliability.trust.calibration import calibrate
from mentalbench_hf.reliability.trust.new_system import (
    KnownSystems,
    NewSystem,
    from_other_systems,
    from_own_ratings,
)
from mentalbench_hf.reliability.trust.rater_term import RaterTerm, rater_term
from mentalbench_hf.reliability.verdict import BOUND_MODERATE, Verdict

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets

#: Fewer systems than this do not show how a judge's error varies among systems.
MIN_SYSTEMS: Final = 4
#: Fewer rated conversations than this do not carry a normal interval.
MIN_RATED: Final = 20


@dataclass(frozen=True, slots=True)
class HumanMean(Record):
    """The mean human rating of a new system, or the reasons why it cannot be said.

    Attributes:
        judge: the judge.
        attribute: the attribute or axis.
        data: which ratings the map and the correction come from.
        kind: kind of map.
        refused: whether the judge is too unreliable here to say anything.
        reasons: why, one sentence each; empty unless refused.
        mean: estimated mean human rating; NaN when refused, as the bounds are.
        low: lower bound of its interval.
        high: upper bound.
        basis: "other systems" or "human ratings of this system": where the correction comes from.
        judge_mean: mean of the judge's own ratings, unmapped.
        correction: mean human − mapped rating, added to the mapped mean.
        useful_width: an interval this wide says nothing: the range of the known systems' means.
        n_new: replies of the new system.
        n_rated: those of them that have a human rating.
        n_systems: known systems that the map comes from.
        units: whose ratings the mean stands for, low and high included.
        severity_sd: how far experts differ in severity, in rating points; it widens the interval.
            NaN where the experts are not known, or the ratings are of this system's own raters.
        here_low: lower bound for the same experts, without that; NaN when refused.
        here_high: upper bound, likewise.
    """

    judge: str
    attribute: str
    data: str
    kind: str
    refused: bool
    reasons: tuple[str, ...]
    mean: float
    low: float
    high: float
    basis: str
    judge_mean: float
    correction: float
    useful_width: float
    n_new: int
    n_rated: int
    n_systems: int
    units: str
    severity_sd: float
    here_low: float
    here_high: float


def human_mean(
    targets: RatedTargets,
    judge: str,
    name: str,
    ratings: object,
    *,
    conversations: object | None = None,
    human: object | None = None,
    kind: Kind = "linear",
    n_resamples: int = 2_000,
    seed: int = 0,
    confidence_level: float = 0.95,
) -> HumanMean:
    """Return the mean of a new system in human units, or refuse.

    It refuses, with reasons, when
        the judge's verdict on ranking systems is limited: the lower bound of ICC(C,1) at system
        level lies below 0.50 (only where the correction comes from other systems);
        its mapped ratings predict single replies no better than the mean human rating does: the
        lower bound of the held-out skill is 0 or less (likewise);
        fewer than 4 known systems, or fewer than 20 rated conversations of the new one;
        the interval is as wide as the range of the known systems' human means;
        another expert would move the mean by as much: where the experts of the reference are
        known, how far they differ in severity enters the interval (see
        :mod:`~mentalbench_hf.reliability.trust.rater_term`).

    Args:
        targets: the known systems, rated by humans and by the judge. The judge's own counterpart
            is left out.
        judge: the judge.
        name: attribute or axis.
        ratings: the judge's ratings of the new system's replies, shape (N,), NaN where missing.
        conversations: id of each reply's conversation, as in `targets.cluster_names` where it is
            one of those; by default each reply is its own.
        human: human ratings of the same replies, shape (N,), NaN where there is none. With them
            the correction comes from this system and nothing is assumed of others.
        kind: "linear" or "monotone".
        n_resamples: bootstrap replicates behind the refusal.
        seed: seed of the split and of the bootstrap.
        confidence_level: of the interval, between 0 and 1.

    Raises:
        StatisticsError: no usable rating, different lengths, or unusable numbers.
    """
    check_choice(kind, KINDS, "calibration")
    check_resampling(n_resamples, confidence_level, seed)
    known = KnownSystems.of(targets, judge, name)
    new = NewSystem.of(ratings, human, conversations)
    rated = ~np.isnan(new.human)
    if rated.any():
        basis = "human ratings of this system"
        term = RaterTerm("the raters of this system", np.nan, 0)
        estimate, correction = from_own_ratings(
            known, new, rated, kind, targets.scale, confidence_level
        )
        n_rated = len(np.unique(new.conversations[rated]))
        reasons = [] if n_rated >= MIN_RATED else [
            f"only {n_rated} conversations of the new system have a human rating; at least "
            f"{MIN_RATED} are needed"
        ]  # fmt: skip
    else:
        basis = "other systems"
        term = rater_term(targets, name)
        reasons = _too_unreliable(targets, known, kind, n_resamples, seed, confidence_level)
        estimate, correction = from_other_systems(known, new, kind, targets.scale, confidence_level)
    useful = known.useful_width
    here, estimate = estimate, term.widen(estimate)
    by_expert = term.half_width(here)
    if 2 * by_expert >= useful:
        reasons.append(
            f"another expert may move the mean by {by_expert:.2f} points up or down, and the human "
            f"means of all known systems lie within {useful:.2f} points"
        )
    elif estimate.high - estimate.low >= useful:
        reasons.append(
            f"the interval is {estimate.high - estimate.low:.2f} points wide, and the human means "
            f"of all known systems lie within {useful:.2f} points"
        )
    refused = bool(reasons)
    nan = float("nan")
    return HumanMean(
        judge=judge,
        attribute=name,
        data=targets.data,
        kind=kind,
        refused=refused,
        reasons=tuple(reasons),
        mean=nan if refused else estimate.mean,
        # A mean rating does not leave the scale.
        low=nan if refused else max(estimate.low, targets.scale[0]),
        high=nan if refused else min(estimate.high, targets.scale[1]),
        basis=basis,
        judge_mean=float(new.judge.mean()),
        correction=correction,
        useful_width=useful,
        n_new=len(new.judge),
        n_rated=int(rated.sum()),
        n_systems=known.n_systems,
        units=term.units,
        severity_sd=term.severity_sd,
        here_low=nan if refused else max(here.low, targets.scale[0]),
        here_high=nan if refused else min(here.high, targets.scale[1]),
    )


def _too_unreliable(
    targets: RatedTargets,
    known: KnownSystems,
    kind: Kind,
    n_resamples: int,
    seed: int,
    confidence_level: float,
) -> list[str]:
    if known.n_systems < MIN_SYSTEMS:
        return [
            f"only {known.n_systems} known systems show how the judge's error varies among "
            f"systems; at least {MIN_SYSTEMS} are needed, or human ratings of the new system"
        ]
    reasons = []
    settings = Settings(
        level="system", n_resamples=n_resamples, seed=seed, confidence_level=confidence_level
    )
    (row,) = reliability(targets, settings, judges=[known.judge], names=[known.name], scoped=False)
    if row.verdict == Verdict.UNKNOWN:
        reasons.append(
            f"these data do not tell whether {known.judge} follows the differences between "
            f"systems on {known.name}: {row.reason}"
        )
    elif row.verdict == Verdict.LIMITED:
        reasons.append(
            f"{known.judge} does not follow the differences between systems on {known.name}: the "
            f"lower bound of its system-level ICC(C,1) is {row.icc_c1_low:.2f}, below "
            f"{BOUND_MODERATE:.2f}"
        )
    held = calibrate(
        targets, known.judge, known.name, kind=kind, n_resamples=n_resamples, seed=seed,
        confidence_level=confidence_level,
    )  # fmt: skip
    if not held.skill_low > 0:
        reasons.append(
            f"mapped to the human scale, {known.judge} predicts single replies on {known.name} no "
            f"better than their mean does: held-out skill {held.skill:.2f}, lower bound "
            f"{held.skill_low:.2f}"
        )
    return reasons
