"""Which part of the variance of ratings is the raters', for any number of raters.

Generalizability theory (Brennan 2001, "Generalizability Theory"). Items are replies, within
conversations and systems where these are known; raters cross them, with ratings missing or not.
Raters that are one judge under several prompts and runs are split into these facets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.bootstrap import percentile_interval
from mentalbench_hf.reliability.core.moments import Floats
from mentalbench_hf.reliability.core.rater_links import rater_groups
from mentalbench_hf.reliability.core.records import Record
from mentalbench_hf.reliability.core.variance_components import (
    Codes,
    Source,
    henderson,
    same_levels,
)
from mentalbench_hf.reliability.panel.facets import all_ratings
from mentalbench_hf.reliability.panel.ratings import PanelRatings

#: Source -> what a large one means.
MEANING: Final[dict[str, str]] = {
    "conversation": "some conversations draw better replies from every system",
    "system": "some systems write better replies",
    "item": "some replies are better than others",
    "conversation × system": "systems do well on different conversations",
    "rater": "some raters are stricter than others",
    "conversation × rater": "raters disagree about whole conversations",
    "system × rater": "raters disagree about whole systems: no number of replies averages it out",
    "judge": "some judges are stricter than others",
    "prompt": "some prompts make judges stricter",
    "run": "whole runs of one judge and prompt differ in level",
    "residual": "disagreement about single replies, and chance",
}
#: The facet of a judge's repetitions: run 1 of one judge has nothing of run 1 of another.
RUN: Final = "run"


@dataclass(frozen=True, slots=True)
class PanelComponent(Record):
    """One source of variance.

    Attributes:
        attribute: attribute or axis.
        raters: the raters, joined by ", ".
        source: such as "rater" or "conversation × rater"; "residual" last.
        variance: in squared rating points; negative where the data show no sign of it.
        low: lower bound; clusters are resampled, raters and systems stay these.
        high: upper bound.
        share: of the sum of all, negative ones counted as 0.
        part: "targets" for what is rated, "raters" for what its raters add: severity and their
            disagreement about conversations or systems; "residual" for the rest.
        n_levels: levels of the source; ratings for the residual.
        meaning: what a large one means.
        note: what is assumed where no item links some raters; empty otherwise.
    """

    attribute: str
    raters: str
    source: str
    variance: float
    low: float
    high: float
    share: float
    part: str
    n_levels: int
    meaning: str
    note: str


def panel_components(
    panel: PanelRatings,
    raters: Sequence[str] | None = None,
    *,
    facets: Mapping[str, Mapping[str, str]] | None = None,
    n_resamples: int = 2_000,
    seed: int = 0,
    confidence_level: float = 0.95,
) -> list[PanelComponent]:
    """Return the variance components of a panel's raters.

    Args:
        panel: the ratings; missing ones are left out, their items stay.
        raters: whose ratings, by default the experts'.
        facets: rater -> its level of each facet, such as ``{"gpt a 1": {"judge": "gpt", "prompt":
            "a", "run": "1"}}``; by default each rater is a level of the one facet "rater". Runs
            are nested in the other facets.
        n_resamples: replicates of whole clusters.
        seed: of the replicates.
        confidence_level: of the intervals, between 0 and 1.

    Returns:
        A row per source that the design shows, the residual last.

    Raises:
        StatisticsError: fewer than two raters; one rating per item, so that severity and items
            cannot be told apart; an unknown rater, or facets that are not alike for all.
    """
    known = (*panel.experts, *panel.judges)
    chosen = tuple(raters) if raters is not None else panel.experts
    if len(chosen) < 2 or not set(chosen) <= set(known):
        raise StatisticsError(
            f"variance components need two or more of the raters {', '.join(known)}; received "
            f"{', '.join(chosen) or 'none'}"
        )
    x = all_ratings(panel)[:, [known.index(r) for r in chosen]]
    item, rater = np.nonzero(~np.isnan(x))
    n_of_item = np.bincount(item, minlength=1)
    if n_of_item.max() < 2:
        raise StatisticsError(
            "every item has one rating (raters are nested in items): a rater's severity and the "
            "level of the items it got cannot be told apart. Have some items rated twice."
        )
    design, names = _facets(panel, item, rater, chosen, facets)
    sources = _sources(design, names, len(item))
    found = henderson(
        x[item, rater],
        design,
        sources,
        panel.clusters[item],
        n_resamples=n_resamples,
        seed=seed,
    )
    total = np.maximum(found.variances, 0).sum()
    labels = [_label(s, names, design) for s in sources]
    rows = []
    for at, label in enumerate([*labels, "residual"]):
        variance = float(found.variances[at])
        interval = percentile_interval(found.replicates[:, at], confidence_level)
        last = at == len(sources)
        of_rater = not last and any(f in names for f in sources[at])
        rows.append(
            PanelComponent(
                attribute=panel.attribute,
                raters=", ".join(chosen),
                source=label,
                variance=variance,
                low=interval.low,
                high=interval.high,
                share=float(max(variance, 0) / total) if total > 0 else float("nan"),
                part="residual" if last else "raters" if of_rater else "targets",
                n_levels=len(item) if last else found.n_levels[at],
                meaning=MEANING.get(label, ""),
                note=_note(x),
            )
        )
    return rows


def _facets(
    panel: PanelRatings,
    item: Codes,
    rater: Codes,
    chosen: tuple[str, ...],
    facets: Mapping[str, Mapping[str, str]] | None,
) -> tuple[dict[str, Codes], tuple[str, ...]]:
    """Return codes of every facet by rating, and the names of the raters' facets."""
    facets = facets or {r: {"rater": r} for r in chosen}
    names = tuple(facets.get(chosen[0], ()))
    if not names or any(tuple(facets.get(r, ())) != names for r in chosen):
        raise StatisticsError("every rater needs a level of the same facets, in the same order")
    design = {
        "conversation": panel.clusters[item],
        "system": panel.systems[item],
        "item": item,
    }
    for name in names:
        levels = [facets[r][name] for r in chosen]
        design[name] = np.unique(levels, return_inverse=True)[1].reshape(-1)[rater]
    return design, names


