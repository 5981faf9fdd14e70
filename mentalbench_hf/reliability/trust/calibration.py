"""A judge's ratings mapped to the human scale, and what that gains on unseen conversations.

The map is a straight line (least squares) or a monotone curve (isotonic regression: Barlow,
Bartholomew, Bremner & Brunk 1972, "Statistical Inference under Order Restrictions"). Either gives
the mean human rating of replies that the judge rated so. It repairs leniency and a stretched or
squeezed scale; it cannot restore what the judge does not tell apart. Because it predicts means,
mapped ratings are even more alike than the judge's own: never look for unsafe replies in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.choices import KINDS, Kind, check_choice
from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.bootstrap import check_resampling, percentile_interval
from mentalbench_hf.reliability.core.cluster_sums import cluster_sums, replicate_sums
from mentalbench_hf.reliability.core.intervals import NO_INTERVAL
from mentalbench_hf.reliability.core.moments import Floats
from mentalbench_hf.reliability.core.records import Record
from mentalbench_hf.reliability.experts import reference_units
from mentalbench_hf.reliability.verdict import no_interval

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets


@dataclass(frozen=True, slots=True)
class Calibration(Record):
    """A map from a judge's ratings to the human scale.

    Attributes:
        kind: "linear" or "monotone".
        judge_ratings: ascending judge ratings at which the map is given.
        human_ratings: the mapped value at each. Between them it is interpolated; beyond the first
            and the last it stays level; it never leaves the scale.
    """

    kind: str
    judge_ratings: tuple[float, ...]
    human_ratings: tuple[float, ...]

    def __call__(self, ratings: object) -> Floats:
        """Return mapped ratings, of the same shape; missing ratings (NaN) stay missing."""
        x = np.asarray(ratings, dtype=np.float64)
        return np.asarray(np.interp(x, self.judge_ratings, self.human_ratings))


@dataclass(frozen=True, slots=True)
class Errors:
    """How far ratings lie from the human ones, with intervals; all in rating points.

    Attributes:
        mae: mean absolute error, with mae_low and mae_high.
        rmse: root mean squared error, likewise.
        bias: mean of rating − human, likewise.
    """

    mae: float
    mae_low: float
    mae_high: float
    rmse: float
    rmse_low: float
    rmse_high: float
    bias: float
    bias_low: float
    bias_high: float


@dataclass(frozen=True, slots=True)
class CalibrationReport(Record):
    """What calibrating one judge on one attribute gains on conversations it was not fitted on.

    Attributes:
        judge: the judge.
        attribute: the attribute or axis.
        kind: "linear" or "monotone".
        data: which ratings, such as "audited".
        n_targets: replies rated by both.
        n_clusters: conversations they come from.
        n_folds: parts the conversations are split into; each is evaluated with a map fitted on
            the others.
        before: errors of the judge's own ratings.
        after: errors of the mapped ratings, held out.
        rmse_change: rmse after − before, with its paired bounds; negative is a gain.
        skill: share of the human ratings' variance that the mapped ratings predict, held out: 1 −
            MSE / MSE of predicting the mean human rating. 0 or less: no better than the mean.
            With its bounds.
        n_degenerate: replicates in which the skill is not defined.
        calibration: the map fitted on all replies, for use on new ones.
        n_experts: experts held out one at a time, 0 where none was (see
            :func:`~mentalbench_hf.reliability.trust.expert_skill.calibrate_by_expert`).
        expert_skill: as skill, with whole experts held out; NaN where none was. With its bounds.
        scope: for whom the skill holds, one sentence; empty where no expert was held out.
        reason: why the bounds are NaN, empty when they are not.
        units: whose units the mapped ratings are in: those of the experts that the map was fitted
            on, which another expert need not share.
    """

    judge: str
    attribute: str
    kind: str
    data: str
    n_targets: int
    n_clusters: int
    n_folds: int
    before: Errors
    after: Errors
    rmse_change: float
    rmse_change_low: float
    rmse_change_high: float
    skill: float
    skill_low: float
    skill_high: float
    n_degenerate: int
    calibration: Calibration
    n_experts: int = 0
    expert_skill: float = np.nan
    expert_skill_low: float = np.nan
    expert_skill_high: float = np.nan
    scope: str = ""
    reason: str = ""
    units: str = ""


def fit(
    judge: object, human: object, *, kind: Kind = "linear", scale: tuple[float, float]
) -> Calibration:
    """Return the map from a judge's ratings to the mean human rating.

    Args:
        judge: ratings by the judge, shape (n,); pairs with a missing rating are left out.
        human: ratings of the same replies by the reference, shape (n,).
        kind: "linear" (least squares) or "monotone" (isotonic regression).
        scale: lowest and highest rating; the map does not leave it.

    Raises:
        StatisticsError: unknown kind, no complete pair, or different lengths.
    """
    check_choice(kind, KINDS, "calibration")
    x, y = np.asarray(judge, dtype=np.float64), np.asarray(human, dtype=np.float64)
    if x.ndim != 1 or x.shape != y.shape:
        raise StatisticsError(
            f"judge and human ratings must be two rows of equal length; received shapes {x.shape} "
            f"and {y.shape}"
        )
    known = ~(np.isnan(x) | np.isnan(y))
    if not known.any():
        raise StatisticsError("no reply is rated by both the judge and the reference")
    given, where = np.unique(x[known], return_inverse=True)
    counts = np.bincount(where).astype(np.float64)
    means = np.bincount(where, weights=y[known]) / counts
    if kind == "monotone":
        from scipy.optimize import isotonic_regression

        fitted = isotonic_regression(means, weights=counts).x
        knots = given
    else:
        centre = np.average(given, weights=counts)
        spread = np.average((given - centre) ** 2, weights=counts)
        slope = np.average((given - centre) * means, weights=counts) / spread if spread > 0 else 0
        # A line that stays on the scale bends where it would leave it.
        level = np.average(means, weights=counts)
        ends = [min(scale[0], given[0]), max(scale[1], given[-1])]
        bends = [centre + (edge - level) / slope for edge in scale] if slope else []
        knots = np.unique([*ends, *(b for b in bends if ends[0] < b < ends[1])])
        fitted = level + slope * (knots - centre)
    return Calibration(
        kind=kind,
        judge_ratings=tuple(float(v) for v in knots),
        human_ratings=tuple(float(v) for v in np.clip(fitted, *scale)),
    )


def folds(clusters: NDArray[np.int64], n_folds: int, seed: int) -> NDArray[np.int64]:
    """Return the fold of each target; all targets of a conversation share one.

    Args:
        clusters: code of each target's conversation.
        n_folds: number of folds, at least 2 and at most the number of conversations.
        seed: seed of the shuffle.

    Raises:
        StatisticsError: unusable number of folds.
    """
    found, where = np.unique(clusters, return_inverse=True)
    if not 2 <= n_folds <= len(found):
        raise StatisticsError(
            f"n_folds must lie between 2 and the number of conversations, {len(found)}; "
            f"received {n_folds}"
        )
    order = np.random.default_rng(seed).permutation(len(found))
    return np.asarray((order % n_folds)[where])


def held_out(
    pair: Floats, fold: NDArray[np.int64], *, kind: Kind, scale: tuple[float, float]
) -> tuple[Floats, Floats]:
    """Return held-out mapped ratings and held-out mean human ratings, shape (n,) each.

    Args:
        pair: human and judge side by side, shape (n, 2), none missing.
        fold: fold of each target; each is predicted from the others.
        kind: the kind of map.
        scale: lowest and highest rating.
    """
    mapped, mean = np.empty(len(pair)), np.empty(len(pair))
    for k in np.unique(fold):
        inside = fold == k
        rest = pair[~inside]
        mapped[inside] = fit(rest[:, 1], rest[:, 0], kind=kind, scale=scale)(pair[inside, 1])
        mean[inside] = rest[:, 0].mean()
    return mapped, mean


def calibrate(
    targets: RatedTargets,
    judge: str,
    name: str,
    *,
    kind: Kind = "linear",
    n_folds: int = 5,
    n_resamples: int = 2_000,
    seed: int = 0,
    confidence_level: float = 0.95,
    keep_own: bool = False,
) -> CalibrationReport:
    """Fit one judge's map to the human scale and evaluate it on unseen conversations.

    Args:
        targets: the ratings; replies that lack either rating are left out.
        judge: the judge.
        name: attribute or axis.
        kind: "linear" or "monotone".
        n_folds: conversations are split into so many parts.
        n_resamples: bootstrap replicates of the held-out errors; conversations are drawn whole
            and the maps are kept.
        seed: seed of the split and of the bootstrap.
        confidence_level: of the intervals, between 0 and 1.
        keep_own: keep the judge's own counterpart.

    Raises:
        StatisticsError: unknown kind, fewer conversations than folds, or unusable numbers.
    """
    check_choice(kind, KINDS, "calibration")
    check_resampling(n_resamples, confidence_level, seed)
    both = targets.pair(judge, name, keep_own=keep_own)
    known = ~np.isnan(both).any(axis=1)
    pair, clusters = both[known], targets.clusters[known]
    fold = folds(clusters, n_folds, seed)
    mapped, mean = held_out(pair, fold, kind=kind, scale=targets.scale)
    raw, after = pair[:, 1] - pair[:, 0], mapped - pair[:, 0]
    parts = [part(e) for e in (raw, after) for part in (np.abs, np.square, np.array)]
    rows = np.column_stack([np.ones(len(pair)), *parts, (mean - pair[:, 0]) ** 2])
    drawn = np.bincount(clusters, minlength=len(targets.cluster_names)) > 0
    sums = cluster_sums(rows, clusters, drawn)
    values = replicate_sums(sums, _errors, n_resamples=n_resamples, seed=seed)
    at = _errors(sums.sum(axis=0)[None])[0]
    found = [percentile_interval(v, confidence_level) for v in values.T]
    n_degenerate, n_clusters = found[7].n_degenerate, int(drawn.sum())
    reason = no_interval(
        level="response",
        n_clusters=n_clusters,
        n_systems=len(targets.system_names),
        n_resamples=n_resamples,
        n_degenerate=n_degenerate,
    )
    if reason:
        found = [NO_INTERVAL] * len(found)
    flat = [(float(p), i.low, i.high) for p, i in zip(at, found, strict=True)]
    return CalibrationReport(
        judge=judge,
        attribute=name,
        kind=kind,
        data=targets.data,
        n_targets=len(pair),
        n_clusters=n_clusters,
        n_folds=n_folds,
        before=Errors(*flat[0], *flat[1], *flat[2]),
        after=Errors(*flat[3], *flat[4], *flat[5]),
        rmse_change=flat[6][0],
        rmse_change_low=flat[6][1],
        rmse_change_high=flat[6][2],
        skill=flat[7][0],
        skill_low=flat[7][1],
        skill_high=flat[7][2],
        n_degenerate=n_degenerate,
        calibration=fit(pair[:, 1], pair[:, 0], kind=kind, scale=targets.scale),
        reason=reason,
        units=reference_units(targets),
    )


def _errors(sums: Floats) -> Floats:
    """Return MAE, RMSE and bias before and after, their change in RMSE, and the skill: (b, 8)."""
    n = sums[:, :1]
    with np.errstate(invalid="ignore", divide="ignore"):
        means = sums[:, 1:] / n
        means[:, [1, 4]] = np.sqrt(means[:, [1, 4]])
        change = means[:, 4] - means[:, 1]
        constant = sums[:, 7]
        skill = np.where(constant > 0, 1 - sums[:, 5] / constant, np.nan)
    return np.column_stack([means[:, :6], change, skill])
