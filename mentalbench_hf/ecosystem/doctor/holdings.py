"""What a table of ratings holds: raters, items, overlap, scale, clusters, systems, faults."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mentalbench_hf.data.rating_values import as_numbers
from mentalbench_hf.data.ratings_file import Columns
from mentalbench_hf.data.targets import codes_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class RaterHolding:
    """One rater.

    Attributes:
        rater: the name.
        n_ratings: ratings that are there.
        n_items: items with one of them.
        lowest: lowest rating, NaN without any.
        highest: highest rating.
        whole: whether all are whole numbers.
    """

    rater: str
    n_ratings: int
    n_items: int
    lowest: float
    highest: float
    whole: bool


@dataclass(frozen=True, slots=True)
class Scale:
    """The values used on one attribute, or on all.

    Attributes:
        attribute: the attribute; empty for all.
        low: lowest rating.
        high: highest rating.
        whole: whether all are whole numbers.
        n_values: how many different ones occur.
    """

    attribute: str
    low: float
    high: float
    whole: bool
    n_values: int


@dataclass(frozen=True, eq=False)
class Holdings:
    """What a table of ratings holds.

    Attributes:
        n_ratings: ratings that are there and are numbers.
        n_missing: empty ones.
        n_not_numbers: cells that hold something else.
        n_duplicates: rows of an item, rater and attribute that stood in an earlier row.
        n_items: items.
        n_clusters: clusters, None where the table does not tell.
        n_crossed: clusters with a rated reply of every system; 0 where the table does not tell.
        systems: the systems, empty where it does not tell.
        attributes: the attributes, empty where it does not tell.
        raters: the raters, the busiest first.
        overlap: shape (n_raters, n_raters), items that two raters both rated.
        least: shape (n_raters, n_raters), the same on the attribute where it is least.
        connected: whether all raters can be compared, directly or through others.
        scale: of all ratings.
        scales: of each attribute.
    """

    n_ratings: int
    n_missing: int
    n_not_numbers: int
    n_duplicates: int
    n_items: int
    n_clusters: int | None
    n_crossed: int
    systems: tuple[str, ...]
    attributes: tuple[str, ...]
    raters: tuple[RaterHolding, ...]
    overlap: NDArray[np.int64]
    least: NDArray[np.int64]
    connected: bool
    scale: Scale
    scales: tuple[Scale, ...]

    def shared(self, first: str, second: str, *, least: bool = False) -> int:
        """Return how many items two raters share, on the attribute with the least if wanted."""
        names = [r.rater for r in self.raters]
        return int((self.least if least else self.overlap)[names.index(first), names.index(second)])

    def record(self) -> dict[str, Any]:
        """Return an object for JSON; NaN becomes None."""
        pairs = [
            {
                "rater": a.rater,
                "other": b.rater,
                "n_items": int(self.overlap[i, j]),
                "n_items_least": int(self.least[i, j]),
            }
            for i, a in enumerate(self.raters)
            for j, b in enumerate(self.raters)
            if i < j
        ]
        plain = {k: getattr(self, k) for k in ("n_ratings", "n_missing", "n_not_numbers",
                 "n_duplicates", "n_items", "n_clusters", "n_crossed", "connected")}  # fmt: skip
        return {
            **plain,
            "systems": list(self.systems),
            "attributes": [_plain(asdict(s)) for s in self.scales],
            "scale": _plain(asdict(self.scale)),
            "raters": [_plain(asdict(r)) for r in self.raters],
            "overlap": pairs,
        }


def holdings(long: pd.DataFrame, columns: Columns) -> Holdings:
    """Describe a long table, with its faults; nothing is refused.

    Args:
        long: one row per rating.
        columns: which column holds what.
    """
    values = as_numbers(long[columns.rating])
    blank = (long[columns.rating].map(str).str.strip() == "") | long[columns.rating].isna()
    target, _ = codes_of(long[columns.target].map(str))
    rater, names = codes_of(long[columns.rater].map(str))
    told = [c for c in (columns.target, columns.rater, columns.attribute) if c]
    there = np.isfinite(values)
    attributes = _named(long, columns.attribute)
    of = long[columns.attribute].map(str).to_numpy() if columns.attribute else None
    shape = int(target.max(initial=-1)) + 1, len(names)
    overlap = _overlap(target[there], rater[there], shape)
    parts = [there & (of == a) for a in attributes] if of is not None else [there]
    shares = [_overlap(target[part], rater[part], shape) for part in parts]
    raters = [
        RaterHolding(str(name), int((there & (rater == k)).sum()), int(overlap[k, k]),
                     *_range(values[there & (rater == k)])[:3])
        for k, name in enumerate(names)
    ]  # fmt: skip
    order = sorted(range(len(raters)), key=lambda k: (-raters[k].n_ratings, k))
    return Holdings(
        n_ratings=int(there.sum()),
        n_missing=int(blank.sum()),
        n_not_numbers=int((~there & ~blank.to_numpy(dtype=bool)).sum()),
        n_duplicates=int(long.duplicated(told).sum()),
        n_items=shape[0],
        n_clusters=int(long[columns.cluster].nunique()) if columns.cluster else None,
        n_crossed=_crossed(long[there], columns),
        systems=_named(long, columns.system),
        attributes=attributes,
        raters=tuple(raters[k] for k in order),
        overlap=overlap[np.ix_(order, order)],
        least=np.minimum.reduce(shares)[np.ix_(order, order)] if shares else overlap,
        connected=_connected(overlap > 0),
        scale=Scale("", *_range(values[there])),
        scales=tuple(
            Scale(a, *_range(values[part]))
            for a, part in zip(attributes, parts, strict=of is not None)
        ),
    )


def _overlap(
    target: NDArray[np.int64], rater: NDArray[np.int64], shape: tuple[int, int]
) -> NDArray[np.int64]:
    """Return how many targets every two raters both rated, shape (n_raters, n_raters)."""
    rated = np.zeros(shape, dtype=np.float32)
    rated[target, rater] = 1
    return np.asarray(np.rint(rated.T @ rated), dtype=np.int64)


def _range(values: NDArray[np.float64]) -> tuple[float, float, bool, int]:
    if not len(values):
        return np.nan, np.nan, True, 0
    whole = bool((values == np.round(values)).all())
    return float(values.min()), float(values.max()), whole, len(np.unique(values))


def _crossed(rated: pd.DataFrame, columns: Columns) -> int:
    """Return how many clusters have a rated reply of every system."""
    if not (columns.cluster and columns.system):
        return 0
    systems = rated.groupby(columns.cluster)[columns.system].nunique()
    return int((systems == rated[columns.system].nunique()).sum())


def _named(long: pd.DataFrame, column: str | None) -> tuple[str, ...]:
    return tuple(map(str, long[column].dropna().unique())) if column else ()


def _connected(shares: NDArray[np.bool_]) -> bool:
    """Whether every rater shares items with every other, directly or through others."""
    if not len(shares):
        return True
    reached = np.zeros(len(shares), dtype=bool)
    reached[0] = True
    for _ in shares:
        reached |= shares[reached].any(axis=0)
    return bool(reached.all())


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    return {k: None if v != v else v for k, v in record.items()}
