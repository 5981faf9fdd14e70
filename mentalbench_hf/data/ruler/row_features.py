"""How a rater uses the scale in one row: features of style, not of what was rated."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

#: A system with a larger share of missing replies is left out: how a rater writes down a reply
#: that was not there would pass for style.
MOST_MISSING: Final = 0.01


def row_features(ratings: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return per row the attribute means, and three features of spread.

    Args:
        ratings: shape (n_rows, n_systems, n_attributes), NaN where missing. A reply with a missing
            attribute is left out of its row.

    Returns:
        Shape (n_rows, n_attributes + 3): the mean of each attribute; the standard deviation of the
        replies' means; the mean range within a reply; the share of replies whose attributes are
        all rated alike. NaN in a row without a complete reply.

    >>> row_features(np.array([[[5.0, 5.0], [3.0, 4.0]]])).round(2).tolist()
    [[4.0, 4.5, 0.75, 0.5, 0.5]]
    """
    complete = ~np.asarray(np.isnan(ratings).any(axis=2))
    n = complete.sum(axis=1)
    there = np.where(complete[..., None], ratings, 0.0)
    with np.errstate(invalid="ignore"):
        means = there.sum(axis=1) / n[:, None]
        of_reply = there.mean(axis=2)
        centred = np.where(complete, of_reply - means.mean(axis=1)[:, None], 0.0)
        spread = np.sqrt((centred**2).sum(axis=1) / n)
        ranges = there.max(axis=2) - there.min(axis=2)
        within = ranges.sum(axis=1) / n
        alike = ((ranges == 0) & complete).sum(axis=1) / n
    return np.column_stack([means, spread, within, alike])


def kept_systems(
    ratings: NDArray[np.float64], most_missing: float = MOST_MISSING
) -> NDArray[np.bool_]:
    """Return which systems have few missing replies, shape (n_systems,); all when none has.

    Args:
        ratings: shape (n_raters, n_rows, n_systems, n_attributes), NaN where missing.
        most_missing: the largest share of a rater's rows in which the reply may be incomplete;
            rows that hold nothing by that rater do not count.
    """
    incomplete = np.asarray(np.isnan(ratings).any(axis=3))
    rated = np.asarray(~incomplete.all(axis=2))
    share = (incomplete & rated[..., None]).sum(axis=1) / np.maximum(rated.sum(axis=1), 1)[:, None]
    kept = np.asarray((share <= most_missing).all(axis=0))
    return kept if kept.any() else np.ones_like(kept)
