"""Does the judge change which system one would choose?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.bootstrap import check_resampling, percentile_interval
from mentalbench_hf.reliability.core.cluster_sums import cluster_sums, replicate_sums
from mentalbench_hf.reliability.core.moments import Floats
from mentalbench_hf.reliability.core.records import Record
from mentalbench_hf.reliability.panel.ratings import PanelRatings


@dataclass(frozen=True, slots=True)
class SystemPair:
    """Two systems, ordered by the experts' mean.

    Attributes:
        better: the system that the experts rate higher on average.
        worse: the other one.
        by_experts: difference of the experts' means, in rating points, at least 0.
        by_judge: difference of the judge's means of the same items; negative where it orders them
            the other way.
        experts_with_judge: of the experts who rated both systems and do not tie, the share whose
            own means order them as the judge does; NaN where there is none.
        n_experts: experts in that share.
    """

    better: str
    worse: str
    by_experts: float
    by_judge: float
    experts_with_judge: float
    n_experts: int


@dataclass(frozen=True, slots=True)
class RankingAgreement(Record):
    """How a judge ranks systems beside the experts, on the items that both rated.

    Attributes:
        judge: the judge.
        attribute: attribute or axis.
        n_systems: systems with such items.
        n_items: such items.
        tau_b: Kendall's tau-b of the systems' means, −1 to 1.
        low: lower bound; clusters are resampled.
        high: upper bound.
        swap_probability: probability that a pair of systems drawn at random is ordered one way by
            the judge and the other way by the experts, mean over replicates; ties count half.
        winner: the system that the experts rate highest.
        judge_winner: the one that the judge rates highest.
        other_winner_probability: share of replicates in which the two differ.
        pairs: every two systems, the widest difference by the experts first.
    """

    judge: str
    attribute: str
    n_systems: int
    n_items: int
    tau_b: float
    low: float
    high: float
    swap_probability: float
    winner: str
    judge_winner: str
    other_winner_probability: float
    pairs: tuple[SystemPair, ...]


def ranking(
    panel: PanelRatings,
    judge: int,
    *,
    n_resamples: int = 2_000,
    seed: int = 0,
    confidence_level: float = 0.95,
) -> RankingAgreement:
    """Compare the order of the systems by the experts and by a judge.

    An item counts with the mean of its experts' ratings.

    Args:
        panel: the ratings.
        judge: number of the judge.
        n_resamples: replicates of whole clusters; a system keeps at least its other clusters'
            items, and a replicate without any item of some system is not defined.
        seed: of the replicates.
        confidence_level: of the interval, between 0 and 1.

    Raises:
        StatisticsError: fewer than two systems with items that experts and judge rated.
    """
    check_resampling(n_resamples, confidence_level, seed)
    rated = ~np.isnan(panel.of_experts)
    n = rated.sum(axis=1)
    items = (n > 0) & ~np.isnan(panel.of_judges[:, judge])
    codes = np.unique(panel.systems[items])
    if len(codes) < 2:
        raise StatisticsError(
            f"a ranking needs at least two systems; received {len(codes)}"
            + ("" if len(panel.system_names) > 1 else " (no column says who made an item)")
        )
    human = np.where(rated, panel.of_experts, 0).sum(axis=1)[items] / n[items]
    scores = panel.of_judges[items, judge]
    is_system = panel.systems[items][:, None] == codes
    rows = np.concatenate(
        [is_system, is_system * human[:, None], is_system * scores[:, None]], axis=1
    ).astype(np.float64)
    n_clusters = int(panel.clusters.max(initial=0)) + 1
    drawn = np.zeros(n_clusters, dtype=bool)
    drawn[panel.clusters[items]] = True
    sums = cluster_sums(rows, panel.clusters[items], drawn)
    k = len(codes)
    by_experts, by_judge = _means(sums.sum(axis=0, keepdims=True), k)
    replicates = replicate_sums(
        sums, lambda weighed: _compared(*_means(weighed, k)), n_resamples=n_resamples, seed=seed
    )
    point = _compared(by_experts, by_judge)[0]
    found = percentile_interval(replicates[:, 0], confidence_level)
    names = [panel.system_names[c] for c in codes]
    return RankingAgreement(
        judge=panel.judges[judge],
        attribute=panel.attribute,
        n_systems=k,
        n_items=int(items.sum()),
        tau_b=float(point[0]),
        low=found.low,
        high=found.high,
        swap_probability=_mean_known(replicates[:, 1]),
        winner=names[int(by_experts[0].argmax())],
        judge_winner=names[int(by_judge[0].argmax())],
        other_winner_probability=_mean_known(replicates[:, 2]),
        pairs=_pairs(panel, codes, names, by_experts[0], by_judge[0]),
    )


def _means(sums: Floats, k: int) -> tuple[Floats, Floats]:
    """Return the systems' means by experts and judge, (b, k) each; NaN without items."""
    n = sums[:, :k]
    with np.errstate(invalid="ignore", divide="ignore"):
        return sums[:, k : 2 * k] / n, sums[:, 2 * k :] / n


def _compared(by_experts: Floats, by_judge: Floats) -> Floats:
    """Return tau-b, share of swapped pairs and whether the winner differs, shape (b, 3)."""
    i, j = np.triu_indices(by_experts.shape[1], 1)
    a = np.sign(np.round(by_experts[:, i] - by_experts[:, j], 12))
    b = np.sign(np.round(by_judge[:, i] - by_judge[:, j], 12))
    scale = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        tau = np.where(scale > 0, (a * b).sum(axis=1) / scale, np.nan)
    swapped = (1 - a * b).mean(axis=1) / 2
    known = ~np.isnan(by_experts).any(axis=1)
    first = np.nan_to_num(by_experts).argmax(axis=1) != np.nan_to_num(by_judge).argmax(axis=1)
    other = np.where(known, first.astype(float), np.nan)
    return np.stack([tau, swapped, other], axis=1)


def _pairs(
    panel: PanelRatings,
    codes: NDArray[np.int64],
    names: list[str],
    by_experts: Floats,
    by_judge: Floats,
) -> tuple[SystemPair, ...]:
    own = np.full((len(panel.experts), len(codes)), np.nan)
    for e, ratings in enumerate(panel.of_experts.T):
        for s, code in enumerate(codes):
            given = ratings[(panel.systems == code) & ~np.isnan(ratings)]
            own[e, s] = given.mean() if len(given) else np.nan
    rows = []
    for i in range(len(codes)):
        for j in range(i + 1, len(codes)):
            a, b = (i, j) if by_experts[i] >= by_experts[j] else (j, i)
            judged = float(by_judge[a] - by_judge[b])
            order = np.sign(own[:, a] - own[:, b])
            told = order[~np.isnan(order) & (order != 0)]
            share = (told == np.sign(judged)).mean() if len(told) else np.nan
            rows.append(
                SystemPair(
                    better=names[a],
                    worse=names[b],
                    by_experts=float(by_experts[a] - by_experts[b]),
                    by_judge=judged,
                    experts_with_judge=float(share),
                    n_experts=len(told),
                )
            )
    return tuple(sorted(rows, key=lambda row: -row.by_experts))


def _mean_known(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
