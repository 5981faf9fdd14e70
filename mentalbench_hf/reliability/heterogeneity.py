"""Do the experts differ more than chance, and do the judges see nothing of it?

The conversations are dealt anew among the experts, each keeping their number: how far the experts'
figures then lie apart is chance. Experts sit on different conversations, so that a spread could
come from the conversations. The control puts another judge in the expert's place: judges rated
all conversations alike, and what they show is the conversations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.choices import Level
from mentalbench_hf.reliability.core.moments import Floats, Moments
from mentalbench_hf.reliability.core.random_effects import permutation_p
from mentalbench_hf.reliability.core.rating_sums import Grid, grid
from mentalbench_hf.reliability.core.replicated_sums import of_moments, response_cells, system_cells
from mentalbench_hf.reliability.core.replicates import weigh_cells
from mentalbench_hf.reliability.experts import grid_of, known_experts

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets

N_SHUFFLES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Heterogeneity:
    """How far the experts' figures for one judge and attribute lie apart.

    Attributes:
        spread: standard deviation of the experts' figures, weighed by conversations.
        p: of a spread so large when the conversations are dealt anew. NaN where conversations
            belong to no single expert, or with fewer than two experts.
        control_spread: the same of the judge against each other judge, root mean square; NaN with
            one judge.
        control_p: its p, likewise.
    """

    spread: float
    p: float
    control_spread: float
    control_p: float


def heterogeneity(
    targets: RatedTargets,
    cells: Sequence[tuple[str, str]],
    statistic: Callable[[Moments], Floats],
    level: Level,
    *,
    n_shuffles: int = N_SHUFFLES,
    seed: int = 0,
    keep_own: bool = False,
) -> list[Heterogeneity]:
    """Return the spread of a statistic over the experts, with its shuffles, for every cell.

    Args:
        targets: the ratings; targets of unknown experts are left out.
        cells: judges and attributes.
        statistic: of reference and judge, such as an ICC.
        level: whether targets are the systems' means or single replies.
        n_shuffles: shuffles behind the p-values.
        seed: seed of the shuffles.
        keep_own: keep a judge's own counterpart.
    """
    nothing = Heterogeneity(np.nan, np.nan, np.nan, np.nan)
    groups = conversation_groups(targets)
    if len(groups) < 2:
        return [nothing] * len(cells)
    weights = shuffled_weights(groups, n_shuffles, seed)
    sizes = groups.sum(axis=1)
    own = targets.select(np.asarray(targets.experts) >= 0)
    grids = [grid_of(own, judge, name, keep_own=keep_own) for judge, name in cells]
    variances = _variances(grids, statistic, level, weights, sizes)

    judges = list(dict.fromkeys(judge for judge, _ in cells))
    names = list(dict.fromkeys(name for _, name in cells))
    pairs = [(a, b, name) for name in names for a, b in combinations(targets.judges, 2)]
    pairs = [pair for pair in pairs if pair[0] in judges or pair[1] in judges]
    controls = np.empty((0, variances.shape[1]))
    if pairs:
        made = [_judges_grid(own, a, b, name, keep_own=keep_own) for a, b, name in pairs]
        controls = _variances(made, statistic, level, weights, sizes)
    out = []
    for (judge, name), observed in zip(cells, variances, strict=True):
        mine = [i for i, (a, b, n) in enumerate(pairs) if n == name and judge in (a, b)]
        control = controls[mine].mean(axis=0) if mine else np.full(len(observed), np.nan)
        out.append(
            Heterogeneity(
                spread=float(np.sqrt(observed[0])),
                p=permutation_p(float(observed[0]), observed[1:]),
                control_spread=float(np.sqrt(control[0])),
                control_p=permutation_p(float(control[0]), control[1:]),
            )
        )
    return out


def conversation_groups(targets: RatedTargets) -> Floats:
    """Return which conversations are whose, 0 or 1, shape (n_experts, n_clusters).

    Empty where some conversation has replies of two experts: there is nothing to deal then.
    """
    n = len(targets.cluster_names)
    groups = np.array(
        [np.bincount(targets.clusters[m], minlength=n) > 0 for _, m in known_experts(targets)],
        dtype=np.float64,
    ).reshape(-1, n)
    return groups if (groups.sum(axis=0) <= 1).all() else groups[:0]


def shuffled_weights(groups: Floats, n_shuffles: int, seed: int) -> Floats:
    """Deal the conversations anew among the experts.

    Args:
        groups: as of :func:`conversation_groups`.
        n_shuffles: shuffles beside the groups as they are, which come first.
        seed: seed of the shuffles.

    Returns:
        Shape (1 + n_shuffles, n_experts, n_clusters), 0 or 1; every expert keeps the number.
    """
    rng = np.random.default_rng(seed)
    rated: NDArray[np.int64] = np.flatnonzero(groups.any(axis=0))
    weights = np.zeros((1 + n_shuffles, *groups.shape))
    weights[0] = groups
    for i in range(1, 1 + n_shuffles):
        weights[i][:, rated] = groups[:, rng.permutation(rated)]
    return weights


def _variances(
    grids: Sequence[Grid],
    statistic: Callable[[Moments], Floats],
    level: Level,
    weights: Floats,
    sizes: Floats,
) -> Floats:
    """Return the variance of the statistic over experts, shape (n_grids, 1 + n_shuffles)."""
    flat = weights.reshape(-1, weights.shape[-1])
    if level == "response":
        values = weigh_cells(response_cells(grids), {"x": statistic}, flat)["x"]
    else:
        values = weigh_cells(system_cells(grids), {"x": of_moments(statistic)}, flat)["x"]
    theta = values.reshape(len(grids), *weights.shape[:2])
    share = sizes / sizes.sum()
    mean = (theta * share).sum(axis=-1, keepdims=True)
    return np.asarray((share * (theta - mean) ** 2).sum(axis=-1))


def _judges_grid(targets: RatedTargets, a: str, b: str, name: str, *, keep_own: bool) -> Grid:
    """Return the sums of two judges, without either's own counterpart."""
    included = targets.included(a, keep_own=keep_own) & targets.included(b, keep_own=keep_own)
    pair = replace(targets, reference=a).pair(b, name, keep_own=keep_own)
    pair[~included] = np.nan
    return grid(
        pair,
        targets.clusters,
        targets.systems,
        n_clusters=len(targets.cluster_names),
        n_systems=len(targets.system_names),
        included=included,
    )
