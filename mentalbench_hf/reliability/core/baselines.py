"""What an ICC of single replies is worth: what less would give, and what is the most.

Systems differ, so that a judge which knows nothing but who wrote a reply already agrees with the
reference to some degree, and the two raters' marginals cap the agreement of any judge (Hoeffding
1940, Fréchet 1951: the covariance is largest when both are sorted alike).

The sums are by stratum: a system, in the conversations of one expert. Six of them: n, Σh, Σj, Σh²,
Σhj, Σj², with h the reference and j the judge.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.reliability.core.icc import Variant, icc_of
from mentalbench_hf.reliability.core.moments import Floats, Moments

N_SUMS = 6


def strata_sums(
    pair: Floats,
    clusters: NDArray[np.int64],
    systems: NDArray[np.int64],
    *,
    n_clusters: int,
    n_systems: int,
) -> Floats:
    """Return the six sums by conversation and system, shape (n_clusters, n_systems, 6).

    Args:
        pair: reference and judge, shape (n, 2); targets that lack either are left out.
        clusters: code of each target's conversation.
        systems: code of each target's system.
        n_clusters: number of conversations.
        n_systems: number of systems.
    """
    known = ~np.isnan(pair).any(axis=1)
    h, j = pair[known].T
    cell = clusters[known] * n_systems + systems[known]
    rows = (np.ones(len(h)), h, j, h * h, h * j, j * j)
    size = n_clusters * n_systems
    sums = np.stack([np.bincount(cell, weights=row, minlength=size) for row in rows], axis=-1)
    return np.asarray(sums.reshape(n_clusters, n_systems, N_SUMS), dtype=np.float64)


def icc_of_strata(sums: Floats, variant: Variant = "ICC(C,1)") -> Floats:
    """Return the ICC over all strata together; sums of shape (..., n_strata, 6)."""
    n, h, j, hh, hj, jj = np.moveaxis(sums.sum(axis=-2), -1, 0)
    products = np.stack([np.stack([hh, hj], axis=-1), np.stack([hj, jj], axis=-1)], axis=-1)
    return icc_of(Moments(n=n, sums=np.stack([h, j], axis=-1), products=products), variant)


def system_only(sums: Floats) -> Floats:
    """Return the expected sums with the judge's ratings dealt anew within each stratum.

    In the judge's place stands its rating of another target of the stratum, each as likely as any:
    Σhj becomes (Σh Σj − Σhj) / (n − 1), and the other sums stay. As ICC(C,1) is linear in Σhj, its
    value on these sums is its expected value, not that of one shuffle. A stratum with fewer than
    two targets has no other one and is left out.
    """
    n, h, j, _, hj, _ = np.moveaxis(sums, -1, 0)
    out: Floats = np.where((n > 1)[..., None], sums, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        out[..., 4] = np.where(n > 1, (h * j - hj) / (n - 1), 0.0)
    return out


def within_strata(sums: Floats) -> Floats:
    """Return ICC(C,1) with every stratum's means taken out: 2 Σ S_hj / Σ (S_hh + S_jj).

    Sums of shape (..., n_strata, 6); NaN where nothing varies within strata.
    """
    n, h, j, hh, hj, jj = np.moveaxis(sums, -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        cross = np.where(n > 0, hj - h * j / n, 0.0).sum(axis=-1)
        squares = np.where(n > 0, hh - h * h / n + jj - j * j / n, 0.0).sum(axis=-1)
        scale = (hh + jj).sum(axis=-1)
        return np.where(squares > 1e-12 * scale, 2 * cross / squares, np.nan)


def attainable(sums: Floats, pair: Floats, strata: NDArray[np.int64]) -> Floats:
    """Return the sums with both raters' ratings sorted within each stratum.

    Args:
        sums: the sums of the same targets, shape (n_strata, 6).
        pair: reference and judge, shape (n, 2); targets that lack either are left out.
        strata: code of each target's stratum.
    """
    known = ~np.isnan(pair).any(axis=1)
    rows, code = pair[known], strata[known]
    ordered = [column[np.lexsort((column, code))] for column in rows.T]
    out = sums.copy()
    out[..., 4] = np.bincount(np.sort(code), weights=ordered[0] * ordered[1], minlength=len(sums))
    return out


def comonotone_product(x: Floats, y: Floats) -> float:
    """Return the largest mean product of two ratings with these distributions.

    Both quantile functions over the same probability (Hoeffding 1940). The numbers of ratings may
    differ; NaN when there are none of either.
    """
    if not len(x) or not len(y):
        return float("nan")
    edges = np.union1d(np.arange(len(x) + 1) / len(x), np.arange(len(y) + 1) / len(y))
    middle = (edges[1:] + edges[:-1]) / 2
    values = [np.sort(v)[np.minimum((middle * len(v)).astype(int), len(v) - 1)] for v in (x, y)]
    return float((np.diff(edges) * values[0] * values[1]).sum())
