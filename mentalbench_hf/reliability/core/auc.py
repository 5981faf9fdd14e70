"""How well ratings tell low targets from the others: the area under the ROC curve.

It is the chance that a low target is rated below another one, ties counting half: the statistic of
Mann & Whitney (1947, Annals of Mathematical Statistics 18), see Hanley & McNeil (1982, Radiology
143). As a function of counts by rating it takes bootstrap weights as they come.
"""

from __future__ import annotations

import numpy as np

from mentalbench_hf.reliability.core.moments import Floats


def auc_of_counts(low: Floats, other: Floats) -> Floats:
    """Return the AUC of counts by rating, of the batch's shape; NaN where either side is empty.

    Args:
        low: how many low targets have each rating, ratings ascending, shape (..., n_ratings).
        other: how many of the others do.

    Examples:
        >>> float(auc_of_counts(np.array([2.0, 1.0, 0.0]), np.array([0.0, 1.0, 3.0])))
        0.9583333333333334
    """
    above = other[..., ::-1].cumsum(axis=-1)[..., ::-1] - other
    wins = (low * (above + other / 2)).sum(axis=-1)
    pairs = low.sum(axis=-1) * other.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(pairs > 0, wins / pairs, np.nan)
