"""Every statistic of every cell on the same bootstrap replicates.

A statistic of sums needs only the conversations' sums, so replicates are weights and the work is
one matrix product for all cells together, in blocks of bounded memory. Whole ratings sum exactly
in floating point, so the result does not depend on block size or threads; ratings in steps that
are not binary fractions (an axis that is the mean of three attributes) agree to rounding.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.choices import LEVELS, RESAMPLES, Level, Resample, check_choice
from mentalbench_hf.reliability.core.bootstrap import BLOCK_BYTES, draw_weights, single_is_exact
from mentalbench_hf.reliability.core.moments import Floats, Moments
from mentalbench_hf.reliability.core.rating_sums import Grid, response_moments, system_moments
from mentalbench_hf.reliability.core.replicated_sums import (
    Cells,
    of_moments,
    response_cells,
    system_cells,
)

__all__ = [
    "estimate_cells",
    "jackknife_cells",
    "point",
    "replicate",
    "replicate_cells",
    "weigh_cells",
]

Statistic = Callable[[Moments], Floats]
T = TypeVar("T")

#: Doubles in one block of replicated sums (8 MB), a second bound beside the block of weights.
_BLOCK_DOUBLES: Final = 2**20
#: Bytes of sums that are weighed at once; more cells go in turn, on the same replicates.
_GROUP_BYTES: Final = 256 * 2**20
_MAX_THREADS: Final = 4


def point(grid: Grid, level: Level) -> Moments:
    """Return the Moments of the data themselves at a level."""
    check_choice(level, LEVELS, "level")
    make = system_moments if level == "system" else response_moments
    return make(grid.sums.sum(axis=0), grid.n_raters, grid.shift)


def replicate(
    grids: Sequence[Grid],
    statistics: Mapping[str, Statistic],
    *,
    level: Level,
    resample: Resample = "conversations",
    n_resamples: int = 10_000,
    seed: int = 0,
    block_size: int | None = None,
) -> dict[str, Floats]:
    """Evaluate moment statistics of many grids on the same bootstrap replicates.

    Args:
        grids: sums of the same conversations, systems and number of raters.
        statistics: name -> function of Moments, evaluated on batches.
        level: whether targets are single responses or the systems' means.
        resample: what is drawn with replacement: whole conversations, systems, or both crossed
            (each replicate draws conversations and, independently, systems).
        n_resamples: number of replicates.
        seed: seed; the same replicates whatever the block size.
        block_size: replicates in one block; by default as many as fit in bounded memory.

    Returns:
        Name -> array of shape (n_grids, n_resamples); NaN where a statistic is not defined.

    Raises:
        StatisticsError: unknown level or resampling.
    """
    check_choice(level, LEVELS, "level")
    if level == "response":
        return replicate_cells(
            response_cells(grids),
            statistics,
            resample=resample,
            n_resamples=n_resamples,
            seed=seed,
            block_size=block_size,
        )
    return replicate_cells(
        system_cells(grids),
        {name: of_moments(statistic) for name, statistic in statistics.items()},
        resample=resample,
        n_resamples=n_resamples,
        seed=seed,
        block_size=block_size,
    )


def replicate_cells(
    cells: Cells[T],
    statistics: Mapping[str, Callable[[T], Floats]],
    *,
    resample: Resample = "conversations",
    n_resamples: int = 10_000,
    seed: int = 0,
    block_size: int | None = None,
    threads: int | None = None,
) -> dict[str, Floats]:
    """Evaluate statistics of cells on the same replicates (arguments as for :func:`replicate`).

    `threads` blocks are computed at a time, by default up to four; each holds its own bounded
    memory, and the result is the same for any number.

    Returns:
        Name -> array of shape (n_cells, n_resamples); NaN where a statistic is not defined.
    """
    check_choice(resample, RESAMPLES, "resampling")
    out = {name: np.full((cells.n_cells, n_resamples), np.nan) for name in statistics}

    def fill(where: NDArray[np.int64], blocks: Iterator[tuple[int, T]]) -> None:
        for start, read in blocks:
            for name, statistic in statistics.items():
                values = statistic(read)
                out[name][where, start : start + len(values)] = values.T

    n_threads = threads or min(_MAX_THREADS, os.cpu_count() or 1)
    with ThreadPoolExecutor(n_threads) as pool:
        for where, group in _groups(cells, resample):
            blocks = _Blocks(group, resample, n_resamples, seed, block_size)
            # Threads fill different columns, so their order does not matter.
            shares = [blocks.share(i, n_threads) for i in range(n_threads)]
            for done in [pool.submit(fill, where, share) for share in shares]:
                done.result()
    return out


def estimate_cells(
    cells: Cells[T], statistics: Mapping[str, Callable[[T], Floats]]
) -> dict[str, Floats]:
    """Evaluate statistics on the data themselves: name -> array of shape (n_cells,)."""
    read = _read(cells, cells.sums.sum(axis=0, keepdims=True, dtype=np.float64), None)
    return {name: statistic(read)[0] for name, statistic in statistics.items()}


def weigh_cells(
    cells: Cells[T], statistics: Mapping[str, Callable[[T], Floats]], weights: Floats
) -> dict[str, Floats]:
    """Evaluate statistics with given weights of the conversations, such as groups of them.

    Args:
        cells: what the statistics are of.
        statistics: name -> function.
        weights: shape (n_weightings, n_clusters).

    Returns:
        Name -> array of shape (n_cells, n_weightings); NaN where not defined.
    """
    sums = cells.sums.sum(axis=2) if cells.pooled else cells.sums
    matrix = sums.reshape(len(sums), math.prod(sums.shape[1:]))
    size = max(1, _BLOCK_DOUBLES // max(1, matrix.shape[1]))
    out = {name: np.full((cells.n_cells, len(weights)), np.nan) for name in statistics}
    for start in range(0, len(weights), size):
        weighed = weights[start : start + size] @ matrix
        read = _read(cells, weighed.reshape(-1, *sums.shape[1:]), None)
        for name, statistic in statistics.items():
            out[name][:, start : start + size] = statistic(read).T
    return out


def jackknife_cells(
    cells: Cells[T],
    statistics: Mapping[str, Callable[[T], Floats]],
    *,
    resample: Resample = "conversations",
) -> dict[str, list[list[Floats]]]:
    """Evaluate statistics with one resampled unit left out at a time, for the acceleration.

    Returns:
        Name -> for each cell, for each kind of unit drawn (conversations, systems), the values
        with each unit left out, shape (n_units,); NaN where not defined.
    """
    check_choice(resample, RESAMPLES, "resampling")
    out: dict[str, list[list[Floats]]] = {
        name: [[] for _ in range(cells.n_cells)] for name in statistics
    }
    for where, group in _groups(cells, resample):
        if len(group.sums) == 0:
            continue
        for blocks in _left_out(group, resample):
            parts: dict[str, list[Floats]] = {name: [] for name in statistics}
            for read in blocks:
                for name, statistic in statistics.items():
                    parts[name].append(statistic(read))
            for name, values in parts.items():
                for cell, column in zip(where, np.concatenate(values).T, strict=True):
                    out[name][cell].append(column)
    return out


def _groups(cells: Cells[T], resample: Resample) -> Iterator[tuple[NDArray[np.int64], Cells[T]]]:
    """Yield the cells that are weighed at once, with their numbers.

    What is drawn from is the conversations with any target in any cell; of systems, those with a
    target in the very cell, because a judge's own counterpart is left out.
    """
    cells = cells.of_clusters(cells.inhabited())
    everything = np.ones(len(cells.present), dtype=bool)
    if resample == "conversations":
        patterns = [(np.arange(cells.n_cells), everything)]
    else:
        unique, which = np.unique(cells.present, axis=1, return_inverse=True)
        which = which.reshape(-1)
        patterns = [(np.flatnonzero(which == i), p) for i, p in enumerate(unique.T) if p.any()]
    bytes_of_one = 8 * max(1, cells.sums[..., 0].size)
    size = max(1, _GROUP_BYTES // bytes_of_one)
    for members, systems in patterns:
        for start in range(0, len(members), size):
            where = members[start : start + size]
            whole = len(where) == cells.n_cells and systems.all()
            yield where, cells if whole else cells.select(where, systems)


class _Blocks(Generic[T]):
    """The replicates of cells that are weighed at once, in blocks."""

    def __init__(
        self,
        cells: Cells[T],
        resample: Resample,
        n_resamples: int,
        seed: int,
        block_size: int | None,
    ) -> None:
        """Make the matrix that the weights multiply."""
        self._cells, self._resample = cells, resample
        self._n_resamples, self._seed = n_resamples, seed
        pooled = cells.pooled and resample == "conversations"
        sums = cells.sums.sum(axis=2) if pooled else cells.sums
        self._shape = sums.shape[1:]
        matrix = sums.reshape(len(sums), math.prod(self._shape))
        dtype = np.float32 if single_is_exact(matrix) else np.float64
        self._matrix = matrix.astype(dtype, copy=False)
        self._systems_seed = int(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0])
        self._size = block_size or max(
            1,
            min(
                BLOCK_BYTES // max(1, self._matrix.itemsize * len(sums)),
                _BLOCK_DOUBLES // max(1, matrix.shape[1]),
            ),
        )

    def share(self, number: int, n_threads: int) -> Iterator[tuple[int, T]]:
        """Yield a thread's blocks: their first replicate, and what the statistics take."""
        n_clusters, size = len(self._matrix), self._size
        if n_clusters == 0:
            return
        starts = range(number * size, self._n_resamples, n_threads * size)
        if self._resample == "systems":
            total = self._matrix.sum(axis=0, dtype=np.float64).reshape(1, *self._shape)
            for start in starts:
                yield start, _read(self._cells, total, self._systems(start))
            return
        rows = min(size, self._n_resamples)
        memory = np.empty((rows if starts else 0, n_clusters), dtype=self._matrix.dtype)
        for start in starts:
            stop = min(start + size, self._n_resamples)
            weights = draw_weights(n_clusters, start, stop, self._seed, out=memory)
            weighed = (weights @ self._matrix).astype(np.float64, copy=False)
            systems = self._systems(start) if self._resample == "crossed" else None
            yield start, _read(self._cells, weighed.reshape(-1, *self._shape), systems)

    def _systems(self, start: int) -> Floats:
        stop = min(start + self._size, self._n_resamples)
        return draw_weights(len(self._cells.present), start, stop, self._systems_seed)


def _left_out(cells: Cells[T], resample: Resample) -> Iterator[Iterator[T]]:
    """Yield for each kind of unit the blocks of what the statistics take with one left out."""
    total = cells.sums.sum(axis=0, keepdims=True, dtype=np.float64)
    n_clusters, n_systems = len(cells.sums), len(cells.present)
    if resample != "systems":
        size = max(1, _BLOCK_DOUBLES // max(1, total.size))
        yield (
            _read(cells, total - cells.sums[start : start + size], None)
            for start in range(0, n_clusters, size)
        )
    if resample != "conversations":
        yield iter([_read(cells, total, 1.0 - np.eye(n_systems))])


def _read(cells: Cells[T], weighed: Floats, systems: Floats | None) -> T:
    """Return what the statistics take of weighed sums and of systems' weights (None: all 1)."""
    every = np.ones((1, len(cells.present)))
    if not cells.pooled:
        return cells.read(weighed, every if systems is None else systems, cells.shift)
    if weighed.ndim == 4:
        if systems is None:
            weighed = weighed.sum(axis=2)
        else:
            weighed = np.einsum("bfsc,bs->bfc", weighed, systems)
    return cells.read(weighed, every, cells.shift)
