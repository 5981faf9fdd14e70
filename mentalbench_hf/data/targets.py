"""Targets × raters × attributes: the one shape in which ratings enter the statistics."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


@dataclass(frozen=True, eq=False)
class RatedTargets:
    """Ratings of targets (single responses) by a reference rater and judges.

    Attributes:
        ratings: shape (n_targets, n_raters, n_attributes), NaN where missing.
        raters: names of the raters; `reference` is one of them.
        attributes: names of the attributes.
        axes: axis name -> its attributes; an axis is rated by the mean of its attributes.
        clusters: shape (n_targets,), which conversation each target belongs to (codes).
        cluster_names: the conversations' ids, by code.
        systems: shape (n_targets,), which system wrote each target (codes).
        system_names: the systems' ids, by code; one name when systems are not distinguished.
        reference: the rater the judges are compared with.
        scale: lowest and highest rating.
        left_out: judge -> the system left out for it (its own counterpart).
        data: what the ratings are, such as ``audited``; named in every output.
        synthetic: whether they are the bundled synthetic sample.
        published: whether they are read as the published analysis read them.
        experts: shape (n_targets,), whose rating the reference rating of each target is (codes of
            `expert_names`, -1 where unknown); None where nothing is known about it.
        expert_names: the experts' names or style letters, by code.
    """

    ratings: NDArray[np.float64]
    raters: tuple[str, ...]
    attributes: tuple[str, ...]
    axes: Mapping[str, tuple[str, ...]]
    clusters: NDArray[np.int64]
    cluster_names: NDArray[np.object_]
    systems: NDArray[np.int64]
    system_names: tuple[str, ...]
    reference: str
    scale: tuple[float, float]
    left_out: Mapping[str, str] = field(default_factory=dict)
    data: str = "given"
    synthetic: bool = False
    published: bool = False
    experts: NDArray[np.int64] | None = None
    expert_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check that the shapes and names fit together."""
        n = len(self.clusters)
        if self.ratings.shape != (n, len(self.raters), len(self.attributes)):
            raise DataError(
                f"ratings must have shape (targets, raters, attributes) = "
                f"({n}, {len(self.raters)}, {len(self.attributes)}); "
                f"received {self.ratings.shape}"
            )
        if len(self.systems) != n:
            raise DataError(f"{n} clusters but {len(self.systems)} systems")
        if self.reference not in self.raters:
            raise DataError(
                f"reference rater {self.reference!r} is not among the raters: "
                f"{', '.join(self.raters)}"
            )
        if self.experts is not None:
            if self.experts.shape != (n,):
                raise DataError(f"{n} clusters but experts of shape {self.experts.shape}")
            known = len(self.expert_names)
            if n and not (self.experts.min() >= -1 and self.experts.max() < known):
                raise DataError(
                    f"experts must be -1 (unknown) or codes of the {known} expert_names; received "
                    f"{self.experts.min()} to {self.experts.max()}"
                )

    @property
    def judges(self) -> tuple[str, ...]:
        """The raters that are not the reference."""
        return tuple(r for r in self.raters if r != self.reference)

    @property
    def names(self) -> tuple[str, ...]:
        """Attributes, then axes."""
        return (*self.attributes, *self.axes)

    def scores(self, rater: str, name: str) -> NDArray[np.float64]:
        """Return one rater's scores on an attribute or axis, shape (n_targets,), NaN = missing.

        An axis score is the mean of its attributes; it is missing when any of them is.
        """
        r = self._index(self.raters, rater, "rater")
        members = self.axes.get(name, (name,))
        columns = [self._index(self.attributes, m, "attribute") for m in members]
        scores: NDArray[np.float64] = self.ratings[:, r, columns].mean(axis=1)
        return scores

    def pair(self, judge: str, name: str, *, keep_own: bool = False) -> NDArray[np.float64]:
        """Return reference and judge side by side, shape (n_targets, 2).

        Rows of the judge's own counterpart are NaN unless `keep_own`; use :meth:`included` to
        tell them from missing ratings.
        """
        both = np.column_stack([self.scores(self.reference, name), self.scores(judge, name)])
        both[~self.included(judge, keep_own=keep_own)] = np.nan
        return both

    def included(self, judge: str, *, keep_own: bool = False) -> NDArray[np.bool_]:
        """Return which targets count for a judge: all but its own counterpart's."""
        own = self.left_out.get(judge)
        if keep_own or own is None or own not in self.system_names:
            return np.ones(len(self.systems), dtype=bool)
        return np.asarray(self.systems != self.system_names.index(own))

    def with_rater(self, name: str, ratings: NDArray[np.float64]) -> RatedTargets:
        """Return a copy with one more rater, ratings of shape (n_targets, n_attributes)."""
        if name in self.raters:
            raise DataError(f"there is a rater {name!r} already")
        return replace(
            self,
            raters=(*self.raters, name),
            ratings=np.concatenate([self.ratings, ratings[:, None, :]], axis=1),
        )

    def without(self, name: str, reference: str) -> RatedTargets:
        """Return a copy without one rater, another being the reference; no experts are known."""
        r = self._index(self.raters, name, "rater")
        return replace(
            self,
            raters=(*self.raters[:r], *self.raters[r + 1 :]),
            ratings=np.delete(self.ratings, r, axis=1),
            reference=reference,
            experts=None,
            expert_names=(),
        )

    def index_of(self, rater: str) -> int:
        """Return a rater's place in `raters`; raises DataError for an unknown one."""
        return self._index(self.raters, rater, "rater")

    def select(self, mask: NDArray[np.bool_]) -> RatedTargets:
        """Return a copy with only the targets where `mask` holds; names and codes stay."""
        return replace(
            self,
            ratings=self.ratings[mask],
            clusters=self.clusters[mask],
            systems=self.systems[mask],
            experts=None if self.experts is None else self.experts[mask],
        )

    @staticmethod
    def _index(names: Sequence[str], name: str, what: str) -> int:
        try:
            return names.index(name)
        except ValueError:
            raise DataError(f"unknown {what} {name!r}; known: {', '.join(names)}") from None


def codes_of(values: Iterable[object]) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Return integer codes and the distinct values in order of appearance."""
    index: dict[object, int] = {}
    codes = np.fromiter((index.setdefault(v, len(index)) for v in values), dtype=np.int64)
    names = np.empty(len(index), dtype=object)
    names[:] = list(index)
    return codes, names
