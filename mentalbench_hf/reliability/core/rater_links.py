"""Which raters can be compared at all: by items that they share, directly or through others."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.reliability.core.moments import Floats

#: Why a rater of a connected design has no finite severity.
NO_PLACE: Final = "no finite severity: on the items shared with the others its ratings are {how}"


def rater_groups(ratings: Floats) -> list[list[int]]:
    """Return the groups of raters that items link; raters without ratings are in none.

    Args:
        ratings: shape (n_items, k), NaN where missing.
    """
    from scipy.sparse.csgraph import connected_components

    known = np.asarray(~np.isnan(ratings))
    rated = np.flatnonzero(known.any(axis=0))
    shared = known[:, rated].astype(np.float64)
    _, label = connected_components(shared.T @ shared > 0, directed=False)
    groups = [rated[label == g].tolist() for g in np.unique(label)]
    return sorted(groups, key=len, reverse=True)


def linked_raters(
    ratings: Floats, names: tuple[str, ...]
) -> tuple[NDArray[np.int64], NDArray[np.bool_], tuple[str, ...]]:
    """Return the raters with a finite severity, the items that tell of them, and why not others.

    An item tells something if two of the raters rated it, and not all at one end of the scale. A
    set of raters has finite severities only if, however it is split in two, someone in one part
    rated above the lowest an item that someone in the other rated below the highest (Fischer
    1981, "On the existence and uniqueness of maximum-likelihood estimates in the Rasch model").

    Args:
        ratings: shape (n_items, k), NaN where missing; raters in one group.
        names: the raters' names.

    Returns:
        Numbers of raters, mask of items, and one reason per rater, empty for those placed.
    """
    from scipy.sparse.csgraph import connected_components

    known = np.asarray(~np.isnan(ratings))
    placed = np.flatnonzero(known.any(axis=0))
    reasons = ["" if r in placed else "no ratings" for r in range(len(names))]
    items: NDArray[np.bool_] = np.asarray(known.any(axis=1), dtype=np.bool_)
    while True:
        x: Floats = ratings[:, placed]
        # A value met only on items that tell nothing is no category; leaving it out may move the
        # ends of the scale, so this is repeated until nothing changes.
        while True:
            inside = x[items]
            low = float(np.nanmin(inside)) if inside.size else 0.0
            high = float(np.nanmax(inside)) if inside.size else 0.0
            above, below = np.asarray(x > low), np.asarray(x < high)
            several = known[:, placed].sum(axis=1) >= 2
            telling = np.asarray(items & several & above.any(axis=1) & below.any(axis=1))
            if (telling == items).all():
                break
            items = telling
        linked = above[items].T.astype(np.float64) @ below[items].astype(np.float64) > 0
        _, label = connected_components(linked, directed=True, connection="strong")
        if len(placed) == 0 or label.max(initial=0) == 0:
            return placed, items, tuple(reasons)
        n = known[np.ix_(items, placed)].sum(axis=0)
        keep = label == np.argmax(np.bincount(label, weights=n))
        ever_above, ever_below = (np.asarray(side[items].any(axis=0)) for side in (above, below))
        for r, r_above, r_below in zip(
            placed[~keep], ever_above[~keep], ever_below[~keep], strict=True
        ):
            how = "all highest" if r_above and not r_below else "all lowest"
            if r_above == r_below:
                how = "too few to place it"
            reasons[r] = NO_PLACE.format(how=how)
        placed = placed[keep]
