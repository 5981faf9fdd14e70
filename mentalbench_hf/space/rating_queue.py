"""Which response a reader rates next: an order of the reader's own, with some for everybody."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping
from typing import Final

from mentalbench_hf.schema import ATTRIBUTES
from mentalbench_hf.space.ratings_store import Entry, Kind, Place
from mentalbench_hf.space.store import Store

#: Every fourth response of a reader's order is one that all readers get, in the same order, so
#: that any two who rate 37 responses each have 10 in common to compare.
SHARED_EVERY: Final = 4


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
        common = _shuffled(self.places, "shared by all readers")
        self._shared = common[: -(-len(common) // SHARED_EVERY)]
        self._rest = sorted(set(self.places) - set(self._shared))

    def __len__(self) -> int:
        """Return how many responses there are to rate."""
        return len(self.places)

    @property
    def shared(self) -> tuple[Place, ...]:
        """The responses that every reader gets early, in their order."""
        return tuple(self._shared)

    def order(self, session: str) -> list[Place]:
        """Return the responses in the order of a reader; the same one after every restart."""
        own, shared = iter(_shuffled(self._rest, session)), iter(self._shared)
        return [
            next(shared) if i % SHARED_EVERY == 0 else next(own) for i in range(len(self.places))
        ]

    def resume(self, order: list[Place], entries: Mapping[Place, Entry]) -> int:
        """Return the index of the first response neither rated nor skipped; the last if none is."""
        for i, place in enumerate(order):
            entry = entries.get(place, Entry())
            if len(entry.ratings) < len(ATTRIBUTES) and Kind.SKIP not in entry.notes:
                return i
        return len(order) - 1


def _shuffled(places: list[Place], seed: str) -> list[Place]:
    shuffled = list(places)
    random.Random(hashlib.sha256(seed.encode("utf-8", "replace")).digest()).shuffle(shuffled)
    return shuffled


def n_complete(entries: Mapping[Place, Entry]) -> int:
    """Return how many responses a reader has rated on all attributes."""
    return sum(len(entry.ratings) == len(ATTRIBUTES) for entry in entries.values())
