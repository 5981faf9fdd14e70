"""How far two raters' numbers lie apart, from sums: bias and mean squared error.

The first rater is the reference (the human experts), the second the judge.
"""

from __future__ import annotations

import numpy as np

from mentalbench_hf.reliability.moments import Floats, Moments


def bias(m: Moments) -> Floats:
    """Return judge − reference mean rating, in rating points (−4 to 4 on a 1 to 5 scale)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return (m.sums[..., 1] - m.sums[..., 0]) / m.n


def mse(m: Moments) -> Floats:
    """Return the mean squared difference of judge and reference, in squared rating points."""
    p = m.products
    with np.errstate(invalid="ignore", divide="ignore"):
        return (p[..., 0, 0] + p[..., 1, 1] - 2 * p[..., 0, 1]) / m.n
