"""Runs of the released rows whose sums are the totals of an interim table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Run:
    """A run of rows beside totals.

    Attributes:
        first: its first row.
        last: its last row.
        n_equal: totals that equal the sums of the run.
        n_totals: totals compared.
        difference: mean absolute difference per rating, in rating points.
    """

    first: int
    last: int
    n_equal: int
    n_totals: int
    difference: float


def nearest_run(
    values: NDArray[np.float64], totals: NDArray[np.float64], scale_max: float
) -> Run | None:
    """Return the run of rows whose sums are nearest to the totals.

    Args:
        values: shape (n_rows, n_systems, n_attributes), 0 where nothing was published.
        totals: shape (n_systems, n_attributes).
        scale_max: the highest rating, which bounds the number of rows from below.

    Returns:
        None where no run is long enough. From each first row, tried are the runs whose grand total
        is nearest to that of the totals: an exact match is among them.
    """
    n = len(values)
    sums = np.concatenate([np.zeros((1, *totals.shape)), values.cumsum(axis=0)])
    grand = sums.sum(axis=(1, 2))
    least = int(np.ceil(totals.max() / scale_max))
    best: Run | None = None
    for first in range(n - least + 1):
        near = int(np.searchsorted(grand, grand[first] + totals.sum()))
        for end in range(max(first + least, near - 1), min(n, near + 1) + 1):
            gap = sums[end] - sums[first] - totals
            equal = int((gap == 0).sum())
            difference = float(np.abs(gap).mean() / (end - first))
            if best is None or difference < best.difference:
                best = Run(first, end - 1, equal, gap.size, difference)
    return best
