"""Does a rater change over the order in which items were rated?

The search is the one that finds the experts' runs in the released sheets
(:mod:`~mentalbench_hf.data.ruler.change_points`), on the rater's distance from the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.data.ruler.change_points import change_points, standardised
from mentalbench_hf.reliability.core.moments import Floats

#: More clusters are averaged in runs: a break is then placed to a run.
MAX_ROWS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Drift:
    """How a rater moves against the others over the order of the clusters.

    Attributes:
        p_value: of the largest shift, by permuting rows, 0 to 1; NaN where it cannot be told.
        change: mean distance from the others in the second half less that in the first, in rating
            points, positive for more lenient; NaN without rows.
        breaks: code of the first cluster after each shift that stands out.
        reason: why it cannot be told; empty when it can.
    """

    p_value: float
    change: float
    breaks: tuple[int, ...]
    reason: str


def drift(
    blocks: Sequence[Floats],
    levels: Floats,
    rater: int,
    clusters: NDArray[np.int64],
    *,
    n_permutations: int = 199,
    seed: int = 0,
) -> Drift:
    """Look for shifts of one rater against the mean of the others on the same items.

    With two raters a shift of one is a shift of the other too: nobody can say whose it is.

    Args:
        blocks: matrices (n_items, k), one per attribute, NaN where missing.
        levels: shape (k,), level of each rater, so that it does not matter which others rated.
        rater: number of the rater.
        clusters: shape (n_items,), codes in the order in which they were rated.
        n_permutations: permutations under the null.
        seed: of the permutations.
    """
    codes, row = np.unique(clusters, return_inverse=True)
    means = [_means(_distance(b, levels, rater), row, len(codes)) for b in blocks]
    rows = np.column_stack(means)
    usable = np.isfinite(rows).all(axis=1)
    rows, codes = rows[usable], codes[usable]
    if not len(rows):
        return Drift(float("nan"), float("nan"), (), "no item that the others rated too")
    half = len(rows) // 2
    change = float(rows[half:].mean() - rows[:half].mean()) if half else float("nan")
    starts = np.unique(
        np.linspace(0, len(rows), min(len(rows), MAX_ROWS), endpoint=False, dtype=int)
    )
    size = np.diff([*starts, len(rows)])
    rows = np.add.reduceat(rows, starts, axis=0) / size[:, None]
    if len(rows) < 2:
        return Drift(float("nan"), change, (), "one row")
    found = change_points(standardised(rows), n_permutations=n_permutations, seed=seed)
    breaks = tuple(int(codes[starts[r]]) for r in found.rows)
    return Drift(found.p_value, change, breaks, found.reason)


def _distance(block: Floats, levels: Floats, rater: int) -> Floats:
    """Return the rater's rating less the others' mean, net of levels; NaN without others."""
    others = np.delete(block - levels, rater, axis=1)
    known = ~np.isnan(others)
    n = known.sum(axis=1)
    mean = np.where(known, others, 0).sum(axis=1) / np.maximum(n, 1)
    return np.where(n > 0, block[:, rater] - levels[rater] - mean, np.nan)


def _means(values: Floats, row: NDArray[np.int64], n_rows: int) -> Floats:
    known = ~np.isnan(values)
    n = np.bincount(row[known], minlength=n_rows)
    total = np.bincount(row[known], weights=values[known], minlength=n_rows)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)
