"""Do judge and experts agree as experts agree with each other, on the same items?

An agreement by itself says little: clinicians agree well on a crisis protocol and hardly at all on
abstract criteria. So every agreement of the judge with an expert stands beside the agreement of two
experts on exactly those items that all three rated, and their difference is what is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.reliability.core.bootstrap import check_resampling, percentile_interval
from mentalbench_hf.reliability.core.moments import (
    Floats,
)
from mentalbench_hf.reliability.core.records import Record
from mentalbench_hf.reliability.panel.draws import Draws, mean_of
from mentalbench_hf.reliability.panel.pair_alpha import pair_alphas
from mentalbench_hf.reliability.panel.pair_sums import (
    MEAN,
    columns_of,
    compared,
    drawn_from,
    numbers,
)
from mentalbench_hf.reliability.panel.ratings import PanelRatings

#: Besides them, where the ratings are categories, ordinal alpha of the two.
ALPHA: Final = "ordinal_alpha"


@dataclass(frozen=True, slots=True)
class PairAgreement(Record):
    """Agreement of two experts, of the judge with them, and the difference, on the same items.

    Attributes:
        attribute: attribute or axis.
        judge: the judge, empty for the experts alone.
        expert: one expert; "mean" for the mean over all pairs of experts.
        other: the other expert; empty for the mean.
        statistic: one of :data:`~.pair_sums.PAIR_STATISTICS`, or "ordinal_alpha".
        n_items: items that all of them rated; for the mean, items of any pair.
        expert_expert: agreement of the two experts, with expert_expert_low and _high.
        judge_expert: mean agreement of the judge with either expert, likewise; NaN without judge.
        difference: judge_expert − expert_expert.
        low: lower bound of the difference; clusters are resampled.
        high: upper bound.
        n_degenerate: replicates for which the difference (without a judge: the experts'
            agreement) is not defined.
    """

    attribute: str
    judge: str
    expert: str
    other: str
    statistic: str
    n_items: int
    expert_expert: float
    expert_expert_low: float
    expert_expert_high: float
    judge_expert: float
    judge_expert_low: float
    judge_expert_high: float
    difference: float
    low: float
    high: float
    n_degenerate: int


@dataclass(frozen=True, slots=True)
class Validity(Record):
    """How a judge follows what the experts have in common, their own unreliability taken out.

    Spearman (1904), "The proof and measurement of association between two things": the correlation
    of judge and expert divided by the root of the correlation of two experts. It is what the judge
    would correlate with a perfectly reliable expert, if the experts' errors are independent of each
    other and of the judge's. Above 1 that assumption fails, or the items are too few.

    Attributes:
        attribute: attribute or axis.
        judge: the judge.
        n_items: items that two experts and the judge rated.
        validity: NaN where experts do not correlate positively.
        low: lower bound; clusters are resampled.
        high: upper bound.
        n_degenerate: replicates for which it is not defined.
        warning: why it must not be read as it stands; empty where nothing speaks against it.
    """

    attribute: str
    judge: str
    n_items: int
    validity: float
    low: float
    high: float
    n_degenerate: int
    warning: str


@dataclass(frozen=True, eq=False)
class Footing:
    """Every two experts and a judge on the items that all three rated, on common replicates.

    Attributes:
        panel: the ratings.
        judge: number of the judge; None for the experts alone.
        pairs: numbers of two experts, and the mask of the items.
        draws: (statistic, number of the pair) -> experts with each other, judge with them.
        confidence_level: of the intervals.
    """

    panel: PanelRatings
    judge: int | None
    pairs: tuple[tuple[int, int, NDArray[np.bool_]], ...]
    draws: dict[tuple[str, int], tuple[Draws, Draws]]
    confidence_level: float

    @property
    def judge_name(self) -> str:
        """Name of the judge, empty for the experts alone."""
        return "" if self.judge is None else self.panel.judges[self.judge]

    @property
    def n_items(self) -> int:
        """Items that any pair of experts, and the judge, rated."""
        return int(np.any([items for *_, items in self.pairs], axis=0).sum()) if self.pairs else 0

    def mean(self, statistic: str) -> tuple[Draws, Draws]:
        """Return the means over pairs: experts with each other, judge with experts."""
        both = [self.draws[statistic, p] for p in range(len(self.pairs))]
        return mean_of([pair[0] for pair in both]), mean_of([pair[1] for pair in both])

    def rows(self) -> list[PairAgreement]:
        """Return for each statistic a row per pair of experts, then their mean."""
        if not self.pairs:
            return []
        rows = []
        experts = self.panel.experts
        for statistic in dict.fromkeys(statistic for statistic, _ in self.draws):
            named = [
                (experts[i], experts[j], int(items.sum()), self.draws[statistic, p])
                for p, (i, j, items) in enumerate(self.pairs)
            ]
            named.append((MEAN, "", self.n_items, self.mean(statistic)))
            rows += [
                PairAgreement(
                    self.panel.attribute, self.judge_name, one, other, statistic, n,
                    *numbers(*draws, self.confidence_level),
                )
                for one, other, n, draws in named
            ]  # fmt: skip
        return rows

    def validity(self) -> Validity | None:
        """Return the disattenuated validity; None without a judge or without pairs."""
        if self.judge is None or not self.pairs:
            return None
        experts, judged = self.mean("pearson")
        with np.errstate(invalid="ignore", divide="ignore"):
            replicates = np.where(
                experts.replicates > 0, judged.replicates / np.sqrt(experts.replicates), np.nan
            )
        positive = experts.estimate > 0
        found = percentile_interval(replicates, self.confidence_level)
        value = judged.estimate / np.sqrt(experts.estimate) if positive else float("nan")
        warning = ""
        if not positive:
            warning = "the experts do not correlate with each other: there is nothing to correct by"
        elif value > 1:
            warning = (
                "above 1: the judge shares more with the experts than independent errors allow, or "
                "the items are too few; not a validity"
            )
        elif found.high > 1:
            warning = "the interval reaches beyond 1: too few items to say"
        return Validity(
            self.panel.attribute, self.judge_name, self.n_items, float(value), found.low,
            found.high, found.n_degenerate, warning,
        )  # fmt: skip


def same_footing(
    panel: PanelRatings,
    judge: int | None,
    *,
    n_resamples: int = 2_000,
    seed: int = 0,
    confidence_level: float = 0.95,
) -> Footing:
    """Compare every two experts with each other and with the judge, on the same items.

    Args:
        panel: the ratings.
        judge: number of the judge; None for the experts alone.
        n_resamples: replicates of whole clusters; the same for every pair.
        seed: of the replicates.
        confidence_level: of the intervals, between 0 and 1.

    Returns:
        The comparison; without pairs where no two experts share at least two items.
    """
    check_resampling(n_resamples, confidence_level, seed)
    columns, n_judged = columns_of(panel, judge)
    trials: list[tuple[Floats, NDArray[np.bool_]]] = []
    pairs: list[tuple[int, int, NDArray[np.bool_]]] = []
    for i, j in panel.expert_pairs:
        triple = np.column_stack([panel.of_experts[:, [i, j]], *columns])
        items = np.asarray(~np.isnan(triple).any(axis=1))
        if items.sum() >= 2:
            trials.append((triple, items))
            pairs.append((i, j, items))
    if not trials:
        return Footing(panel, judge, (), {}, confidence_level)
    drawn = drawn_from(panel, trials)
    draws = compared(trials, panel, n_judged, drawn, n_resamples, seed)
    alphas = pair_alphas(trials, panel.clusters, drawn, n_resamples=n_resamples, seed=seed)
    draws |= {(ALPHA, p): pair for p, pair in enumerate(alphas)}
    return Footing(panel, judge, tuple(pairs), draws, confidence_level)
