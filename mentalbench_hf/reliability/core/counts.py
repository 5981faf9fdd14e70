"""Count tables by conversation and system: all that the rank statistics need of the data.

How often the reference gave one category and the judge another is a K × K table. Tables add up
as sums do, so a bootstrap replicate weighs them, and ranks follow from the weighed table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.moments import Floats, as_ratings
from mentalbench_hf.reliability.core.replicated_sums import Cells

#: A finer scale would need tables larger than the data they count.
MAX_CATEGORIES: Final = 25
#: Ratings closer than 1e-9 rating points are one category: a third may be rounded either way.
_DECIMALS: Final = 9


@dataclass(frozen=True, eq=False)
class CountGrid:
    """Count tables of the targets of each conversation and system.

    Attributes:
        tables: shape (n_clusters, n_systems, K, K); [..., a, b] counts the targets to which the
            reference gave category a and the judge category b, or, for coincidences of two or
            more raters, the pairs (see :func:`coincidence_grid`).
        categories: the K ratings, ascending.
        n_targets: targets counted.
        n_missing: targets that lack a rating, left out of the tables.
    """

    tables: NDArray[np.floating]
    categories: Floats
    n_targets: int
    n_missing: int


def categories_of(ratings: object) -> Floats:
    """Return the distinct ratings, ascending, shape (K,); NaN is no category.

    Raises:
        StatisticsError: more than MAX_CATEGORIES of them: the scale is continuous, and rank
            statistics with intervals need few categories.
    """
    values = np.asarray(ratings, dtype=np.float64)
    found = np.unique(np.round(values[~np.isnan(values)], _DECIMALS))
    if len(found) > MAX_CATEGORIES:
        raise StatisticsError(
            f"rank statistics from count tables need at most {MAX_CATEGORIES} distinct ratings; "
            f"found {len(found)}. Round the ratings to a coarser scale, or use statistics of sums "
            "(ICC, CCC, Pearson, MSE), which take any numbers."
        )
    return found


def coded(ratings: Floats, categories: Floats) -> NDArray[np.int64]:
    """Return the number of each rating's category, −1 where missing; of the ratings' shape.

    Raises:
        StatisticsError: a rating that is none of the categories.
    """
    rounded = np.round(ratings, _DECIMALS)
    known = np.round(categories, _DECIMALS)
    missing = np.isnan(rounded)
    code = np.searchsorted(known, np.where(missing, np.inf, rounded))
    at = np.minimum(code, max(len(known) - 1, 0))
    strange = ~missing & (known[at] != rounded if len(known) else True)
    if strange.any():
        raise StatisticsError(
            f"rating {float(ratings[strange][0])} is none of the categories "
            f"{', '.join(f'{c:g}' for c in categories)}"
        )
    return np.where(missing, -1, code)


def count_grid(
    ratings: object,
    clusters: NDArray[np.int64] | None = None,
    systems: NDArray[np.int64] | None = None,
    *,
    n_clusters: int | None = None,
    n_systems: int | None = None,
    included: NDArray[np.bool_] | None = None,
    categories: Floats | None = None,
) -> CountGrid:
    """Count the pairs of ratings of two raters by conversation and system.

    Args:
        ratings: shape (n_targets, 2), reference then judge, NaN where missing.
        clusters: code of each target's conversation; by default every target is its own.
        systems: code of each target's system; by default there is one system.
        n_clusters: number of conversations, by default as many as occur.
        n_systems: number of systems, by default as many as occur.
        included: targets that count at all; others are neither counted nor missing.
        categories: the scale, by default the distinct ratings.

    Raises:
        StatisticsError: not two raters, a rating outside `categories`, or too many of them.
    """
    matrix = as_ratings(ratings)
    if matrix.shape[1] != 2:
        raise StatisticsError(f"a count table takes 2 raters; received {matrix.shape[1]}")
    counted = np.ones(len(matrix), dtype=bool) if included is None else included
    complete = counted & ~np.isnan(matrix).any(axis=1)
    scale = categories_of(matrix[complete]) if categories is None else categories
    cell, shape = _places(clusters, systems, n_clusters, n_systems, len(matrix))
    k = len(scale)
    tables = np.zeros((*shape, k, k), dtype=np.float32)
    codes = coded(matrix[complete], scale)
    at = (cell[complete] * k + codes[:, 0]) * k + codes[:, 1]
    np.add.at(tables.reshape(-1), at, np.float32(1))
    n = int(complete.sum())
    return CountGrid(tables, scale, n, int(counted.sum()) - n)


def coincidence_grid(
    ratings: object,
    clusters: NDArray[np.int64] | None = None,
    systems: NDArray[np.int64] | None = None,
    *,
    n_clusters: int | None = None,
    n_systems: int | None = None,
    categories: Floats | None = None,
) -> CountGrid:
    """Count the coincidences of two or more raters by conversation and system.

    A target with m ≥ 2 ratings contributes each ordered pair of its ratings with weight
    1 / (m − 1) (Krippendorff 2011, "Computing Krippendorff's alpha-reliability"). A target with
    fewer is not pairable: it counts as missing. Arguments are those of :func:`count_grid`, with
    ratings of shape (n_targets, k ≥ 2).
    """
    matrix = as_ratings(ratings)
    scale = categories_of(matrix) if categories is None else categories
    codes = coded(matrix, scale)
    m = (codes >= 0).sum(axis=1)
    pairable = m >= 2
    cell, shape = _places(clusters, systems, n_clusters, n_systems, len(matrix))
    k = len(scale)
    tables = np.zeros((*shape, k, k))
    n_raters = matrix.shape[1]
    for i in range(n_raters):
        for j in range(n_raters):
            both = pairable & (codes[:, i] >= 0) & (codes[:, j] >= 0)
            if i != j and both.any():
                at = (cell[both] * k + codes[both, i]) * k + codes[both, j]
                np.add.at(tables.reshape(-1), at, 1.0 / (m[both] - 1))
    n = int(pairable.sum())
    return CountGrid(tables, scale, n, len(matrix) - n)


def count_cells(grids: Sequence[CountGrid]) -> Cells[Floats]:
    """Return cells whose statistics take tables, batch shape (..., K, K).

    Raises:
        StatisticsError: grids with different categories.
    """
    scale = grids[0].categories
    if any(not np.array_equal(g.categories, scale) for g in grids):
        raise StatisticsError("cells that are counted together must share their categories")
    k = len(scale)
    n_clusters, n_systems = grids[0].tables.shape[:2]
    dtype = np.result_type(*(g.tables.dtype for g in grids))
    sums = np.empty((n_clusters, k * k, n_systems, len(grids)), dtype=dtype)
    for i, g in enumerate(grids):
        sums[..., i] = g.tables.reshape(n_clusters, n_systems, k * k).transpose(0, 2, 1)

    def read(weighed: Floats, _systems: Floats, _shift: Floats) -> Floats:
        tables = weighed.reshape(len(weighed), k, k, weighed.shape[-1])
        return np.moveaxis(tables, -1, 1)

    return Cells(
        sums=sums,
        present=np.asarray(sums.any(axis=(0, 1))),
        shift=np.zeros(len(grids)),
        pooled=True,
        read=read,
    )


def _places(
    clusters: NDArray[np.int64] | None,
    systems: NDArray[np.int64] | None,
    n_clusters: int | None,
    n_systems: int | None,
    n: int,
) -> tuple[NDArray[np.int64], tuple[int, int]]:
    """Return the number of each target's conversation and system, and how many there are."""
    c = np.arange(n) if clusters is None else np.asarray(clusters, dtype=np.int64)
    s = np.zeros(n, dtype=np.int64) if systems is None else np.asarray(systems, dtype=np.int64)
    n_c = int(c.max(initial=-1)) + 1 if n_clusters is None else n_clusters
    n_s = int(s.max(initial=0)) + 1 if n_systems is None else n_systems
    return c * n_s + s, (n_c, n_s)
