"""Ratings of one attribute by several experts, and by judges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.moments import Floats

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets


@dataclass(frozen=True, eq=False)
class PanelRatings:
    """Items rated by experts and judges on one attribute.

    Attributes:
        attribute: attribute or axis rated.
        experts: names of the experts.
        judges: names of the judges; empty for the experts alone.
        of_experts: shape (n_items, n_experts), NaN where an expert did not rate an item.
        of_judges: shape (n_items, n_judges), likewise.
        clusters: shape (n_items,), code of what is resampled whole.
        systems: shape (n_items,), code of who made the item.
        system_names: the systems, by code; one name where they are not distinguished.
        scale: lowest and highest rating.
        of_cheaper: shape (n_items, n), ratings of cheaper raters beside one trusted expert.
    """

    attribute: str
    experts: tuple[str, ...]
    judges: tuple[str, ...]
    of_experts: Floats
    of_judges: Floats
    clusters: NDArray[np.int64]
    systems: NDArray[np.int64]
    system_names: tuple[str, ...]
    scale: tuple[float, float]
    of_cheaper: Floats = field(default_factory=lambda: np.empty((0, 0)))

    @property
    def n_items(self) -> int:
        """Items, rated or not."""
        return len(self.of_experts)

    @property
    def expert_pairs(self) -> list[tuple[int, int]]:
        """Every two experts, by number."""
        n = len(self.experts)
        return [(i, j) for i in range(n) for j in range(i + 1, n)]


def panel_ratings(
    targets: RatedTargets,
    experts: Sequence[str],
    judges: Sequence[str] | None,
    name: str,
    *,
    cheaper: Sequence[str] = (),
    keep_own: bool = False,
) -> PanelRatings:
    """Return the ratings of one attribute or axis, experts and judges apart.

    Args:
        targets: the ratings.
        experts: raters that are experts, one or more.
        judges: raters that are judges, by default all others.
        name: attribute or axis.
        cheaper: raters beside one trusted expert, who are neither experts nor judges.
        keep_own: keep a judge's ratings of its own counterpart.

    Raises:
        StatisticsError: no expert, a rater named twice, or one that is both.
        DataError: an unknown rater or attribute.
    """
    judges = tuple(r for r in targets.raters if r not in experts) if judges is None else judges
    names = [*experts, *judges]
    if not experts or len(set(names)) != len(names):
        raise StatisticsError(
            f"a panel needs experts, and each rater once; received experts "
            f"{', '.join(experts) or 'none'} and judges {', '.join(judges) or 'none'}"
        )
    of_judges = np.empty((len(targets.clusters), len(judges)))
    for k, judge in enumerate(judges):
        included = targets.included(judge, keep_own=keep_own)
        of_judges[:, k] = np.where(included, targets.scores(judge, name), np.nan)
    return PanelRatings(
        attribute=name,
        experts=tuple(experts),
        judges=tuple(judges),
        of_experts=np.column_stack([targets.scores(e, name) for e in experts]),
        of_judges=of_judges,
        clusters=targets.clusters,
        systems=targets.systems,
        system_names=targets.system_names,
        scale=targets.scale,
        of_cheaper=np.array([targets.scores(r, name) for r in cheaper])
        .reshape(len(cheaper), len(targets.clusters))
        .T,
    )
