"""Which system answers best by the experts' ratings, and which orders the data support?

A table of means invites reading more than is there: two systems whose means differ by a hundredth
of a point stand on different lines. So each rank comes with the ranks that the data leave open,
and each pair of systems with whether it can be told apart at all.

All replies to one conversation are rated by the same expert, so how severe that expert is falls on
every system alike; conversations are resampled whole, which keeps this pairing. A system whose
replies are partly missing is compared by those that are there: `n` says how many.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.bootstrap import check_resampling, percentile_interval
from mentalbench_hf.reliability.core.cluster_sums import cluster_sums, ratio, replicate_sums
from mentalbench_hf.reliability.core.moments import Floats
from mentalbench_hf.reliability.core.records import Record
from mentalbench_hf.reliability.verdict import MIN_CLUSTERS

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets

#: Means closer than this are tied.
_TIE: Final = 1e-9


@dataclass(frozen=True, slots=True)
class LeaderboardRow(Record):
    """One system's place.

    Attributes:
        system: who wrote the replies.
        mean: mean reference rating of its replies, in rating points.
        low: lower bound of the mean (percentile bootstrap, conversations resampled whole); NaN
            from fewer than 10 conversations.
        high: upper bound of the mean.
        rank: 1 is the highest mean; tied systems share the better rank.
        rank_low: best rank that the data leave open: 1 + the systems that are better beyond doubt.
        rank_high: worst rank that the data leave open. The ranges of all systems hold together at
            the confidence level.
        n: replies with a reference rating.
        judge_means: judge -> its mean rating of the same replies, as far as it rated them; NaN
            where it rated none.
        judge_ranks: judge -> the rank of that mean among the systems; None where it is NaN.
        own_judges: judges whose own counterpart the system is; their view of it is shown, but is
            left out of :class:`JudgeOrder`.
    """

    system: str
    mean: float
    low: float
    high: float
    rank: int
    rank_low: int
    rank_high: int
    n: int
    judge_means: dict[str, float]
    judge_ranks: dict[str, int | None]
    own_judges: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SystemPair(Record):
    """Two systems compared.

    Attributes:
        better: the system with the higher mean.
        worse: the other one.
        difference: mean of `better` − mean of `worse`, in rating points, at least 0.
        low: lower bound; all pairs' intervals hold together at the confidence level.
        high: upper bound.
        supported: whether the data tell the two apart: the interval excludes 0.
    """

    better: str
    worse: str
    difference: float
    low: float
    high: float
    supported: bool


@dataclass(frozen=True, slots=True)
class JudgeOrder:
    """How far a judge's order is that of the reference.

    Attributes:
        judge: the judge.
        n_pairs: pairs of systems that the reference tells apart, without the judge's own
            counterpart and systems that it did not rate.
        n_same: those that the judge orders the same way.
        reversed_pairs: those that it orders the other way round, as (better, worse) by the
            reference.
    """

    judge: str
    n_pairs: int
    n_same: int
    reversed_pairs: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """How far the judge orders the systems alike, in a sentence."""
        if not self.n_pairs:
            return f"{self.judge}: no pair of systems to compare its order on."
        lead = (
            f"{self.judge} puts {self.n_same} of the {self.n_pairs} pairs that can be told apart "
            "in the same order"
        )
        if not self.reversed_pairs:
            return f"{lead}."
        turned = [f"{worse} above {better}" for better, worse in self.reversed_pairs]
        return f"{lead}; it puts {_listed(turned)}."


@dataclass(frozen=True, slots=True)
class Leaderboard(Record):
    """Systems by mean reference rating.

    Attributes:
        name: the attribute or axis.
        reference: whose ratings order the systems.
        data: which ratings, such as "audited".
        synthetic: whether they are the bundled sample.
        n_conversations: conversations with a reference rating.
        confidence_level: of the intervals.
        n_resamples: bootstrap replicates.
        rows: the systems, the best first; systems without a reference rating are absent.
        pairs: every two of them, in the order of the rows.
        judges: each judge's order beside it.
    """

    name: str
    reference: str
    data: str
    synthetic: bool
    n_conversations: int
    confidence_level: float
    n_resamples: int
    rows: tuple[LeaderboardRow, ...]
    pairs: tuple[SystemPair, ...]
    judges: tuple[JudgeOrder, ...]

    @property
    def n_supported(self) -> int:
        """How many pairs of systems the data tell apart."""
        return sum(pair.supported for pair in self.pairs)

    @property
    def text(self) -> str:
        """What the leaderboard says, in two or three sentences."""
        first = self.rows[0]
        peers = [
            pair.worse for pair in self.pairs if pair.better == first.system and not pair.supported
        ]
        mean = f"mean {first.mean:.2f}"
        if np.isnan(first.low):
            return (
                f"{first.system} has the highest {self.name} ({mean}), but "
                f"{self.n_conversations} conversations are too few to tell systems apart."
            )
        lead = f"{first.system} has the highest {self.name} ({mean})"
        lead += (
            f"; the data do not tell it apart from {_listed(peers)}."
            if peers
            else ", and the data tell it apart from every other system."
        )
        n = len(self.pairs)
        return f"{lead} Of {n} pairs of systems, {self.n_supported} can be told apart."


def leaderboard(
    targets: RatedTargets,
    *,
    name: str = "CSS",
    n_resamples: int = 2_000,
    seed: int = 0,
    confidence_level: float = 0.95,
) -> Leaderboard:
    """Rank systems by their mean reference rating, and say which of the ranks the data support.

    Pairs are compared with the bootstrap's max-t band: the largest studentised deviation among all
    pairs in a replicate gives one critical value for all, so that the chance of telling any
    two equal systems apart is at most 1 − `confidence_level` (Westfall & Young 1993,
    "Resampling-Based Multiple Testing"). The ranges of ranks count the systems told apart
    (Mogstad, Romano, Shaikh & Wilhelm 2024, "Inference for Ranks", Review of Economic Studies 91).

    Args:
        targets: the ratings; every reply that the reference rated counts, those of a judge's own
            counterpart too.
        name: attribute or axis.
        n_resamples: bootstrap replicates; 0 gives means and ranks without intervals.
        seed: seed of the bootstrap.
        confidence_level: of the intervals, between 0 and 1.

    Raises:
        DataError: an unknown name.
        StatisticsError: fewer than two systems with a rating, or unusable numbers.
    """
    check_resampling(n_resamples, confidence_level, seed)
    scores = targets.scores(targets.reference, name)
    known = ~np.isnan(scores)
    counts = np.bincount(targets.systems[known], minlength=len(targets.system_names))
    kept = rated_systems(targets, name)
    if len(kept) < 2:
        raise StatisticsError(
            f"a leaderboard needs at least two systems with ratings by {targets.reference}; "
            f"received {len(kept)}. Say which system wrote each reply."
        )
    means = _means(targets, scores)
    order = kept[np.argsort(-means[kept], kind="stable")]
    drawn = np.bincount(targets.clusters[known], minlength=len(targets.cluster_names)) > 0
    replicates = _replicates(targets, scores, order, drawn, n_resamples, seed)
    if drawn.sum() < MIN_CLUSTERS:
        replicates = replicates[:0]
    ends = [percentile_interval(column, confidence_level) for column in replicates.T]
    systems = [targets.system_names[s] for s in order]
    pairs = _pairs(systems, means[order], replicates, confidence_level)
    of_judges = {judge: _judge_means(targets, judge, name, known) for judge in targets.judges}
    judge_ranks = {judge: _ranks(values[order]) for judge, values in of_judges.items()}
    rows = tuple(
        LeaderboardRow(
            system=system,
            mean=float(means[s]),
            low=ends[i].low,
            high=ends[i].high,
            rank=rank,
            rank_low=1 + sum(p.supported and p.worse == system for p in pairs),
            rank_high=len(systems) - sum(p.supported and p.better == system for p in pairs),
            n=int(counts[s]),
            judge_means={judge: float(values[s]) for judge, values in of_judges.items()},
            judge_ranks={judge: ranks[i] for judge, ranks in judge_ranks.items()},
            own_judges=tuple(j for j, own in targets.left_out.items() if own == system),
        )
        for i, (s, system, rank) in enumerate(
            zip(order, systems, _ranks(means[order]), strict=True)
        )
        if rank is not None
    )
    return Leaderboard(
        name=name,
        reference=targets.reference,
        data=targets.data,
        synthetic=targets.synthetic,
        n_conversations=int(drawn.sum()),
        confidence_level=confidence_level,
        n_resamples=n_resamples,
        rows=rows,
        pairs=pairs,
        judges=tuple(_judge_order(judge, rows, pairs) for judge in targets.judges),
    )


def rated_systems(targets: RatedTargets, name: str) -> NDArray[np.int64]:
    """Return the codes of the systems that the reference rated on an attribute or axis."""
    return np.unique(targets.systems[~np.isnan(targets.scores(targets.reference, name))])


def _means(targets: RatedTargets, scores: Floats) -> Floats:
    """Return the systems' means of the scores that are there, NaN for a system without any."""
    known, n = ~np.isnan(scores), len(targets.system_names)
    systems = targets.systems[known]
    totals = np.bincount(systems, scores[known], n)
    counts = np.bincount(systems, minlength=n)
    return ratio(np.asarray(totals, np.float64), np.asarray(counts, np.float64))


