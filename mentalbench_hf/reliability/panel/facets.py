"""A severity table of the raters of a panel, in logits, with fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.facets import facets
from mentalbench_hf.reliability.core.moments import Floats
from mentalbench_hf.reliability.core.records import Record
from mentalbench_hf.reliability.panel.ratings import PanelRatings

#: Stands for all attributes together.
ALL: Final = "all attributes"


@dataclass(frozen=True, slots=True)
class RaterSeverity(Record):
    """One rater in the many-facet Rasch model (:mod:`~mentalbench_hf.reliability.core.facets`).

    Attributes:
        attribute: attribute or axis; ALL for one severity over attributes.
        rater: the rater.
        kind: "expert" or "judge".
        n_informative: ratings that tell something of the severity.
        n_extreme: items rated all lowest or all highest, which tell nothing of any rater.
        severity: in logits, higher is stricter, mean 0 over raters; NaN where `reason` says why.
        standard_error: of the severity, ratings of one cluster depending on each other.
        model_standard_error: the same if the model held and items were independent.
        low: lower bound, normal, from `standard_error`.
        high: upper bound.
        infit: conditional mean square weighted by information; 1 is as expected.
        outfit: the same unweighted, so that single surprises weigh more.
        fair_average: expected rating of an item of mean measure, in points.
        average: plain mean of the rater's ratings, in points.
        reason: why there is no severity; empty otherwise.
    """

    attribute: str
    rater: str
    kind: str
    n_informative: int
    n_extreme: int
    severity: float
    standard_error: float
    model_standard_error: float
    low: float
    high: float
    infit: float
    outfit: float
    fair_average: float
    average: float
    reason: str


def severities(
    panels: Sequence[PanelRatings], *, confidence_level: float = 0.95
) -> list[RaterSeverity]:
    """Return one row per rater: one severity over all attributes given.

    Every attribute of an item has a measure of its own, so attributes may differ in level and in
    what they measure; what they must share is the rater's severity and the thresholds. Pass one
    attribute for a severity of that attribute.

    Args:
        panels: ratings of the same items and raters, one per attribute. Means of attributes (axes)
            are no categories: pass attributes.
        confidence_level: of the intervals, between 0 and 1.

    Raises:
        StatisticsError: no finite severities (see :func:`~mentalbench_hf.reliability.core.facets.
            facets`): unlinked raters, with the groups, too few ratings, or too fine a scale.
    """
    from scipy.special import ndtri

    if not panels:
        raise StatisticsError("severity needs the ratings of at least one attribute")
    first = panels[0]
    names = (*first.experts, *first.judges)
    ratings = np.concatenate([all_ratings(p) for p in panels])
    clusters = np.concatenate([p.clusters for p in panels])
    found = facets(ratings, clusters, raters=names)
    z = float(ndtri((1 + confidence_level) / 2))
    n = (~np.isnan(ratings)).sum(axis=0)
    totals = np.nansum(ratings, axis=0)
    return [
        RaterSeverity(
            attribute=first.attribute if len(panels) == 1 else ALL,
            rater=name,
            kind="expert" if r < len(first.experts) else "judge",
            n_informative=int(found.n_informative[r]),
            n_extreme=found.n_extreme,
            severity=float(found.severity[r]),
            standard_error=float(found.severity_robust_se[r]),
            model_standard_error=float(found.severity_se[r]),
            low=float(found.severity[r] - z * found.severity_robust_se[r]),
            high=float(found.severity[r] + z * found.severity_robust_se[r]),
            infit=float(found.infit[r]),
            outfit=float(found.outfit[r]),
            fair_average=float(found.fair_average[r]),
            average=float(totals[r] / n[r]) if n[r] else float("nan"),
            reason=found.reasons[r],
        )
        for r, name in enumerate(names)
    ]


def all_ratings(panel: PanelRatings) -> Floats:
    """Return experts' and judges' ratings side by side, shape (n_items, n_raters)."""
    return np.hstack([panel.of_experts, panel.of_judges])
