"""Sums of two raters and a judge, weighed together, for every comparison on the same items."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.reliability.core.agreement import ccc, pearson
from mentalbench_hf.reliability.core.cluster_sums import cluster_sums, replicate_sums
from mentalbench_hf.reliability.core.icc import icc_of
from mentalbench_hf.reliability.core.moments import (
    Floats,
    Moments,
    centre,
    flat_rows,
    from_flat,
    upper_pairs,
)
from mentalbench_hf.reliability.panel.draws import Draws
from mentalbench_hf.reliability.panel.ratings import PanelRatings

#: Statistic -> function of the sums of two raters. The quadratic weighted kappa equals Lin's CCC
#: when its differences are those of the ratings (Krippendorff 1970; King & Chinchilli 2001).
PAIR_STATISTICS: Final[dict[str, Callable[[Moments], Floats]]] = {
    "icc_a1": lambda m: icc_of(m, "ICC(A,1)"),
    "icc_c1": lambda m: icc_of(m, "ICC(C,1)"),
    "quadratic_weighted_kappa": ccc,
    "pearson": pearson,
}
#: Sums held at a time; more pairs of experts go in turn, on the same replicates.
_GROUP_BYTES: Final = 64 * 2**20
#: Stands for the mean over all pairs, or over all experts.
MEAN: Final = "mean"


def columns_of(panel: PanelRatings, judge: int | None) -> tuple[list[Floats], int]:
    """Return the judge's ratings as a column, where there is a judge, and how many columns."""
    columns = [] if judge is None else [panel.of_judges[:, judge]]
    return columns, len(columns)


def drawn_from(
    panel: PanelRatings, trials: list[tuple[Floats, NDArray[np.bool_]]]
) -> NDArray[np.bool_]:
    """Return which clusters have an item of any trial."""
    drawn = np.zeros(int(panel.clusters.max(initial=0)) + 1, dtype=bool)
    for _, items in trials:
        drawn[panel.clusters[items]] = True
    return drawn


def compared(
    trials: list[tuple[Floats, NDArray[np.bool_]]],
    panel: PanelRatings,
    n_judged: int,
    drawn: NDArray[np.bool_],
    n_resamples: int,
    seed: int,
    *,
    with_first: bool = True,
) -> dict[tuple[str, int], tuple[Draws, Draws]]:
    """Return for each statistic and trial (columns 0 and 1; the judge with them).

    Args:
        trials: (n_items × 2 or 3 ratings, mask of complete items); the judge is column 2.
        panel: whose clusters are drawn.
        n_judged: 1 with a judge, else 0.
        drawn: which clusters are drawn from.
        n_resamples: replicates.
        seed: of the replicates.
        with_first: the judge is compared with columns 0 and 1, else with column 1 alone.
    """
    k = 2 + n_judged
    kept, unfold = upper_pairs(k)
    width = len(kept)
    found: dict[tuple[str, int], tuple[Draws, Draws]] = {}
    size = max(1, _GROUP_BYTES // (8 * width * max(panel.n_items, 1)))
    with_judge = [(0, 2), (1, 2)] if with_first else [(1, 2)]

    def values(sums: Floats) -> Floats:
        """Map sums (b, trials × width) to (b, trials × statistics × 2): experts, then judge."""
        m = from_flat(sums.reshape(len(sums), -1, width)[..., unfold], k)
        experts = _two(m, 0, 1)
        judged = [_two(m, i, j) for i, j in with_judge] if n_judged else []
        out = []
        for function in PAIR_STATISTICS.values():
            first = function(experts)
            none = np.full_like(first, np.nan)
            out += [first, np.mean([function(j) for j in judged], axis=0) if judged else none]
        return np.stack(out, axis=-1).reshape(len(sums), -1)

    for start in range(0, len(trials), size):
        group = trials[start : start + size]
        sums = np.concatenate(list(_sums(group, panel, kept, drawn)), axis=1)
        points = values(sums.sum(axis=0, keepdims=True))[0]
        replicates = replicate_sums(sums, values, n_resamples=n_resamples, seed=seed)
        at = iter(range(len(points)))
        for p in range(start, start + len(group)):
            for statistic in PAIR_STATISTICS:
                pair = [Draws(float(points[c]), replicates[:, c]) for c in (next(at), next(at))]
                found[statistic, p] = pair[0], pair[1]
    return found


def _sums(
    group: list[tuple[Floats, NDArray[np.bool_]]],
    panel: PanelRatings,
    kept: NDArray[np.int64],
    drawn: NDArray[np.bool_],
) -> Iterator[Floats]:
    for ratings, items in group:
        rows = flat_rows(ratings[items] - centre(ratings[items]))[:, kept]
        yield cluster_sums(rows, panel.clusters[items], drawn)


def _two(m: Moments, i: int, j: int) -> Moments:
    """Return the sums of two of the raters."""
    at = [i, j]
    return Moments(n=m.n, sums=m.sums[..., at], products=m.products[..., at, :][..., at])


def numbers(
    experts: Draws, judged: Draws, confidence_level: float
) -> tuple[float, float, float, float, float, float, float, float, float, int]:
    """Return experts, judge and their difference, each with its bounds, and what was degenerate."""
    change = Draws(
        judged.estimate - experts.estimate, judged.replicates - experts.replicates
    ).interval(confidence_level)
    a, b = experts.interval(confidence_level), judged.interval(confidence_level)
    alone = bool(np.isnan(judged.estimate))
    return (
        experts.estimate, a.low, a.high, judged.estimate, b.low, b.high,
        judged.estimate - experts.estimate, change.low, change.high,
        a.n_degenerate if alone else change.n_degenerate,
    )  # fmt: skip
