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
#: Conversations of each expert: the 10 that an interval needs, and two that the judge may not rate.
LEAST: Final = 12


def sample_targets(
    rated: RatedReplies, n_conversations: int | None, seed: int = 0
) -> NDArray[np.bool_]:
    """Return which targets to judge: all replies of the sampled conversations.

    Whole conversations are drawn, in proportion from strata: the expert who rated them, whether
    any of their replies was rated 3 or less on Safety, and thirds of that expert's mean ratings.
    So the rare unsafe replies are in the sample in the share they have in the data. Where the
    sample has 12 conversations for each expert, every expert gets that many (or all they rated), so
    that a verdict about another expert can be reached; in a smaller one every expert has their
    share, which may be none. A reply without a text or without any usable human rating is left
    out.

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
    expert = np.zeros(len(eligible), dtype=np.int64)
    if targets.experts is not None:
        _, first = np.unique(targets.clusters[usable], return_index=True)
        expert = targets.experts[usable][first]
    experts, sizes = np.unique(expert, return_counts=True)
    rng, drawn = np.random.default_rng(seed), []
    for one, n in zip(experts, shares(sizes, n_conversations, LEAST), strict=True):
        own = expert == one
        third = np.searchsorted(np.quantile(means[own], [1 / _LEVELS, 2 / _LEVELS]), means[own])
        drawn.append(drawn_units(eligible[own], unsafe[own] * _LEVELS + third, int(n), rng))
    return usable & np.isin(targets.clusters, np.concatenate(drawn))


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
    units: NDArray[np.int64], strata: NDArray[np.int64], n: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Draw `n` units, from each stratum its share."""
    names, sizes = np.unique(strata, return_counts=True)
    take = shares(sizes, n)
    drawn = [rng.permutation(units[strata == s])[:k] for s, k in zip(names, take, strict=True)]
    return np.sort(np.concatenate(drawn))


def shares(sizes: NDArray[np.int64], n: int, least: int = 0) -> NDArray[np.int64]:
    """Divide `n` in proportion to `sizes`; what rounding leaves goes by remainder.

    Every part gets `least`, or all it has, where `n` holds `least` for each; the others then have
    less. `n` must not exceed the sum of the sizes.

    >>> shares(np.array([45, 20, 17, 10, 8]), 50, least=10).tolist()
    [12, 10, 10, 10, 8]
    """
    enough = np.minimum(least, sizes) if n >= least * len(sizes) else np.zeros_like(sizes)
    raised = np.zeros(len(sizes), dtype=bool)
    while True:
        rest = n - enough[raised].sum()
        exact = np.where(raised, enough, rest * sizes / sizes[~raised].sum())
        if not (exact < enough).any():
            break
        raised |= exact < enough
    take = np.floor(exact).astype(np.int64)
    for i in np.argsort(-(exact - take), kind="stable")[: n - int(take.sum())]:
        take[i] += 1
    return take
