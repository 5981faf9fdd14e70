"""Do the verdicts hang on the seed of the bootstrap?

A label that changes when only the random numbers change says nothing about the judge. The same
data are therefore judged under many seeds, and every label that moves is named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mentalbench_hf.choices import Protocol
from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.records import plain
from mentalbench_hf.reliability.protocol import reliability, settings_of

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets


@dataclass(frozen=True, slots=True)
class MovingLabel:
    """A verdict that is not the same under every seed.

    Attributes:
        judge: the judge.
        attribute: the attribute or axis.
        labels: verdict -> under how many seeds.
    """

    judge: str
    attribute: str
    labels: dict[str, int]


@dataclass(frozen=True, slots=True)
class SeedStability:
    """How the labels of one protocol depend on the seed.

    Attributes:
        protocol: "system", "response" or "published".
        data: which ratings.
        n_resamples: replicates per seed.
        seeds: the seeds tried.
        n_labels: number of judges × attributes.
        moving: the labels that are not the same under every seed.
        per_seed: for each seed, how many labels differ from the most frequent one of their cell.
        largest_pair: the most labels by which any two seeds differ.
    """

    protocol: str
    data: str
    n_resamples: int
    seeds: tuple[int, ...]
    n_labels: int
    moving: tuple[MovingLabel, ...]
    per_seed: tuple[int, ...]
    largest_pair: int

    @property
    def stable(self) -> bool:
        """Whether no label moves."""
        return not self.moving

    def record(self) -> dict[str, Any]:
        """Return a dict for JSON."""
        return {**plain(self), "stable": self.stable}


def seed_stability(
    targets: RatedTargets,
    protocol: Protocol = "system",
    *,
    seeds: Sequence[int] = tuple(range(20)),
    n_resamples: int | None = None,
    judges: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
) -> SeedStability:
    """Return which verdicts change when only the seed does.

    The verdicts are those of the protocol's own intervals: for our rule, of these systems and
    experts (`verdict_here`).

    Args:
        targets: the ratings; for the published protocol the ratings read as published.
        protocol: whose settings and rule.
        seeds: at least two different ones.
        n_resamples: replicates per seed, by default the protocol's own (10,000; published 1,000).
        judges: by default every rater but the reference.
        names: by default the attributes (28 labels for MentalAlign-70k).

    Raises:
        StatisticsError: fewer than two seeds, or unusable numbers.
    """
    if len(set(seeds)) < 2:
        raise StatisticsError(f"at least two different seeds are compared; received {seeds!r}")
    chosen = list(names or targets.attributes)
    runs = []
    n = 0
    for seed in seeds:
        settings = settings_of(protocol, n_resamples=n_resamples, seed=seed)
        n = settings.n_resamples
        runs.append(reliability(targets, settings, judges=judges, names=chosen, scoped=False))
    labels = [[row.verdict for row in rows] for rows in runs]
    by_cell = list(zip(*labels, strict=True))
    usual = [Counter(cell).most_common(1)[0][0] for cell in by_cell]
    return SeedStability(
        protocol=protocol,
        data=targets.data,
        n_resamples=n,
        seeds=tuple(seeds),
        n_labels=len(by_cell),
        moving=tuple(
            MovingLabel(row.judge, row.attribute, dict(Counter(cell)))
            for row, cell in zip(runs[0], by_cell, strict=True)
            if len(set(cell)) > 1
        ),
        per_seed=tuple(sum(a != b for a, b in zip(run, usual, strict=True)) for run in labels),
        largest_pair=max(
            sum(a != b for a, b in zip(x, y, strict=True)) for x in labels for y in labels
        ),
    )
