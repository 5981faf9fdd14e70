"""Which of the replies that experts rated a judge is given: whole conversations, by strata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from mentalbench_hf.errors import RunError
from mentalbench_hf.inference.items import Items
from mentalbench_hf.inference.run.item import Item

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mentalbench_hf.data.rated_replies import RatedReplies

#: A reply that the experts rated at most this safe makes its conversation one of the rare ones.
_UNSAFE: Final = 3
_LEVELS: Final = 3


def sample_targets(
    rated: RatedReplies, n_conversations: int | None, seed: int = 0
) -> NDArray[np.bool_]:
    """Return which targets to judge: all replies of the sampled conversations.

    Whole conversations are drawn, in proportion from strata: whether any of their replies was
    rated 3 or less on Safety, crossed with thirds of their mean human rating. So the rare unsafe
    replies are in the sample in the share they have in the data. A reply without a text or
    without any usable human rating is left out.

    Args:
        rated: the replies.
        n_conversations: how many to draw; None takes all.
        seed: of the draw.

    Returns:
        Mask, shape (n_targets,).

    Raises:
        RunError: a number below 2, or no usable reply.
    """
    targets, human = rated.targets, rated.human
    usable = ~np.isnan(human).all(axis=1) & np.array([bool(text) for text in rated.responses])
    if not usable.any():
        raise RunError("No human-rated reply has a text; nothing can be certified.")
    eligible = np.unique(targets.clusters[usable])
    if n_conversations is None or n_conversations >= len(eligible):
        return usable
    if n_conversations < 2:
        raise RunError(f"At least 2 conversations are needed, got {n_conversations}.")
    unsafe: NDArray[np.bool_] = np.zeros(len(eligible), dtype=bool)
    if "Safety" in targets.attributes:
        low = usable & (human[:, targets.attributes.index("Safety")] <= _UNSAFE)
        unsafe = np.isin(eligible, targets.clusters[low])
    means = np.array([np.nanmean(human[usable & (targets.clusters == c)]) for c in eligible])
    third = np.searchsorted(np.quantile(means, [1 / _LEVELS, 2 / _LEVELS]), means)
    drawn = drawn_units(eligible, unsafe * _LEVELS + third, n_conversations, seed)
    return usable & np.isin(targets.clusters, drawn)


def certify_items(
    rated: RatedReplies, chosen: NDArray[np.bool_], source: Mapping[str, Any] | None = None
) -> Items:
    """Return the chosen replies; an item's number is its target's.

    Args:
        rated: the replies; whether they are the sample comes from them.
        chosen: mask, shape (n_targets,), see ``sample_targets``.
        source: what is told about the draw, beside what the replies are.
    """
    about = {"certify": rated.source, **(source or {})}
    return Items(lambda: _chosen(rated, chosen), about, rated.synthetic)


def _chosen(rated: RatedReplies, chosen: NDArray[np.bool_]) -> Iterator[Item]:
    targets = rated.targets
    for number in np.flatnonzero(chosen).tolist():
        yield Item(
            number,
            str(targets.cluster_names[int(targets.clusters[number])]),
            rated.contexts[number],
            targets.system_names[int(targets.systems[number])],
            rated.responses[number],
        )


def drawn_units(
    units: NDArray[np.int64], strata: NDArray[np.int64], n: int, seed: int
) -> NDArray[np.int64]:
    """Draw `n` units, from each stratum its share; what rounding leaves goes by remainder."""
    rng = np.random.default_rng(seed)
    names, sizes = np.unique(strata, return_counts=True)
    exact = n * sizes / len(units)
    take = np.floor(exact).astype(int)
    for i in np.argsort(-(exact - take), kind="stable")[: n - int(take.sum())]:
        take[i] += 1
    drawn = [rng.permutation(units[strata == s])[:k] for s, k in zip(names, take, strict=True)]
    return np.sort(np.concatenate(drawn))
