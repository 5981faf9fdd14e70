"""How each rater of a panel rates: level, spread, use of the scale, halo, drift, repeats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.bootstrap import check_resampling, percentile_interval
from mentalbench_hf.reliability.core.counts import MAX_CATEGORIES
from mentalbench_hf.reliability.core.moments import Floats
from mentalbench_hf.reliability.core.rater_effects import rater_levels, spread_ratios
from mentalbench_hf.reliability.core.rater_links import rater_groups
from mentalbench_hf.reliability.core.rating_habits import Halo, Repeats, halo, near_repeats
from mentalbench_hf.reliability.core.records import Record
from mentalbench_hf.reliability.panel.drift import Drift, drift
from mentalbench_hf.reliability.panel.facets import ALL, all_ratings
from mentalbench_hf.reliability.panel.ratings import PanelRatings

_NAN: Final = float("nan")


@dataclass(frozen=True, slots=True)
class RaterProfile(Record):
    """One rater on one attribute, or on all together.

    Halo, repeats and drift are looked for over all attributes together: they stand in the row of
    ALL (with one attribute, in its row) and are NaN, 0 or empty in the others.

    Attributes:
        attribute: the attribute; ALL for all together.
        rater: the rater.
        kind: "expert" or "judge".
        n_ratings: ratings given.
        n_shared: of them, on items that another rater rated too.
        mean: plain mean, in rating points.
        severity: how far below the raters' mean level, net of the items rated (additive fit item +
            rater), in rating points; positive is stricter. NaN without shared items.
        severity_low: lower bound; clusters are resampled.
        severity_high: upper bound.
        spread: standard deviation over the others' on the same items; below 1 the rater uses less
            of the range. NaN where the others do not vary.
        categories: distinct ratings of all raters, ascending; empty where there are too many.
        shares: share of the rater's ratings in each of them.
        lowest_share: share at the lowest point of the scale.
        highest_share: share at the highest.
        n_complete: items with all attributes rated.
        equal_share: share of them with all attributes equal, 0 to 1.
        equal_share_by_chance: the same if attributes were rated independently.
        attribute_correlation: mean correlation of two attributes.
        repeated_pairs: rows near each other, equal in every rating (see
            :class:`~mentalbench_hf.reliability.core.rating_habits.Repeats`).
        repeated_by_chance: their mean number in random order.
        repeated_p_value: of as many in random order.
        drift_p_value: of a shift against the others over the order of clusters.
        drift_change: second half less first, in points, positive for more lenient.
        drift_breaks: codes of the first clusters after shifts that stand out.
        note: what could not be told, and why; empty otherwise.
    """

    attribute: str
    rater: str
    kind: str
    n_ratings: int
    n_shared: int
    mean: float
    severity: float
    severity_low: float
    severity_high: float
    spread: float
    categories: tuple[float, ...]
    shares: tuple[float, ...]
    lowest_share: float
    highest_share: float
    n_complete: int
    equal_share: float
    equal_share_by_chance: float
    attribute_correlation: float
    repeated_pairs: int
    repeated_by_chance: float
    repeated_p_value: float
    drift_p_value: float
    drift_change: float
    drift_breaks: tuple[int, ...]
    note: str


def rater_profiles(
    panels: Sequence[PanelRatings],
    *,
    n_resamples: int = 2_000,
    n_permutations: int = 199,
    seed: int = 0,
    confidence_level: float = 0.95,
) -> list[RaterProfile]:
    """Return a row per attribute and rater, then, of several attributes, a row per rater for ALL.

    Args:
        panels: ratings of the same items and raters, one per attribute, in the order rated.
        n_resamples: replicates of whole clusters.
        n_permutations: random orders, for repeats and drift.
        seed: of replicates and orders.
        confidence_level: of the intervals, between 0 and 1.

    Raises:
        StatisticsError: no panel, or panels of unlike items or raters.
    """
    check_resampling(n_resamples, confidence_level, seed)
    if not panels or any(
        p.experts + p.judges != panels[0].experts + panels[0].judges
        or p.n_items != panels[0].n_items
        for p in panels
    ):
        raise StatisticsError("rater profiles need panels of the same items and raters")
    blocks = [all_ratings(p) for p in panels]
    clusters = panels[0].clusters
    rows = []
    for part in [[b] for b in range(len(panels))] + ([list(range(len(panels)))][: len(panels) > 1]):
        chosen = [blocks[b] for b in part]
        name = panels[part[0]].attribute if len(part) == 1 else ALL
        fit = rater_levels(chosen, clusters, n_resamples=n_resamples, seed=seed)
        spreads = spread_ratios(chosen)
        categories = _categories(chosen)
        notes = _notes(chosen, (*panels[0].experts, *panels[0].judges))
        for r, rater in enumerate((*panels[0].experts, *panels[0].judges)):
            habits = _habits(
                chosen if len(part) == len(panels) else [], fit.levels, r, panels[0],
                n_permutations, seed,
            )  # fmt: skip
            interval = percentile_interval(-fit.replicates[:, r], confidence_level)
            shares, low, high, n, mean = _use(chosen, r, categories, panels[0].scale)
            rows.append(
                RaterProfile(
                    attribute=name,
                    rater=rater,
                    kind="expert" if r < len(panels[0].experts) else "judge",
                    n_ratings=n,
                    n_shared=int(fit.n_shared[r]),
                    mean=mean,
                    severity=float(-fit.levels[r]),
                    severity_low=interval.low,
                    severity_high=interval.high,
                    spread=float(spreads[r]),
                    categories=categories,
                    shares=shares,
                    lowest_share=low,
                    highest_share=high,
                    n_complete=habits[0].n,
                    equal_share=habits[0].equal,
                    equal_share_by_chance=habits[0].equal_by_chance,
                    attribute_correlation=habits[0].correlation,
                    repeated_pairs=habits[1].pairs,
                    repeated_by_chance=habits[1].by_chance,
                    repeated_p_value=habits[1].p_value,
                    drift_p_value=habits[2].p_value,
                    drift_change=habits[2].change,
                    drift_breaks=habits[2].breaks,
                    note="; ".join(filter(None, (notes.get(r, ""), habits[2].reason))),
                )
            )
    return rows


def _habits(
    blocks: list[Floats],
    levels: Floats,
    rater: int,
    panel: PanelRatings,
    n_permutations: int,
    seed: int,
) -> tuple[Halo, Repeats, Drift]:
    """Return what is looked for over all attributes together; nothing without blocks."""
    if not blocks:
        return Halo(0, _NAN, _NAN, _NAN), Repeats(0, 0, _NAN, _NAN), Drift(_NAN, _NAN, (), "")
    own = np.column_stack([b[:, rater] for b in blocks])
    return (
        halo(own),
        near_repeats(_in_rows(own, panel), n_permutations=n_permutations, seed=seed),
        drift(blocks, levels, rater, panel.clusters, n_permutations=n_permutations, seed=seed),
    )


def _in_rows(own: Floats, panel: PanelRatings) -> Floats:
    """Return one row per cluster where all clusters hold the same systems, else per item."""
    order = np.lexsort((panel.systems, panel.clusters))
    _, size = np.unique(panel.clusters, return_counts=True)
    alike = len(size) > 0 and size.min() == size.max()
    if alike:
        systems = panel.systems[order].reshape(len(size), -1)
        alike = bool((systems == systems[0]).all())
    return own[order].reshape(len(size), -1) if alike else own


def _categories(blocks: list[Floats]) -> tuple[float, ...]:
    found = np.unique(np.concatenate([np.unique(b[~np.isnan(b)]) for b in blocks]))
    return tuple(found.tolist()) if len(found) <= MAX_CATEGORIES else ()


def _use(
    blocks: list[Floats], rater: int, categories: tuple[float, ...], scale: tuple[float, float]
) -> tuple[tuple[float, ...], float, float, int, float]:
    """Return shares by category, at both ends of the scale, number of ratings and mean."""
    own = np.concatenate([b[:, rater] for b in blocks])
    own = own[~np.isnan(own)]
    if not len(own):
        return (_NAN,) * len(categories), _NAN, _NAN, 0, _NAN
    shares = tuple(float((own == c).mean()) for c in categories)
    low, high = (float((own == end).mean()) for end in scale)
    return shares, low, high, len(own), float(own.mean())


def _notes(blocks: list[Floats], names: tuple[str, ...]) -> dict[int, str]:
    """Return for each rater with whom it is compared, where that is not everybody."""
    groups = rater_groups(np.concatenate(blocks) if len(blocks) > 1 else blocks[0])
    if len(groups) < 2:
        return {}
    return {
        r: "severity is relative to " + ", ".join(names[other] for other in group) + " alone: "
        "no item links them to the others"
        if len(group) > 1
        else "no item that another rater rated"
        for group in groups
        for r in group
    }
