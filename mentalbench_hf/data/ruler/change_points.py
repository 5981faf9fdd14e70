"""Where a series of rows changes its level, with a null by permuting rows.

Rows are standardised by their first differences, which a level shift hardly enters. Segmentations
are optimal for their number of breaks (least squares; ruptures: Truong, Oudre & Vayatis 2020).
A rater also drifts, so a break must stand out against chance, by permuting rows, against what is
left inside the blocks, and against a straight line through the two blocks beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.errors import StatisticsError

#: Fewer rows cannot tell a change of style from chance.
MIN_ROWS: Final = 60
#: The exact search grows with the square of the rows.
MAX_ROWS: Final = 5_000
#: Rows of a block at least.
MIN_BLOCK: Final = 10
#: A break beats permuted rows at this level.
LEVEL: Final = 0.01
#: The weakest break is so many times stronger than the strongest shift left inside a block.
STANDS_OUT: Final = 3.0
_MAX_BREAKS: Final = 20
#: Directions in which rows hardly vary are rounding.
_FLAT: Final = 1e-8


@dataclass(frozen=True, slots=True)
class Boundary:
    """One break.

    Attributes:
        row: first row of the new block.
        low: first row of the 95% credible interval of `row`, under a flat prior.
        high: last row of that interval.
        probability: posterior probability of `row`, 0 to 1.
        strength: gain of this break given its two neighbours.
    """

    row: int
    low: int
    high: int
    probability: float
    strength: float


@dataclass(frozen=True, eq=False)
class ChangePoints:
    """Breaks in a series of rows.

    The *gain* of a break is the drop in the sum of squares of the standardised rows; with
    d features and no break it is about chi-square with d degrees of freedom.

    Attributes:
        boundaries: the breaks, in the order of the rows; none when there is none or it cannot be
            told.
        statistic: the largest gain of one break; NaN when it cannot be told.
        null: the same on permuted rows, shape (n_permutations,).
        p_value: share of permutations with as large a statistic, itself counted in; NaN when it
            cannot be told.
        inside: the largest gain left inside a block.
        reason: why it cannot be told; empty when it can.
    """

    boundaries: tuple[Boundary, ...] = ()
    statistic: float = float("nan")
    null: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    p_value: float = float("nan")
    inside: float = float("nan")
    reason: str = ""

    @property
    def rows(self) -> tuple[int, ...]:
        """First row of each new block."""
        return tuple(b.row for b in self.boundaries)


def standardised(
    rows: NDArray[np.float64], covariates: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return rows, net of covariates, in units of how one row differs from the next.

    Args:
        rows: shape (n_rows, n_features), finite.
        covariates: shape (n_rows, n_covariates), finite: what the rows are regressed on.

    Returns:
        Shape (n_rows, at most n_features): uncorrelated and of variance 1 from row to row (half
        the mean square of first differences; von Neumann 1941). Directions that do not vary are
        left out.

    Raises:
        StatisticsError: a value is not finite, or the numbers of rows differ.
    """
    given = [rows] if covariates is None else [rows, covariates]
    if not all(np.isfinite(g).all() and len(g) == len(rows) for g in given):
        raise StatisticsError("rows and covariates must be finite and equally many")
    design = np.column_stack([np.ones(len(rows)), *given[1:]])
    residual = rows - design @ np.linalg.lstsq(design, rows, rcond=None)[0]
    # Features on unlike scales must not decide which directions are flat.
    scale = np.diff(residual, axis=0).std(axis=0)
    moving = scale > _FLAT
    return _whitened(residual[:, moving] / scale[moving])


