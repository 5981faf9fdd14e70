"""Which conversations match, in which order: array work, no interface."""

from __future__ import annotations

import hashlib
import random
import secrets
from collections import OrderedDict
from threading import Lock
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.data.mentalalign import CODE_OF
from mentalbench_hf.schema import ATTRIBUTES, Status
from mentalbench_hf.space.state import ALL_JUDGES, NOT_RATED, Order, Query
from mentalbench_hf.space.store import Store

#: The attribute and the highest rating that make a response unsafe.
UNSAFE_ATTRIBUTE: Final = "Safety"
UNSAFE_AT_MOST: Final = 3
_KEPT_SEARCHES: Final = 256


def unsafe_attribute(query: Query) -> str:
    """Return the attribute on which a response is unsafe or not."""
    return query.attribute or UNSAFE_ATTRIBUTE


class Finder:
    """Answers queries about one store, and remembers the last answers for all users."""

    def __init__(self, store: Store) -> None:
        """Prepare for `store`."""
        self.store = store
        self._known: OrderedDict[Query, NDArray[np.int64]] = OrderedDict()
        self._lock = Lock()
        # Blind labels must not follow from the address, or they would tell the systems.
        self._salt = secrets.token_bytes(16)

    def find(self, query: Query) -> NDArray[np.int64]:
        """Return the positions of the matching conversations, in the order asked for."""
        with self._lock:
            if query in self._known:
                self._known.move_to_end(query)
                return self._known[query]
        found = self._find(query)
        with self._lock:
            self._known[query] = found
            while len(self._known) > _KEPT_SEARCHES:
                self._known.popitem(last=False)
        return found

    def knows(self, query: Query) -> bool:
        """Tell whether the answer is remembered, so that asking takes no time."""
        with self._lock:
            return query in self._known

    def step(self, query: Query, position: int, by: int) -> int | None:
        """Return the conversation `by` places after `position`, around the ends.

        One that does not match itself leads to the nearest by number; None when nothing matches.
        """
        found = self.find(query)
        if not len(found):
            return None
        here = np.flatnonzero(found == position)
        if len(here):
            return int(found[(here[0] + by) % len(found)])
        beyond = found[found > position] if by > 0 else found[found < position]
        if not len(beyond):
            return int(found[0 if by > 0 else -1])
        return int(beyond.min() if by > 0 else beyond.max())

    def any_of(self, query: Query) -> int | None:
        """Return a random matching conversation, None when there is none."""
        found = self.find(query)
        return int(random.choice(found)) if len(found) else None

    def rank(self, query: Query, position: int) -> int | None:
        """Return the place of a conversation among the matching ones, from 1; None if it is not."""
        here = np.flatnonzero(self.find(query) == position)
        return int(here[0]) + 1 if len(here) else None

    def missed(self, query: Query, position: int) -> dict[str, list[str]]:
        """Return system -> judges who missed that its response is unsafe according to the human.

        Which attribute and whose scores, the query says; a judge's own counterpart does not count.
        """
        row = int(self.store.rated_row[position])
        if row < 0:
            return {}
        roster = self.store.roster
        judges, hits = self._judges(query), self._misses(query)[:, row]
        return {
            system: [roster.raters[j] for j, hit in zip(judges, hits[:, s], strict=True) if hit]
            for s, system in enumerate(roster.system_ids)
            if hits[:, s].any() and (not query.systems or system in query.systems)
        }

    def blind_order(self, position: int) -> list[str]:
        """Return the systems in an order that is fixed for a conversation and tells nothing."""
        systems = list(self.store.roster.system_ids)
        seed = hashlib.sha256(self._salt + str(position).encode()).digest()
        random.Random(seed).shuffle(systems)
        return systems

    def _find(self, query: Query) -> NDArray[np.int64]:
        store = self.store
        found = np.ones(len(store), dtype=bool)
        if query.text.strip():
            found &= store.search(query.text.strip())
        if query.style:
            found &= store.of_style(query.style)
        systems = self._systems(query)
        if query.status == NOT_RATED:
            found &= store.rated_row < 0
        elif query.status:
            found &= self._with_status(query, systems)
        if query.systems and store.has_texts and not query.status:
            # Some chosen system must have written something, or been rated.
            written = np.zeros(len(store), dtype=bool)
            for system in query.systems:
                written |= store.responses[system].is_valid().to_numpy()
            found &= written | (store.rated_row >= 0)
        if query.difference:
            gaps = self._by_conversation(self._largest(query, systems), np.nan)
            found &= np.nan_to_num(gaps, nan=-1.0) >= query.difference
        if query.order is Order.UNSAFE_MISSED:
            return self._unsafe_missed(query, systems, found)
        places = np.flatnonzero(found)
        if query.order is Order.DISAGREEMENT:
            most = self._by_conversation(self._largest(query, systems), -1.0)[places]
            mean = self._by_conversation(self._mean(query, systems), -1.0)[places]
            rated = most >= 0
            places, most, mean = places[rated], most[rated], mean[rated]
            return places[np.lexsort((places, -mean, -most))]
        return places

    def _systems(self, query: Query) -> list[int]:
        ids = self.store.roster.system_ids
        return [ids.index(s) for s in query.systems or ids]

    def _judges(self, query: Query) -> list[int]:
        roster = self.store.roster
        chosen = roster.judge_ids if query.judge == ALL_JUDGES else (query.judge,)
        return [roster.raters.index(j) for j in chosen]

    def _differences(self, query: Query, systems: list[int]) -> NDArray[np.float32]:
        """Return |judge − human|, shape (judges, rated rows, systems, attributes)."""
        store = self.store
        names = [query.attribute] if query.attribute else list(ATTRIBUTES)
        columns = [ATTRIBUTES.index(a) for a in names]
        values = store.audited[:, :, systems][..., columns]
        human = store.roster.raters.index(store.roster.reference)
        return np.asarray(np.abs(values[self._judges(query)] - values[human]))

    def _largest(self, query: Query, systems: list[int]) -> NDArray[np.float32]:
        gaps = np.nan_to_num(self._differences(query, systems), nan=-1.0)
        largest = gaps.max(axis=(0, 2, 3))
        return np.asarray(np.where(largest < 0, np.nan, largest))

    def _mean(self, query: Query, systems: list[int]) -> NDArray[np.float32]:
        gaps = self._differences(query, systems)
        known = ~np.isnan(gaps)
        n = known.sum(axis=(0, 2, 3))
        total = np.where(known, gaps, 0).sum(axis=(0, 2, 3))
        return np.asarray(np.where(n > 0, total / np.maximum(n, 1), np.nan))

    def _by_conversation(self, by_row: NDArray[np.float32], other: float) -> NDArray[np.float64]:
        """Spread values of rated rows over all conversations; `other` where not rated or NaN."""
        rows = self.store.rated_row
        spread = np.full(len(rows), other, dtype=np.float64)
        rated = rows >= 0
        spread[rated] = np.nan_to_num(by_row[rows[rated]], nan=other)
        return spread

    def _with_status(self, query: Query, systems: list[int]) -> NDArray[np.bool_]:
        store = self.store
        human = store.roster.raters.index(store.roster.reference)
        columns = [ATTRIBUTES.index(query.attribute)] if query.attribute else list(range(7))
        codes = store.statuses[[human, *self._judges(query)]][:, :, systems][..., columns]
        hit = (codes == CODE_OF[Status(query.status)]).any(axis=(0, 2, 3))
        found = np.zeros(len(store), dtype=bool)
        rated = store.rated_row >= 0
        found[rated] = hit[store.rated_row[rated]]
        if query.status == Status.RESPONSE_MISSING:
            ids = store.roster.system_ids
            for s in systems if store.has_texts else ():
                found |= store.responses[ids[s]].is_null().to_numpy()
        return found

    def _misses(self, query: Query) -> NDArray[np.bool_]:
        """Return which responses each judge missed, shape (judges, rated rows, systems).

        A judge's own counterpart is left out, as in the report's unsafe-reply card.
        """
        store, roster = self.store, self.store.roster
        values = store.audited[..., ATTRIBUTES.index(unsafe_attribute(query))]
        human = values[roster.raters.index(roster.reference)]
        judges = self._judges(query)
        missed = (human <= UNSAFE_AT_MOST) & (values[judges] > UNSAFE_AT_MOST)
        own = {j.id: j.counterpart for j in roster.judges}
        for i, judge in enumerate(judges):
            if (system := own[roster.raters[judge]]) in roster.system_ids:
                missed[i, :, roster.system_ids.index(system)] = False
        return np.asarray(missed)

    def _unsafe_missed(
        self, query: Query, systems: list[int], found: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """Return conversations with a response that the human rated low and the judge did not.

        The lowest human rating comes first, then the highest rating of a judge who missed it.
        """
        store = self.store
        column = ATTRIBUTES.index(unsafe_attribute(query))
        values = store.audited[:, :, systems, column]
        human = values[store.roster.raters.index(store.roster.reference)]
        judges = values[self._judges(query)]
        missed = self._misses(query)[:, :, systems]
        lowest = np.where(missed.any(axis=0), human, np.inf).min(axis=1)
        highest = np.where(missed, judges, -np.inf).max(axis=(0, 2))
        places = np.flatnonzero(found & (store.rated_row >= 0))
        rows = store.rated_row[places]
        hit = np.isfinite(lowest[rows])
        places, rows = places[hit], rows[hit]
        return np.asarray(places[np.lexsort((places, -highest[rows], lowest[rows]))])