def _sources(design: dict[str, Codes], names: tuple[str, ...], n: int) -> list[Source]:
    """Return the sources that the design can show, each partition of the ratings once."""
    crossed = [f for f in names if f != RUN]
    wanted: list[Source] = [("item",), ("conversation",), ("system",)]
    if RUN in names:
        wanted.append(names)
        wanted.append(("item", *crossed))
    for depth in range(1, len(crossed) + 1):
        for some in combinations(crossed, depth):
            wanted.append(some)
            if depth < len(crossed):
                wanted.append(("item", *some))
            wanted += [(target, *some) for target in ("conversation", "system")]
    kept: list[Source] = []
    for source in wanted:
        codes = [design[f] for f in source]
        again = any(same_levels(codes, [design[f] for f in k]) for k in kept)
        whole = same_levels(codes, [np.arange(n)])
        if not (again or whole or same_levels(codes, [np.zeros(n, dtype=np.int64)])):
            kept.append(source)
    order = ["conversation", "system", "item"]

    def place(source: Source) -> tuple[bool, bool, int, int]:
        target = source[0] in order
        rank = order.index(source[0]) if target else 0
        return any(f in names for f in source), target, len(source), rank

    return sorted(kept, key=place)


def _label(source: Source, names: tuple[str, ...], design: dict[str, Codes]) -> str:
    if RUN in source:
        return RUN
    cell = [design["conversation"], design["system"]]
    if source == ("item",) and same_levels([design["item"]], cell):
        single = any(same_levels([design["item"]], [c]) for c in cell)
        return "item" if single else "conversation × system"
    return " × ".join(source)


def _note(x: Floats) -> str:
    groups = rater_groups(x)
    if len(groups) < 2:
        return ""
    return (
        f"the raters fall into {len(groups)} groups that no item links: what differs between "
        "groups is counted as the raters', as if items had been dealt to groups at random"
    )
