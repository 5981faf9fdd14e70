"""Does a judge favour the replies of its own counterpart, or of its own family?

Good systems get high ratings from everyone, so replies are compared only with replies that the
human experts rated the same (strata of the human rating, standardised to the favoured group's
mix). Three cautions go with the number, and each has its own column:

* Every judge may like a system's style. What the unrelated judges show for the same systems is
  therefore given beside it, and the difference is what is the judge's own (`excess`).
* The interval resamples conversations; the systems are the ones at hand. Whether this system
  stands out among them is what `rank` says.
* The human rating is one noisy score, so equal ratings are not quite equal quality.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.bootstrap import check_resampling, percentile_interval
from mentalbench_hf.reliability.core.cluster_sums import drawn_from, replicate_sums
from mentalbench_hf.reliability.core.moments import Floats
from mentalbench_hf.reliability.core.records import Record
from mentalbench_hf.reliability.trust.reference_levels import level_sums, levels_of

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets


@dataclass(frozen=True, slots=True)
class SelfPreference(Record):
    """How much one judge favours its own on one attribute.

    Attributes:
        judge: the judge.
        attribute: the attribute or axis.
        relation: "own" (the counterpart) or "family" (the systems of its maker, counterpart
            included; given where that is more than the counterpart).
        systems: the favoured group.
        data: which ratings, such as "audited".
        n_group: replies of the group that have a human level in common with the rest.
        n_rest: replies of the systems that are neither own nor family.
        raw: mean judge − reference of the group minus that of the rest, rating points, uncorrected.
        effect: the same, corrected for quality as the human sees it. With effect_low and
            effect_high.
        others: mean effect that the unrelated judges show for the same group; NaN without any.
        excess: effect − others, with its bounds: the preference that is this judge's own.
        rank: place of the group among all systems when each is compared with all the others, 1
            the most favoured by this judge; None for a family of several systems.
        n_systems: number of systems ranked.
        n_degenerate: replicates in which effect or excess is not defined.
    """

    judge: str
    attribute: str
    relation: str
    systems: tuple[str, ...]
    data: str
    n_group: int
    n_rest: int
    raw: float
    effect: float
    effect_low: float
    effect_high: float
    others: float
    excess: float
    excess_low: float
    excess_high: float
    rank: int | None
    n_systems: int
    n_degenerate: int


@dataclass(frozen=True, slots=True)
class _Contrast:
    judge: str
    relation: str
    group: tuple[int, ...]
    rest: tuple[int, ...]
    #: Judges without any relation to the group.
    others: tuple[str, ...]


def self_preference(
    targets: RatedTargets,
    *,
    counterparts: Mapping[str, str] | None = None,
    judge_families: Mapping[str, str] | None = None,
    system_families: Mapping[str, str] | None = None,
    names: Sequence[str] | None = None,
    levels: Sequence[float] | None = None,
    n_resamples: int = 10_000,
    seed: int = 0,
    confidence_level: float = 0.95,
) -> list[SelfPreference]:
    """Return the self- and family-preference of every judge that has a counterpart or family.

    Args:
        targets: the ratings; every reply counts, a judge's own above all.
        counterparts: judge -> its own system; by default the systems left out for the judges.
        judge_families: judge -> its maker.
        system_families: system -> its maker.
        names: attributes and axes, by default the attributes.
        levels: strata of the reference rating; by default the whole points of the scale.
        n_resamples: bootstrap replicates; conversations are drawn whole.
        seed: seed of the bootstrap.
        confidence_level: of the intervals, between 0 and 1.

    Raises:
        StatisticsError: no judge is related to any system, a counterpart is not a system, or
            unusable numbers.
    """
    check_resampling(n_resamples, confidence_level, seed)
    at = levels_of(targets.scale, levels)
    contrasts = _contrasts(
        targets,
        targets.left_out if counterparts is None else counterparts,
        judge_families or {},
        system_families or {},
    )
    drawn = drawn_from(targets)
    judges, n_systems = targets.judges, len(targets.system_names)
    out: list[SelfPreference] = []
    for name in names or targets.attributes:
        # The level of ratings outside the scale is no stratum.
        sums = np.stack(
            [level_sums(targets, j, name, at, drawn, keep_own=True)[:, :, :-1] for j in judges],
            axis=1,
        )
        shape = sums.shape[1:]

        def of_blocks(flat: Floats, shape: tuple[int, ...] = shape) -> Floats:
            return _effects(flat.reshape(-1, *shape), contrasts, judges)

        flat = sums.reshape(len(sums), -1)
        replicates = replicate_sums(flat, of_blocks, n_resamples=n_resamples, seed=seed)
        total = sums.sum(axis=0)[None]
        points = _effects(total, contrasts, judges)[0]
        for i, c in enumerate(contrasts):
            mine = total[:, judges.index(c.judge)]
            group, rest = mine[:, c.group, :].sum(axis=1)[0], mine[:, c.rest, :].sum(axis=1)[0]
            shared = (group[:, 0] > 0) & (rest[:, 0] > 0)
            effect, excess = (
                percentile_interval(replicates[:, 2 * i + part], confidence_level)
                for part in (0, 1)
            )
            n_others = len(c.others)
            out.append(
                SelfPreference(
                    judge=c.judge,
                    attribute=name,
                    relation=c.relation,
                    systems=tuple(targets.system_names[s] for s in c.group),
                    data=targets.data,
                    n_group=int(group[shared, 0].sum()),
                    n_rest=int(rest[:, 0].sum()),
                    raw=_mean_bias(group) - _mean_bias(rest),
                    effect=float(points[2 * i]),
                    effect_low=effect.low,
                    effect_high=effect.high,
                    others=float(points[2 * i] - points[2 * i + 1]) if n_others else np.nan,
                    excess=float(points[2 * i + 1]),
                    excess_low=excess.low,
                    excess_high=excess.high,
                    rank=_rank(mine, c.group[0], n_systems) if len(c.group) == 1 else None,
                    n_systems=n_systems,
                    n_degenerate=max(effect.n_degenerate, excess.n_degenerate if n_others else 0),
                )
            )
    return out


def _contrasts(
    targets: RatedTargets,
    counterparts: Mapping[str, str],
    judge_families: Mapping[str, str],
    system_families: Mapping[str, str],
) -> list[_Contrast]:
    systems = targets.system_names
    for judge in targets.judges:
        if judge in counterparts and counterparts[judge] not in systems:
            raise StatisticsError(
                f"the counterpart of judge {judge!r} is {counterparts[judge]!r}, which is not a "
                f"system; known: {', '.join(systems)}"
            )
    related: dict[str, dict[str, tuple[int, ...]]] = {}
    for judge in targets.judges:
        own = tuple(i for i, s in enumerate(systems) if s == counterparts.get(judge))
        maker = judge_families.get(judge)
        kin = tuple(
            i
            for i, s in enumerate(systems)
            if i in own or (maker is not None and system_families.get(s) == maker)
        )
        related[judge] = {"own": own} | ({"family": kin} if kin != own else {})
    out = []
    for judge, groups in related.items():
        mine = {i for group in groups.values() for i in group}
        rest = tuple(i for i in range(len(systems)) if i not in mine)
        for relation, group in groups.items():
            strangers = tuple(
                other
                for other in targets.judges
                if not any(set(group) & set(g) for g in related[other].values())
            )
            if group and rest:
                out.append(_Contrast(judge, relation, group, rest, strangers))
    if not out:
        raise StatisticsError(
            "no judge is related to any system: pass counterparts={judge: system}, or "
            "judge_families and system_families, with at least one unrelated system to compare"
        )
    return out


def _effects(sums: Floats, contrasts: Sequence[_Contrast], judges: Sequence[str]) -> Floats:
    """Return effect and excess of every contrast, from (b, judges, systems, levels, 2)."""
    columns = []
    for c in contrasts:
        effect = _effect(sums[:, judges.index(c.judge)], c.group, c.rest)
        others = [_effect(sums[:, judges.index(o)], c.group, c.rest) for o in c.others]
        missing = np.full_like(effect, np.nan)
        columns += [effect, effect - np.mean(others, axis=0) if others else missing]
    return np.stack(columns, axis=-1)


def _effect(sums: Floats, group: Sequence[int], rest: Sequence[int]) -> Floats:
    """Return the difference within levels, weighed by the group's replies: (b,)."""
    g, r = sums[:, list(group)].sum(axis=1), sums[:, list(rest)].sum(axis=1)
    shared = (g[..., 0] > 0) & (r[..., 0] > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        difference = g[..., 1] / g[..., 0] - r[..., 1] / r[..., 0]
        weight = np.where(shared, g[..., 0], 0.0)
        weighed = np.where(shared, difference, 0.0) * weight
        effect: Floats = weighed.sum(axis=-1) / weight.sum(axis=-1)
    return effect


def _mean_bias(levels: Floats) -> float:
    n, total = levels.sum(axis=0)
    return float(total / n) if n else float("nan")


def _rank(sums: Floats, system: int, n_systems: int) -> int:
    effects = np.array(
        [_effect(sums, [s], [o for o in range(n_systems) if o != s])[0] for s in range(n_systems)]
    )
    return int((effects > effects[system]).sum()) + 1
