"""Levels of the reference rating, and the sums by system and level that biases are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.moments import Floats

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets

#: Scales that span at most so many points have one level per whole point.
_MAX_WHOLE: Final = 10
_N_EVEN: Final = 5


def levels_of(scale: tuple[float, float], levels: Sequence[float] | None = None) -> Floats:
    """Return the levels at which reference ratings are grouped, ascending.

    Args:
        scale: lowest and highest rating.
        levels: the caller's own; by default the whole points of a scale that spans at most ten,
            otherwise five evenly spaced ones.

    Raises:
        StatisticsError: no levels, levels outside the scale, or levels that do not ascend.
    """
    low, high = scale
    if levels is None:
        if high - low <= _MAX_WHOLE and float(low).is_integer() and float(high).is_integer():
            return np.arange(low, high + 1, dtype=np.float64)
        return np.linspace(low, high, _N_EVEN)
    found = np.asarray(levels, dtype=np.float64)
    if found.ndim != 1 or found.size == 0 or (np.diff(found) <= 0).any():
        raise StatisticsError(f"levels must be ascending ratings; received {list(levels)!r}")
    if found[0] < low or found[-1] > high:
        raise StatisticsError(
            f"levels must lie on the scale {low:g} to {high:g}; received {list(levels)!r}"
        )
    return found


def level_codes(ratings: Floats, levels: Floats, scale: tuple[float, float]) -> NDArray[np.int64]:
    """Return each rating's nearest level (of two equally near the higher), −1 where it has none.

    Missing ratings and ratings outside the scale have none.
    """
    middles = (levels[1:] + levels[:-1]) / 2
    codes = np.searchsorted(middles, ratings, side="right").astype(np.int64)
    inside = (ratings >= scale[0]) & (ratings <= scale[1])
    return np.where(inside, codes, -1)


def level_sums(
    targets: RatedTargets,
    judge: str,
    name: str,
    levels: Floats,
    drawn: NDArray[np.bool_],
    *,
    keep_own: bool,
) -> Floats:
    """Return counts and summed differences by conversation, system and reference level.

    Args:
        targets: the ratings.
        judge: the judge.
        name: attribute or axis.
        levels: see :func:`levels_of`.
        drawn: which conversations are drawn from.
        keep_own: keep the judge's own counterpart.

    Returns:
        Shape (n_drawn, n_systems, n_levels + 1, 2): number of replies and sum of judge −
        reference. The last level holds the reference ratings outside the scale.
    """
    pair = targets.pair(judge, name, keep_own=keep_own)
    known = ~np.isnan(pair).any(axis=1)
    n_systems, n_levels = len(targets.system_names), len(levels) + 1
    codes = level_codes(pair[:, 0], levels, targets.scale) % n_levels
    cell = targets.systems * n_levels + codes
    width = n_systems * n_levels
    # One conversation and cell at a time: a row per target and cell would be mostly zeros.
    flat = targets.clusters * width + cell
    size = len(drawn) * width
    difference = np.where(known, pair[:, 1] - pair[:, 0], 0.0)
    sums = np.stack(
        [
            np.bincount(flat, weights=known.astype(np.float64), minlength=size),
            np.bincount(flat, weights=difference, minlength=size),
        ],
        axis=-1,
    )
    return np.asarray(sums.reshape(len(drawn), n_systems, n_levels, 2)[drawn])
