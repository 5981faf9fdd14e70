"""What stands beside an ICC of single replies: the system alone, within systems, the most.

An ICC over all replies mixes two kinds of knowledge: which systems write better, and which reply
is better than the system's others. *System only* is what knowing the writer alone gives, *within
systems* what is left when the writer is known, and *attainable* the most that the two raters'
marginals allow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.reliability.core.baselines import (
    N_SUMS,
    attainable,
    icc_of_strata,
    strata_sums,
    system_only,
    within_strata,
)
from mentalbench_hf.reliability.core.bootstrap import check_resampling, percentile_interval
from mentalbench_hf.reliability.core.cluster_sums import replicate_sums
from mentalbench_hf.reliability.core.moments import Floats
from mentalbench_hf.reliability.core.records import Record
from mentalbench_hf.reliability.experts import ALL, expert_groups, expert_seed
from mentalbench_hf.reliability.verdict import MIN_CLUSTERS

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets

#: The statistics with an interval, in the order of the replicates.
_WITH_INTERVAL: Final = ("icc_c1", "icc_a1", "system_only", "system_only_a1", "within_systems",
                         "beyond_system")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Baseline(Record):
    """The baselines of one judge on one attribute, at the response level.

    Attributes:
        judge: the judge.
        attribute: the attribute or axis.
        expert: whose replies: "all", or one expert's name.
        data: which ratings, such as "audited".
        n_targets: replies rated by both.
        n_clusters: conversations they come from.
        icc_c1: ICC(C,1), with icc_c1_low and icc_c1_high, as for all that follow.
        icc_a1: ICC(A,1).
        system_only: expected ICC(C,1) if the judge's rating came from the same system's reply in
            another conversation of the same expert: what knowing the writer alone gives.
        system_only_a1: the same of ICC(A,1).
        within_systems: ICC(C,1) with each system's means taken out: what the judge tells of a
            reply beyond its writer.
        beyond_system: icc_c1 − system_only.
        attainable: the highest ICC(C,1) that any pairing of the two raters' own ratings within
            system and expert could reach. It has no interval, as attainable_a1 has none.
        attainable_a1: the same of ICC(A,1).
    """

    judge: str
    attribute: str
    expert: str
    data: str
    n_targets: int
    n_clusters: int
    icc_c1: float
    icc_c1_low: float
    icc_c1_high: float
    icc_a1: float
    icc_a1_low: float
    icc_a1_high: float
    system_only: float
    system_only_low: float
    system_only_high: float
    system_only_a1: float
    system_only_a1_low: float
    system_only_a1_high: float
    within_systems: float
    within_systems_low: float
    within_systems_high: float
    beyond_system: float
    beyond_system_low: float
    beyond_system_high: float
    attainable: float
    attainable_a1: float


def baselines(
    targets: RatedTargets,
    *,
    judges: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    n_resamples: int = 2_000,
    seed: int = 0,
    confidence_level: float = 0.95,
    keep_own: bool = False,
) -> list[Baseline]:
    """Return the baselines of every judge and attribute, over all replies and by expert.

    Args:
        targets: the ratings. Where the experts are known, conversations are resampled within
            each; the row of all counts replies of unknown experts as one more expert's.
        judges: by default every rater but the reference.
        names: attributes and axes, by default all.
        n_resamples: bootstrap replicates; 0 gives no intervals.
        seed: seed of the bootstrap.
        confidence_level: of the intervals, between 0 and 1.
        keep_own: keep a judge's own counterpart among the replies.

    Raises:
        StatisticsError: unusable numbers.
    """
    check_resampling(n_resamples, confidence_level, seed)
    cells = [(j, a) for j in judges or targets.judges for a in names or targets.names]
    if not cells:
        return []
    groups = expert_groups(targets)
    pairs = [targets.pair(j, a, keep_own=keep_own) for j, a in cells]
    drawn = [
        _replicates(targets, pairs, mask, n_resamples, expert_seed(seed, number))
        for number, (_, mask) in enumerate(groups)
    ]
    out = []
    for i, ((judge, name), pair) in enumerate(zip(cells, pairs, strict=True)):
        made = [_Part(targets, pair, mask) for _, mask in groups]
        whole = _figures([part.strata for part in made])
        replicates = _figures([values[:, i] for values in drawn])
        rows = [(ALL, made, whole, replicates)]
        if len(groups) > 1 or groups[0][0] != ALL:
            rows += [
                (expert, [part], _figures([part.strata]), _figures([values[:, i]]))
                for (expert, _), part, values in zip(groups, made, drawn, strict=True)
                if expert
            ]
        for expert, parts, at, values in rows:
            most = np.concatenate([part.most for part in parts])
            n_clusters = sum(part.n_clusters for part in parts)
            figures: dict[str, float] = {}
            for k, key in enumerate(_WITH_INTERVAL):
                low = high = float("nan")
                if n_clusters >= MIN_CLUSTERS and n_resamples:
                    found = percentile_interval(values[:, k], confidence_level)
                    low, high = found.low, found.high
                figures |= {key: float(at[k]), f"{key}_low": low, f"{key}_high": high}
            out.append(
                Baseline(
                    judge=judge,
                    attribute=name,
                    expert=expert,
                    data=targets.data,
                    n_targets=int(sum(part.strata[:, 0].sum() for part in parts)),
                    n_clusters=n_clusters,
                    attainable=float(icc_of_strata(most)),
                    attainable_a1=float(icc_of_strata(most, "ICC(A,1)")),
                    **figures,
                )
            )
    return out


class _Part:
    """The replies of one expert: sums by system, as they are and sorted."""

    def __init__(self, targets: RatedTargets, pair: Floats, mask: NDArray[np.bool_]) -> None:
        sums = _sums(targets, pair, mask)
        self.strata = sums.sum(axis=0)
        self.most = attainable(self.strata, pair[mask], targets.systems[mask])
        self.n_clusters = int((sums[..., 0].sum(axis=1) > 0).sum())


def _sums(targets: RatedTargets, pair: Floats, mask: NDArray[np.bool_]) -> Floats:
    return strata_sums(
        pair[mask],
        targets.clusters[mask],
        targets.systems[mask],
        n_clusters=len(targets.cluster_names),
        n_systems=len(targets.system_names),
    )


def _replicates(
    targets: RatedTargets,
    pairs: Sequence[Floats],
    mask: NDArray[np.bool_],
    n_resamples: int,
    seed: int,
) -> Floats:
    """Return weighed sums of one expert's replies: (n_resamples, n_cells, n_systems, 6)."""
    sums = np.stack([_sums(targets, pair, mask) for pair in pairs], axis=1)
    sums = sums[sums.any(axis=(1, 2, 3))]
    shape = (len(pairs), len(targets.system_names), N_SUMS)
    flat = sums.reshape(len(sums), -1)
    values = replicate_sums(flat, lambda block: block, n_resamples=n_resamples, seed=seed)
    return values.reshape(n_resamples, *shape)


def _figures(parts: Sequence[Floats]) -> Floats:
    """Return the statistics with an interval, last axis as _WITH_INTERVAL.

    Args:
        parts: by expert the sums by system, shape (..., n_systems, 6).
    """
    strata = np.concatenate(parts, axis=-2)
    alone = system_only(strata)
    icc, only = icc_of_strata(strata), icc_of_strata(alone)
    by_system = np.sum(parts, axis=0)
    return np.stack(
        [
            icc,
            icc_of_strata(strata, "ICC(A,1)"),
            only,
            icc_of_strata(alone, "ICC(A,1)"),
            within_strata(by_system),
            icc - only,
        ],
        axis=-1,
    )
