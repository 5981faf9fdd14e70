"""The experts behind the reference column, each with estimates of their own.

Where each conversation's reference rating is one expert's, an interval over conversations speaks
of these experts only. Each expert's conversations are therefore resampled by themselves, and what
another expert may do is read from how far the experts differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.bootstrap import Interval
from mentalbench_hf.reliability.core.intervals import Estimated, with_intervals
from mentalbench_hf.reliability.core.moments import Floats, Moments
from mentalbench_hf.reliability.core.random_effects import RandomEffects, random_effects
from mentalbench_hf.reliability.core.rating_sums import Grid, grid
from mentalbench_hf.reliability.core.replicated_sums import (
    of_moments,
    response_cells,
    system_cells,
)
from mentalbench_hf.reliability.core.replicates import point
from mentalbench_hf.reliability.settings import Settings
from mentalbench_hf.reliability.verdict import no_interval

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets

#: The rows over all experts: the ratings as one column, and the experts combined.
ALL: Final = "all"
COMBINED: Final = "combined"

Statistics = Mapping[str, Callable[[Moments], Floats]]


@dataclass(frozen=True, eq=False)
class ByExpert:
    """One expert's estimates of cells; a cell is a judge and an attribute.

    Attributes:
        name: the expert.
        found: statistic -> one Estimated per cell, its interval over this expert's conversations.
            The interval is empty where it would mean nothing.
        grids: the sums, by cell.
        n_targets: targets used, by cell.
        n_clusters: conversations used, by cell.
        reasons: why a statistic has no interval (:func:`~.verdict.no_interval`), by cell; empty
            where all have one.
    """

    name: str
    found: dict[str, list[Estimated]]
    grids: list[Grid]
    n_targets: list[int]
    n_clusters: list[int]
    reasons: list[str]


def known_experts(targets: RatedTargets) -> list[tuple[str, NDArray[np.bool_]]]:
    """Return the experts with any target, and which targets are theirs, in order of their names."""
    if targets.experts is None:
        return []
    masks = [np.asarray(targets.experts == code) for code in range(len(targets.expert_names))]
    found = zip(targets.expert_names, masks, strict=True)
    return [(name, mask) for name, mask in found if mask.any()]


def named_experts(targets: RatedTargets) -> list[tuple[str, NDArray[np.bool_]]]:
    """Return :func:`known_experts`, of which there must be one.

    Raises:
        StatisticsError: the ratings name none.
    """
    found = known_experts(targets)
    if not found:
        raise StatisticsError(
            "these ratings do not say which expert gave them, so there is nothing to show by "
            "expert; name the experts in a column of their own"
        )
    return found


def reference_units(targets: RatedTargets) -> str:
    """Say whose units the reference ratings are in: the experts', where they are known."""
    names = [name for name, _ in known_experts(targets)]
    if not names:
        return f"the reference {targets.reference!r}"
    return f"expert{'s' * (len(names) > 1)} {', '.join(names)} as they share the conversations"


def expert_groups(targets: RatedTargets) -> list[tuple[str, NDArray[np.bool_]]]:
    """Divide all targets by expert; those of nobody known come last, under "".

    Where no expert is known at all there is one group, named "all".
    """
    known = known_experts(targets)
    everything = np.ones(len(targets.clusters), dtype=bool)
    if not known:
        return [(ALL, everything)]
    rest = everything & ~np.logical_or.reduce([mask for _, mask in known])
    return [*known, ("", rest)] if rest.any() else known


def expert_seed(seed: int, number: int) -> int:
    """Return the seed of one expert's replicates: experts' conversations are drawn independently.

    With one seed, experts with equally many conversations would share their draws.
    """
    return int(np.random.SeedSequence((seed, number)).generate_state(1, np.uint64)[0] >> 1)


def grid_of(targets: RatedTargets, judge: str, name: str, *, keep_own: bool = False) -> Grid:
    """Return the sums of reference and one judge on one attribute or axis."""
    return grid(
        targets.pair(judge, name, keep_own=keep_own),
        targets.clusters,
        targets.systems,
        n_clusters=len(targets.cluster_names),
        n_systems=len(targets.system_names),
        included=targets.included(judge, keep_own=keep_own),
    )


def estimates_by_expert(
    targets: RatedTargets,
    cells: Sequence[tuple[str, str]],
    statistics: Statistics,
    settings: Settings,
) -> list[ByExpert]:
    """Return every expert's estimates, conversations resampled within the expert.

    Args:
        targets: the ratings; targets of unknown experts are left out.
        cells: judges and attributes.
        statistics: name -> function of Moments.
        settings: level, replicates, seed, confidence level, kind of interval and `keep_own`; what
            is resampled is always the conversations.
    """
    s = settings
    out = []
    for number, (name, mask) in enumerate(known_experts(targets)):
        own = targets.select(mask)
        grids = [grid_of(own, judge, attribute, keep_own=s.keep_own) for judge, attribute in cells]
        found = _intervals(grids, statistics, replace(s, seed=expert_seed(s.seed, number)))
        reasons = [_without_meaning(found, i, g, s) for i, g in enumerate(grids)]
        n_targets = [int(point(g, s.level).n) for g in grids]
        out.append(ByExpert(name, found, grids, n_targets, [g.n_clusters for g in grids], reasons))
    return out


def _without_meaning(found: dict[str, list[Estimated]], i: int, g: Grid, s: Settings) -> str:
    """Empty the intervals of a cell that mean nothing, and return why the first of them does."""
    reasons = []
    for estimates in found.values():
        interval = estimates[i].interval
        reason = no_interval(
            level=s.level,
            n_clusters=g.n_clusters,
            n_systems=g.n_systems,
            n_resamples=s.n_resamples,
            n_degenerate=interval.n_degenerate,
        )
        if reason:
            empty = Interval(np.nan, np.nan, interval.n_resamples, interval.n_degenerate)
            estimates[i] = Estimated(estimates[i].estimate, empty)
            reasons.append(reason)
    return reasons[0] if reasons else ""


def _intervals(
    grids: Sequence[Grid], statistics: Statistics, s: Settings
) -> dict[str, list[Estimated]]:
    if s.level == "response":
        return with_intervals(
            response_cells(grids),
            statistics,
            ci=s.ci,
            n_resamples=s.n_resamples,
            seed=s.seed,
            confidence_level=s.confidence_level,
        )
    return with_intervals(
        system_cells(grids),
        {name: of_moments(f) for name, f in statistics.items()},
        ci=s.ci,
        n_resamples=s.n_resamples,
        seed=s.seed,
        confidence_level=s.confidence_level,
    )


def combined(
    experts: Sequence[ByExpert], statistic: str, confidence_level: float
) -> list[RandomEffects]:
    """Return one statistic combined over the experts, for every cell."""
    estimates = [e.found[statistic] for e in experts]
    return [
        random_effects(
            [one.estimate for one in cell],
            [one.interval.standard_error for one in cell],
            confidence_level=confidence_level,
        )
        for cell in zip(*estimates, strict=True)
    ]
