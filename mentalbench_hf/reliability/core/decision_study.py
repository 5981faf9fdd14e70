"""How reliable the mean of several raters is, and how well a study of given size would show it.

Brennan (2001), "Generalizability Theory", chapters 2 and 5; intervals by McGraw & Wong (1996),
"Forming inferences about some intraclass correlation coefficients", Table 7, at the expected mean
squares of items × raters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mentalbench_hf.choices import LEVELS, Level, check_choice
from mentalbench_hf.errors import StatisticsError


@dataclass(frozen=True, slots=True)
class ErrorVariance:
    """What a target's mean is made of, in squared rating points.

    Attributes:
        targets: variance of what is rated.
        shift: error that moves all targets alike: it matters where a rating is read as such.
        relative: error that changes the order of targets.
    """

    targets: float
    shift: float
    relative: float

    def reliability(self, *, absolute: bool) -> float:
        """Return ICC(A,k), or ICC(C,k) without the shift; NaN without any variance."""
        total = self.targets + self.relative + (self.shift if absolute else 0.0)
        return self.targets / total if total > 0 else float("nan")


def error_variance(
    components: Mapping[str, float], n_raters: float, n_items: float, level: Level
) -> ErrorVariance:
    """Split variance components into targets and errors of the mean of `n_raters` raters.

    Args:
        components: source -> variance, as :func:`~mentalbench_hf.reliability.panel.components.
            panel_components` names them, with the one rater facet "rater". Negative ones count
            as 0.
        n_raters: raters of each item.
        n_items: at the system level, items of each system; not used at the response level.
        level: "response" or "system": what a target is.

    Raises:
        StatisticsError: no rater component, or no system component at the system level.
    """
    check_choice(level, LEVELS, "level")
    known = {s: max(v, 0.0) for s, v in components.items()}
    if "rater" not in known:
        raise StatisticsError(
            "a study of raters is planned from components with the source 'rater'; received "
            f"{', '.join(known) or 'none'}"
        )
    if level == "system" and "system" not in known:
        raise StatisticsError(
            "a study of systems needs ratings of at least two systems; name the column of systems"
        )
    targets = shift = relative = 0.0
    for source, variance in known.items():
        facets = set(source.split(" × "))
        by_rater = source == "residual" or "rater" in facets
        of_target = level == "response" or "system" in facets or source in ("residual", "item")
        if not by_rater and (level == "response" or source == "system"):
            targets += variance
            continue
        error = variance / n_raters if by_rater else variance
        if level == "system" and facets & {"conversation", "item", "residual"}:
            error /= n_items
        if source == "rater" or not of_target:
            shift += error
        else:
            relative += error
    return ErrorVariance(targets, shift, relative)


def planned_interval(
    one: ErrorVariance, n_raters: int, n_items: int, confidence_level: float, *, absolute: bool
) -> tuple[float, float]:
    """Return the interval that a study expects for the reliability of the mean of its raters.

    Args:
        one: error variance of a single rater, at the response level.
        n_raters: raters of every item; one cannot tell raters from items: NaN.
        n_items: items, independent of each other.
        confidence_level: between 0 and 1.
        absolute: ICC(A,k), else ICC(C,k).
    """
    from scipy.stats import f

    k, n = n_raters, n_items
    if k < 2 or n < 2 or one.relative <= 0:
        return float("nan"), float("nan")
    upper = (1 + confidence_level) / 2
    items = k * one.targets + one.relative
    error, raters = one.relative, n * one.shift + one.relative
    df = (n - 1) * (k - 1)
    if not absolute:
        ratio = items / error
        low = 1 - f.ppf(upper, n - 1, df) / ratio
        return float(low), float(1 - 1 / (ratio * f.ppf(upper, df, n - 1)))
    icc = one.targets / (one.targets + one.shift + one.relative)
    a = k * icc / (n * (1 - icc))
    b = 1 + k * icc * (n - 1) / (n * (1 - icc))
    v = (a * raters + b * error) ** 2 / ((a * raters) ** 2 / (k - 1) + (b * error) ** 2 / df)
    spread = k * raters + (k * n - k - n) * error
    at, beyond = f.ppf(upper, n - 1, v), f.ppf(upper, v, n - 1)
    single = np.array(
        [
            n * (items - at * error) / (at * spread + n * items),
            n * (beyond * items - error) / (spread + n * beyond * items),
        ]
    )
    low, high = k * single / (1 + (k - 1) * single)
    return float(low), float(high)
