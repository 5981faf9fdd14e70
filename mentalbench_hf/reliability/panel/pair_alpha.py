"""Ordinal alpha of two raters for every pair of experts, and of the judge with them."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.cluster_sums import replicate_sums
from mentalbench_hf.reliability.core.counts import categories_of, coded
from mentalbench_hf.reliability.core.moments import Floats
from mentalbench_hf.reliability.core.ordinal import pair_alpha_of
from mentalbench_hf.reliability.panel.draws import Draws

#: Its ranks depend on all ratings of a replicate, so that it needs count tables where the other
#: statistics need sums. With more clusters than this it is given without an interval.
MAX_CLUSTERS: Final = 20_000


def pair_alphas(
    trials: list[tuple[Floats, NDArray[np.bool_]]],
    clusters: NDArray[np.int64],
    drawn: NDArray[np.bool_],
    *,
    n_resamples: int,
    seed: int,
) -> list[tuple[Draws, Draws]]:
    """Return for each trial alpha of columns 0 and 1, and the judge's mean with them.

    Args:
        trials: (n_items × 2 or 3 ratings, mask of complete items); the judge is column 2.
        clusters: code of each item's cluster.
        drawn: which clusters are drawn from.
        n_resamples: replicates of whole clusters.
        seed: of the replicates.

    Returns:
        Nothing where the ratings are on too fine a scale to be categories.
    """
    try:
        scale = categories_of(np.concatenate([ratings[items] for ratings, items in trials], axis=0))
    except StatisticsError:
        return []
    k = len(scale)
    place = np.cumsum(drawn) - 1
    n_clusters = int(drawn.sum())
    resampled = n_clusters <= MAX_CLUSTERS
    found = []
    for ratings, items in trials:
        codes = coded(ratings[items], scale)
        pairs = [(0, 1), (0, 2), (1, 2)][: 3 if codes.shape[1] == 3 else 1]
        rows = place[clusters[items]] if resampled else np.zeros(len(codes), dtype=np.int64)
        tables = np.zeros((n_clusters if resampled else 1, len(pairs) * k * k))
        for p, (i, j) in enumerate(pairs):
            np.add.at(tables, (rows, p * k * k + codes[:, i] * k + codes[:, j]), 1.0)

        def values(sums: Floats) -> Floats:
            alphas = pair_alpha_of(sums.reshape(len(sums), -1, k, k))
            judged = alphas[:, 1:].mean(axis=1) if alphas.shape[1] > 1 else alphas[:, 0] * np.nan
            return np.stack([alphas[:, 0], judged], axis=1)

        point = values(tables.sum(axis=0, keepdims=True))[0]
        replicates = np.full((n_resamples, 2), np.nan)
        if resampled:
            replicates = replicate_sums(tables, values, n_resamples=n_resamples, seed=seed)
        found.append(
            (Draws(float(point[0]), replicates[:, 0]), Draws(float(point[1]), replicates[:, 1]))
        )
    return found
