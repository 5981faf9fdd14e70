"""Designs of conversations × systems × raters: from mean squares to reliability.

Both levels are ratios of sums of mean squares, so the reliability that a design of any size can
expect, and how far it scatters, follow from the variance components.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from mentalbench_hf.choices import LEVELS, Level, check_choice
from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.icc import Variant
from mentalbench_hf.reliability.core.moments import Floats

#: Sources of variance -> what a large one means, in the order of every vector here.
SOURCES: Final[dict[str, str]] = {
    "conversation": "some conversations draw better replies from every system",
    "system": "some systems write better replies: what a ranking is about",
    "rater": "reference and judge differ by a constant shift",
    "conversation × system": "systems do well on different conversations",
    "conversation × rater": "reference and judge disagree about whole conversations",
    "system × rater": "reference and judge disagree about whole systems: no number of "
    "conversations averages it out",
    "residual": "disagreement about single replies, and chance",
}
#: The reference and one judge.
N_RATERS: Final = 2
#: The coefficients that can be planned for.
PLANNED: Final[tuple[Variant, ...]] = ("ICC(C,1)", "ICC(A,1)")


def degrees_of_freedom(n_conversations: int, n_systems: int) -> Floats:
    """Return the degrees of freedom of the mean squares, in the order of SOURCES, shape (7,)."""
    c, s, r = n_conversations - 1, n_systems - 1, N_RATERS - 1
    return np.array([c, s, r, c * s, c * r, s * r, c * s * r], dtype=np.float64)


def expectations(n_conversations: int, n_systems: int) -> Floats:
    """Return the matrix that turns components into expected mean squares, shape (7, 7)."""
    c, s, r = n_conversations, n_systems, N_RATERS
    #       c      s      r      cs cr sr residual
    return np.array(
        [
            [s * r, 0, 0, r, s, 0, 1],
            [0, c * r, 0, r, 0, c, 1],
            [0, 0, c * s, 0, s, c, 1],
            [0, 0, 0, r, 0, 0, 1],
            [0, 0, 0, 0, s, 0, 1],
            [0, 0, 0, 0, 0, c, 1],
            [0, 0, 0, 0, 0, 0, 1],
        ],
        dtype=np.float64,
    )


def icc_ratio(
    n_conversations: int, n_systems: int, level: Level, kind: Variant
) -> tuple[Floats, Floats]:
    """Return numerator and denominator of an ICC as weights of the mean squares, (7,) each.

    At system level the targets are the systems' means, so MS_system stands against MS_system ×
    rater. At response level they are all cells, so the sums of squares of conversations, systems
    and their interaction are pooled, and those of the three interactions with raters likewise.

    Raises:
        StatisticsError: unknown level or an ICC that cannot be planned for.
    """
    check_choice(level, LEVELS, "level")
    if kind not in PLANNED:
        raise StatisticsError(f"{kind!r} cannot be planned for; choose one of {', '.join(PLANNED)}")
    _, system, rater, _, _, system_rater, _ = eye = np.eye(len(SOURCES))
    if level == "system":
        targets, error, n = system, system_rater, n_systems
    else:
        n = n_conversations * n_systems
        df = degrees_of_freedom(n_conversations, n_systems)
        targets = df * eye[[0, 1, 3]].sum(axis=0) / (n - 1)
        error = df * eye[[4, 5, 6]].sum(axis=0) / ((n - 1) * (N_RATERS - 1))
    total = targets + (N_RATERS - 1) * error
    if kind == "ICC(A,1)":
        total = total + N_RATERS * (rater - error) / n
    return targets - error, total


def icc_of_mean_squares(
    squares: Floats, n_conversations: int, n_systems: int, level: Level, kind: Variant
) -> Floats:
    """Return the ICC of mean squares of shape (..., 7); NaN where it is not defined."""
    numerator, denominator = icc_ratio(n_conversations, n_systems, level, kind)
    with np.errstate(invalid="ignore", divide="ignore"):
        total = squares @ denominator
        return np.where(total != 0, squares @ numerator / total, np.nan)


def icc_standard_error(
    variances: Floats,
    n_conversations: int,
    n_systems: int,
    level: Level,
    kind: Variant,
    *,
    same_systems: bool,
) -> float:
    """Return the normal-theory standard error of an ICC, by the delta method.

    A mean square with expectation noise + signal and df degrees of freedom has variance
    (2 noise² + 4 noise × signal) / df when the signal is fixed (non-central chi-square), and 2
    (noise + signal)² / df when it is drawn anew (Searle, Casella & McCulloch 1992, "Variance
    Components").

    Args:
        variances: the components, shape (7,), none negative.
        n_conversations: of the design.
        n_systems: of the design.
        level: of the ICC.
        kind: of the ICC.
        same_systems: whether a repetition of the study would draw new conversations only, or new
            systems as well. Reference and judge stay the same.
    """
    design = expectations(n_conversations, n_systems)
    whole = design @ variances
    fixed = [2] if not same_systems else [1, 2, 5]
    signal = design[:, fixed] @ variances[fixed]
    noise = whole - signal
    df = degrees_of_freedom(n_conversations, n_systems)
    scatter = (2 * noise**2 + 4 * noise * signal) / df
    numerator, denominator = icc_ratio(n_conversations, n_systems, level, kind)
    total = whole @ denominator
    gradient = (numerator - (whole @ numerator) / total * denominator) / total
    return float(np.sqrt((gradient**2 * scatter).sum()))
