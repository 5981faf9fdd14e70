"""Analytic F intervals of the ICCs, from pingouin (an extra, imported only here).

McGraw & Wong (1996). They assume normal ratings and independent targets. Responses to one
conversation are not independent, so at the response level these intervals are too narrow; they
are there for comparison with other software, and for the system level.
"""

from __future__ import annotations

import math
import warnings
from typing import Final

import numpy as np

from mentalbench_hf.errors import MissingExtraError, StatisticsError
from mentalbench_hf.reliability.core.bootstrap import Interval
from mentalbench_hf.reliability.core.icc import VARIANTS, Variant
from mentalbench_hf.reliability.core.moments import Floats, as_ratings

_LEVEL: Final = 0.95
_COLUMN: Final = "CI95"


def analytic_intervals(ratings: object, confidence_level: float = 0.95) -> dict[Variant, Interval]:
    """Return the analytic 95% interval of every ICC of a targets × raters matrix.

    Args:
        ratings: shape (n_targets, n_raters ≥ 2), NaN where missing; targets that lack any rating
            are left out.
        confidence_level: pingouin computes 0.95 only.

    Returns:
        Variant -> Interval; NaN bounds where not defined (fewer than two complete targets, or
        raters that agree without any residual).

    Raises:
        MissingExtraError: pingouin is not installed.
        StatisticsError: another confidence level.
    """
    if not math.isclose(confidence_level, _LEVEL):
        raise StatisticsError(
            f"analytic intervals are for confidence_level={_LEVEL}; received {confidence_level!r}. "
            "Use ci='percentile' or ci='bca' for another level."
        )
    try:
        import pandas as pd
        import pingouin
    except ModuleNotFoundError:
        raise MissingExtraError("the analytic interval of an ICC", "pingouin") from None
    matrix = as_ratings(ratings)
    matrix = matrix[~np.isnan(matrix).any(axis=1)]
    n, k = matrix.shape
    if n < 2 or not _has_residual(matrix):
        return {variant: Interval(np.nan, np.nan, 0, 0) for variant in VARIANTS}
    frame = pd.DataFrame(
        {
            "target": np.repeat(np.arange(n), k),
            "rater": np.tile(np.arange(k), n),
            "rating": matrix.reshape(-1),
        }
    )
    rounding = pingouin.options.get(f"round.column.{_COLUMN}")
    pingouin.options[f"round.column.{_COLUMN}"] = None
    try:
        with warnings.catch_warnings():
            # pingouin 0.7 calls pandas 3.1 in ways that a later pandas will not take.
            warnings.simplefilter("ignore", category=DeprecationWarning)
            warnings.simplefilter("ignore", category=FutureWarning)
            table = pingouin.intraclass_corr(
                data=frame, targets="target", raters="rater", ratings="rating"
            ).set_index("Type")
    finally:
        pingouin.options[f"round.column.{_COLUMN}"] = rounding
    bounds = {variant: table.loc[variant, _COLUMN] for variant in VARIANTS}
    return {v: Interval(float(b[0]), float(b[1]), 0, 0) for v, b in bounds.items()}


def _has_residual(matrix: Floats) -> bool:
    """Return whether there is a residual: without it the F ratio does not exist."""
    centred = matrix - matrix.mean(axis=0)
    return not np.allclose(centred, centred.mean(axis=1, keepdims=True))
