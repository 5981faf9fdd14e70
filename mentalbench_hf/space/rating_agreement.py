"""How far a reader agrees with the experts and judges, and readers with one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.reliability import Reliability, Settings, reliability
from mentalbench_hf.reliability.core.bootstrap import draw_weights, percentile_interval
from mentalbench_hf.reliability.core.ordinal import alpha_of
from mentalbench_hf.reliability.verdict import MIN_CLUSTERS
from mentalbench_hf.schema import ATTRIBUTES, SCALE
from mentalbench_hf.space.ratings_store import Entry, Place
from mentalbench_hf.space.store import Store

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets

#: Below so many replies a coefficient says next to nothing, and none is shown.
FEWEST: Final = MIN_CLUSTERS
#: The name of the reader among the raters.
READER: Final = "you"
#: So many pairs of readers are compared at most.
MOST_PAIRS: Final = 20
_N_RESAMPLES: Final = 1_000
Entries = Mapping[Place, Entry]


def reader_targets(store: Store, entries: Entries) -> RatedTargets:
    """Return the responses a reader rated, with the reader as the reference rater.

    Only responses with at least one of the reader's ratings are targets. As everywhere, a judge's
    own counterpart is left out for that judge.
    """
    targets = store.ratings.targets("audited")
    own = np.full((len(targets.clusters), len(ATTRIBUTES)), np.nan)
    n_systems = len(store.roster.systems)
    for (key, system), entry in entries.items():
        position = store.position(key)
        if position is None or system not in store.roster.system_ids:
            continue  # rated when other data were shown
        row = int(store.rated_row[position])
        if row < 0:
            continue
        index = row * n_systems + store.roster.system_ids.index(system)
        own[index] = _row(entry)
    mask = ~np.isnan(own).all(axis=1)
    return replace(targets.with_rater(READER, own), reference=READER).select(mask)


def agreement(store: Store, entries: Entries) -> list[Reliability]:
    """Return one row per other rater and attribute: how far they agree with the reader.

    Level response; `bias` is the other rater minus the reader. Rows of fewer than FEWEST replies
    are there with their n, but say too little: check `n_targets`.
    """
    targets = reader_targets(store, entries)
    if not len(targets.clusters):
        return []
    settings = Settings(level="response", n_resamples=_N_RESAMPLES)
    raters = [r for r in store.roster.raters if r != READER]
    return reliability(targets, settings, judges=raters, names=ATTRIBUTES)


@dataclass(frozen=True, slots=True)
class Alpha:
    """Ordinal Krippendorff alpha of several raters on one attribute.

    Attributes:
        attribute: what was rated.
        raters: the raters compared.
        n: replies that at least two of them rated.
        value: alpha, at most 1, may be negative; NaN for fewer than FEWEST replies, or when all
            ratings are the same.
        low: lower bound of the 95% percentile bootstrap interval, conversations resampled whole.
        high: upper bound.
    """

    attribute: str
    raters: tuple[str, ...]
    n: int
    value: float
    low: float
    high: float


def readers_agreement(
    readers: Mapping[str, Entries], of: str | None = None, seed: int = 0
) -> list[Alpha]:
    """Return alpha of all readers together and of every two, by attribute.

    Krippendorff (2011), "Computing Krippendorff's alpha-reliability": a reply counts when two
    readers rated it. Rows come attribute by attribute, all readers first, then the pairs with the
    most replies in common, at most MOST_PAIRS. With two readers the pair is all, and stands once.
    Readers who share no reply are no pair.

    Args:
        readers: name -> what the reader has said; fewer than two give no rows.
        of: only pairs with this reader; None for every two.
        seed: seed of the bootstrap.
    """
    names = list(readers)
    places = sorted({place for entries in readers.values() for place in entries})
    if len(names) < 2 or not places:
        return []
    conversations = np.array([key for key, _ in places])
    # (readers, replies, attributes)
    ratings = np.array([[_row(readers[n].get(p, Entry())) for p in places] for n in names])
    there = (~np.isnan(ratings)).any(axis=2)
    pairs = [
        pair
        for pair in combinations(range(len(names)), 2)
        if len(names) > 2 and (of is None or of in (names[pair[0]], names[pair[1]]))
    ]
    pairs.sort(key=lambda pair: -int((there[pair[0]] & there[pair[1]]).sum()))
    groups: list[Sequence[int]] = [range(len(names)), *pairs[:MOST_PAIRS]]
    return [
        Alpha(attribute, tuple(names[i] for i in group), *found)
        for a, attribute in enumerate(ATTRIBUTES)
        for group in groups
        if (found := _alpha(ratings[list(group), :, a], conversations, seed))
    ]


def _alpha(
    ratings: NDArray[np.float64], conversations: NDArray[np.str_], seed: int
) -> tuple[int, float, float, float] | None:
    """Return n, alpha and its interval of ratings (readers, replies); None when n is 0."""
    counts = (ratings[:, :, None] == np.array(SCALE)).sum(axis=0).astype(np.float64)
    m = counts.sum(axis=1)
    counts, m, conversations = counts[m >= 2], m[m >= 2], conversations[m >= 2]
    if len(m) < FEWEST:
        return (len(m), np.nan, np.nan, np.nan) if len(m) else None
    # Each ordered pair of a reply's ratings counts 1 / (m - 1): who gave which does not matter.
    pairs = counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(len(SCALE))
    names, codes = np.unique(conversations, return_inverse=True)
    tables = np.zeros((len(names), len(SCALE), len(SCALE)))
    np.add.at(tables, codes, pairs / (m - 1)[:, None, None])
    weights = draw_weights(len(names), 0, _N_RESAMPLES, seed)
    interval = percentile_interval(alpha_of(np.tensordot(weights, tables, axes=1)), 0.95)
    return len(m), float(alpha_of(tables.sum(axis=0))), interval.low, interval.high


def _row(entry: Entry) -> list[float]:
    return [float(entry.ratings.get(a, np.nan)) for a in ATTRIBUTES]
