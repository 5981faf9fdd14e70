"""Severity and range compression, told apart.

With judge = a + b × human, a judge that is merely lenient has b = 1 and a bias that is the same
everywhere; one that compresses the range has b < 1. Two measures of the spread stand side by
side, because the human rating carries error of its own. The slope of a regression on it is pulled
towards zero by that error (Fuller 1987, "Measurement Error Models"), so it exaggerates
compression. The ratio of standard deviations does not, but noise in the judge widens it. At system
level both are means over hundreds of replies, the errors average out, and the two agree more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from mentalbench_hf.choices import Level
from mentalbench_hf.reliability.core.agreement import bias
from mentalbench_hf.reliability.core.bootstrap import check_resampling, percentile_interval
from mentalbench_hf.reliability.core.moments import Floats, Moments
from mentalbench_hf.reliability.core.records import Record
from mentalbench_hf.reliability.core.replicates import point, replicate
from mentalbench_hf.reliability.protocol import grid_of
from mentalbench_hf.reliability.settings import check_systems

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets


@dataclass(frozen=True, slots=True)
class Severity(Record):
    """How one judge uses the scale on one attribute, at one level.

    Attributes:
        judge: the judge.
        attribute: the attribute or axis.
        level: "system" or "response": what a target is.
        data: which ratings, such as "audited".
        n_targets: targets used.
        shift: mean of judge − reference, in rating points: the part that a constant repairs.
            With shift_low and shift_high, as for all the following.
        slope: of the judge's rating regressed on the reference; 1 keeps the range.
        sd_ratio: standard deviation of the judge's ratings over the reference's.
        compressed: whether the judge compresses the range beyond doubt: the upper bounds of both
            slope and ratio lie below 1. None where either is not defined.
        n_degenerate: replicates in which slope or ratio is not defined.
    """

    judge: str
    attribute: str
    level: str
    data: str
    n_targets: int
    shift: float
    shift_low: float
    shift_high: float
    slope: float
    slope_low: float
    slope_high: float
    sd_ratio: float
    sd_ratio_low: float
    sd_ratio_high: float
    compressed: bool | None
    n_degenerate: int


def slope(m: Moments) -> Floats:
    """Return the least-squares slope of the second rater on the first; NaN without variance."""
    cov = m.covariance()
    return _over(cov[..., 0, 1], cov[..., 0, 0], m)


def sd_ratio(m: Moments) -> Floats:
    """Return the second rater's standard deviation over the first's; NaN without variance."""
    cov = m.covariance()
    return np.sqrt(np.maximum(_over(cov[..., 1, 1], cov[..., 0, 0], m), 0.0))


def _over(numerator: Floats, variance: Floats, m: Moments) -> Floats:
    # Rounding leaves about 1e-16 of the squared ratings where the true variance is zero.
    with np.errstate(invalid="ignore", divide="ignore"):
        size = m.products[..., 0, 0] / m.n
        return np.where(variance > 1e-12 * np.maximum(size, 1e-12), numerator / variance, np.nan)


_STATISTICS: Final = {"shift": bias, "slope": slope, "sd_ratio": sd_ratio}


def severity(
    targets: RatedTargets,
    *,
    level: Level = "response",
    judges: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    n_resamples: int = 10_000,
    seed: int = 0,
    confidence_level: float = 0.95,
    keep_own: bool = False,
) -> list[Severity]:
    """Return shift and range compression of every judge and attribute (and axis).

    Args:
        targets: the ratings; replies that lack either rating are left out.
        level: whether targets are single replies or the systems' means.
        judges: by default every rater but the reference.
        names: attributes and axes, by default all.
        n_resamples: bootstrap replicates; conversations are drawn whole, the same ones as in
            :func:`~mentalbench_hf.reliability.protocol.reliability`.
        seed: seed of the bootstrap.
        confidence_level: of the intervals, between 0 and 1.
        keep_own: keep a judge's own counterpart among its targets.

    Raises:
        StatisticsError: unusable numbers, or the system level with fewer than two systems.
    """
    check_resampling(n_resamples, confidence_level, seed)
    check_systems(targets, level)
    cells = [(j, a) for j in judges or targets.judges for a in names or targets.names]
    grids = [grid_of(targets, j, a, keep_own=keep_own) for j, a in cells]
    values = replicate(grids, _STATISTICS, level=level, n_resamples=n_resamples, seed=seed)
    out = []
    for i, ((judge, name), g) in enumerate(zip(cells, grids, strict=True)):
        m = point(g, level)
        numbers: dict[str, float] = {}
        degenerate = 0
        for key, statistic in _STATISTICS.items():
            found = percentile_interval(values[key][i], confidence_level)
            numbers |= {
                key: float(statistic(m)),
                f"{key}_low": found.low,
                f"{key}_high": found.high,
            }
            degenerate = max(degenerate, found.n_degenerate)
        upper = max(numbers["slope_high"], numbers["sd_ratio_high"])
        out.append(
            Severity(
                judge=judge,
                attribute=name,
                level=level,
                data=targets.data,
                n_targets=int(m.n),
                compressed=None if np.isnan(upper) else upper < 1,
                n_degenerate=degenerate,
                **numbers,
            )
        )
    return out
