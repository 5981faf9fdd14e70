"""Bootstrap replicates as weights, and intervals from replicates.

Efron & Tibshirani (1993), "An Introduction to the Bootstrap". Conversations are resampled whole
(a cluster bootstrap), because the ten responses to one conversation are not independent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray
from scipy.special import ndtr, ndtri

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.moments import Floats

#: Bytes in one block of weights: memory stays bounded, and a block fits the processor's cache.
BLOCK_BYTES: Final = 8 * 2**20
#: Draws that share one stream of random numbers, and the most replicates among which they lie.
_STREAM_DRAWS: Final = 2**17
_STREAM_REPLICATES: Final = 128
#: Bytes of weights that are kept at most (see :func:`kept_weights`).
_KEPT_BYTES: Final = 256 * 2**20
#: Whole numbers up to here are exact in single precision.
_SINGLE_EXACT: Final = 2**24


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval.

    Attributes:
        low: lower bound, NaN when fewer than two replicates are defined.
        high: upper bound, likewise.
        n_resamples: replicates drawn; 0 for an analytic interval.
        n_degenerate: replicates for which the statistic is not defined. They are left out of the
            quantiles and always reported.
        standard_error: standard deviation of the replicates, NaN where there are fewer than two.
    """

    low: float
    high: float
    n_resamples: int
    n_degenerate: int
    standard_error: float = np.nan


def check_resampling(n_resamples: int, confidence_level: float, seed: int) -> None:
    """Raise StatisticsError unless the three arguments are usable."""
    check_replicates(n_resamples, seed)
    check_confidence_level(confidence_level)


def check_confidence_level(confidence_level: float) -> None:
    """Raise StatisticsError unless it lies between 0 and 1."""
    if not isinstance(confidence_level, Real) or not 0 < confidence_level < 1:
        raise StatisticsError(
            f"confidence_level must lie between 0 and 1 (0.95); received {confidence_level!r}"
        )


def check_replicates(n_resamples: int, seed: int) -> None:
    """Raise StatisticsError unless number of replicates and seed are whole and at least 0."""
    if not _is_whole(n_resamples) or n_resamples < 0:
        raise StatisticsError(
            f"n_resamples must be a whole number of at least 0; received {n_resamples!r}"
        )
    if not _is_whole(seed) or seed < 0:
        raise StatisticsError(f"seed must be a whole number of at least 0; received {seed!r}")


