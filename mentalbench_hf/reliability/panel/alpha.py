"""Krippendorff's alpha of the experts, and with each of them replaced by the judge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.bootstrap import check_resampling, percentile_interval
from mentalbench_hf.reliability.core.cluster_sums import replicate_sums
from mentalbench_hf.reliability.core.counts import categories_of, coincidence_grid
from mentalbench_hf.reliability.core.moments import Floats
from mentalbench_hf.reliability.core.ordinal import alpha_of
from mentalbench_hf.reliability.core.records import Record
from mentalbench_hf.reliability.panel.ratings import PanelRatings


@dataclass(frozen=True, slots=True)
class Alpha(Record):
    """Ordinal alpha of a panel.

    Attributes:
        attribute: attribute or axis.
        judge: the judge that takes a place; empty for the experts alone.
        replaced: the expert whose place it takes, on the items that both rated; empty for the
            experts alone.
        n_items: items with at least two ratings.
        alpha: at most 1, may be negative; NaN where all ratings are the same.
        low: lower bound; clusters are resampled.
        high: upper bound.
        change: alpha less that of the experts on the same items; NaN for the experts alone.
        change_low: its lower bound.
        change_high: its upper bound.
    """

    attribute: str
    judge: str
    replaced: str
    n_items: int
    alpha: float
    low: float
    high: float
    change: float
    change_low: float
    change_high: float


def alphas(
    panel: PanelRatings,
    judge: int | None,
    *,
    n_resamples: int = 2_000,
    seed: int = 0,
    confidence_level: float = 0.95,
) -> list[Alpha]:
    """Return alpha of the experts, and with each member replaced by the judge.

    A member is replaced on the items that both it and the judge rated; other items keep the
    member's rating, so that both alphas are of the same items and numbers of raters.

    Args:
        panel: the ratings.
        judge: number of the judge; None for the experts alone.
        n_resamples: replicates of whole clusters.
        seed: of the replicates.
        confidence_level: of the intervals, between 0 and 1.

    Raises:
        StatisticsError: fewer than two experts, or a scale too fine for ordered categories.
    """
    check_resampling(n_resamples, confidence_level, seed)
    if len(panel.experts) < 2:
        raise StatisticsError("alpha needs two experts; received one")
    of_judge = None if judge is None else panel.of_judges[:, judge]
    known = [panel.of_experts] if of_judge is None else [panel.of_experts, of_judge[:, None]]
    scale = categories_of(np.column_stack(known))
    k = len(scale)

    def values(weighed: Floats) -> Floats:
        return np.asarray(alpha_of(weighed.reshape(len(weighed), k, k)))[:, None]

    points, numbers, drawn_values = [], [], []
    drawn: NDArray[np.bool_] | None = None
    # One table at a time: all of them would be the largest thing in memory.
    for e in range(-1, len(panel.experts) if of_judge is not None else 0):
        ratings = panel.of_experts
        if e >= 0 and of_judge is not None:
            ratings = ratings.copy()
            both = ~np.isnan(ratings[:, e]) & ~np.isnan(of_judge)
            ratings[both, e] = of_judge[both]
        counted = coincidence_grid(ratings, panel.clusters, categories=scale)
        sums = counted.tables[:, 0].reshape(-1, k * k).astype(np.float64, copy=False)
        # Replacing a rating by another leaves the same items.
        drawn = np.asarray(sums.any(axis=1)) if drawn is None else drawn
        points.append(values(sums.sum(axis=0, keepdims=True))[0, 0])
        numbers.append(counted.n_targets)
        drawn_values.append(
            replicate_sums(sums[drawn], values, n_resamples=n_resamples, seed=seed)[:, 0]
        )
    replicates = np.stack(drawn_values, axis=1)
    rows = []
    for at, (point, n) in enumerate(zip(points, numbers, strict=True)):
        found = percentile_interval(replicates[:, at], confidence_level)
        change = percentile_interval(replicates[:, at] - replicates[:, 0], confidence_level)
        alone = at == 0
        rows.append(
            Alpha(
                attribute=panel.attribute,
                judge="" if alone or judge is None else panel.judges[judge],
                replaced="" if alone else panel.experts[at - 1],
                n_items=n,
                alpha=float(point),
                low=found.low,
                high=found.high,
                change=float("nan") if alone else float(point - points[0]),
                change_low=float("nan") if alone else change.low,
                change_high=float("nan") if alone else change.high,
            )
        )
    return rows
