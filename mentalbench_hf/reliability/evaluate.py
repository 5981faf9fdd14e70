"""All statistics with their intervals, one row each: a judge, an attribute, a statistic."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.analytic import analytic_intervals
from mentalbench_hf.reliability.core.counts import (
    MAX_CATEGORIES,
    CountGrid,
    categories_of,
    coincidence_grid,
    count_cells,
    count_grid,
)
from mentalbench_hf.reliability.core.intervals import NO_INTERVAL, Estimated, with_intervals
from mentalbench_hf.reliability.core.moments import Floats
from mentalbench_hf.reliability.core.ordinal import alpha_of
from mentalbench_hf.reliability.core.rating_sums import grid
from mentalbench_hf.reliability.core.records import Record
from mentalbench_hf.reliability.core.replicated_sums import (
    Cells,
    mean_ratings,
    of_moments,
    response_cells,
    system_cells,
)
from mentalbench_hf.reliability.registry import ANALYTIC, Needs, Statistic, chosen
from mentalbench_hf.reliability.settings import Settings, check_settings, check_systems
from mentalbench_hf.reliability.verdict import no_interval

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Estimate(Record):
    """One statistic of one judge on one attribute or axis.

    Attributes:
        judge: the judge compared with the reference, or the raters of a panel joined by " + ".
        attribute: attribute, or axis, rated.
        axis: its axis, empty when it has none.
        level: "system" or "response": what a target is.
        data: which ratings, such as "audited".
        statistic: its name in :data:`~mentalbench_hf.reliability.registry.STATISTICS`.
        estimate: its value on the data; NaN where not defined.
        low: lower bound of the interval; NaN where there is none.
        high: upper bound, likewise.
        n_targets: targets used.
        n_missing: responses left out because a rating is missing.
        n_resamples: replicates drawn; 0 without a bootstrap.
        n_degenerate: replicates for which the statistic is not defined.
        ci: "percentile", "bca", "analytic", or "none": no replicates were drawn, or the statistic
            has no analytic interval.
        reason: why no interval is given although one was asked for
            (:func:`~mentalbench_hf.reliability.verdict.no_interval`), else empty.
    """

    judge: str
    attribute: str
    axis: str
    level: str
    data: str
    statistic: str
    estimate: float
    low: float
    high: float
    n_targets: int
    n_missing: int
    n_resamples: int
    n_degenerate: int
    ci: str
    reason: str = ""


@dataclass(frozen=True, eq=False)
class _Cell:
    """Ratings of one row: who, what, targets × raters, and which targets count."""

    judge: str
    name: str
    ratings: Floats
    included: NDArray[np.bool_]


def evaluate(
    targets: RatedTargets,
    settings: Settings | None = None,
    *,
    statistics: Sequence[str] | None = None,
    judges: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
) -> list[Estimate]:
    """Return every statistic with its interval, judge by judge and attribute by attribute.

    All statistics of all cells are evaluated on the same bootstrap replicates.

    Args:
        targets: the ratings; a response that lacks a rating of either rater on an attribute is
            left out of its rows and counted in `n_missing`.
        settings: by default system level, conversations resampled 10,000 times, percentile.
        statistics: names in STATISTICS; by default all of the level. Rank statistics of single
            responses need a scale of at most MAX_CATEGORIES
            steps: by default they are left out for an attribute with more, by name they are
            refused.
        judges: by default every rater but the reference.
        names: attributes and axes, by default all.

    Raises:
        StatisticsError: unusable settings, an unknown statistic or one that the level does not
            have, the system level with fewer than two systems, or a scale too fine for a rank
            statistic asked for by name.
        MissingExtraError: ci="analytic" without pingouin.
    """
    s = _checked(settings, targets)
    specs = chosen(statistics, s.level)
    cells = [
        _Cell(
            j, a, targets.pair(j, a, keep_own=s.keep_own), targets.included(j, keep_own=s.keep_own)
        )
        for j in judges or targets.judges
        for a in names or targets.names
    ]
    return _evaluate(targets, cells, specs, s, named=statistics is not None)


def evaluate_panel(
    targets: RatedTargets,
    settings: Settings | None = None,
    *,
    raters: Sequence[str] | None = None,
    statistics: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
) -> list[Estimate]:
    """Return the statistics of several raters at once: the ICCs and Krippendorff alpha.

    Args:
        targets: the ratings. The ICCs take responses that all raters rated; alpha takes those
            that at least two did. A system is left out when it is any of the raters' own
            counterpart (unless `keep_own`).
        settings: as for :func:`evaluate`.
        raters: at least two; by default all.
        statistics: by default the ICCs and, at the response level, alpha.
        names: attributes and axes, by default all.

    Raises:
        StatisticsError: as for :func:`evaluate`, or fewer than two raters.
        MissingExtraError: as for :func:`evaluate`.
    """
    s = _checked(settings, targets)
    who = tuple(raters or targets.raters)
    if len(set(who)) < 2:
        raise StatisticsError(f"a panel needs at least two raters; received {', '.join(who)}")
    specs = chosen(statistics, s.level, panel=True)
    included = np.logical_and.reduce([targets.included(r, keep_own=s.keep_own) for r in who])
    cells = []
    for name in names or targets.names:
        ratings = np.column_stack([targets.scores(r, name) for r in who])
        ratings[~included] = np.nan
        cells.append(_Cell(" + ".join(who), name, ratings, included))
    return _evaluate(targets, cells, specs, s, named=statistics is not None)


def _checked(settings: Settings | None, targets: RatedTargets) -> Settings:
    s = settings or Settings()
    check_settings(s)
    check_systems(targets, s.level)
    return s


#: Number of the cell, name of the statistic -> value, targets used, targets missing, which count.
_Found = dict[tuple[int, str], tuple[Estimated, int, int, NDArray[np.bool_]]]


def _evaluate(
    targets: RatedTargets,
    cells: Sequence[_Cell],
    specs: Sequence[Statistic],
    s: Settings,
    *,
    named: bool,
) -> list[Estimate]:
    """Compute by what the statistics need, then put the rows in the order of cells, statistics."""
    found: _Found = {}
    needs = {spec.name: spec.of[s.level] for spec in specs}
    of_sums = {name: f for name, (need, f) in needs.items() if need is not Needs.COUNTS}
    of_counts = {name: f for name, (need, f) in needs.items() if need is Needs.COUNTS}
    if of_sums:
        moments = {name for name, (need, _) in needs.items() if need is Needs.MOMENTS}
        _from_sums(targets, cells, of_sums, moments, s, found)
    if of_counts:
        _from_counts(targets, cells, of_counts, s, found, named=named)
    return [
        _row(targets, cell, spec.name, found[i, spec.name], s)
        for i, cell in enumerate(cells)
        for spec in specs
        if (i, spec.name) in found
    ]


def _row(
    targets: RatedTargets,
    cell: _Cell,
    statistic: str,
    found: tuple[Estimated, int, int, NDArray[np.bool_]],
    s: Settings,
) -> Estimate:
    value, n_targets, n_missing, counted = found
    low, high = value.interval.low, value.interval.high
    reason = ""
    # The published rule is kept as it was published, whatever it is applied to.
    if s.rule != "published":
        reason = no_interval(
            level=s.level,
            n_clusters=len(np.unique(targets.clusters[counted])),
            n_systems=len(np.unique(targets.systems[counted])),
            resample=s.resample,
            n_resamples=s.n_resamples if value.interval.n_resamples else 0,
            n_degenerate=value.interval.n_degenerate,
        )
    if reason:
        low = high = math.nan
    return Estimate(
        judge=cell.judge,
        attribute=cell.name,
        axis=next((x for x, members in targets.axes.items() if cell.name in (x, *members)), ""),
        level=s.level,
        data=targets.data,
        statistic=statistic,
        estimate=value.estimate,
        low=low,
        high=high,
        n_targets=n_targets,
        n_missing=n_missing,
        n_resamples=value.interval.n_resamples,
        n_degenerate=value.interval.n_degenerate,
        ci="none" if value.interval is NO_INTERVAL else s.ci,
        reason=reason,
    )


def _from_sums(
    targets: RatedTargets,
    cells: Sequence[_Cell],
    functions: Mapping[str, Callable[..., Floats]],
    moments: set[str],
    s: Settings,
    found: _Found,
) -> None:
    grids = [
        grid(
            cell.ratings,
            targets.clusters,
            targets.systems,
            n_clusters=len(targets.cluster_names),
            n_systems=len(targets.system_names),
            included=cell.included,
        )
        for cell in cells
    ]
    if s.level == "response":
        n_targets = [g.n_targets for g in grids]
        values = _estimated(response_cells(grids), functions, s)
    else:
        systems = system_cells(grids)
        n_targets = [int(n) for n in systems.present.sum(axis=0)]
        of_means = {n: of_moments(f) if n in moments else f for n, f in functions.items()}
        values = _estimated(systems, of_means, s)
    has_analytic = s.ci == "analytic" and any(name in ANALYTIC for name in functions)
    for i, (cell, g) in enumerate(zip(cells, grids, strict=True)):
        if has_analytic:
            rows = cell.ratings if s.level == "response" else mean_ratings(g)
            analytic = analytic_intervals(rows, s.confidence_level)
        counted = cell.included & ~np.isnan(cell.ratings).any(axis=1)
        for name in functions:
            value = values[name][i]
            if s.ci == "analytic" and name in ANALYTIC:
                value = Estimated(value.estimate, analytic[ANALYTIC[name]])
            found[i, name] = value, n_targets[i], g.n_missing, counted


def _from_counts(
    targets: RatedTargets,
    cells: Sequence[_Cell],
    functions: Mapping[str, Callable[..., Floats]],
    s: Settings,
    found: _Found,
    *,
    named: bool,
) -> None:
    """Count cell by cell; cells with the same categories are weighed together."""
    together: dict[tuple[float, ...], list[tuple[int, CountGrid]]] = {}
    for i, cell in enumerate(cells):
        try:
            g = _counted(targets, cell)
        except StatisticsError as error:
            if named:
                raise StatisticsError(f"{cell.name} of {cell.judge}: {error}") from None
            continue
        together.setdefault(tuple(g.categories), []).append((i, g))
    for categories, members in together.items():
        scale = np.array(categories)
        of_tables = {name: _with_scale(f, scale) for name, f in functions.items()}
        if members and cells[members[0][0]].ratings.shape[1] > 2:
            of_tables = dict.fromkeys(functions, alpha_of)
        values = _estimated(count_cells([g for _, g in members]), of_tables, s)
        for at, (i, g) in enumerate(members):
            counted = cells[i].included & ((~np.isnan(cells[i].ratings)).sum(axis=1) > 1)
            for name in functions:
                found[i, name] = values[name][at], g.n_targets, g.n_missing, counted


def _counted(targets: RatedTargets, cell: _Cell) -> CountGrid:
    rows = cell.included
    ratings = cell.ratings[rows]
    count = count_grid if ratings.shape[1] == 2 else coincidence_grid
    return count(
        ratings,
        targets.clusters[rows],
        targets.systems[rows],
        n_clusters=len(targets.cluster_names),
        n_systems=len(targets.system_names),
        categories=_scale(targets.scale, ratings),
    )


def _scale(scale: tuple[float, float], ratings: Floats) -> Floats:
    """The whole numbers of the scale when all ratings are among them, so that cells share them."""
    low, high = scale
    known = ratings[~np.isnan(ratings)]
    whole = bool((known == np.rint(known)).all())
    if whole and 0 < high - low < MAX_CATEGORIES and low == round(low) and high == round(high):
        steps = np.arange(low, high + 1)
        if bool(np.isin(known, steps).all()):
            return steps
    return categories_of(known)


def _with_scale(
    function: Callable[[Floats, Floats], Floats], scale: Floats
) -> Callable[[Floats], Floats]:
    return lambda tables: function(tables, scale)


def _estimated(
    cells: Cells[T], functions: Mapping[str, Callable[[T], Floats]], s: Settings
) -> dict[str, list[Estimated]]:
    within = [n for n in functions if n in ANALYTIC] if s.within_unit else []
    return with_intervals(
        cells,
        functions,
        ci=s.ci,
        resample=s.resample,
        n_resamples=s.n_resamples,
        seed=s.seed,
        confidence_level=s.confidence_level,
        within_unit=within,
    )
