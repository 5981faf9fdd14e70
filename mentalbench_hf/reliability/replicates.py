"""Every statistic of every cell on the same bootstrap replicates.

A statistic of sums needs only the conversations' sums, so replicates are weights and the work is
one matrix product for all cells together, in blocks of bounded memory. Whole ratings sum exactly
in floating point, so the result does not depend on block size or threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, Literal, get_args

import numpy as np

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.bootstrap import BLOCK_BYTES, weight_blocks
from mentalbench_hf.reliability.grid import (
    Grid,
    response_moments,
    stack,
    system_moments,
    system_rows,
)
from mentalbench_hf.reliability.moments import Floats, Moments, from_flat

Level = Literal["system", "response"]
Resample = Literal["conversations", "systems", "crossed"]
LEVELS: Final[tuple[Level, ...]] = get_args(Level)
RESAMPLES: Final[tuple[Resample, ...]] = get_args(Resample)
Statistic = Callable[[Moments], Floats]

#: Doubles in one block of replicated sums (32 MB), a second bound beside the block of weights.
_BLOCK_DOUBLES: Final = 4 * 2**20


def check_level(level: str) -> None:
    """Raise StatisticsError unless `level` is one of LEVELS."""
    if level not in LEVELS:
        raise StatisticsError(f"unknown level {level!r}; choose one of {', '.join(LEVELS)}")


def check_resample(resample: str) -> None:
    """Raise StatisticsError unless `resample` is one of RESAMPLES."""
    if resample not in RESAMPLES:
        raise StatisticsError(
            f"unknown resampling {resample!r}; choose one of {', '.join(RESAMPLES)}"
        )


def point(grid: Grid, level: Level) -> Moments:
    """Return the Moments of the data themselves at a level."""
    check_level(level)
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
    """Evaluate statistics of many grids on the same bootstrap replicates.

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
    check_level(level)
    check_resample(resample)
    out = {name: np.full((len(grids), n_resamples), np.nan) for name in statistics}
    blocks = _over_conversations if resample == "conversations" else _over_systems
    for cells, start, m in blocks(grids, level, resample, n_resamples, seed, block_size):
        for name, statistic in statistics.items():
            values = statistic(m)
            out[name][cells, start : start + len(values)] = values.T
    return out


_Blocks = Iterator[tuple[slice, int, Moments]]


def _over_conversations(
    grids: Sequence[Grid],
    level: Level,
    resample: Resample,
    n_resamples: int,
    seed: int,
    block_size: int | None,
) -> _Blocks:
    """Yield the Moments of all grids, batch shape (block, n_grids)."""
    sums, k = stack(grids), grids[0].n_raters
    # A conversation without any target in any grid is not part of the population drawn from.
    sums = sums[:, sums[..., 0].any(axis=(0, 2))]
    shifts = np.array([g.shift for g in grids])
    features = sums.sum(axis=2) if level == "response" else sums[..., : 1 + k]
    n_clusters = features.shape[1]
    if n_clusters == 0:
        return
    cell_shape = (len(grids), *features.shape[2:])
    matrix = np.ascontiguousarray(np.moveaxis(features, 0, 1)).reshape(n_clusters, -1)
    start = 0
    size = block_size or _block_size(n_clusters, matrix.shape[1])
    for weights in weight_blocks(n_clusters, n_resamples, seed, block_size=size):
        weighed = (weights @ matrix).reshape(len(weights), *cell_shape)
        make = from_flat if level == "response" else system_moments
        yield slice(0, len(grids)), start, make(weighed, k, shifts)
        start += len(weights)


def _over_systems(
    grids: Sequence[Grid],
    level: Level,
    resample: Resample,
    n_resamples: int,
    seed: int,
    block_size: int | None,
) -> _Blocks:
    """Yield the Moments of one grid at a time, batch shape (block, 1).

    Grids differ in the systems that they hold (a judge's own counterpart is left out), so each
    draws from its own systems.
    """
    systems_seed = int(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0])
    for i, grid in enumerate(grids):
        sums = grid.sums[:, grid.sums[..., 0].any(axis=0)]
        sums = sums[sums[..., 0].any(axis=1)]
        n_clusters, n_systems, n_sums = sums.shape
        if n_systems == 0:
            continue
        flat = sums.reshape(n_clusters, -1)
        size = block_size or _block_size(max(n_clusters, n_systems), flat.shape[1])
        conversations = (
            weight_blocks(n_clusters, n_resamples, seed, block_size=size)
            if resample == "crossed"
            else None
        )
        start = 0
        for weights in weight_blocks(n_systems, n_resamples, systems_seed, block_size=size):
            b = len(weights)
            drawn = np.ones((b, n_clusters)) if conversations is None else next(conversations)
            weighed = (drawn @ flat).reshape(b, n_systems, n_sums)
            rows = weighed if level == "response" else system_rows(weighed, grid.n_raters)
            replicated = np.einsum("bs,bsf->bf", weights, rows)[:, None]
            yield slice(i, i + 1), start, from_flat(replicated, grid.n_raters, grid.shift)
            start += b


def _block_size(n_units: int, width: int) -> int:
    """Replicates in a block such that its weights and its weighed sums stay in bounded memory."""
    return max(1, min(BLOCK_BYTES // (8 * n_units), _BLOCK_DOUBLES // width))
