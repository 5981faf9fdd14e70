"""Ratings made for tests: small tables written by hand, and simulated studies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from mentalbench_hf.data.targets import RatedTargets, codes_of

REFERENCE = "expert"


def by_hand(
    ratings: Mapping[str, Sequence[float]],
    *,
    clusters: Sequence[object] | None = None,
    systems: Sequence[str] | None = None,
    attribute: str = "Safety",
    scale: tuple[float, float] = (1, 5),
    left_out: Mapping[str, str] | None = None,
) -> RatedTargets:
    """Return one attribute's ratings, rater -> one per target; the first rater is the reference."""
    raters = tuple(ratings)
    matrix = np.array([ratings[r] for r in raters], dtype=float).T
    n = len(matrix)
    c, cluster_names = codes_of(clusters if clusters is not None else range(n))
    s, system_names = codes_of(systems if systems is not None else ["only"] * n)
    return RatedTargets(
        ratings=matrix[:, :, None],
        raters=raters,
        attributes=(attribute,),
        axes={},
        clusters=c,
        cluster_names=cluster_names,
        systems=s,
        system_names=tuple(str(x) for x in system_names),
        reference=raters[0],
        scale=scale,
        left_out=left_out or {},
    )


def study(
    seed: int = 0,
    *,
    n_conversations: int = 120,
    n_systems: int = 6,
    noise: Mapping[str, float] | None = None,
    shift: Mapping[str, float] | None = None,
    attributes: tuple[str, ...] = ("Clarity", "Warmth"),
    scale: tuple[int, int] = (1, 5),
    missing: float = 0.0,
    whole: bool = True,
) -> RatedTargets:
    """Return simulated ratings: a reply's quality plus each judge's shift and noise."""
    rng = np.random.default_rng(seed)
    noise = noise or {"judge-a": 0.4, "judge-b": 0.8, "judge-c": 1.5}
    shift = shift or {}
    low, high = scale
    shape = (n_conversations, n_systems, len(attributes))
    quality = (
        (low + high) / 2
        + np.linspace(-1, 1, n_systems)[None, :, None]
        + 0.4 * rng.standard_normal((n_conversations, 1, 1))
        + 0.7 * rng.standard_normal(shape)
    )
    raters = [quality + 0.4 * rng.standard_normal(shape)]
    for judge, sd in noise.items():
        raters.append(quality + shift.get(judge, 0.0) + sd * rng.standard_normal(shape))
    x = np.clip(np.stack(raters, axis=2), low, high)
    if whole:
        x = np.round(x)
    x[rng.random(x.shape) < missing] = np.nan
    n = n_conversations * n_systems
    return RatedTargets(
        ratings=x.reshape(n, len(raters), len(attributes)),
        raters=(REFERENCE, *noise),
        attributes=attributes,
        axes={"Both": attributes},
        clusters=np.repeat(np.arange(n_conversations), n_systems),
        cluster_names=np.arange(n_conversations).astype(object),
        systems=np.tile(np.arange(n_systems), n_conversations),
        system_names=tuple(f"system-{i}" for i in range(n_systems)),
        reference=REFERENCE,
        scale=(float(low), float(high)),
    )


def with_experts(
    targets: RatedTargets, names: str, noise: dict[str, float] | None = None, seed: int = 0
) -> RatedTargets:
    """Deal the conversations to experts in equal runs; an expert's noise is added to theirs."""
    rng = np.random.default_rng(seed)
    n = len(targets.cluster_names)
    codes = (np.arange(n) * len(names) // n)[targets.clusters]
    ratings = targets.ratings.copy()
    reference = targets.raters.index(targets.reference)
    for code, name in enumerate(names):
        mine = codes == code
        sd = (noise or {}).get(name, 0.0)
        ratings[mine, reference] += sd * rng.standard_normal((mine.sum(), ratings.shape[2]))
    return replace(
        targets, ratings=np.clip(ratings, *targets.scale), experts=codes, expert_names=tuple(names)
    )
