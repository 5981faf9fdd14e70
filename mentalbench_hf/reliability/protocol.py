"""The main job: one row of reliability per judge and attribute, under a named protocol."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

import numpy as np

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.agreement import bias, mse
from mentalbench_hf.reliability.bootstrap import check_resampling, percentile_interval
from mentalbench_hf.reliability.grid import Grid, grid
from mentalbench_hf.reliability.icc import icc_of
from mentalbench_hf.reliability.moments import Floats, Moments
from mentalbench_hf.reliability.replicates import Level, Resample, point, replicate
from mentalbench_hf.reliability.verdict import Rule, verdict

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets

Protocol = Literal["system", "response", "published"]
PROTOCOLS: Final[tuple[Protocol, ...]] = get_args(Protocol)
PUBLISHED_RESAMPLES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Settings:
    """How reliability is computed.

    Attributes:
        level: whether targets are the systems' mean ratings or single responses.
        resample: what the bootstrap draws.
        n_resamples: number of replicates; 0 gives point estimates only.
        seed: seed of the bootstrap.
        confidence_level: of the intervals, between 0 and 1.
        rule: verdict rule; "bound" judges ICC(C,1) at system level and ICC(A,1) at response level.
        keep_own: keep a judge's own counterpart among its targets.
        within_unit: discard replicates outside [0, 1], as the published protocol does (they
            count as degenerate); an honest interval keeps them.
        mse_of_responses: at system level give the MSE of single responses, as published.
    """

    level: Level = "system"
    resample: Resample = "conversations"
    n_resamples: int = 10_000
    seed: int = 0
    confidence_level: float = 0.95
    rule: Rule = "bound"
    keep_own: bool = False
    within_unit: bool = False
    mse_of_responses: bool = False


def settings_of(
    protocol: Protocol,
    *,
    resample: Resample | None = None,
    n_resamples: int | None = None,
    seed: int = 0,
    confidence_level: float = 0.95,
) -> Settings:
    """Return the settings of a named protocol; None takes the protocol's own choice.

    Raises:
        StatisticsError: unknown protocol, or unusable numbers.
    """
    if protocol not in PROTOCOLS:
        raise StatisticsError(
            f"unknown protocol {protocol!r}; choose one of {', '.join(PROTOCOLS)}"
        )
    published = protocol == "published"
    n = (PUBLISHED_RESAMPLES if published else 10_000) if n_resamples is None else n_resamples
    check_resampling(n, confidence_level, seed)
    return Settings(
        level="response" if protocol == "response" else "system",
        resample=resample or ("systems" if published else "conversations"),
        n_resamples=n,
        seed=seed,
        confidence_level=confidence_level,
        rule="published" if published else "bound",
        within_unit=published,
        mse_of_responses=published,
    )


@dataclass(frozen=True, slots=True)
class Reliability:
    """Reliability of one judge on one attribute or axis, at one level.

    Attributes:
        judge: the judge compared with the reference rater.
        attribute: attribute, or axis, rated.
        axis: its axis, empty when it has none.
        level: "system" or "response": what a target is.
        data: which ratings, such as "audited".
        n_targets: targets used.
        n_missing: responses left out because a rating is missing.
        icc_c1: ICC(C,1), with the bounds of its interval in icc_c1_low and icc_c1_high.
        icc_a1: ICC(A,1), likewise.
        bias: judge − reference, in rating points, likewise.
        mse: mean squared difference of the targets, in squared rating points.
        n_degenerate: replicates for which an ICC is not defined (or was discarded, in the
            published protocol); the larger count of the two ICCs.
        verdict: GR, MV, LR, or n/a.
    """

    judge: str
    attribute: str
    axis: str
    level: str
    data: str
    n_targets: int
    n_missing: int
    icc_c1: float
    icc_c1_low: float
    icc_c1_high: float
    icc_a1: float
    icc_a1_low: float
    icc_a1_high: float
    bias: float
    bias_low: float
    bias_high: float
    mse: float
    n_degenerate: int
    verdict: str

    def record(self) -> dict[str, str | int | float | None]:
        """Return a dict for JSON; NaN becomes None."""
        return {
            key: None if isinstance(value, float) and math.isnan(value) else value
            for key, value in asdict(self).items()
        }


_STATISTICS: Final = {
    "icc_c1": lambda m: icc_of(m, "ICC(C,1)"),
    "icc_a1": lambda m: icc_of(m, "ICC(A,1)"),
    "bias": bias,
}


def grid_of(targets: RatedTargets, judge: str, name: str, *, keep_own: bool = False) -> Grid:
    """Return the sums of reference and one judge on one attribute or axis."""
    return grid(
        targets.pair(judge, name, keep_own=keep_own),
        targets.clusters,
        targets.systems,
        n_clusters=len(targets.cluster_names),
        n_systems=len(targets.system_names),
        included=targets.included(judge, keep_own=keep_own),
    )


def reliability(
    targets: RatedTargets,
    settings: Settings | None = None,
    *,
    judges: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
) -> list[Reliability]:
    """Return one row per judge and attribute (and axis), on common bootstrap replicates.

    Args:
        targets: the ratings; a response that lacks a rating of either rater on an attribute is
            left out of that row and counted in `n_missing`.
        settings: by default system level, conversations resampled 10,000 times.
        judges: by default every rater but the reference.
        names: attributes and axes, by default all.

    Raises:
        StatisticsError: unusable settings, or the system level with fewer than two systems.
    """
    s = settings or Settings()
    check_resampling(s.n_resamples, s.confidence_level, s.seed)
    if s.level == "system" and len(targets.system_names) < 2:
        raise StatisticsError(
            "the system level needs at least two systems; "
            f"received {len(targets.system_names)}. Use the response level."
        )
    cells = [(j, a) for j in judges or targets.judges for a in names or targets.names]
    grids = [grid_of(targets, j, a, keep_own=s.keep_own) for j, a in cells]
    values = replicate(
        grids,
        _STATISTICS,
        level=s.level,
        resample=s.resample,
        n_resamples=s.n_resamples,
        seed=s.seed,
    )
    if s.within_unit:
        for name in ("icc_c1", "icc_a1"):
            outside = (values[name] < 0) | (values[name] > 1)
            values[name][outside] = np.nan
    return [
        _row(targets, judge, name, g, {k: v[i] for k, v in values.items()}, s)
        for i, ((judge, name), g) in enumerate(zip(cells, grids, strict=True))
    ]


def _row(
    targets: RatedTargets,
    judge: str,
    name: str,
    g: Grid,
    replicates: dict[str, Floats],
    s: Settings,
) -> Reliability:
    m = point(g, s.level)
    of_responses = point(g, "response") if s.mse_of_responses else m
    intervals = {k: percentile_interval(v, s.confidence_level) for k, v in replicates.items()}
    c1, a1, shift = intervals["icc_c1"], intervals["icc_a1"], intervals["bias"]
    fits = a1 if s.level == "response" and s.rule == "bound" else c1
    axis = next((x for x, members in targets.axes.items() if name in (x, *members)), "")
    return Reliability(
        judge=judge,
        attribute=name,
        axis=axis,
        level=s.level,
        data=targets.data,
        n_targets=int(m.n),
        n_missing=g.n_missing,
        icc_c1=_point(m, "icc_c1"),
        icc_c1_low=c1.low,
        icc_c1_high=c1.high,
        icc_a1=_point(m, "icc_a1"),
        icc_a1_low=a1.low,
        icc_a1_high=a1.high,
        bias=_point(m, "bias"),
        bias_low=shift.low,
        bias_high=shift.high,
        mse=float(mse(of_responses)),
        n_degenerate=max(c1.n_degenerate, a1.n_degenerate),
        verdict=str(verdict(fits.low, fits.high, s.rule)),
    )


def _point(m: Moments, statistic: str) -> float:
    return float(_STATISTICS[statistic](m))
