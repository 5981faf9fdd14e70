"""Estimates of cells with their intervals, all on the same replicates."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

from mentalbench_hf.choices import INTERVAL_METHODS, IntervalMethod, Resample, check_choice
from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.bootstrap import Interval, bca_interval, percentile_interval
from mentalbench_hf.reliability.core.moments import Floats
from mentalbench_hf.reliability.core.replicated_sums import Cells
from mentalbench_hf.reliability.core.replicates import (
    estimate_cells,
    jackknife_cells,
    replicate_cells,
)

NO_INTERVAL: Final = Interval(np.nan, np.nan, 0, 0)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Estimated:
    """A statistic of the data and its interval; NaN where not defined."""

    estimate: float
    interval: Interval


def check_interval_method(ci: str, *, within_unit: bool = False) -> None:
    """Raise StatisticsError unless `ci` is one of INTERVAL_METHODS and fits the discarding."""
    check_choice(ci, INTERVAL_METHODS, "interval method")
    if within_unit and ci != "percentile":
        raise StatisticsError(
            "discarding replicates outside [0, 1] is the published protocol's percentile "
            f"interval; it does not go with ci={ci!r}"
        )


def with_intervals(
    cells: Cells[T],
    statistics: Mapping[str, Callable[[T], Floats]],
    *,
    ci: IntervalMethod = "percentile",
    resample: Resample = "conversations",
    n_resamples: int = 10_000,
    seed: int = 0,
    confidence_level: float = 0.95,
    within_unit: Collection[str] = (),
) -> dict[str, list[Estimated]]:
    """Return estimate and bootstrap interval of every statistic of every cell.

    Args:
        cells: what the statistics are of.
        statistics: name -> function.
        ci: "percentile", or "bca" (see :func:`~.bootstrap.bca_interval`). "analytic" draws no
            replicates and leaves the intervals empty: they need the ratings themselves (see
            analytic.py).
        resample: what the bootstrap draws.
        n_resamples: number of replicates; 0 gives estimates only.
        seed: seed of the replicates.
        confidence_level: between 0 and 1.
        within_unit: statistics whose replicates outside [0, 1] are discarded, counted as
            degenerate (the published protocol; an honest interval keeps them).

    Returns:
        Name -> one Estimated per cell.

    Raises:
        StatisticsError: unknown interval method or resampling.
    """
    check_interval_method(ci, within_unit=bool(within_unit))
    estimates = estimate_cells(cells, statistics)
    if ci == "analytic" or n_resamples == 0:
        return {
            name: [Estimated(float(v), NO_INTERVAL) for v in values]
            for name, values in estimates.items()
        }
    replicates = replicate_cells(
        cells, statistics, resample=resample, n_resamples=n_resamples, seed=seed
    )
    for name in within_unit:
        values = replicates[name]
        values[(values < 0) | (values > 1)] = np.nan
    if ci == "percentile":
        return {
            name: [
                Estimated(float(v), percentile_interval(row, confidence_level))
                for v, row in zip(values, replicates[name], strict=True)
            ]
            for name, values in estimates.items()
        }
    jackknives = jackknife_cells(cells, statistics, resample=resample)
    return {
        name: [
            Estimated(float(v), bca_interval(row, float(v), left_out, confidence_level))
            for v, row, left_out in zip(values, replicates[name], jackknives[name], strict=True)
        ]
        for name, values in estimates.items()
    }
