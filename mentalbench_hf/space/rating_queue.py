"""Which response a reader rates next, and how far the reader agrees with the others."""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from mentalbench_hf.reliability import Reliability, Settings, reliability
from mentalbench_hf.schema import ATTRIBUTES
from mentalbench_hf.space.store import Store

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets

#: The name of the reader among the raters.
READER: Final = "you"
_N_RESAMPLES: Final = 1_000
Place = tuple[str, str]
Rated = dict[Place, dict[str, int]]


class RatingQueue:
    """The rated responses whose text is here, in an order of each reader's own."""

    def __init__(self, store: Store) -> None:
        """Collect the responses of `store` that can be rated."""
        self.store = store
        self.places: list[Place] = []
        for position, row in enumerate(store.rated_row):
            if row < 0 or not store.has_texts:
                continue
            for system in store.roster.system_ids:
                response = store.response(position, system)
                if response.text is not None and not response.missing:
                    self.places.append((store.keys[position], system))

    def __len__(self) -> int:
        """Return how many responses there are to rate."""
        return len(self.places)

    def order(self, session: str) -> list[Place]:
        """Return the responses in the order of a reader; the same one after every restart."""
        seed = hashlib.sha256(session.encode("utf-8", "replace")).digest()
        places = list(self.places)
        random.Random(seed).shuffle(places)
        return places

    def resume(self, order: list[Place], rated: Rated) -> int:
        """Return the index of the first response that lacks a rating; the last if none does."""
        for i, place in enumerate(order):
            if len(rated.get(place, {})) < len(ATTRIBUTES):
                return i
        return len(order) - 1


def n_complete(rated: Rated) -> int:
    """Return how many responses a reader has rated on all attributes."""
    return sum(len(ratings) == len(ATTRIBUTES) for ratings in rated.values())


def reader_targets(store: Store, rated: Rated) -> RatedTargets:
    """Return the responses a reader rated, with the reader as the reference rater.

    Only responses with at least one of the reader's ratings are targets; no system is left out.
    """
    targets = store.ratings.targets("audited")
    own = np.full((len(targets.clusters), len(ATTRIBUTES)), np.nan)
    n_systems = len(store.roster.systems)
    for (key, system), ratings in rated.items():
        position = store.position(key)
        if position is None or system not in store.roster.system_ids:
            continue  # rated when other data were shown
        row = int(store.rated_row[position])
        if row < 0:
            continue
        index = row * n_systems + store.roster.system_ids.index(system)
        for attribute, rating in ratings.items():
            own[index, ATTRIBUTES.index(attribute)] = rating
    mask = ~np.isnan(own).all(axis=1)
    return replace(targets.with_rater(READER, own), reference=READER, left_out={}).select(mask)


def agreement(store: Store, rated: Rated) -> list[Reliability]:
    """Return one row per other rater and attribute: how far they agree with the reader.

    Level response; `bias` is the other rater minus the reader. Rows of too few
    conversations have a `reason` in place of an interval.
    """
    targets = reader_targets(store, rated)
    if not len(targets.clusters):
        return []
    settings = Settings(level="response", n_resamples=_N_RESAMPLES)
    raters = [r for r in store.roster.raters if r != READER]
    return reliability(targets, settings, judges=raters, names=ATTRIBUTES)
