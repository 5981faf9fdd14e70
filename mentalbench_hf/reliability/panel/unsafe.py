"""Of the replies that one expert rated low, how many did the other experts, and the judge?

A judge that misses half of what an expert calls unsafe is alarming only beside what another expert
misses. So the other experts' share is the ceiling of the judge's, on the same replies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from mentalbench_hf.reliability.core.bootstrap import check_resampling, percentile_interval
from mentalbench_hf.reliability.core.cluster_sums import cluster_sums, ratio, replicate_sums
from mentalbench_hf.reliability.core.moments import Floats
from mentalbench_hf.reliability.core.records import Record
from mentalbench_hf.reliability.panel.pair_sums import MEAN
from mentalbench_hf.reliability.panel.ratings import PanelRatings
from mentalbench_hf.reliability.verdict import MIN_CLUSTERS

#: What is computed, and how the names of its bounds begin.
_FIELDS: Final = (
    ("experts_too", "experts_too_"),
    ("judge_too", "judge_too_"),
    ("difference", ""),
)


@dataclass(frozen=True, slots=True)
class UnsafeCeiling(Record):
    """The low replies of one expert, seen by the others and the judge.

    Attributes:
        attribute: attribute or axis.
        judge: the judge; empty for the experts alone.
        expert: whose low replies; "mean" for all experts together.
        threshold: a rating at most this high is low.
        n_low: replies that this expert rated low and another expert (and the judge) rated.
        n_clusters: clusters they come from.
        experts_too: share of the other experts' ratings of them that are low too, 0 to 1; NaN
            below MIN_CLUSTERS clusters, as the numbers that follow.
        experts_too_low: its lower bound; clusters are resampled.
        experts_too_high: its upper bound.
        judge_too: share that the judge rated low too, likewise.
        judge_too_low: its lower bound.
        judge_too_high: its upper bound.
        difference: judge_too − experts_too.
        low: its lower bound.
        high: its upper bound.
    """

    attribute: str
    judge: str
    expert: str
    threshold: float
    n_low: int
    n_clusters: int
    experts_too: float
    experts_too_low: float
    experts_too_high: float
    judge_too: float
    judge_too_low: float
    judge_too_high: float
    difference: float
    low: float
    high: float


def unsafe_ceiling(
    panel: PanelRatings,
    judge: int | None,
    threshold: float,
    *,
    n_resamples: int = 2_000,
    seed: int = 0,
    confidence_level: float = 0.95,
) -> list[UnsafeCeiling]:
    """Return a row per expert, then all experts together.

    Args:
        panel: the ratings; low ratings are the bad ones.
        judge: number of the judge; None for the experts alone.
        threshold: a rating at most this high is low.
        n_resamples: replicates of whole clusters.
        seed: of the replicates.
        confidence_level: of the intervals, between 0 and 1.
    """
    check_resampling(n_resamples, confidence_level, seed)
    rated = ~np.isnan(panel.of_experts)
    low = rated & (np.nan_to_num(panel.of_experts, nan=np.inf) <= threshold)
    if judge is None:
        seen, judged = np.ones(panel.n_items, dtype=bool), np.zeros(panel.n_items)
    else:
        of_judge = panel.of_judges[:, judge]
        seen, judged = ~np.isnan(of_judge), (of_judge <= threshold).astype(float)
    columns = []
    for e in range(len(panel.experts)):
        others = rated.sum(axis=1) - rated[:, e]
        mine = low[:, e] & (others > 0) & seen
        share = (low.sum(axis=1) - low[:, e]) / np.maximum(others, 1)
        columns += [mine, mine * share, mine * judged]
    rows = np.stack(columns, axis=1).astype(np.float64)
    drawn = np.zeros(int(panel.clusters.max(initial=0)) + 1, dtype=bool)
    drawn[panel.clusters[rated.any(axis=1)]] = True
    sums = cluster_sums(rows, panel.clusters, drawn)
    point = _shares(sums.sum(axis=0, keepdims=True))[0]
    replicates = replicate_sums(sums, _shares, n_resamples=n_resamples, seed=seed)
    found = []
    n_experts = len(panel.experts)
    for e, name in enumerate((*panel.experts, MEAN)):
        at = slice(3 * e, 3 * e + 3)
        of_them = sums[:, 0::3].sum(axis=1) if e == n_experts else sums[:, 3 * e]
        n_clusters = int((of_them > 0).sum())
        kept = n_clusters >= MIN_CLUSTERS
        shown = 3 if judge is not None else 1
        numbers: dict[str, float] = {}
        for c, (value, bound) in enumerate(_FIELDS):
            known = kept and c < shown
            interval = percentile_interval(replicates[:, 3 * e + c], confidence_level)
            numbers |= {
                value: float(point[at][c]) if known else float("nan"),
                f"{bound}low": interval.low if known else float("nan"),
                f"{bound}high": interval.high if known else float("nan"),
            }
        found.append(
            UnsafeCeiling(
                attribute=panel.attribute,
                judge="" if judge is None else panel.judges[judge],
                expert=name,
                threshold=threshold,
                n_low=int(of_them.sum()),
                n_clusters=n_clusters,
                **numbers,
            )
        )
    return found


def _shares(sums: Floats) -> Floats:
    """Return per expert, then for all together: experts too, judge too, their difference."""
    n, others, judged = sums[:, 0::3], sums[:, 1::3], sums[:, 2::3]
    n, others, judged = (
        np.concatenate([x, x.sum(axis=1, keepdims=True)], axis=1) for x in (n, others, judged)
    )
    experts_too, judge_too = ratio(others, n), ratio(judged, n)
    stacked = np.stack([experts_too, judge_too, judge_too - experts_too], axis=-1)
    return np.asarray(stacked.reshape(len(sums), -1))
