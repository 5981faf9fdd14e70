"""Many tests at once: p-values corrected for the size of their family.

Holm (1979), "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
Statistics 6, keeps the chance of any false finding below the level, whatever the dependence.
Benjamini & Hochberg (1995), "Controlling the false discovery rate", JRSS B 57, keeps the expected
share of false findings below it; it finds more. Benjamini & Yekutieli (2001), "The control of the
false discovery rate in multiple testing under dependency", Annals of Statistics 29, keeps it under
any dependence.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

import numpy as np

from mentalbench_hf.choices import check_choice
from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.moments import Floats

Correction = Literal["holm", "bh", "by"]
CORRECTIONS: Final[tuple[Correction, ...]] = get_args(Correction)


def adjust(p_values: object, method: Correction = "holm") -> Floats:
    """Return p-values adjusted for their number, of the same shape (n,).

    Args:
        p_values: of one family of tests, each from 0 to 1; NaN (a test that could not be made)
            stays NaN and does not count towards the family.
        method: "holm", "bh" or "by".

    Raises:
        StatisticsError: unknown method, or a value outside 0 to 1.
    """
    check_choice(method, CORRECTIONS, "correction")
    p = np.asarray(p_values, dtype=np.float64).ravel()
    made = ~np.isnan(p)
    if ((p[made] < 0) | (p[made] > 1)).any():
        raise StatisticsError("p-values must lie between 0 and 1")
    out = np.full(len(p), np.nan)
    if not made.any():
        return out
    if method != "holm":
        from scipy.stats import false_discovery_control

        out[made] = false_discovery_control(p[made], method=method)
        return out
    order = np.argsort(p[made], kind="stable")
    n = len(order)
    stepped = np.minimum(np.maximum.accumulate(p[made][order] * (n - np.arange(n))), 1.0)
    back = np.empty(n)
    back[order] = stepped
    out[made] = back
    return out


def bootstrap_p_value(replicates: Floats, null: float = 0.0) -> float:
    """Return the two-sided p-value of "the statistic is `null`" from its replicates.

    Twice the smaller share of replicates on either side of the null value, counting it as one more
    replicate so that no p-value is 0: the p-value at which the percentile interval just reaches
    the null value (Davison & Hinkley 1997, "Bootstrap Methods and their Application").

    Args:
        replicates: shape (n_resamples,); NaN ones are degenerate and left out.
        null: the value under test.

    Returns:
        The p-value, at most 1; NaN when fewer than two replicates are defined.
    """
    known = replicates[~np.isnan(replicates)]
    if len(known) < 2:
        return float("nan")
    below, above = (known <= null).sum(), (known >= null).sum()
    return float(min(1.0, 2 * (1 + min(below, above)) / (len(known) + 1)))


def bootstrap_p_above(replicates: Floats, null: float) -> float:
    """Return the one-sided p-value of "the statistic is at most `null`" from its replicates.

    A small value says that it lies above. NaN as in :func:`bootstrap_p_value`.
    """
    known = replicates[~np.isnan(replicates)]
    if len(known) < 2:
        return float("nan")
    return float((1 + (known <= null).sum()) / (len(known) + 1))
