"""How many experts per reply, and how many replies, for a wanted bound?

A decision study: the reliability of the mean of any number of raters, from the variance
components of a panel like the one that is planned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from mentalbench_hf.choices import Level
from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.bootstrap import check_resampling
from mentalbench_hf.reliability.core.decision_study import error_variance, planned_interval
from mentalbench_hf.reliability.core.records import Record

#: Sizes tried unless others are given.
N_RATERS: Final = (1, 2, 3, 4, 5)
N_ITEMS: Final = (30, 50, 100, 200, 400, 800)


@dataclass(frozen=True, slots=True)
class PlannedPanel(Record):
    """What the mean of several raters can expect, for one number of raters and items.

    Attributes:
        attribute: attribute or axis; empty if not named.
        level: "response": a target is one item; "system": the mean over a system's items.
        icc_variant: "ICC(A,k)", or "ICC(C,k)" where raters' shifts do not count.
        n_raters: raters of each item, k.
        n_items: items; at the system level, of each system.
        n_human_ratings: n_raters × n_items, at the system level for one system.
        reliability: of a target's mean over its raters.
        standard_error: of a target's mean, in rating points, counting what the variant counts.
        low: lower bound that a study of so many items expects; NaN for one rater, which cannot
            tell raters from items, and at the system level, where systems would be the sample.
        high: its upper bound.
        width: high − low.
    """

    attribute: str
    level: str
    icc_variant: str
    n_raters: int
    n_items: int
    n_human_ratings: int
    reliability: float
    standard_error: float
    low: float
    high: float
    width: float

    @property
    def n_conversations(self) -> int:
        """Items, by the name that :func:`~mentalbench_hf.reliability.trust.planner.cheapest`
        compares."""
        return self.n_items


def d_study(
    components: Mapping[str, float],
    n_raters: Sequence[int] = N_RATERS,
    n_items: Sequence[int] = N_ITEMS,
    *,
    level: Level = "response",
    absolute: bool = True,
    attribute: str = "",
    confidence_level: float = 0.95,
) -> list[PlannedPanel]:
    """Return what every number of raters per item, and of items, can expect.

    Args:
        components: source -> variance, from :func:`~mentalbench_hf.reliability.panel.components.
            panel_components` of raters like those planned for.
        n_raters: raters of each item to try, at least 1 each.
        n_items: numbers of items to try, at least 2 each.
        level: what a target is.
        absolute: count the raters' shifts as error (ICC(A,k)); False for ranking alone.
        attribute: named in the rows.
        confidence_level: of the planned interval, between 0 and 1.

    Raises:
        StatisticsError: an unusable size, or components without a rater or system.
    """
    for what, values, least in (("n_raters", n_raters, 1), ("n_items", n_items, 2)):
        for value in values:
            if isinstance(value, bool) or int(value) != value or value < least:
                raise StatisticsError(
                    f"{what} must be whole numbers of at least {least}; received {value!r}"
                )
    check_resampling(0, confidence_level, 0)
    rows = []
    for k in n_raters:
        for n in n_items:
            error = error_variance(components, k, n, level)
            low, high = float("nan"), float("nan")
            if level == "response":
                one = error_variance(components, 1, n, level)
                low, high = planned_interval(one, k, n, confidence_level, absolute=absolute)
            rows.append(
                PlannedPanel(
                    attribute=attribute,
                    level=level,
                    icc_variant="ICC(A,k)" if absolute else "ICC(C,k)",
                    n_raters=int(k),
                    n_items=int(n),
                    n_human_ratings=int(k * n),
                    reliability=error.reliability(absolute=absolute),
                    standard_error=float(
                        np.sqrt(error.relative + (error.shift if absolute else 0.0))
                    ),
                    low=low,
                    high=high,
                    width=high - low,
                )
            )
    return rows
