"""Many clusters resampled in groups: the same intervals for a fraction of the draws."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

#: Above so many clusters, groups of them are drawn: a standard error from so many groups is
#: itself uncertain by 2%, as it is from 2,000 replicates.
MOST_GROUPS: Final = 2_000


def cluster_groups(
    clusters: NDArray[np.int64], seed: int = 0, most: int = MOST_GROUPS
) -> NDArray[np.int64]:
    """Return codes from 0 of what is resampled: clusters, or groups of them where they are many.

    Clusters are dealt to groups of equal number in random order. Groups of independent clusters
    are independent, so a bootstrap over groups estimates the same variance.

    Args:
        clusters: shape (n,), any codes.
        seed: of the dealing.
        most: groups at most.
    """
    _, code = np.unique(clusters, return_inverse=True)
    n = int(code.max(initial=-1)) + 1
    if n > most:
        code = np.random.default_rng(seed).permutation(n)[code] % most
    return np.asarray(code.reshape(-1), dtype=np.int64)