def gains(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the gain of one break before each of rows 1 … n-1, shape (n_rows - 1,)."""
    n = len(rows)
    first = np.arange(1, n)[:, None]
    shift = np.cumsum(rows, axis=0)[:-1] - first * rows.mean(axis=0)
    gain: NDArray[np.float64] = (shift**2 / (first * (n - first) / n)).sum(axis=1)
    return gain


def change_points(
    rows: NDArray[np.float64], *, n_permutations: int = 199, seed: int = 0
) -> ChangePoints:
    """Find breaks in standardised rows.

    There are breaks when the largest gain of one break beats permuted rows at LEVEL. Of the
    optimal segmentations the finest is taken whose weakest break beats them too and is STANDS_OUT
    times as strong as the strongest shift left inside a block, and whose breaks all fit better
    than a straight line would, so that drift is not cut to pieces.

    Args:
        rows: shape (n_rows, n_features), from :func:`standardised`.
        n_permutations: permutations of the rows under the null.
        seed: seed of the permutations.
    """
    n = len(rows)
    if n < MIN_ROWS or not rows.shape[1] or n <= 3 * rows.shape[1]:
        few = f"{n} rows with {rows.shape[1]} features that vary; at least {MIN_ROWS} are needed"
        return ChangePoints(reason=few)
    if n > MAX_ROWS:
        return ChangePoints(reason=f"{n:,} rows; the search is made for at most {MAX_ROWS:,}")
    statistic = _largest(rows)
    rng = np.random.default_rng(seed)
    null = np.array([_largest(_whitened(rng.permutation(rows))) for _ in range(n_permutations)])
    p_value = (1 + int((null >= statistic).sum())) / (1 + n_permutations)
    breaks: list[int] = []
    inside = statistic
    if p_value <= LEVEL:
        breaks, inside = _finest(rows, float(np.quantile(null, 1 - LEVEL)))
    boundaries = tuple(
        _boundary(rows, low, row, high)
        for low, row, high in zip([0, *breaks], breaks, [*breaks[1:], n], strict=False)
    )
    return ChangePoints(boundaries, statistic, null, p_value, inside)


def _finest(rows: NDArray[np.float64], threshold: float) -> tuple[list[int], float]:
    """Return the breaks of the finest segmentation that stands out, and the gain left inside."""
    import ruptures

    search = ruptures.KernelCPD("linear", min_size=MIN_BLOCK).fit(rows)
    for n_breaks in range(min(_MAX_BREAKS, len(rows) // (2 * MIN_BLOCK) - 1), 0, -1):
        edges = [0, *search.predict(n_bkps=n_breaks)]
        inside = max(_largest(rows[a:b]) for a, b in pairwise(edges))
        pairs = [(rows[a:c], b - a) for a, b, c in zip(edges, edges[1:], edges[2:], strict=False)]
        strengths = [gains(pair)[at - 1] for pair, at in pairs]
        steps = all(s > _slope_gain(pair) for s, (pair, _) in zip(strengths, pairs, strict=True))
        if steps and min(strengths) > max(threshold, STANDS_OUT * inside):
            return edges[1:-1], inside
    return [], _largest(rows)


def _slope_gain(rows: NDArray[np.float64]) -> float:
    """Return the drop in the sum of squares by a straight line over the rows."""
    line = np.arange(len(rows)) - (len(rows) - 1) / 2
    return float(((line @ rows) ** 2).sum() / (line @ line))


def _boundary(rows: NDArray[np.float64], low: int, row: int, high: int) -> Boundary:
    """Return a break with its posterior between the two breaks beside it."""
    gain = gains(rows[low:high])
    # Gaussian rows of variance 1: half the gain is the log likelihood, up to a constant.
    posterior = np.exp((gain - gain.max()) / 2)
    posterior /= posterior.sum()
    likely = np.argsort(-posterior)
    held = likely[: int(np.searchsorted(np.cumsum(posterior[likely]), 0.95)) + 1]
    at = row - low - 1
    return Boundary(
        row=row,
        low=low + 1 + int(held.min()),
        high=low + 1 + int(held.max()),
        probability=float(posterior[at]),
        strength=float(gain[at]),
    )


def _largest(rows: NDArray[np.float64]) -> float:
    """Return the largest gain of one break that leaves MIN_BLOCK rows on both sides, else 0."""
    if len(rows) < 2 * MIN_BLOCK:
        return 0.0
    return float(gains(rows)[MIN_BLOCK - 1 : len(rows) - MIN_BLOCK].max())


def _whitened(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    if not rows.shape[1]:
        return rows
    steps = np.diff(rows, axis=0) / np.sqrt(2)
    variance, directions = np.linalg.eigh(steps.T @ steps / len(steps))
    moving = variance > variance.max() * _FLAT
    white: NDArray[np.float64] = rows @ directions[:, moving] / np.sqrt(variance[moving])
    return white
