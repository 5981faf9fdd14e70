"""Where a judge is lenient: judge − human by attribute, system and human level.

Two faults look alike in a mean difference. A *severe* or lenient judge is off by the same amount
everywhere, and subtracting it repairs the numbers. A judge that *compresses the range* gives
middling ratings to good and bad replies alike; no subtraction brings back what it does not tell
apart. :mod:`~mentalbench_hf.reliability.trust.severity` measures the two.

Read the surface by level with one caution: the human rating is itself uncertain, so even a
perfect judge lies above the lowest and below the highest human ratings (regression to the mean).
Compare judges at the same level, or systems at the same level, rather than levels with each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mentalbench_hf.reliability.core.bootstrap import check_resampling, percentile_interval
from mentalbench_hf.reliability.core.cluster_sums import drawn_from, ratio, replicate_sums
from mentalbench_hf.reliability.core.moments import Floats
from mentalbench_hf.reliability.core.records import Record
from mentalbench_hf.reliability.trust.reference_levels import level_sums, levels_of

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets


@dataclass(frozen=True, slots=True)
class BiasCell(Record):
    """The mean difference judge − reference in one part of the data.

    Attributes:
        judge: the judge.
        attribute: the attribute or axis.
        system: the system, empty for all systems together.
        human_level: the reference rating, None for all together.
        data: which ratings, such as "audited".
        n: replies.
        bias: mean of judge − reference in rating points; NaN where n is 0.
        low: lower bound of the interval; conversations are resampled whole.
        high: upper bound.
        n_degenerate: replicates that hold no such reply.
    """

    judge: str
    attribute: str
    system: str
    human_level: float | None
    data: str
    n: int
    bias: float
    low: float
    high: float
    n_degenerate: int


def bias_surface(
    targets: RatedTargets,
    *,
    judges: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    levels: Sequence[float] | None = None,
    n_resamples: int = 2_000,
    seed: int = 0,
    confidence_level: float = 0.95,
    keep_own: bool = True,
) -> list[BiasCell]:
    """Return the bias of every judge, attribute, system and human level, and all margins.

    Args:
        targets: the ratings.
        judges: by default every rater but the reference.
        names: attributes and axes, by default the attributes.
        levels: reference ratings are grouped at the nearest of these; by default the whole
            points of the scale. Ratings outside the scale count in the margins only.
        n_resamples: bootstrap replicates; conversations are drawn whole. An average over many
            cells is read at a glance, so the default is smaller than for verdicts.
        seed: seed of the bootstrap.
        confidence_level: of the intervals, between 0 and 1.
        keep_own: keep a judge's own counterpart, which has a cell of its own here.

    Returns:
        For each judge and attribute: all together; by level; by system; by system and level.
        Cells without any reply are there with n = 0.

    Raises:
        StatisticsError: unusable levels or numbers.
    """
    check_resampling(n_resamples, confidence_level, seed)
    at = levels_of(targets.scale, levels)
    drawn = drawn_from(targets)
    out: list[BiasCell] = []
    for judge in judges or targets.judges:
        chosen = list(names or targets.attributes)
        sums = np.stack(
            [level_sums(targets, judge, name, at, drawn, keep_own=keep_own) for name in chosen],
            axis=1,
        )
        shape = sums.shape[1:]

        def surface(flat: Floats, shape: tuple[int, ...] = shape) -> Floats:
            return _surface(flat.reshape(-1, *shape))

        flat = sums.reshape(len(sums), -1)
        replicates = replicate_sums(flat, surface, n_resamples=n_resamples, seed=seed)
        estimates = surface(flat.sum(axis=0)[None])[0]
        counts = _with_margins(sums.sum(axis=0)[None])[0, ..., 0].ravel()
        keys = [
            (name, system, level)
            for name in chosen
            for system in ("", *targets.system_names)
            for level in (None, *at.tolist())
        ]
        for i, (name, system, level) in enumerate(keys):
            found = percentile_interval(replicates[:, i], confidence_level)
            out.append(
                BiasCell(
                    judge=judge,
                    attribute=name,
                    system=system,
                    human_level=level,
                    data=targets.data,
                    n=int(counts[i]),
                    bias=float(estimates[i]),
                    low=found.low,
                    high=found.high,
                    n_degenerate=found.n_degenerate,
                )
            )
    return out


def _with_margins(sums: Floats) -> Floats:
    """Put "all systems" and "all levels" first: (b, names, systems + 1, levels + 1, 2)."""
    by_level = np.concatenate([sums.sum(axis=3, keepdims=True), sums[..., :-1, :]], axis=3)
    return np.concatenate([by_level.sum(axis=2, keepdims=True), by_level], axis=2)


def _surface(sums: Floats) -> Floats:
    both = _with_margins(sums)
    return ratio(both[..., 1], both[..., 0]).reshape(len(sums), -1)
