"""Whose units are human units? What another expert would add to the uncertainty of a mean.

A mean in human units is in those of the experts who gave the ratings. Another expert is stricter or
milder, by a standard deviation σ that the severity of the known ones shows; for one more expert,
with the mean of K known as the start, the variance grows by σ² (1 + 1/K).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.prediction_powered import Estimate
from mentalbench_hf.reliability.expert_severity import expert_severity, severity_between
from mentalbench_hf.reliability.experts import reference_units

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets

#: Quantile of a 95% interval, where the estimate has no error of its own to read it from.
_NORMAL: Final = 1.96
ANOTHER: Final = "another expert like those of the reference"


@dataclass(frozen=True, slots=True)
class RaterTerm:
    """What another expert adds to the variance of a mean.

    Attributes:
        units: whose ratings the mean stands for, with its interval.
        severity_sd: σ, the standard deviation of the experts' severity net of content, in rating
            points; NaN where fewer than two experts are known.
        n_experts: K; 0 where none is known.
    """

    units: str
    severity_sd: float
    n_experts: int

    @property
    def variance(self) -> float:
        """σ² (1 + 1/K); 0 where the experts are not known."""
        if np.isnan(self.severity_sd):
            return 0.0
        return self.severity_sd**2 * (1 + 1 / self.n_experts)

    def half_width(self, estimate: Estimate) -> float:
        """Return how far another expert alone may move the mean, by the interval's quantile."""
        error = estimate.standard_error
        quantile = (estimate.high - estimate.mean) / error if 0 < error < np.inf else _NORMAL
        return float(quantile * np.sqrt(self.variance))

    def widen(self, estimate: Estimate) -> Estimate:
        """Return the estimate with this variance added, its quantile kept."""
        more = self.half_width(estimate)
        if not more or not np.isfinite(estimate.standard_error):
            return estimate
        half = float(np.hypot(estimate.high - estimate.mean, more))
        return replace(
            estimate,
            low=estimate.mean - half,
            high=estimate.mean + half,
            standard_error=float(np.hypot(estimate.standard_error, np.sqrt(self.variance))),
        )


def rater_term(targets: RatedTargets, name: str) -> RaterTerm:
    """Return what another expert adds on one attribute, from the experts of the reference.

    Without two known experts nothing is added, and the units are the reference's.
    """
    try:
        rows = expert_severity(targets, names=[name]).experts
    except StatisticsError:
        return RaterTerm(reference_units(targets), np.nan, 0)
    spread = severity_between(rows)
    return RaterTerm(ANOTHER, spread.tau, spread.n)
