"""Each expert, and the judge, against the mean of the other experts, on the same items."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.reliability.core.bootstrap import check_resampling
from mentalbench_hf.reliability.core.moments import Floats
from mentalbench_hf.reliability.core.records import Record
from mentalbench_hf.reliability.panel.draws import mean_of
from mentalbench_hf.reliability.panel.pair_sums import (
    MEAN,
    PAIR_STATISTICS,
    columns_of,
    compared,
    drawn_from,
    numbers,
)
from mentalbench_hf.reliability.panel.ratings import PanelRatings


@dataclass(frozen=True, slots=True)
class LeaveOneOut(Record):
    """An expert, and the judge, against the mean of the other experts, on the same items.

    Attributes:
        attribute: attribute or axis.
        judge: the judge, empty for the experts alone.
        expert: the expert left out; "mean" for the mean over experts.
        statistic: one of :data:`~.pair_sums.PAIR_STATISTICS`.
        n_items: items that the expert, the judge and at least one other expert rated.
        expert_rest: agreement of the expert with the mean of the others, with its bounds.
        judge_rest: agreement of the judge with the same mean, likewise; NaN without judge.
        difference: judge_rest − expert_rest.
        low: lower bound of the difference; clusters are resampled.
        high: upper bound.
        n_degenerate: replicates for which the difference is not defined.
    """

    attribute: str
    judge: str
    expert: str
    statistic: str
    n_items: int
    expert_rest: float
    expert_rest_low: float
    expert_rest_high: float
    judge_rest: float
    judge_rest_low: float
    judge_rest_high: float
    difference: float
    low: float
    high: float
    n_degenerate: int


def leave_one_out(
    panel: PanelRatings,
    judge: int | None,
    *,
    n_resamples: int = 2_000,
    seed: int = 0,
    confidence_level: float = 0.95,
) -> list[LeaveOneOut]:
    """Return each expert, and the judge, against the mean of the other experts.

    Arguments are those of :func:`~.agreement.same_footing`.

    Returns:
        For each statistic a row per expert that shares at least two items with another, then
        their mean.
    """
    check_resampling(n_resamples, confidence_level, seed)
    columns, n_judged = columns_of(panel, judge)
    trials: list[tuple[int, Floats, NDArray[np.bool_]]] = []
    for e in range(len(panel.experts)):
        others = np.delete(panel.of_experts, e, axis=1)
        rated = ~np.isnan(others)
        n = rated.sum(axis=1)
        rest = np.where(n > 0, np.where(rated, others, 0).sum(axis=1) / np.maximum(n, 1), np.nan)
        # The order of the columns is that of a pair: who is judged beside, what both aim at.
        triple = np.column_stack([panel.of_experts[:, e], rest, *columns])
        items = np.asarray(~np.isnan(triple).any(axis=1))
        if items.sum() >= 2:
            trials.append((e, triple, items))
    if not trials:
        return []
    pairs = [(t, k) for _, t, k in trials]
    found = compared(
        pairs, panel, n_judged, drawn_from(panel, pairs), n_resamples, seed, with_first=False
    )
    name = panel.judges[judge] if judge is not None else ""
    used = np.any([items for *_, items in trials], axis=0)
    rows = []
    for statistic in PAIR_STATISTICS:
        both = [found[statistic, p] for p in range(len(trials))]
        for (e, _, items), (expert, judged) in zip(trials, both, strict=True):
            rows.append(
                LeaveOneOut(
                    panel.attribute, name, panel.experts[e], statistic, int(items.sum()),
                    *numbers(expert, judged, confidence_level),
                )
            )  # fmt: skip
        expert, judged = (mean_of([trial[k] for trial in both]) for k in (0, 1))
        rows.append(
            LeaveOneOut(
                panel.attribute, name, MEAN, statistic, int(used.sum()),
                *numbers(expert, judged, confidence_level),
            )
        )  # fmt: skip
    return rows
