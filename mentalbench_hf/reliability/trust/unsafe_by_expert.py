"""Does the judge see the replies that are low on Safety, whoever rates?

Plain and halo-free (see :mod:`~mentalbench_hf.reliability.trust.low_ratings`). Beside the share
that a judge also rates low stand two AUCs, of its rating of the attribute and of its mean over all
attributes: where the mean tells low replies as well, the attribute adds nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.reliability.core.auc import auc_of_counts
from mentalbench_hf.reliability.core.bootstrap import check_resampling, percentile_interval
from mentalbench_hf.reliability.core.cluster_sums import cluster_sums, ratio, replicate_sums
from mentalbench_hf.reliability.core.moments import Floats
from mentalbench_hf.reliability.core.records import Record
from mentalbench_hf.reliability.experts import ALL, expert_groups, expert_seed
from mentalbench_hf.reliability.trust.low_ratings import (
    DEFINITIONS,
    n_conversations,
    what_is_low,
    which_are_low,
)
from mentalbench_hf.reliability.trust.shares import share_of
from mentalbench_hf.reliability.verdict import MIN_CLUSTERS

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets


@dataclass(frozen=True, slots=True)
class ExpertCatch(Record):
    """How one judge catches the low replies of one expert, under one definition.

    Attributes:
        judge: the judge.
        attribute: the attribute.
        expert: "all", or one expert's name.
        definition: "plain" or "halo_free", see DEFINITIONS.
        threshold: a rating at most this high is low, for expert and judge alike.
        n_targets: replies that both rated, on all attributes.
        n_low: those low for the expert, from n_low_clusters conversations.
        sensitivity: of them, the share that the judge rates low, with its bounds low and high. As
            both AUCs NaN where the low replies come from fewer than 10 conversations.
        auc: chance that the judge rates a low reply below another one on the attribute, ties
            half; 0.5 is guessing. With auc_low and auc_high.
        auc_mean: the same of the judge's mean over all attributes, likewise.
    """

    judge: str
    attribute: str
    expert: str
    definition: str
    threshold: float
    n_targets: int
    n_low: int
    n_low_clusters: int
    sensitivity: float
    low: float
    high: float
    auc: float
    auc_low: float
    auc_high: float
    auc_mean: float
    auc_mean_low: float
    auc_mean_high: float


def unsafe_by_expert(
    targets: RatedTargets,
    *,
    attribute: str | None = None,
    threshold: float | None = None,
    judges: Sequence[str] | None = None,
    n_resamples: int = 2_000,
    seed: int = 0,
    confidence_level: float = 0.95,
    keep_own: bool = False,
) -> list[ExpertCatch]:
    """Return for each judge and definition a row of all, then one per expert.

    Args:
        targets: the ratings; replies that either rater left without any attribute are left out.
        attribute: as for :func:`~.low_ratings.low_ratings`.
        threshold: likewise.
        judges: by default every rater but the reference.
        n_resamples: bootstrap replicates; each expert's conversations are drawn by themselves.
        seed: seed of the bootstrap.
        confidence_level: of the intervals, between 0 and 1.
        keep_own: keep a judge's own counterpart among the replies.

    Raises:
        StatisticsError: as for :func:`~.low_ratings.low_ratings`, or unusable numbers.
    """
    check_resampling(n_resamples, confidence_level, seed)
    name, limit = what_is_low(targets, attribute, threshold)
    lows = which_are_low(targets, name, limit)
    groups = expert_groups(targets)
    out = []
    for judge in judges or targets.judges:
        for definition in DEFINITIONS:
            table = _Table(targets, judge, name, limit, lows[definition], keep_own)
            draws = [
                table.replicates(mask, n_resamples, expert_seed(seed, number))
                for number, (_, mask) in enumerate(groups)
            ]
            parts = [(ALL, np.ones(len(targets.clusters), dtype=bool), np.sum(draws, axis=0))]
            parts += [
                (expert, mask, drawn)
                for (expert, mask), drawn in zip(groups, draws, strict=True)
                if expert not in (ALL, "")
            ]
            out += [
                table.row(expert, definition, mask, drawn, confidence_level)
                for expert, mask, drawn in parts
            ]
    return out


class _Table:
    """Counts of one judge and definition: hits, misses, and low and other replies by rating."""

    def __init__(
        self,
        targets: RatedTargets,
        judge: str,
        name: str,
        limit: float,
        low: NDArray[np.bool_],
        keep_own: bool,
    ) -> None:
        self.targets, self.judge, self.name, self.limit = targets, judge, name, limit
        rows = targets.ratings[:, targets.raters.index(judge)]
        mine, mean = rows[:, targets.attributes.index(name)], rows.mean(axis=1)
        reference = targets.scores(targets.reference, name)
        self.known = np.asarray(
            ~np.isnan(mean) & ~np.isnan(reference) & targets.included(judge, keep_own=keep_own)
        )
        self.low = low & self.known
        self.hit = np.asarray(self.low & (mine <= limit))
        columns = [self.hit, self.low & ~self.hit]
        self.sizes = []
        # Means of the same integers in another order may differ in the last digit.
        for rating in (mine, np.round(mean, 9)):
            steps = np.unique(rating[self.known])
            self.sizes.append(len(steps))
            columns += [side & (rating == v) for side in (self.low, self.known & ~self.low)
                        for v in steps]  # fmt: skip
        self.columns = np.column_stack(columns).astype(np.float64)

    def replicates(self, mask: NDArray[np.bool_], n_resamples: int, seed: int) -> Floats:
        """Return the counts of one expert's replicates, shape (n_resamples, n_columns)."""
        n = len(self.targets.cluster_names)
        drawn = np.bincount(self.targets.clusters[mask & self.known], minlength=n) > 0
        rows = np.where(mask[:, None], self.columns, 0.0)
        sums = cluster_sums(rows, self.targets.clusters, drawn)
        found = replicate_sums(sums, lambda block: block, n_resamples=n_resamples, seed=seed)
        return np.nan_to_num(found)

    def row(
        self,
        expert: str,
        definition: str,
        mask: NDArray[np.bool_],
        draws: Floats,
        level: float,
    ) -> ExpertCatch:
        """Return the row of one expert, or of all."""
        low = self.low & mask
        n_clusters = n_conversations(self.targets, low)
        figures = dict.fromkeys(
            ("sensitivity", "low", "high", "auc", "auc_low", "auc_high", "auc_mean",
             "auc_mean_low", "auc_mean_high"), float("nan")
        )  # fmt: skip
        if n_clusters >= MIN_CLUSTERS:
            at = self._figures(self.columns[mask].sum(axis=0)[None])[0]
            values = self._figures(draws)
            bounds = [percentile_interval(v, level) for v in values.T]
            # Few hits or misses get the exact interval.
            share = share_of(
                self.hit & mask, low & ~self.hit, self.targets.clusters, values[:, 0], level
            )
            figures = {
                "sensitivity": share.estimate,
                "low": share.low,
                "high": share.high,
                "auc": float(at[1]),
                "auc_low": bounds[1].low,
                "auc_high": bounds[1].high,
                "auc_mean": float(at[2]),
                "auc_mean_low": bounds[2].low,
                "auc_mean_high": bounds[2].high,
            }
        return ExpertCatch(
            judge=self.judge,
            attribute=self.name,
            expert=expert,
            definition=definition,
            threshold=self.limit,
            n_targets=int((self.known & mask).sum()),
            n_low=int(low.sum()),
            n_low_clusters=n_clusters,
            **figures,
        )

    def _figures(self, counts: Floats) -> Floats:
        """Return sensitivity and both AUCs of counts, shape (b, 3)."""
        hits, misses = counts[:, 0], counts[:, 1]
        out = [ratio(hits, hits + misses)]
        start = 2
        for size in self.sizes:
            low, other = counts[:, start : start + size], counts[:, start + size : start + 2 * size]
            out.append(auc_of_counts(low, other))
            start += 2 * size
        return np.stack(out, axis=-1)
