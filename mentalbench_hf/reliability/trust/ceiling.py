"""How far do the experts agree with each other, and does a judge do worse than another expert?

At the system level two experts can be compared although no reply was rated by both: each has rated
the same systems on conversations of their own. A judge is put on the same footing. For experts X
and Y, X's system means are compared once with Y's, and once with the judge's on Y's conversations;
the difference, averaged over all ordered pairs, is the judge minus another expert. Conversations
are resampled, each expert's by themselves, with judge and expert in the same replicate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.bootstrap import check_resampling, percentile_interval
from mentalbench_hf.reliability.core.moments import Floats
from mentalbench_hf.reliability.core.records import Record
from mentalbench_hf.reliability.expert_means import STATISTICS, ExpertMeans
from mentalbench_hf.reliability.experts import known_experts
from mentalbench_hf.reliability.settings import check_systems
from mentalbench_hf.reliability.verdict import MIN_CLUSTERS

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets

#: A judge counts as another expert when the lower bound of the difference lies above this.
MARGIN: Final = -0.05
#: A mean agreement between experts below this makes neither a ruler.
DISAGREE: Final = 0.5


#: How to read the rows of judges.
READING: Final = (
    "Expert against expert: the systems' means by two experts, each on conversations of their own, "
    "over all pairs. Judge against expert: the same with the judge in one expert's place. A judge "
    "is as another expert when the lower bound of the difference lies above −0.05; where experts "
    "agree below 0.5, neither is a ruler."
)


class Label(StrEnum):
    """How a judge compares with another expert."""

    AS = "as another expert"
    BELOW = "below another expert"
    DISAGREE = "experts disagree"
    UNKNOWN = "n/a"


@dataclass(frozen=True, slots=True)
class ExpertPair(Record):
    """Agreement of two experts on the systems, each on conversations of their own.

    Attributes:
        attribute: the attribute or axis.
        expert: one expert.
        other: the other.
        n_systems: systems that both rated.
        n_clusters: conversations of the first.
        n_clusters_other: conversations of the other.
        icc_c1: ICC(C,1) of the systems' means, with icc_c1_low and icc_c1_high.
        icc_a1: ICC(A,1), likewise.
    """

    attribute: str
    expert: str
    other: str
    n_systems: int
    n_clusters: int
    n_clusters_other: int
    icc_c1: float
    icc_c1_low: float
    icc_c1_high: float
    icc_a1: float
    icc_a1_low: float
    icc_a1_high: float


@dataclass(frozen=True, slots=True)
class JudgeCeiling(Record):
    """One judge against another expert, on one attribute; without the judge's own counterpart.

    Attributes:
        judge: the judge.
        attribute: the attribute or axis.
        statistic: "icc_c1" or "icc_a1".
        expert_expert: mean agreement of expert X with expert Y, over the pairs: the ceiling.
        expert_expert_low: lower bound, and upper bound expert_expert_high.
        judge_expert: mean agreement of expert X with the judge on Y's conversations.
        difference: judge_expert − expert_expert, with its paired bounds low and high.
        label: "as another expert" when low lies above −0.05, else "below another expert";
            "experts disagree" when the ceiling lies below 0.5, whatever the difference.
        itself: mean agreement of the judge with itself between two experts' conversations: what
            is lost to other conversations alone, with itself_low and itself_high.
        n_degenerate: replicates in which the difference is not defined.
    """

    judge: str
    attribute: str
    statistic: str
    expert_expert: float
    expert_expert_low: float
    expert_expert_high: float
    judge_expert: float
    difference: float
    low: float
    high: float
    label: str
    itself: float
    itself_low: float
    itself_high: float
    n_degenerate: int


@dataclass(frozen=True, slots=True)
class AnotherExpert(Record):
    """What another expert reaches in a judge's place, on one attribute: the mean over all pairs.

    Attributes:
        attribute: the attribute or axis.
        n_systems: systems that every pair rated.
        icc_c1: mean ICC(C,1) of two experts over all pairs, with icc_c1_low and icc_c1_high.
        icc_a1: the same of ICC(A,1), likewise.
        least: the lowest ICC(C,1) of any pair.
    """

    attribute: str
    n_systems: int
    icc_c1: float
    icc_c1_low: float
    icc_c1_high: float
    icc_a1: float
    icc_a1_low: float
    icc_a1_high: float
    least: float


@dataclass(frozen=True, slots=True)
class Ceiling(Record):
    """The experts' agreement with each other, and the judges' beside it, at the system level.

    Attributes:
        experts: every pair of experts, by attribute.
        judges: every judge, attribute and statistic.
        another: the experts over all pairs and systems, by attribute: the row beside judges.
    """

    experts: tuple[ExpertPair, ...]
    judges: tuple[JudgeCeiling, ...]
    another: tuple[AnotherExpert, ...]


def ceiling(
    targets: RatedTargets,
    *,
    judges: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    n_resamples: int = 2_000,
    seed: int = 0,
    confidence_level: float = 0.95,
    keep_own: bool = False,
) -> Ceiling:
    """Return the agreement between experts and, on the same footing, between judges and experts.

    Args:
        targets: the ratings, with their experts. Experts with fewer than 10 conversations are
            left out.
        judges: by default every rater but the reference; none for the experts alone.
        names: attributes and axes, by default all.
        n_resamples: bootstrap replicates, at least 2.
        seed: seed of the bootstrap.
        confidence_level: of the intervals, between 0 and 1.
        keep_own: keep a judge's own counterpart.

    Raises:
        StatisticsError: fewer than two experts or systems, or unusable numbers.
    """
    check_resampling(n_resamples, confidence_level, seed)
    experts = compared_experts(targets)
    check_systems(targets, "system")
    who = list(targets.judges if judges is None else judges)
    pairs: list[ExpertPair] = []
    rows: list[JudgeCeiling] = []
    another: list[AnotherExpert] = []
    for name in names or targets.names:
        means = ExpertMeans(targets, name, who, experts, n_resamples, seed, keep_own)
        pairs += _pairs(means, name, confidence_level)
        another.append(_another(means, name, confidence_level))
        for i, judge in enumerate(who):
            rows += _judge(means, 1 + i, judge, name, confidence_level)
    order = {judge: i for i, judge in enumerate(who)}
    by_judge = sorted(rows, key=lambda row: order[row.judge])
    return Ceiling(tuple(pairs), tuple(by_judge), tuple(another))


def compared_experts(targets: RatedTargets) -> list[tuple[str, NDArray[np.bool_]]]:
    """Return the experts that can be compared, and their targets.

    Raises:
        StatisticsError: fewer than two have 10 conversations.
    """
    known = known_experts(targets)
    found = [(x, m) for x, m in known if len(np.unique(targets.clusters[m])) >= MIN_CLUSTERS]
    if len(found) < 2:
        raise StatisticsError(
            f"experts are compared with each other, each on at least {MIN_CLUSTERS} "
            f"conversations; these ratings name {len(found)} such experts"
            + ("" if known else ". Name them in a column of their own")
        )
    return found


def _pairs(means: ExpertMeans, name: str, level: float) -> list[ExpertPair]:
    points, draws = means.iccs(means.points, 0), means.iccs(means.draws, 0)
    out = []
    for x, y in combinations(range(len(means.experts)), 2):
        figures: dict[str, float] = {}
        for kind in STATISTICS:
            found = percentile_interval(draws[kind][:, x, y], level)
            figures |= {
                kind: float(points[kind][0, x, y]),
                f"{kind}_low": found.low,
                f"{kind}_high": found.high,
            }
        out.append(
            ExpertPair(
                attribute=name,
                expert=means.experts[x],
                other=means.experts[y],
                n_systems=means.n_systems(x, y),
                n_clusters=means.n_clusters[x],
                n_clusters_other=means.n_clusters[y],
                **figures,
            )
        )
    return out


def _another(means: ExpertMeans, name: str, level: float) -> AnotherExpert:
    points, draws = means.iccs(means.points, 0), means.iccs(means.draws, 0)
    figures: dict[str, float] = {}
    for kind in STATISTICS:
        found = percentile_interval(_averages(draws[kind])[0], level)
        figures |= {
            kind: float(_averages(points[kind])[0][0]),
            f"{kind}_low": found.low,
            f"{kind}_high": found.high,
        }
    k = len(means.experts)
    couples = list(combinations(range(k), 2))
    return AnotherExpert(
        attribute=name,
        n_systems=min(means.n_systems(x, y) for x, y in couples),
        least=float(min(points["icc_c1"][0, x, y] for x, y in couples)),
        **figures,
    )


def _judge(
    means: ExpertMeans, cell: int, judge: str, name: str, level: float
) -> list[JudgeCeiling]:
    points, draws = means.iccs(means.points, cell), means.iccs(means.draws, cell)
    return [
        _judge_row(judge, name, kind, _averages(points[kind]), _averages(draws[kind]), level)
        for kind in STATISTICS
    ]


def _averages(iccs: Floats) -> tuple[Floats, Floats, Floats]:
    """Return expert–expert, judge–expert and judge–judge means over pairs of experts, (b,) each."""
    k = iccs.shape[-1] // 2
    apart = ~np.eye(k, dtype=bool)
    experts, judged, itself = iccs[:, :k, :k], iccs[:, :k, k:], iccs[:, k:, k:]
    first, second, third = (x[:, apart].mean(axis=-1) for x in (experts, judged, itself))
    return first, second, third


def _judge_row(
    judge: str,
    name: str,
    kind: str,
    points: tuple[Floats, Floats, Floats],
    draws: tuple[Floats, Floats, Floats],
    level: float,
) -> JudgeCeiling:
    expert, other, same = (float(v[0]) for v in points)
    found = percentile_interval(draws[1] - draws[0], level)
    top, floor = percentile_interval(draws[0], level), percentile_interval(draws[2], level)
    return JudgeCeiling(
        judge=judge,
        attribute=name,
        statistic=kind,
        expert_expert=expert,
        expert_expert_low=top.low,
        expert_expert_high=top.high,
        judge_expert=other,
        difference=other - expert,
        low=found.low,
        high=found.high,
        label=label(expert, found.low).value,
        itself=same,
        itself_low=floor.low,
        itself_high=floor.high,
        n_degenerate=found.n_degenerate,
    )


def label(expert_expert: float, low: float) -> Label:
    """Return how a judge compares with another expert (see :class:`JudgeCeiling`)."""
    if np.isnan(expert_expert) or np.isnan(low):
        return Label.UNKNOWN
    if expert_expert < DISAGREE:
        return Label.DISAGREE
    return Label.AS if low > MARGIN else Label.BELOW
