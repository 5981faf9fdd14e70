"""Is one judge more reliable than another? Paired, on the same replies and replicates.

Two intervals that overlap do not say that two judges are alike: both judges rated the same replies
against the same human ratings, so most of what moves one moves the other. The difference is
therefore taken within every replicate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from mentalbench_hf.choices import Level
from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.bootstrap import (
    check_replicates,
    check_resampling,
    percentile_interval,
)
from mentalbench_hf.reliability.core.icc import Variant, icc_of
from mentalbench_hf.reliability.core.intervals import NO_INTERVAL
from mentalbench_hf.reliability.core.moments import Floats, Moments
from mentalbench_hf.reliability.core.multiplicity import (
    adjust,
    bootstrap_p_above,
    bootstrap_p_value,
)
from mentalbench_hf.reliability.core.rating_sums import Grid, grid
from mentalbench_hf.reliability.core.records import Record
from mentalbench_hf.reliability.core.replicates import point, replicate
from mentalbench_hf.reliability.protocol import grid_of
from mentalbench_hf.reliability.settings import check_systems
from mentalbench_hf.reliability.verdict import BOUND_MODERATE, FITTING, no_interval

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets


@dataclass(frozen=True, slots=True)
class Difference(Record):
    """How much more reliable one judge is than another, on one attribute at one level.

    Attributes:
        judge: the first judge.
        other: the second judge.
        attribute: the attribute or axis.
        level: "system" or "response".
        icc_variant: which ICC.
        data: which ratings, such as "audited".
        n_targets: targets used: replies rated by both judges and the reference, without either
            judge's own counterpart; at system level their systems.
        icc: of the first judge on these targets. It differs from its reliability row, whose
            targets are its own.
        other_icc: of the second judge on the same targets.
        difference: icc − other_icc, with its paired bounds low and high.
        p: two-sided bootstrap p-value of "no difference"
            (:func:`~mentalbench_hf.reliability.core.multiplicity.bootstrap_p_value`).
        p_holm: corrected for all tests of the call (Holm).
        p_bh: corrected for all tests of the call (Benjamini & Hochberg).
        n_tests: tests in the family.
        n_degenerate: replicates in which the difference is not defined.
        reason: why there is neither interval nor p-value, empty when there is.
    """

    judge: str
    other: str
    attribute: str
    level: str
    icc_variant: str
    data: str
    n_targets: int
    icc: float
    other_icc: float
    difference: float
    low: float
    high: float
    p: float
    p_holm: float
    p_bh: float
    n_tests: int
    n_degenerate: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ThresholdTest(Record):
    """Whether one judge's reliability lies above a threshold, corrected for the family.

    Attributes:
        judge: the judge.
        attribute: the attribute or axis.
        level: "system" or "response".
        icc_variant: which ICC.
        data: which ratings.
        threshold: the ICC that it must exceed.
        icc: the ICC.
        p: one-sided bootstrap p-value of "at most the threshold".
        p_holm: corrected for all tests of the call (Holm).
        p_bh: corrected for all tests of the call (Benjamini & Hochberg).
        n_tests: tests in the family.
        n_degenerate: replicates in which the ICC is not defined.
        reason: why there is no p-value, empty when there is.
    """

    judge: str
    attribute: str
    level: str
    icc_variant: str
    data: str
    threshold: float
    icc: float
    p: float
    p_holm: float
    p_bh: float
    n_tests: int
    n_degenerate: int
    reason: str = ""


def compare_judges(
    targets: RatedTargets,
    pairs: Sequence[tuple[str, str]] | None = None,
    *,
    level: Level = "system",
    icc_variant: Variant | None = None,
    names: Sequence[str] | None = None,
    n_resamples: int = 10_000,
    seed: int = 0,
    confidence_level: float = 0.95,
) -> list[Difference]:
    """Compare judges two by two; one call is one family of tests.

    Args:
        targets: the ratings, juries included
            (:func:`~mentalbench_hf.reliability.trust.jury.with_jury`).
        pairs: judges to compare, by default every two.
        level: whether targets are the systems' means or single replies.
        icc_variant: which ICC, by default the one the level's verdict looks at.
        names: attributes and axes, by default the attributes.
        n_resamples: bootstrap replicates; conversations are drawn whole.
        seed: seed of the bootstrap.
        confidence_level: of the intervals, between 0 and 1.

    Raises:
        StatisticsError: fewer than two judges, a judge compared with itself, the system level with
            fewer than two systems, or unusable numbers.
    """
    check_resampling(n_resamples, confidence_level, seed)
    check_systems(targets, level)
    chosen = list(pairs if pairs is not None else combinations(targets.judges, 2))
    if not chosen or any(a == b for a, b in chosen):
        raise StatisticsError(
            "two different judges are compared; received "
            f"{chosen if chosen else ', '.join(targets.judges) or 'none'}"
        )
    kind = icc_variant or FITTING[level]
    cells = [(a, b, name) for name in names or targets.attributes for a, b in chosen]
    grids = [g for a, b, name in cells for g in _common_grids(targets, a, b, name)]
    values, points = _iccs(grids, level, kind, n_resamples, seed)
    out = []
    for i, (a, b, name) in enumerate(cells):
        change = values[2 * i] - values[2 * i + 1]
        found = percentile_interval(change, confidence_level)
        n_degenerate = found.n_degenerate
        reason = _reason(grids[2 * i], level, change)
        if reason:
            found, change = NO_INTERVAL, np.full_like(change, np.nan)
        icc, other = points[2 * i], points[2 * i + 1]
        out.append(
            Difference(
                judge=a,
                other=b,
                attribute=name,
                level=level,
                icc_variant=kind,
                data=targets.data,
                n_targets=int(point(grids[2 * i], level).n),
                icc=icc,
                other_icc=other,
                difference=icc - other,
                low=found.low,
                high=found.high,
                p=bootstrap_p_value(change),
                p_holm=np.nan,
                p_bh=np.nan,
                n_tests=len(cells),
                n_degenerate=n_degenerate,
                reason=reason,
            )
        )
    p = [row.p for row in out]
    return [
        replace(row, p_holm=float(holm), p_bh=float(bh))
        for row, holm, bh in zip(out, adjust(p, "holm"), adjust(p, "bh"), strict=True)
    ]


def threshold_tests(
    targets: RatedTargets,
    *,
    threshold: float = BOUND_MODERATE,
    level: Level = "system",
    icc_variant: Variant | None = None,
    judges: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    n_resamples: int = 10_000,
    seed: int = 0,
) -> list[ThresholdTest]:
    """Test every judge and attribute against a threshold; one call is one family of tests.

    The verdicts look at each cell by itself. Among 28 of them some lower bounds lie above a
    threshold by chance; the corrected p-values say which remain.

    Args:
        targets: the ratings.
        threshold: the ICC to exceed: 0.50, or 0.75, of the verdicts.
        level: whether targets are the systems' means or single replies.
        icc_variant: which ICC, by default the one the level's verdict looks at.
        judges: by default every rater but the reference.
        names: attributes and axes, by default the attributes.
        n_resamples: bootstrap replicates; no p-value is below 1 / (n_resamples + 1).
        seed: seed of the bootstrap.

    Raises:
        StatisticsError: the system level with fewer than two systems, or unusable numbers.
    """
    check_replicates(n_resamples, seed)
    check_systems(targets, level)
    kind = icc_variant or FITTING[level]
    cells = [(j, a) for j in judges or targets.judges for a in names or targets.attributes]
    grids = [grid_of(targets, j, a) for j, a in cells]
    values, points = _iccs(grids, level, kind, n_resamples, seed)
    reasons = [_reason(g, level, v) for g, v in zip(grids, values, strict=True)]
    p = [
        np.nan if reason else bootstrap_p_above(v, threshold)
        for v, reason in zip(values, reasons, strict=True)
    ]
    adjusted = zip(adjust(p, "holm"), adjust(p, "bh"), strict=True)
    return [
        ThresholdTest(
            judge=judge,
            attribute=name,
            level=level,
            icc_variant=kind,
            data=targets.data,
            threshold=threshold,
            icc=points[i],
            p=p[i],
            p_holm=float(holm),
            p_bh=float(bh),
            n_tests=len(cells),
            n_degenerate=int(np.isnan(values[i]).sum()),
            reason=reasons[i],
        )
        for i, ((judge, name), (holm, bh)) in enumerate(zip(cells, adjusted, strict=True))
    ]


def _reason(g: Grid, level: Level, replicates: Floats) -> str:
    return no_interval(
        level=level,
        n_clusters=g.n_clusters,
        n_systems=g.n_systems,
        n_resamples=len(replicates),
        n_degenerate=int(np.isnan(replicates).sum()),
    )


def _common_grids(targets: RatedTargets, a: str, b: str, name: str) -> tuple[Grid, Grid]:
    """Return the sums of both judges on the targets that both rated."""
    first, second = targets.pair(a, name), targets.pair(b, name)
    common = np.asarray(~np.isnan(np.column_stack([first, second])).any(axis=1))
    made = [
        grid(
            pair,
            targets.clusters,
            targets.systems,
            n_clusters=len(targets.cluster_names),
            n_systems=len(targets.system_names),
            included=common,
        )
        for pair in (first, second)
    ]
    return made[0], made[1]


def _iccs(
    grids: Sequence[Grid], level: Level, kind: Variant, n_resamples: int, seed: int
) -> tuple[Floats, list[float]]:
    def statistic(m: Moments) -> Floats:
        return icc_of(m, kind)

    values = replicate(grids, {"icc": statistic}, level=level, n_resamples=n_resamples, seed=seed)[
        "icc"
    ]
    return values, [float(statistic(point(g, level))) for g in grids]
