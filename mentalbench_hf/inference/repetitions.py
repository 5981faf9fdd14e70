"""Repetitions of a judgment, averaged: the one place where several ratings become one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.schema import ATTRIBUTES, SCALE_MAX, SCALE_MIN


def mean_of_repetitions(
    n_targets: int, targets: NDArray[np.int64], ratings: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the mean of each target's ratings.

    Args:
        n_targets: how many targets there are.
        targets: shape (n_judgments,), the target of each judgment, from 0.
        ratings: shape (n_judgments, n_attributes); NaN, or a number off the scale, is no rating.

    Returns:
        Shape (n_targets, n_attributes), NaN where nothing was stated.
    """
    usable = (ratings >= SCALE_MIN) & (ratings <= SCALE_MAX)
    sums = np.zeros((n_targets, ratings.shape[1]))
    counts = np.zeros_like(sums)
    np.add.at(sums, targets, np.where(usable, ratings, 0.0))
    np.add.at(counts, targets, usable)
    with np.errstate(invalid="ignore"):
        return np.asarray(sums / counts)


def average_ratings(
    n_targets: int, stated: Iterable[tuple[int, Sequence[float | None]]]
) -> NDArray[np.float64]:
    """Return the mean of the repetitions of each target's seven ratings.

    Args:
        n_targets: how many targets there are.
        stated: target number and its ratings in the order of the attributes; None is no rating.

    Returns:
        Shape (n_targets, 7), NaN where nothing was stated.
    """
    rows = list(stated)
    targets = np.array([number for number, _ in rows], dtype=np.int64)
    ratings = np.array([values for _, values in rows], dtype=np.float64)
    return mean_of_repetitions(n_targets, targets, ratings.reshape(-1, len(ATTRIBUTES)))
