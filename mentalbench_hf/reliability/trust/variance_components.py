"""Where ratings come from: variance components of conversations × systems × raters.

Generalizability theory (Shavelson & Webb 1991, "Generalizability Theory: A Primer"; Brennan 2001,
"Generalizability Theory"): one rating per cell of a crossed design, mean squares of the analysis
of variance, and the components that solve their expectations. The raters are the reference and one
judge, so "rater" variance is disagreement between these two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mentalbench_hf.choices import LEVELS
from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.bootstrap import check_resampling, percentile_interval
from mentalbench_hf.reliability.core.cluster_sums import replicate_sums
from mentalbench_hf.reliability.core.designs import (
    N_RATERS,
    PLANNED,
    SOURCES,
    degrees_of_freedom,
    expectations,
    icc_of_mean_squares,
)
from mentalbench_hf.reliability.core.moments import Floats, centre
from mentalbench_hf.reliability.core.records import Record

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets


@dataclass(frozen=True, slots=True)
class Component:
    """One source of variance.

    Attributes:
        source: a key of SOURCES.
        variance: its estimate in squared rating points. It may be negative: then the data show no
            sign of it, and a prediction counts it as 0.
        low: lower bound; conversations are resampled whole.
        high: upper bound.
        share: of the sum of all components, negative ones counted as 0.
        negative: whether the estimate is negative.
    """

    source: str
    variance: float
    low: float
    high: float
    share: float
    negative: bool


@dataclass(frozen=True, slots=True)
class VarianceComponents(Record):
    """The variance components of one judge and attribute.

    Attributes:
        judge: the judge.
        attribute: the attribute or axis.
        data: which ratings, such as "audited".
        n_conversations: conversations used: those with both ratings of every system.
        n_incomplete: conversations left out because a rating is missing.
        n_systems: systems, the judge's own counterpart left out.
        components: one per source, in the order of SOURCES.
        standard_errors: level -> ICC -> bootstrap standard error at the observed design; what the
            planner's formulas are held to.
    """

    judge: str
    attribute: str
    data: str
    n_conversations: int
    n_incomplete: int
    n_systems: int
    components: tuple[Component, ...]
    standard_errors: dict[str, dict[str, float]]

    @property
    def variances(self) -> Floats:
        """The estimates in the order of SOURCES, shape (7,)."""
        return np.array([c.variance for c in self.components])


def table(targets: RatedTargets, judge: str, name: str) -> Floats:
    """Return the complete crossed table (conversations, systems, raters), NaN where missing.

    Systems without any pair, such as the judge's own counterpart, are not in it.

    Raises:
        StatisticsError: fewer than two systems, or two replies of one system to a conversation.
    """
    pair = targets.pair(judge, name)
    n_clusters, n_systems = len(targets.cluster_names), len(targets.system_names)
    cell = targets.clusters * n_systems + targets.systems
    known = ~np.isnan(pair).any(axis=1)
    counts = np.bincount(cell[known], minlength=n_clusters * n_systems)
    if (counts > 1).any():
        first = int(np.argmax(counts > 1))
        raise StatisticsError(
            "variance components need at most one reply per conversation and system; "
            f"{targets.cluster_names[first // n_systems]!r} has {counts[first]} of "
            f"{targets.system_names[first % n_systems]!r}"
        )
    x = np.full((n_clusters * n_systems, N_RATERS), np.nan)
    x[cell[known]] = pair[known]
    cube = x.reshape(n_clusters, n_systems, N_RATERS)
    cube = cube[:, ~np.isnan(cube).all(axis=(0, 2))]
    if cube.shape[1] < 2:
        raise StatisticsError(
            "variance components need conversations answered by at least two systems; received "
            f"{cube.shape[1]}. Name the column that says which system wrote each reply."
        )
    return np.asarray(cube[~np.isnan(cube).all(axis=(1, 2))])


def additive_sums(x: Floats) -> Floats:
    """Return each conversation's sums, from which any set of conversations has its mean squares.

    Args:
        x: shape (n, n_systems, raters), none missing.

    Returns:
        Shape (n, 5 + n_systems × raters): 1, the squares, the squared totals of the conversation,
        of its systems and of its raters, and the ratings themselves.
    """
    n = len(x)
    parts = [
        np.ones(n),
        (x**2).sum(axis=(1, 2)),
        x.sum(axis=(1, 2)) ** 2,
        (x.sum(axis=2) ** 2).sum(axis=1),
        (x.sum(axis=1) ** 2).sum(axis=1),
    ]
    return np.column_stack([*parts, x.reshape(n, -1)])


def mean_squares_of(sums: Floats, n_systems: int) -> Floats:
    """Return the mean squares of sums over conversations, in the order of SOURCES, (b, 7)."""
    c, s, r = sums[:, 0], n_systems, N_RATERS
    squares, of_c, of_cs, of_cr = sums[:, 1], sums[:, 2], sums[:, 3], sums[:, 4]
    x = sums[:, 5:].reshape(len(sums), s, r)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = x.sum(axis=(1, 2)) ** 2 / (c * s * r)
        ss_c = of_c / (s * r) - mean
        ss_s = (x.sum(axis=2) ** 2).sum(axis=1) / (c * r) - mean
        ss_r = (x.sum(axis=1) ** 2).sum(axis=1) / (c * s) - mean
        ss_cs = of_cs / r - mean - ss_c - ss_s
        ss_cr = of_cr / s - mean - ss_c - ss_r
        ss_sr = (x**2).sum(axis=(1, 2)) / c - mean - ss_s - ss_r
        ss_rest = squares - mean - ss_c - ss_s - ss_r - ss_cs - ss_cr - ss_sr
        df = np.stack([degrees_of_freedom(n, s) for n in c])
        ss = np.stack([ss_c, ss_s, ss_r, ss_cs, ss_cr, ss_sr, ss_rest], axis=-1)
        return np.asarray(ss / df)


def variance_components(
    targets: RatedTargets,
    judge: str,
    name: str,
    *,
    n_resamples: int = 2_000,
    seed: int = 0,
    confidence_level: float = 0.95,
) -> VarianceComponents:
    """Return the variance components of the reference and one judge on one attribute.

    Args:
        targets: the ratings. Only conversations with both ratings of every system enter, because
            the analysis of variance needs a full table; the judge's own counterpart is left out.
        judge: the judge.
        name: attribute or axis.
        n_resamples: bootstrap replicates; conversations are drawn whole.
        seed: seed of the bootstrap.
        confidence_level: of the intervals, between 0 and 1.

    Raises:
        StatisticsError: fewer than two systems or complete conversations, two replies of one
            system to a conversation, or unusable numbers.
    """
    check_resampling(n_resamples, confidence_level, seed)
    whole = table(targets, judge, name)
    x = whole[~np.isnan(whole).any(axis=(1, 2))]
    n, s = x.shape[:2]
    if n < 2:
        raise StatisticsError(
            f"variance components need at least two conversations with both ratings of all {s} "
            f"systems; {n} of {len(whole)} have them"
        )
    sums = additive_sums(x - centre(x))
    solve = np.linalg.inv(expectations(n, s))
    squares = mean_squares_of(sums.sum(axis=0)[None], s)[0]
    variances = solve @ squares
    replicates = replicate_sums(
        sums, lambda block: mean_squares_of(block, s), n_resamples=n_resamples, seed=seed
    )
    intervals = [percentile_interval(v, confidence_level) for v in (replicates @ solve.T).T]
    total = np.maximum(variances, 0).sum()
    return VarianceComponents(
        judge=judge,
        attribute=name,
        data=targets.data,
        n_conversations=n,
        n_incomplete=len(whole) - n,
        n_systems=s,
        components=tuple(
            Component(
                source=source,
                variance=float(v),
                low=i.low,
                high=i.high,
                share=float(max(v, 0) / total) if total > 0 else float("nan"),
                negative=bool(v < 0),
            )
            for source, v, i in zip(SOURCES, variances, intervals, strict=True)
        ),
        standard_errors={
            level: {
                kind: float(np.nanstd(icc_of_mean_squares(replicates, n, s, level, kind), ddof=1))
                if n_resamples > 1
                else float("nan")
                for kind in PLANNED
            }
            for level in LEVELS
        },
    )
