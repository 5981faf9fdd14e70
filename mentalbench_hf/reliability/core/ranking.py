"""Does a judge order systems as the experts do? Rank statistics of the systems' means.

Functions take :class:`SystemMeans` of reference and judge in any batch shape. A system that a
replicate draws twice counts twice. Means closer than 1e-9 rating points are tied.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from mentalbench_hf.reliability.core.moments import Floats
from mentalbench_hf.reliability.core.replicated_sums import SystemMeans

_TIE: Final = 1e-9


def kendall_of(systems: SystemMeans) -> Floats:
    """Return Kendall's tau-b of the two rankings of systems, −1 to 1.

    Kendall (1945), "The treatment of ties in ranking problems", Biometrika 33(3). NaN when either
    rater ties all systems.
    """
    first, second, weights = _pairs(systems)
    joint = np.zeros(())
    untied = [np.zeros(()), np.zeros(())]
    for i in range(first.shape[-1] - 1):
        a, b = _order(first, i), _order(second, i)
        both = weights[..., i : i + 1] * weights[..., i + 1 :]
        joint = joint + (both * a * b).sum(axis=-1)
        untied = [u + (both * np.abs(x)).sum(axis=-1) for u, x in zip(untied, (a, b), strict=True)]
    scale = untied[0] * untied[1]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(scale > 0, joint / np.sqrt(scale), np.nan)


def spearman_of_means(systems: SystemMeans) -> Floats:
    """Return Spearman's rank correlation of the systems' means, −1 to 1.

    Pearson's correlation of the mid-ranks (Spearman 1904; Kendall & Gibbons 1990 for ties). NaN
    when either rater ties all systems.
    """
    first, second, weights = _pairs(systems)
    a, b = _centred_ranks(first, weights), _centred_ranks(second, weights)
    scale = (weights * a**2).sum(axis=-1) * (weights * b**2).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(scale > 0, (weights * a * b).sum(axis=-1) / np.sqrt(scale), np.nan)


def mae_of_means(systems: SystemMeans) -> Floats:
    """Return the mean absolute difference of the systems' means, in rating points."""
    first, second, weights = _pairs(systems)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean: Floats = (weights * np.abs(second - first)).sum(axis=-1) / weights.sum(axis=-1)
        return mean


def _pairs(systems: SystemMeans) -> tuple[Floats, Floats, Floats]:
    return systems.means[..., 0], systems.means[..., 1], systems.weights


def _order(means: Floats, i: int) -> Floats:
    """Sign of system i against each later one: 0 when tied."""
    difference = means[..., i : i + 1] - means[..., i + 1 :]
    return np.where(np.abs(difference) > _TIE, np.sign(difference), 0.0)


def _centred_ranks(means: Floats, weights: Floats) -> Floats:
    """Mid-ranks less their mean, by comparison of all pairs: half of what lies below less above."""
    ranks = np.empty(np.broadcast_shapes(means.shape, weights.shape))
    for i in range(means.shape[-1]):
        difference = means[..., i : i + 1] - means
        order = np.where(np.abs(difference) > _TIE, np.sign(difference), 0.0)
        ranks[..., i] = (weights * order).sum(axis=-1) / 2
    return ranks
