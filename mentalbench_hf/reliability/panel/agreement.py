"""Do judge and experts agree as experts agree with each other, on the same items?

An agreement by itself says little: clinicians agree well on a crisis protocol and hardly at all on
abstract criteria. So every agreement of the judge with an expert stands beside the agreement of two
experts on exactly those items that all three rated, and their difference is what is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.reliability.core.agreement import ccc, pearson
from mentalbench_hf.reliability.core.bootstrap import (
    Interval,
    check_resampling,
    percentile_interval,
)
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
from mentalbench_hf.reliability.core.records import Record
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
_GROUP_BYTES: Final = 96 * 2**20
#: Stands for the mean over all pairs, or over all experts.
MEAN: Final = "mean"


@dataclass(frozen=True, slots=True)
class PairAgreement(Record):
    """Agreement of two experts, of the judge with them, and the difference, on the same items.

    Attributes:
        attribute: attribute or axis.
        judge: the judge, empty for the experts alone.
        expert: one expert; "mean" for the mean over all pairs of experts.
        other: the other expert; empty for the mean.
        statistic: one of :data:`PAIR_STATISTICS`.
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
class LeaveOneOut(Record):
    """An expert, and the judge, against the mean of the other experts, on the same items.

    Attributes:
        attribute: attribute or axis.
        judge: the judge, empty for the experts alone.
        expert: the expert left out; "mean" for the mean over experts.
        statistic: as in :class:`PairAgreement`.
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


@dataclass(frozen=True, eq=False)
class Draws:
    """A statistic on the data and on every replicate: what intervals and means are made of.

    Attributes:
        estimate: value on the data.
        replicates: shape (n_resamples,), NaN where not defined.
    """

    estimate: float
    replicates: Floats

    def interval(self, confidence_level: float) -> Interval:
        """Return the percentile interval."""
        return percentile_interval(self.replicates, confidence_level)


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
        return _mean([pair[0] for pair in both]), _mean([pair[1] for pair in both])

    def rows(self) -> list[PairAgreement]:
        """Return for each statistic a row per pair of experts, then their mean."""
        if not self.pairs:
            return []
        rows = []
        experts = self.panel.experts
        for statistic in PAIR_STATISTICS:
            named = [
                (experts[i], experts[j], int(items.sum()), self.draws[statistic, p])
                for p, (i, j, items) in enumerate(self.pairs)
            ]
            named.append((MEAN, "", self.n_items, self.mean(statistic)))
            rows += [
                PairAgreement(
                    self.panel.attribute, self.judge_name, one, other, statistic, n,
                    *_numbers(*draws, self.confidence_level),
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
    columns, n_judged = _columns(panel, judge)
    trials: list[tuple[Floats, NDArray[np.bool_]]] = []
    pairs: list[tuple[int, int, NDArray[np.bool_]]] = []
    for i, j in panel.expert_pairs:
        triple = np.column_stack([panel.of_experts[:, [i, j]], *columns])
        items = np.asarray(~np.isnan(triple).any(axis=1))
        if items.sum() >= 2:
            trials.append((triple, items))
            pairs.append((i, j, items))
    draws = _compared(trials, panel, n_judged, n_resamples, seed) if trials else {}
    return Footing(panel, judge, tuple(pairs), draws, confidence_level)


def leave_one_out(
    panel: PanelRatings,
    judge: int | None,
    *,
    n_resamples: int = 2_000,
    seed: int = 0,
    confidence_level: float = 0.95,
) -> list[LeaveOneOut]:
    """Return each expert, and the judge, against the mean of the other experts.

    Arguments are those of :func:`same_footing`.

    Returns:
        For each statistic a row per expert that shares at least two items with another, then
        their mean.
    """
    check_resampling(n_resamples, confidence_level, seed)
    columns, n_judged = _columns(panel, judge)
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
    found = _compared(
        [(t, k) for _, t, k in trials], panel, n_judged, n_resamples, seed, with_first=False
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
                    *_numbers(expert, judged, confidence_level),
                )
            )  # fmt: skip
        expert, judged = (_mean([trial[k] for trial in both]) for k in (0, 1))
        rows.append(
            LeaveOneOut(
                panel.attribute, name, MEAN, statistic, int(used.sum()),
                *_numbers(expert, judged, confidence_level),
            )
        )  # fmt: skip
    return rows


def _columns(panel: PanelRatings, judge: int | None) -> tuple[list[Floats], int]:
    columns = [] if judge is None else [panel.of_judges[:, judge]]
    return columns, len(columns)


def _compared(
    trials: list[tuple[Floats, NDArray[np.bool_]]],
    panel: PanelRatings,
    n_judged: int,
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
        n_resamples: replicates.
        seed: of the replicates.
        with_first: the judge is compared with columns 0 and 1, else with column 1 alone.
    """
    k = 2 + n_judged
    kept, unfold = upper_pairs(k)
    width = len(kept)
    drawn = np.zeros(int(panel.clusters.max(initial=0)) + 1, dtype=bool)
    for _, items in trials:
        drawn[panel.clusters[items]] = True
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


def _mean(draws: list[Draws]) -> Draws:
    """Mean over pairs on the data and replicate by replicate; NaN where any is."""
    return Draws(
        float(np.mean([d.estimate for d in draws])),
        np.mean([d.replicates for d in draws], axis=0),
    )


def _numbers(
    experts: Draws, judged: Draws, confidence_level: float
) -> tuple[float, float, float, float, float, float, float, float, float, int]:
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
