"""The blocks in which one column of ratings was written, and the style of each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.data.ruler.change_points import ChangePoints, change_points, standardised
from mentalbench_hf.data.ruler.row_features import kept_systems, row_features
from mentalbench_hf.data.ruler.styles import Styles, styles
from mentalbench_hf.errors import DataError

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets

#: So many rows per covariate, else the other raters' features are averaged into one set.
_ROWS_PER_COVARIATE: Final = 10


@dataclass(frozen=True, eq=False)
class RaterBlocks:
    """A rater's rows in blocks.

    Attributes:
        found: the breaks, in rows of the ratings given, with statistic and null.
        styles: the blocks grouped into styles.
        block: shape (n_rows,), the block of each row, from 0.
        style: shape (n_rows,), the style of each row, codes in the order of the first row.
        kept: shape (n_systems,), whether a system's replies were used.
    """

    found: ChangePoints
    styles: Styles
    block: NDArray[np.int64]
    style: NDArray[np.int64]
    kept: NDArray[np.bool_]


def rater_blocks(
    ratings: NDArray[np.float64],
    others: NDArray[np.float64] | None = None,
    *,
    n_permutations: int = 199,
    seed: int = 0,
) -> RaterBlocks:
    """Find where the style of a rater changes over rows in the order in which they were rated.

    Args:
        ratings: shape (n_rows, n_systems, n_attributes), NaN where missing. A row without a
            complete reply tells nothing and belongs to the block it stands in.
        others: shape (n_others, n_rows, n_systems, n_attributes), ratings of the same replies by
            raters who rated all rows, such as judges; their features are regressed out, so that
            a change in what was rated is not taken for a change of rater. A row in which one of
            them has no complete reply is not used.
        n_permutations: permutations of the rows under the null.
        seed: seed of the permutations.
    """
    everyone = ratings[None] if others is None else np.concatenate([ratings[None], others])
    kept = kept_systems(everyone)
    own, *beside = (row_features(r[:, kept]) for r in everyone)
    usable = np.isfinite(own).all(axis=1)
    for features in beside:
        usable &= np.isfinite(features).all(axis=1)
    places = np.flatnonzero(usable)
    covariates = None
    if beside:
        covariates = np.hstack(beside)
        if len(places) < _ROWS_PER_COVARIATE * covariates.shape[1]:
            covariates = np.mean(beside, axis=0)
        covariates = covariates[usable]
    # Regressing no rows on anything has no meaning; change_points says that they are too few.
    rows = standardised(own[usable], covariates) if len(places) > 1 else np.zeros((0, 0))
    found = change_points(rows, n_permutations=n_permutations, seed=seed)
    grouped = styles(rows, found.rows)
    found = _in_all_rows(found, places)
    block = np.searchsorted(np.array(found.rows, dtype=np.int64), np.arange(len(ratings)), "right")
    return RaterBlocks(found, grouped, block, grouped.of_block[block], kept)


def rater_blocks_of(
    targets: RatedTargets, rater: str | None = None, *, n_permutations: int = 199, seed: int = 0
) -> RaterBlocks:
    """Find the blocks of one rater of any ratings; rows are clusters in the order of their codes.

    Args:
        targets: the ratings; the other raters serve as covariates.
        rater: whose blocks, by default the reference.
        n_permutations: permutations of the rows under the null.
        seed: seed of the permutations.

    Raises:
        DataError: no rater of that name.
    """
    name = rater or targets.reference
    if name not in targets.raters:
        raise DataError(f"unknown rater {name!r}; known: {', '.join(targets.raters)}")
    r = targets.raters.index(name)
    shape = (len(targets.cluster_names), len(targets.system_names))
    # A cluster may hold several targets of one system: each takes a place of its own.
    place = np.zeros(len(targets.clusters), dtype=np.int64)
    seen: dict[tuple[int, int], int] = {}
    for i, key in enumerate(zip(targets.clusters.tolist(), targets.systems.tolist(), strict=True)):
        place[i] = seen.get(key, 0)
        seen[key] = place[i] + 1
    deep = int(place.max(initial=0)) + 1
    dense = np.full((len(targets.raters), *shape, deep, len(targets.attributes)), np.nan)
    dense[:, targets.clusters, targets.systems, place] = targets.ratings.transpose(1, 0, 2)
    dense = dense.reshape(len(targets.raters), shape[0], shape[1] * deep, -1)
    others = np.delete(dense, r, axis=0)
    return rater_blocks(
        dense[r], others if len(others) else None, n_permutations=n_permutations, seed=seed
    )


def _in_all_rows(found: ChangePoints, places: NDArray[np.int64]) -> ChangePoints:
    """Return breaks numbered in the rows given, from those numbered in the usable rows."""
    return replace(
        found,
        boundaries=tuple(
            replace(b, row=int(places[b.row]), low=int(places[b.low]), high=int(places[b.high]))
            for b in found.boundaries
        ),
    )