def _is_whole(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def draw_weights(
    n_units: int,
    start: int,
    stop: int,
    seed: int,
    *,
    dtype: DTypeLike = np.float64,
    out: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """Return the weights of some bootstrap replicates: how often each unit is drawn.

    Replicate i is a function of `n_units`, `seed` and i alone: a short run of replicates shares a
    stream of random numbers of its own (SFC64 seeded with the seed and the number of the run), so
    replicates do not depend on how they are divided into blocks, or on how many there are.

    Args:
        n_units: number of resampled units (conversations or systems), at least 1.
        start: first replicate.
        stop: one past the last replicate.
        seed: seed of the replicates.
        dtype: a floating-point type that holds `n_units` exactly.
        out: memory to use again, of at least stop − start contiguous rows; its type is `dtype`.

    Returns:
        Shape (stop − start, n_units), whole numbers with row sums n_units.
    """
    run = max(1, min(_STREAM_REPLICATES, _STREAM_DRAWS // n_units))
    small = np.uint16 if n_units <= 2**16 else np.int64
    if out is None:
        out = np.empty((stop - start, n_units), dtype=dtype)
    weights = out[: stop - start]
    weights.fill(0)
    one = weights.dtype.type(1)
    # New memory costs more than the counting: both are kept for all streams.
    offsets = np.arange(run, dtype=np.int64)[:, None] * n_units
    places = np.empty((run, n_units), dtype=np.int64)
    for number in range(start // run, -(-stop // run)):
        first = number * run
        low, high = max(start, first), min(stop, first + run)
        b = high - low
        rng = np.random.Generator(np.random.SFC64(np.random.SeedSequence((seed, number))))
        drawn = rng.integers(0, n_units, size=(run, n_units), dtype=small)
        np.add(drawn[low - first : high - first], offsets[:b], out=places[:b])
        counted = weights[low - start : high - start].reshape(-1)
        np.add.at(counted, places[:b].reshape(-1), one)
    return weights


def weight_blocks(
    n_units: int,
    n_resamples: int,
    seed: int,
    *,
    block_size: int | None = None,
    dtype: DTypeLike = np.float64,
) -> Iterator[NDArray[Any]]:
    """Yield the weights of all replicates in blocks (see :func:`draw_weights`).

    Args:
        n_units: number of resampled units (conversations or systems), at least 1.
        n_resamples: number of replicates in all.
        seed: seed of the replicates.
        block_size: replicates in one block; by default as many as fit BLOCK_BYTES.
        dtype: a floating-point type that holds `n_units` exactly.

    Yields:
        Arrays of shape (at most block_size, n_units), whole numbers with row sums n_units.
    """
    size = block_size or max(1, BLOCK_BYTES // (np.dtype(dtype).itemsize * n_units))
    kept = _KEPT.get()
    all_of_them = None if kept is None else kept.weights(n_units, n_resamples, seed)
    for start in range(0, n_resamples, size):
        stop = min(start + size, n_resamples)
        if all_of_them is None:
            yield draw_weights(n_units, start, stop, seed, dtype=dtype)
        else:
            yield all_of_them[start:stop].astype(dtype)


class _Kept:
    """The weights that were drawn last, a byte each: drawing costs more than the product."""

    def __init__(self) -> None:
        self._key: tuple[int, int, int] | None = None
        self._weights: NDArray[np.uint8] | None = None

    def weights(self, n_units: int, n_resamples: int, seed: int) -> NDArray[np.uint8] | None:
        """Return all weights, or None where they would take too much memory."""
        if n_units * n_resamples > _KEPT_BYTES:
            return None
        if self._key != (n_units, n_resamples, seed):
            self._weights = np.empty((n_resamples, n_units), dtype=np.uint8)
            size = max(1, BLOCK_BYTES // (4 * n_units))
            for start in range(0, n_resamples, size):
                stop = min(start + size, n_resamples)
                drawn = draw_weights(n_units, start, stop, seed, dtype=np.float32)
                if drawn.max(initial=0) > np.iinfo(np.uint8).max:
                    return None
                self._weights[start:stop] = drawn
            self._key = (n_units, n_resamples, seed)
        return self._weights


_KEPT: ContextVar[_Kept | None] = ContextVar("kept weights", default=None)


@contextmanager
def kept_weights() -> Iterator[None]:
    """Draw the weights of equal numbers of units, replicates and seed once within the block.

    For many statistics of the same clusters, computed one after the other. Takes up to
    a byte per unit and replicate; results are the same.
    """
    token = _KEPT.set(_Kept())
    try:
        yield
    finally:
        _KEPT.reset(token)


def single_is_exact(matrix: NDArray[np.floating]) -> bool:
    """Return whether every weighed sum is a whole number that single precision holds exactly.

    Weights add up to the number of rows, so no partial sum exceeds rows × the largest entry.
    """
    largest = float(np.abs(matrix).max(initial=0.0))
    return len(matrix) * largest < _SINGLE_EXACT and bool((matrix == np.rint(matrix)).all())


def percentile_interval(replicates: Floats, confidence_level: float = 0.95) -> Interval:
    """Return the percentile interval of one statistic's replicates, shape (n_resamples,).

    NaN replicates are degenerate: counted, and left out of the quantiles.
    """
    alpha = (1 - confidence_level) / 2
    return _quantiles(replicates, alpha, 1 - alpha)


def bca_interval(
    replicates: Floats,
    estimate: float,
    jackknife: Sequence[Floats],
    confidence_level: float = 0.95,
) -> Interval:
    """Return the bias-corrected and accelerated interval of one statistic.

    Efron (1987), "Better bootstrap confidence intervals", JASA 82(397). The quantiles taken are
    shifted by the part of the replicates that lies below the estimate (ties count half), and by
    the acceleration, from the values with one unit left out. With two kinds of units (crossed
    resampling) their third and second moments add up (Efron & Tibshirani 1993, section 14.3, as
    for several samples).

    Args:
        replicates: shape (n_resamples,); NaN is degenerate, counted and left out.
        estimate: the statistic of the data.
        jackknife: for each kind of resampled unit the statistic with one unit left out, shape
            (n_units,); NaN where not defined, left out.
        confidence_level: between 0 and 1.

    Returns:
        The interval. Its bounds are NaN when the estimate is, when fewer than two replicates are
        defined, or when all of them lie on one side of the estimate.
    """
    known = replicates[~np.isnan(replicates)]
    n, n_degenerate = len(replicates), len(replicates) - len(known)
    nothing = Interval(np.nan, np.nan, n, n_degenerate)
    if len(known) < 2 or np.isnan(estimate):
        return nothing
    below = ((known < estimate).mean() + (known <= estimate).mean()) / 2
    if not 0 < below < 1:
        return nothing
    alpha = (1 - confidence_level) / 2
    z0, a = ndtri(below), acceleration(jackknife)
    z = z0 + ndtri(np.array([alpha, 1 - alpha]))
    low, high = ndtr(z0 + z / (1 - a * z))
    return _quantiles(replicates, float(low), float(high))


def acceleration(jackknife: Sequence[Floats]) -> float:
    """Return the acceleration of :func:`bca_interval`: 0.0 when leaving out changes nothing."""
    third = second = 0.0
    for values in jackknife:
        known = values[~np.isnan(values)]
        n = len(known)
        if n < 2:
            continue
        influence = (n - 1) * (known.mean() - known)
        third += float((influence**3).sum()) / n**3
        second += float((influence**2).sum()) / n**2
    return third / (6 * second**1.5) if second > 0 else 0.0


def _quantiles(replicates: Floats, low: float, high: float) -> Interval:
    degenerate = np.isnan(replicates)
    n, n_degenerate = len(replicates), int(degenerate.sum())
    if n - n_degenerate < 2:
        return Interval(np.nan, np.nan, n, n_degenerate)
    known = replicates[~degenerate]
    bounds = np.quantile(known, [low, high])
    error = float(known.std(ddof=1))
    return Interval(float(bounds[0]), float(bounds[1]), n, n_degenerate, error)
