"""How far could the experts agree on single replies? Bounds only: no reply was rated by two.

From above: the most that two experts' own ratings allow, each system's ratings sorted alike. From
below: what an expert's ratings share with two judges. If what the judges get wrong is independent
given what they share with the expert, r(h, j₁) r(h, j₂) / r(j₁, j₂) is the share of the expert's
variance that does not belong to that expert alone (Spearman 1904; Lord & Novick 1968, chapter 9).
Where judges err alike, as models do, r(j₁, j₂) is too large and the share too small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.reliability.core.baselines import comonotone_product
from mentalbench_hf.reliability.core.icc import icc_of
from mentalbench_hf.reliability.core.moments import Floats, Moments
from mentalbench_hf.reliability.core.records import Record
from mentalbench_hf.reliability.trust.ceiling import compared_experts

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets

UNKNOWN: Final = (
    "How far two experts agree on a single reply cannot be known from these data: no reply was "
    "rated by two of them. What stands here are bounds."
)
#: A mean of so many replies behaves as one of infinitely many: n / (n − 1) equals 1.
_MANY: Final = 1e12


@dataclass(frozen=True, slots=True)
class ReplyBounds(Record):
    """What can be said of two experts' agreement on single replies.

    Attributes:
        attribute: the attribute or axis.
        expert: one expert.
        other: the other.
        icc_c1_attainable: the highest ICC(C,1) that their ratings allow, each system counting the
            same; NaN where they have no system in common.
        icc_a1_attainable: the same of ICC(A,1).
        shared: share of the expert's variance that two judges show to be shared, the median over
            pairs of judges; NaN with fewer than two judges.
        shared_other: the same of the other expert.
    """

    attribute: str
    expert: str
    other: str
    icc_c1_attainable: float
    icc_a1_attainable: float
    shared: float
    shared_other: float


def reply_bounds(
    targets: RatedTargets,
    *,
    judges: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    keep_own: bool = False,
) -> list[ReplyBounds]:
    """Return the bounds for every pair of experts and attribute.

    Args:
        targets: the ratings, with their experts.
        judges: whose ratings show what is shared, by default all.
        names: attributes and axes, by default all.
        keep_own: keep a judge's own counterpart.

    Raises:
        StatisticsError: fewer than two experts with at least 10 conversations.
    """
    experts = compared_experts(targets)
    out = []
    for name in names or targets.names:
        human = targets.scores(targets.reference, name)
        shared = {
            expert: _shared(targets, name, mask, list(judges or targets.judges), keep_own)
            for expert, mask in experts
        }
        for (x, first), (y, second) in combinations(experts, 2):
            moments = _sorted_alike(human, targets.systems, first, second)
            out.append(
                ReplyBounds(
                    attribute=name,
                    expert=x,
                    other=y,
                    icc_c1_attainable=float(icc_of(moments, "ICC(C,1)")),
                    icc_a1_attainable=float(icc_of(moments, "ICC(A,1)")),
                    shared=shared[x],
                    shared_other=shared[y],
                )
            )
    return out


def _sorted_alike(
    human: Floats, systems: NDArray[np.int64], first: NDArray[np.bool_], second: NDArray[np.bool_]
) -> Moments:
    """Return the moments of two experts' ratings sorted alike within each system."""
    sums, products, n = np.zeros(2), np.zeros((2, 2)), 0
    rated = ~np.isnan(human)
    for s in np.unique(systems):
        x, y = (human[mask & rated & (systems == s)] for mask in (first, second))
        if len(x) and len(y):
            cross = comonotone_product(x, y)
            sums += [x.mean(), y.mean()]
            products += [[(x * x).mean(), cross], [cross, (y * y).mean()]]
            n += 1
    scale = _MANY / max(n, 1)
    return Moments(n=np.asarray(n * scale), sums=sums * scale, products=products * scale)


def _shared(
    targets: RatedTargets, name: str, mask: NDArray[np.bool_], judges: list[str], keep_own: bool
) -> float:
    """Return the median over pairs of judges of r(h, j₁) r(h, j₂) / r(j₁, j₂)."""
    columns = [targets.pair(judge, name, keep_own=keep_own)[mask] for judge in judges]
    shares = []
    for a, b in combinations(columns, 2):
        rows = np.column_stack([a[:, 0], a[:, 1], b[:, 1]])
        rows = rows[~np.isnan(rows).any(axis=1)]
        if len(rows) < 2 or not (np.ptp(rows, axis=0) > 0).all():
            continue
        r = np.asarray(np.corrcoef(rows.T))
        if r[1, 2] > 0:
            shares.append(float(r[0, 1] * r[0, 2] / r[1, 2]))
    return float(np.median(shares)) if shares else float("nan")
