"""What a replicate weighs: sums of many cells, and how weighed sums become statistics' input.

A cell is a table of ratings that gets its own statistics: a judge and an attribute. Cells that
share conversations and systems are weighed together, in one matrix product.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.moments import Floats, Moments, from_flat, upper_pairs
from mentalbench_hf.reliability.core.rating_sums import Grid

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Cells(Generic[T]):
    """Sums of cells with the same conversations and systems.

    Attributes:
        sums: shape (n_clusters, n_sums, n_systems, n_cells).
        present: shape (n_systems, n_cells), which systems have any target in which cell.
        shift: shape (n_cells,), what was subtracted from the ratings.
        pooled: whether only the sums over systems matter.
        read: (weighed sums, weights of systems, shift) -> what the statistics take, batch shape
            (block, n_cells). Weighed sums have shape (block, n_sums, n_cells) when pooled, else
            (block, n_sums, n_systems, n_cells) with weights of systems of shape
            (block, n_systems).
    """

    sums: NDArray[np.floating]
    present: NDArray[np.bool_]
    shift: Floats
    pooled: bool
    read: Callable[[Floats, Floats, Floats], T]

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return int(self.sums.shape[-1])

    def select(self, cells: slice | NDArray[np.int64], systems: NDArray[np.bool_]) -> Cells[T]:
        """Return only some cells and systems."""
        return replace(
            self,
            sums=self.sums[..., cells][:, :, systems],
            present=self.present[:, cells][systems],
            shift=self.shift[cells],
        )

    def of_clusters(self, clusters: NDArray[np.bool_]) -> Cells[T]:
        """Return only some conversations."""
        return self if clusters.all() else replace(self, sums=self.sums[clusters])

    def inhabited(self) -> NDArray[np.bool_]:
        """Return which conversations have any target in any cell, shape (n_clusters,)."""
        return np.asarray(self.sums.any(axis=(1, 2, 3)))


@dataclass(frozen=True, eq=False)
class SystemMeans:
    """The systems' mean ratings, for any batch of replicates.

    Attributes:
        means: shape (..., n_systems, k), in rating points less the shift; 0 where absent.
        weights: how often each system counts, 0 where absent, shape (..., n_systems).
        shift: what was subtracted from every rating.
    """

    means: Floats
    weights: Floats
    shift: float | Floats = 0.0

    @cached_property
    def moments(self) -> Moments:
        """The sums over systems."""
        k = self.means.shape[-1]
        weighed = self.means * self.weights[..., None]
        n = self.weights.sum(axis=-1)
        products = np.empty((k, k, *n.shape))
        for i in range(k):
            for j in range(i, k):
                products[i, j] = (weighed[..., i] * self.means[..., j]).sum(axis=-1)
                products[j, i] = products[i, j]
        return Moments(
            n=n,
            sums=weighed.sum(axis=-2),
            products=np.moveaxis(products, (0, 1), (-2, -1)),
            shift=self.shift,
        )


def response_cells(grids: Sequence[Grid]) -> Cells[Moments]:
    """Return cells whose targets are single responses; their statistics take Moments."""
    k = _n_raters(grids)
    kept, unfold = upper_pairs(k)

    def read(weighed: Floats, _systems: Floats, shift: Floats) -> Moments:
        return from_flat(np.moveaxis(weighed[:, unfold], 1, -1), k, shift)

    return _cells(grids, kept, pooled=True, read=read)


def system_cells(grids: Sequence[Grid]) -> Cells[SystemMeans]:
    """Return cells whose targets are the systems' means; their statistics take SystemMeans."""
    k = _n_raters(grids)

    def read(weighed: Floats, systems: Floats, shift: Floats) -> SystemMeans:
        n, sums = weighed[:, 0], weighed[:, 1:]
        present = n > 0
        means = sums / np.where(present, n, 1.0)[:, None]
        return SystemMeans(
            means=np.moveaxis(means, (2, 1), (-2, -1)),
            weights=np.moveaxis(present * systems[..., None], 1, -1),
            shift=shift,
        )

    return _cells(grids, np.arange(1 + k), pooled=False, read=read)


def of_moments(statistic: Callable[[Moments], Floats]) -> Callable[[SystemMeans], Floats]:
    """Return a statistic of Moments as one of the systems' means."""
    return lambda systems: statistic(systems.moments)


def mean_ratings(g: Grid) -> Floats:
    """Return the systems' mean ratings, shape (n_systems, k), NaN for a system without targets."""
    sums = g.sums.sum(axis=0)
    n = sums[:, :1]
    with np.errstate(invalid="ignore", divide="ignore"):
        means: Floats = np.where(n > 0, sums[:, 1 : 1 + g.n_raters] / n + g.shift, np.nan)
    return means


def _cells(
    grids: Sequence[Grid],
    kept: NDArray[np.int64],
    *,
    pooled: bool,
    read: Callable[[Floats, Floats, Floats], T],
) -> Cells[T]:
    n_clusters, n_systems, _ = grids[0].sums.shape
    sums = np.empty((n_clusters, len(kept), n_systems, len(grids)))
    for i, g in enumerate(grids):
        sums[..., i] = g.sums[..., kept].transpose(0, 2, 1)
    return Cells(
        sums=sums,
        present=np.asarray(sums[:, 0].any(axis=0)),
        shift=np.array([g.shift for g in grids]),
        pooled=pooled,
        read=read,
    )


def _n_raters(grids: Sequence[Grid]) -> int:
    numbers = {g.n_raters for g in grids}
    if len(numbers) != 1:
        raise StatisticsError(
            f"cells must have the same number of raters; received {sorted(numbers)}"
        )
    return numbers.pop()