def _judge_means(targets: RatedTargets, judge: str, name: str, known: NDArray[np.bool_]) -> Floats:
    return _means(targets, np.where(known, targets.scores(judge, name), np.nan))


def _replicates(
    targets: RatedTargets,
    scores: Floats,
    order: NDArray[np.int64],
    drawn: NDArray[np.bool_],
    n_resamples: int,
    seed: int,
) -> Floats:
    """Return the systems' means in every replicate, shape (n_resamples, systems in order)."""
    own = (targets.systems[:, None] == order) & ~np.isnan(scores)[:, None]
    rows = np.concatenate([np.where(own, scores[:, None], 0.0), own], axis=1)
    n = len(order)
    return replicate_sums(
        cluster_sums(rows, targets.clusters, drawn),
        lambda sums: ratio(sums[:, :n], sums[:, n:]),
        n_resamples=n_resamples,
        seed=seed,
    )


def _pairs(
    systems: list[str], means: Floats, replicates: Floats, level: float
) -> tuple[SystemPair, ...]:
    """Compare every two systems; `means` descend and `replicates` are in their order."""
    first, second = np.triu_indices(len(systems), k=1)
    points = means[first] - means[second]
    half = np.full(len(points), np.nan)
    if len(replicates) > 1:
        deviations = replicates[:, first] - replicates[:, second] - points
        # A replicate without any reply of a system says nothing about its pairs.
        deviations = deviations[~np.isnan(deviations).any(axis=1)]
        if len(deviations) > 1:
            errors = np.asarray(deviations.std(axis=0, ddof=1), dtype=np.float64)
            largest = ratio(np.abs(deviations), errors)
            varying = errors > 0
            if varying.any():
                half = errors * float(np.quantile(largest[:, varying].max(axis=1), level))
    return tuple(
        SystemPair(
            better=systems[a],
            worse=systems[b],
            difference=float(point),
            low=float(point - h),
            high=float(point + h),
            # Ratings that do not vary at all show a difference, but not that it would come again.
            supported=bool(h > 0 and point - h > _TIE),
        )
        for a, b, point, h in zip(first, second, points, half, strict=True)
    )


def _ranks(means: Floats) -> list[int | None]:
    """Return ranks from the highest mean, tied ones sharing the better; None where it is NaN."""
    return [None if np.isnan(mean) else 1 + int((means > mean + _TIE).sum()) for mean in means]


def _judge_order(
    judge: str, rows: tuple[LeaderboardRow, ...], pairs: tuple[SystemPair, ...]
) -> JudgeOrder:
    means = {
        row.system: row.judge_means[judge]
        for row in rows
        if judge not in row.own_judges and not np.isnan(row.judge_means[judge])
    }
    counted = [p for p in pairs if p.supported and {p.better, p.worse} <= means.keys()]
    gaps = [means[p.better] - means[p.worse] for p in counted]
    return JudgeOrder(
        judge=judge,
        n_pairs=len(counted),
        n_same=sum(gap > _TIE for gap in gaps),
        reversed_pairs=tuple(
            (p.better, p.worse) for p, gap in zip(counted, gaps, strict=True) if gap < -_TIE
        ),
    )


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
