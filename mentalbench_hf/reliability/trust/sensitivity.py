"""Do the verdicts hang on the faults of the data?

Every ICC and verdict is computed on the ratings as they are, with one kind of fault taken out at
a time, and with all of them out. The variants share their bootstrap replicates, so the change
from one to another has an interval of its own. A conversation that a variant has
emptied is still drawn there, so an interval may differ in the third decimal from that of the
variant taken alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mentalbench_hf.choices import LEVELS, Level, check_choice
from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.bootstrap import check_resampling, percentile_interval
from mentalbench_hf.reliability.core.icc import icc_of
from mentalbench_hf.reliability.core.intervals import NO_INTERVAL
from mentalbench_hf.reliability.core.moments import Moments
from mentalbench_hf.reliability.core.rating_sums import Grid
from mentalbench_hf.reliability.core.records import Record, VerdictRecord, plain
from mentalbench_hf.reliability.core.replicates import point, replicate
from mentalbench_hf.reliability.protocol import grid_of
from mentalbench_hf.reliability.verdict import FITTING, no_interval, verdict

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets


@dataclass(frozen=True, slots=True)
class VariantRow(VerdictRecord):
    """One judge and attribute at one level, on one variant of the data.

    Attributes:
        judge: the judge.
        attribute: the attribute or axis.
        level: "system" or "response".
        variant: which variant of the data.
        icc_variant: which ICC: the one the level's verdict looks at.
        n_targets: targets used.
        n_missing: replies left out because a rating is missing.
        icc: the ICC, with the bounds of its interval in low and high.
        verdict: GR, MV, LR or n/a (rule "bound"), for these systems and experts.
        against: the variant that the change is from: the first one, or for what is left out of
            the last variant the last one.
        change: icc minus that of `against`, with its paired bounds.
        n_degenerate: replicates for which the ICC or its change is not defined.
        reason: why the verdict is n/a and the bounds are NaN, empty when it is not;
            `verdict_reason` in JSON.
    """

    judge: str
    attribute: str
    level: str
    variant: str
    icc_variant: str
    n_targets: int
    n_missing: int
    icc: float
    low: float
    high: float
    verdict: str
    against: str
    change: float
    change_low: float
    change_high: float
    n_degenerate: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Moved:
    """How far one judge and attribute move from the first variant to the last, and why.

    Attributes:
        judge: the judge.
        attribute: the attribute or axis.
        level: "system" or "response".
        before: verdict on the first variant.
        after: verdict on the last.
        change: ICC on the last variant minus that on the first, with its paired bounds.
        main_fault: the variant with one fault out that changes the ICC most; empty without any.
        main_change: by how much that one changes it.
        alone: the variants with one fault out that change the verdict by themselves.
    """

    judge: str
    attribute: str
    level: str
    before: str
    after: str
    change: float
    change_low: float
    change_high: float
    main_fault: str
    main_change: float
    alone: tuple[str, ...]

    @property
    def verdict_changes(self) -> bool:
        """Whether the verdict is another one."""
        return self.before != self.after

    def record(self) -> dict[str, Any]:
        """Return a dict for JSON; NaN becomes None."""
        return {**plain(self), "verdict_changes": self.verdict_changes}


@dataclass(frozen=True, slots=True)
class LeftOut(Record):
    """What leaving more out of the last variant moves, at one level.

    Attributes:
        variant: what was left out.
        level: "system" or "response".
        n_changed: verdicts that change, of n_verdicts.
        n_verdicts: judges × attributes.
        judge: whose ICC changes most, either way.
        attribute: on what.
        largest: by how much.
        largest_low: lower bound of it.
        largest_high: upper bound of it.
    """

    variant: str
    level: str
    n_changed: int
    n_verdicts: int
    judge: str
    attribute: str
    largest: float
    largest_low: float
    largest_high: float


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """All rows, and what moves.

    Attributes:
        variants: the names compared, in order.
        rows: every variant, level, judge and attribute.
        moved: one entry per level, judge and attribute, the verdicts that change first, then by
            size of change.
        left_out: one entry per variant with more left out, and level.
    """

    variants: tuple[str, ...]
    rows: tuple[VariantRow, ...]
    moved: tuple[Moved, ...]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def changed(self) -> tuple[Moved, ...]:
        """The entries whose verdict changes from the first variant to the last."""
        return tuple(m for m in self.moved if m.verdict_changes)

    def record(self) -> dict[str, Any]:
        """Return a dict for JSON."""
        return {
            "variants": list(self.variants),
            "rows": [r.record() for r in self.rows],
            "moved": [m.record() for m in self.moved],
            "left_out": [x.record() for x in self.left_out],
        }


def sensitivity(
    variants: Mapping[str, RatedTargets],
    left_out: Mapping[str, RatedTargets] | None = None,
    *,
    judges: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    levels: Sequence[Level] | None = None,
    n_resamples: int = 10_000,
    seed: int = 0,
    confidence_level: float = 0.95,
) -> Sensitivity:
    """Compare the verdicts on several variants of the same ratings.

    Args:
        variants: name -> ratings of the same replies by the same raters. The first is compared
            with; the last has all faults out; those between have one out each. For MentalAlign
            see :func:`mentalbench_hf.data.fault_variants.fault_variants`.
        left_out: name -> the last variant with more left out, compared with that one.
        judges: by default every rater but the reference.
        names: attributes and axes, by default all.
        levels: by default both, or the response level alone when there is only one system.
        n_resamples: bootstrap replicates; conversations are drawn whole, the same for every
            variant.
        seed: seed of the bootstrap.
        confidence_level: of the intervals, between 0 and 1.

    Raises:
        StatisticsError: fewer than two variants, variants of different replies, or unusable
            numbers.
    """
    check_resampling(n_resamples, confidence_level, seed)
    further = dict(left_out or {})
    labels, first = _check(variants, further)
    if levels is None:
        levels = LEVELS if len(first.system_names) > 1 else ("response",)
    cells = [(j, a) for j in judges or first.judges for a in names or first.names]
    rows: list[VariantRow] = []
    moved: list[Moved] = []
    without: list[LeftOut] = []
    against = dict.fromkeys(labels, labels[0]) | dict.fromkeys(further, labels[-1])
    grids = [grid_of(t, j, a) for t in (*variants.values(), *further.values()) for j, a in cells]
    for level in levels:
        check_choice(level, LEVELS, "level")
        found = _rows(grids, against, level, cells, n_resamples, seed, confidence_level)
        rows += [row for group in found for row in group]
        moved += [_moved(group[: len(labels)]) for group in found]
        without += [
            _left_out([g[len(labels) + i] for g in found], [g[len(labels) - 1] for g in found])
            for i in range(len(further))
        ]
    moved.sort(key=lambda m: (not m.verdict_changes, -abs(np.nan_to_num(m.change))))
    return Sensitivity(labels, tuple(rows), tuple(moved), tuple(without))


def _left_out(rows: Sequence[VariantRow], before: Sequence[VariantRow]) -> LeftOut:
    most = max(rows, key=lambda r: abs(np.nan_to_num(r.change)))
    return LeftOut(
        variant=most.variant,
        level=most.level,
        n_changed=sum(a.verdict != b.verdict for a, b in zip(rows, before, strict=True)),
        n_verdicts=len(rows),
        judge=most.judge,
        attribute=most.attribute,
        largest=most.change,
        largest_low=most.change_low,
        largest_high=most.change_high,
    )


def _check(
    variants: Mapping[str, RatedTargets], further: Mapping[str, RatedTargets]
) -> tuple[tuple[str, ...], RatedTargets]:
    labels = tuple(variants)
    if len(labels) < 2:
        raise StatisticsError(
            f"sensitivity compares at least two variants of the ratings; received {len(labels)}"
        )
    first = variants[labels[0]]
    for label, other in [*variants.items(), *further.items()][1:]:
        same = (
            other.raters == first.raters
            and other.attributes == first.attributes
            and np.array_equal(other.clusters, first.clusters)
            and np.array_equal(other.systems, first.systems)
        )
        if not same:
            raise StatisticsError(
                f"variants {labels[0]!r} and {label!r} must hold the same replies, raters and "
                "attributes in the same order; leave a rating out by setting it to NaN"
            )
    return labels, first


def _rows(
    grids: Sequence[Grid],
    against: Mapping[str, str],
    level: Level,
    cells: Sequence[tuple[str, str]],
    n_resamples: int,
    seed: int,
    confidence_level: float,
) -> list[list[VariantRow]]:
    """Return for each cell one row per variant."""
    kind = FITTING[level]

    def statistic(m: Moments) -> Any:
        return icc_of(m, kind)

    values = replicate(grids, {"icc": statistic}, level=level, n_resamples=n_resamples, seed=seed)[
        "icc"
    ]
    points = [point(g, level) for g in grids]
    order = list(against)
    out = []
    for c, (judge, name) in enumerate(cells):
        group = []
        for v, label in enumerate(against):
            i, base = v * len(cells) + c, order.index(against[label]) * len(cells) + c
            found = percentile_interval(values[i], confidence_level)
            change = percentile_interval(values[i] - values[base], confidence_level)
            icc = float(statistic(points[i]))
            n_degenerate = max(found.n_degenerate, change.n_degenerate)
            reason = no_interval(
                level=level,
                n_clusters=grids[i].n_clusters,
                n_systems=grids[i].n_systems,
                n_resamples=n_resamples,
                n_degenerate=n_degenerate,
            )
            if reason:
                found = change = NO_INTERVAL
            group.append(
                VariantRow(
                    judge=judge,
                    attribute=name,
                    level=level,
                    variant=label,
                    icc_variant=kind,
                    n_targets=int(points[i].n),
                    n_missing=grids[i].n_missing,
                    icc=icc,
                    low=found.low,
                    high=found.high,
                    verdict=str(verdict(found.low, found.high)),
                    against=against[label],
                    change=icc - float(statistic(points[base])),
                    change_low=change.low,
                    change_high=change.high,
                    n_degenerate=n_degenerate,
                    reason=reason,
                )
            )
        out.append(group)
    return out


def _moved(group: Sequence[VariantRow]) -> Moved:
    first, last, between = group[0], group[-1], group[1:-1]
    largest = max(between, key=lambda r: abs(np.nan_to_num(r.change)), default=None)
    moves = largest is not None and largest.change != 0 and not np.isnan(largest.change)
    return Moved(
        judge=first.judge,
        attribute=first.attribute,
        level=first.level,
        before=first.verdict,
        after=last.verdict,
        change=last.change,
        change_low=last.change_low,
        change_high=last.change_high,
        main_fault=largest.variant if largest is not None and moves else "",
        main_change=largest.change if largest is not None and moves else 0.0,
        alone=tuple(r.variant for r in between if r.verdict != first.verdict),
    )
