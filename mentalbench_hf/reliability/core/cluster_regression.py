"""Least squares with replies that depend on each other within conversations.

The variance of the coefficients is that of each conversation's sum of contributions (Liang & Zeger
1986, Biometrika 73), with the usual correction for few conversations. Contributions are kept, so
that a coefficient can be compared with a mean of the same replies.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.moments import Floats


@dataclass(frozen=True, eq=False)
class Fit:
    """A regression of n targets in G conversations.

    Attributes:
        coefficients: shape (p,).
        contributions: what each conversation adds to the error of each coefficient, shape (G, p).
        correction: of the variance for few conversations, G / (G − 1) × (n − 1) / (n − p).
    """

    coefficients: Floats
    contributions: Floats
    correction: float

    def standard_error(self, contrast: Floats) -> float:
        """Return the standard error of contrast · coefficients."""
        return float(np.sqrt(self.correction * ((self.contributions @ contrast) ** 2).sum()))


def cluster_regression(design: Floats, response: Floats, clusters: NDArray[np.int64]) -> Fit:
    """Fit response = design · coefficients by least squares.

    Args:
        design: shape (n, p), no NaN.
        response: shape (n,), no NaN.
        clusters: code of each target's conversation, shape (n,).

    Raises:
        StatisticsError: fewer targets than coefficients, one conversation, or columns that cannot
            be told apart.
    """
    n, p = design.shape
    g = len(np.unique(clusters))
    if n <= p or g < 2:
        raise StatisticsError(f"{n} replies in {g} conversations are too few for {p} coefficients")
    if np.linalg.matrix_rank(design) < p:
        raise StatisticsError(
            "the experts' severity cannot be told apart from the systems or the judges' ratings: "
            "in each combination too little varies"
        )
    inverse = np.linalg.inv(design.T @ design)
    coefficients = inverse @ (design.T @ response)
    scores = design * (response - design @ coefficients)[:, None]
    return Fit(
        coefficients=coefficients,
        contributions=by_cluster(scores, clusters) @ inverse,
        correction=g / (g - 1) * (n - 1) / (n - p),
    )


def by_cluster(rows: Floats, clusters: NDArray[np.int64]) -> Floats:
    """Sum the rows of each conversation, in the order of its code, shape (G, p)."""
    where = np.unique(clusters, return_inverse=True)[1]
    return np.stack([np.bincount(where, weights=column) for column in rows.T], axis=-1)
