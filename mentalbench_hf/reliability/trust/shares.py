"""A share of replies, with the interval that fits how many conversations it comes from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.reliability.core.bootstrap import percentile_interval
from mentalbench_hf.reliability.core.moments import Floats
from mentalbench_hf.reliability.verdict import MIN_CLUSTERS


@dataclass(frozen=True, slots=True)
class Share:
    """A share of replies, with its interval.

    Attributes:
        estimate: 0 to 1; NaN when there is no such reply.
        low: lower bound.
        high: upper bound.
        n: replies in the denominator.
        n_clusters: conversations they come from.
        n_degenerate: replicates in which the denominator was empty.
        interval: "bootstrap" (percentile, conversations resampled whole); "exact" where the hits
            or the misses come from fewer than 10 conversations, too few for a bootstrap: the
            interval of Clopper & Pearson (1934) on the effective number of replies, which the
            bootstrap variance gives (Korn & Graubard 1998, Survey Methodology 24), or on the
            number of conversations where the share is 0 or 1; "none" when there is no such reply.
    """

    estimate: float
    low: float
    high: float
    n: int
    n_clusters: int
    n_degenerate: int
    interval: str


def share_of(
    hits: NDArray[np.bool_],
    misses: NDArray[np.bool_],
    clusters: NDArray[np.int64],
    replicates: Floats,
    level: float,
) -> Share:
    """Return the share of hits among hits and misses.

    Args:
        hits: mask of replies, shape (n_targets,).
        misses: likewise; no reply is both.
        clusters: each reply's conversation, same shape.
        replicates: the share in every bootstrap replicate.
        level: confidence level of the interval.
    """
    either = hits | misses
    n, n_hits = int(either.sum()), int(hits.sum())
    n_clusters = len(np.unique(clusters[either]))
    degenerate = int(np.isnan(replicates).sum())
    if n == 0:
        return Share(np.nan, np.nan, np.nan, 0, 0, degenerate, "none")
    if min(len(np.unique(clusters[mask])) for mask in (hits, misses)) < MIN_CLUSTERS:
        low, high = exact_interval(n_hits / n, n, n_clusters, replicates, level)
        return Share(n_hits / n, low, high, n, n_clusters, degenerate, "exact")
    found = percentile_interval(replicates, level)
    return Share(n_hits / n, found.low, found.high, n, n_clusters, degenerate, "bootstrap")


def exact_interval(
    share: float, n: int, n_clusters: int, replicates: Floats, level: float
) -> tuple[float, float]:
    """Return the exact interval on the effective number of independent replies."""
    from scipy.stats import beta

    variance = float(np.nanvar(replicates)) if np.isfinite(replicates).any() else 0.0
    usable = 0 < share < 1 and variance > 0
    effective = min(n, share * (1 - share) / variance) if usable else n_clusters
    hits, misses = share * effective, (1 - share) * effective
    tail = (1 - level) / 2
    low = float(beta.ppf(tail, hits, misses + 1)) if hits > 0 else 0.0
    high = float(beta.ppf(1 - tail, hits + 1, misses)) if misses > 0 else 1.0
    return low, high
