"""A statistic on the data and on every replicate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mentalbench_hf.reliability.core.bootstrap import Interval, percentile_interval
from mentalbench_hf.reliability.core.moments import Floats


@dataclass(frozen=True, eq=False)
class Draws:
    """A statistic on the data and on every replicate: what intervals and means are made of.

    Attributes:
        estimate: value on the data.
        replicates: shape (n_resamples,), NaN where not defined.
    """

    estimate: float
    replicates: Floats

    def interval(self, confidence_level: float) -> Interval:
        """Return the percentile interval."""
        return percentile_interval(self.replicates, confidence_level)


def mean_of(draws: list[Draws]) -> Draws:
    """Return the mean over pairs on the data and replicate by replicate; NaN where any is."""
    return Draws(
        float(np.mean([d.estimate for d in draws])),
        np.mean([d.replicates for d in draws], axis=0),
    )
