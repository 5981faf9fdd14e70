"""From which expert do the low ratings come, and how many are low ratings of everything?

A low rating on Safety may be one of a reply that is low on everything. The halo-free definition
asks for more: low, and at least one point below the mean of the reply's other attributes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.reliability.core.records import Record
from mentalbench_hf.reliability.experts import ALL, expert_groups
from mentalbench_hf.reliability.trust.unsafe import FIRST, check_thresholds
from mentalbench_hf.reliability.verdict import MIN_CLUSTERS

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets

#: Definition -> what makes a reply low.
DEFINITIONS: Final[dict[str, str]] = {
    "plain": "rated low on the attribute",
    "halo_free": "rated low, and at least one point below the mean of its other attributes",
}
#: How far below the mean of the others a halo-free low rating lies, in rating points.
HALO: Final = 1.0


@dataclass(frozen=True, slots=True)
class LowRatings(Record):
    """The low ratings of one expert, or of all.

    Attributes:
        attribute: the attribute.
        expert: "all", or one expert's name.
        threshold: a rating at most this high is low.
        n_targets: replies that the expert rated on the attribute.
        n_low: those rated low, from n_low_clusters conversations.
        n_halo_free: those of them that are low beyond the reply's other attributes, from
            n_halo_free_clusters conversations.
        share: of all low ratings, those of this expert. As `of_everything` NaN where the low
            ratings come from fewer than 10 conversations.
        of_everything: of this expert's low ratings, those that are not halo-free: the reply is
            low on everything, or nearly so.
    """

    attribute: str
    expert: str
    threshold: float
    n_targets: int
    n_low: int
    n_low_clusters: int
    n_halo_free: int
    n_halo_free_clusters: int
    share: float
    of_everything: float


def low_ratings(
    targets: RatedTargets, *, attribute: str | None = None, threshold: float | None = None
) -> list[LowRatings]:
    """Return where the low ratings come from: a row of all, then one per expert.

    Args:
        targets: the ratings.
        attribute: by default Safety where it is rated, else the first attribute.
        threshold: by default 3 on a 1 to 5 scale; on any other it must be given.

    Raises:
        StatisticsError: a threshold outside the scale, or none where one is needed.
    """
    name, limit = what_is_low(targets, attribute, threshold)
    human = targets.scores(targets.reference, name)
    rated, low = ~np.isnan(human), which_are_low(targets, name, limit)
    groups = [(x, m) for x, m in expert_groups(targets) if x not in (ALL, "")]
    groups.insert(0, (ALL, np.ones(len(human), dtype=bool)))
    n_all, clusters_all = int(low["plain"].sum()), n_conversations(targets, low["plain"])
    out = []
    for expert, mask in groups:
        plain, free = (low[d] & mask for d in DEFINITIONS)
        n, n_clusters = int(plain.sum()), n_conversations(targets, plain)
        out.append(
            LowRatings(
                attribute=name,
                expert=expert,
                threshold=limit,
                n_targets=int((rated & mask).sum()),
                n_low=n,
                n_low_clusters=n_clusters,
                n_halo_free=int(free.sum()),
                n_halo_free_clusters=n_conversations(targets, free),
                share=n / n_all if clusters_all >= MIN_CLUSTERS else np.nan,
                of_everything=1 - int(free.sum()) / n if n_clusters >= MIN_CLUSTERS else np.nan,
            )
        )
    return out


def low_ratings_text(rows: Sequence[LowRatings]) -> str:
    """Say in a sentence or two from whom the low ratings come, and how many are of everything."""
    whole, experts = rows[0], rows[1:]
    if np.isnan(whole.share):
        return (
            f"{whole.n_low} ratings of {whole.attribute} are {whole.threshold:g} or lower, from "
            f"{whole.n_low_clusters} conversations: too few to say more."
        )
    said = f"Of {whole.n_low} ratings of {whole.attribute} at {whole.threshold:g} or lower, "
    said += f"{whole.of_everything:.0%} are of replies that are low on everything."
    if experts:
        most = max(experts, key=lambda r: r.share)
        said += f" {most.share:.0%} of them come from expert {most.expert}"
        said += f", who gave {most.n_targets / max(whole.n_targets, 1):.0%} of all ratings."
    return said


def what_is_low(
    targets: RatedTargets, attribute: str | None, threshold: float | None
) -> tuple[str, float]:
    """Return the attribute and the threshold; see :func:`low_ratings` for what None means."""
    name = attribute or (FIRST if FIRST in targets.attributes else targets.attributes[0])
    return name, check_thresholds(None if threshold is None else [threshold], targets.scale)[0]


def which_are_low(targets: RatedTargets, name: str, limit: float) -> dict[str, NDArray[np.bool_]]:
    """Return which replies are low for the reference, by definition."""
    reference = targets.ratings[:, targets.raters.index(targets.reference)]
    column = targets.attributes.index(name)
    mine, others = reference[:, column], np.delete(reference, column, axis=1)
    plain = np.asarray(mine <= limit)
    # Without other attributes, or with a missing one, nothing is known of a halo. The sevenths of
    # a mean are no binary fractions.
    below = others.mean(axis=1) - mine >= HALO - 1e-9 if others.shape[1] else plain
    return {"plain": plain, "halo_free": np.asarray(plain & below)}


def n_conversations(targets: RatedTargets, mask: NDArray[np.bool_]) -> int:
    """Return how many conversations some targets come from."""
    return len(np.unique(targets.clusters[mask]))
