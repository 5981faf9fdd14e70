"""Does what a map learnt from some experts hold for another? Whole experts held out.

Conversations held out show skill on other conversations of the same experts. A map fitted on the
other experts alone must do without what is this expert's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mentalbench_hf.choices import Kind
from mentalbench_hf.reliability.core.bootstrap import check_resampling, percentile_interval
from mentalbench_hf.reliability.core.cluster_sums import cluster_sums, replicate_sums
from mentalbench_hf.reliability.core.moments import Floats
from mentalbench_hf.reliability.experts import known_experts
from mentalbench_hf.reliability.trust.calibration import CalibrationReport, calibrate, held_out

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets


@dataclass(frozen=True, slots=True)
class ExpertSkill:
    """The skill of a judge's map on experts that it was not fitted on.

    Attributes:
        n_experts: experts held out, one at a time; below two there is no skill to tell.
        skill: 1 − MSE / MSE of predicting the other experts' mean; NaN where not defined.
        low: lower bound, conversations resampled with the maps kept.
        high: upper bound.
    """

    n_experts: int
    skill: float
    low: float
    high: float


def calibrate_by_expert(
    targets: RatedTargets, judge: str, name: str, *, kind: Kind = "linear", seed: int = 0
) -> CalibrationReport:
    """Return the calibration of one judge with the skill on experts held out beside.

    Args:
        targets: the ratings.
        judge: the judge.
        name: attribute or axis.
        kind: "linear" or "monotone".
        seed: seed of the split and of the bootstrap.

    Raises:
        StatisticsError: as for :func:`~mentalbench_hf.reliability.trust.calibration.calibrate`.
    """
    report = calibrate(targets, judge, name, kind=kind, seed=seed)
    found = expert_skill(targets, judge, name, kind=kind, seed=seed)
    return replace(
        report,
        n_experts=found.n_experts,
        expert_skill=found.skill,
        expert_skill_low=found.low,
        expert_skill_high=found.high,
        scope=scope_of_skill(report, found),
    )


def expert_skill(
    targets: RatedTargets,
    judge: str,
    name: str,
    *,
    kind: Kind = "linear",
    n_resamples: int = 2_000,
    seed: int = 0,
    confidence_level: float = 0.95,
    keep_own: bool = False,
) -> ExpertSkill:
    """Return the skill of maps that are fitted on the other experts' ratings.

    Args:
        targets: the ratings; those of unknown experts are left out.
        judge: the judge.
        name: attribute or axis.
        kind: "linear" or "monotone".
        n_resamples: bootstrap replicates; conversations are drawn whole.
        seed: seed of the bootstrap.
        confidence_level: of the interval, between 0 and 1.
        keep_own: keep the judge's own counterpart.

    Raises:
        StatisticsError: unknown kind or unusable numbers.
    """
    check_resampling(n_resamples, confidence_level, seed)
    both = targets.pair(judge, name, keep_own=keep_own)
    known = ~np.isnan(both).any(axis=1)
    experts = [mask & known for _, mask in known_experts(targets)]
    experts = [mask for mask in experts if mask.any()]
    if len(experts) < 2:
        return ExpertSkill(len(experts), np.nan, np.nan, np.nan)
    fold = np.full(len(both), -1)
    for code, mask in enumerate(experts):
        fold[mask] = code
    used = fold >= 0
    pair, clusters = both[used], targets.clusters[used]
    mapped, mean = held_out(pair, fold[used], kind=kind, scale=targets.scale)
    rows = np.column_stack([(mapped - pair[:, 0]) ** 2, (mean - pair[:, 0]) ** 2])
    drawn = np.bincount(clusters, minlength=len(targets.cluster_names)) > 0
    sums = cluster_sums(rows, clusters, drawn)
    values = replicate_sums(sums, _skill, n_resamples=n_resamples, seed=seed)
    found = percentile_interval(values[:, 0], confidence_level)
    at = float(_skill(sums.sum(axis=0)[None])[0, 0])
    return ExpertSkill(len(experts), at, found.low, found.high)


def scope_of_skill(report: CalibrationReport, experts: ExpertSkill) -> str:
    """Say for whom the skill holds; one sentence."""
    who = f"{report.judge} on {report.attribute}"
    if not report.skill_low > 0:
        return f"{who} predicts single replies no better than their mean does."
    if np.isnan(experts.skill):
        return f"{who} has skill on other conversations; the experts behind it are not known."
    if experts.low > 0:
        return f"{who} has skill on other conversations, and it survives another expert."
    return (
        f"{who} has skill on other conversations of these experts only: with whole experts held "
        "out it is no better than the mean."
    )


def _skill(sums: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(sums[:, 1:] > 0, 1 - sums[:, :1] / sums[:, 1:], np.nan)
