"""How large must a study be? Reliability and its interval at any design, from real components.

Expected reliability follows from the variance components. The standard error follows from normal
theory, scaled by how far the bootstrap on the real data lies from normal theory there: ratings at
the end of a five-point scale are not normal, and the real data know by how much that matters.

What the components cannot know is how much of the disagreement is the human experts' own, since
each reply carries one released human score. `human_share` states an assumption, and it decides how
much is gained by rating each reply more than once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from mentalbench_hf.choices import LEVELS, Level, check_choice
from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.designs import (
    SOURCES,
    expectations,
    icc_of_mean_squares,
    icc_standard_error,
)
from mentalbench_hf.reliability.core.icc import Variant
from mentalbench_hf.reliability.core.moments import Floats
from mentalbench_hf.reliability.core.records import VerdictRecord
from mentalbench_hf.reliability.trust.variance_components import VarianceComponents
from mentalbench_hf.reliability.verdict import FITTING, no_interval, verdict

if TYPE_CHECKING:
    from mentalbench_hf.reliability.panel.plan import PlannedPanel


@dataclass(frozen=True, slots=True)
class PlannedStudy(VerdictRecord):
    """What one design can expect.

    Attributes:
        judge: the judge.
        attribute: the attribute or axis.
        level: "system" or "response".
        icc_variant: which ICC.
        n_conversations: conversations.
        n_systems: systems that answer each of them.
        ratings_per_reply: human ratings averaged for each reply.
        n_human_ratings: human ratings in all.
        same_systems: whether the interval is for these systems, as the bootstrap over
            conversations gives it, or for others drawn like them.
        reliability: the expected ICC.
        low: expected lower bound of its interval.
        high: expected upper bound.
        width: high − low.
        verdict: the verdict that the expected lower bound gives.
        reason: why the study could give none, empty when it could; `verdict_reason` in JSON. Its
            bounds are then NaN.
    """

    judge: str
    attribute: str
    level: str
    icc_variant: str
    n_conversations: int
    n_systems: int
    ratings_per_reply: int
    n_human_ratings: int
    same_systems: bool
    reliability: float
    low: float
    high: float
    width: float
    verdict: str
    reason: str = ""


Study = TypeVar("Study", bound="PlannedStudy | PlannedPanel")


def plan(
    components: VarianceComponents,
    *,
    n_conversations: Sequence[int] = (50, 100, 200, 400, 800, 1600),
    n_systems: Sequence[int] | None = None,
    ratings_per_reply: Sequence[int] = (1, 2, 3),
    levels: Sequence[Level] = LEVELS,
    icc_variant: Variant | None = None,
    same_systems: bool = True,
    human_share: float = 0.5,
    confidence_level: float = 0.95,
) -> list[PlannedStudy]:
    """Return what every combination of sizes can expect, one row each.

    Args:
        components: of the judge and attribute the study is for
            (:func:`~mentalbench_hf.reliability.trust.variance_components.variance_components`).
        n_conversations: sizes to try, at least 2 each.
        n_systems: sizes to try, at least 2 each; by default as many as the data have.
        ratings_per_reply: human ratings averaged for each reply, at least 1 each; one is what
            the data have.
        levels: which levels.
        icc_variant: "ICC(C,1)" or "ICC(A,1)"; by default the one the level's verdict looks at.
        same_systems: plan for statements on the systems of the study; False for statements on
            other systems drawn like them, which needs many systems.
        human_share: how much of the residual disagreement is the human rating's own, 0 to 1.
            Averaging m human ratings divides this part by m and no other: a systematic
            disagreement between the experts and the judge does not average out.
        confidence_level: of the planned interval, between 0 and 1.

    Raises:
        StatisticsError: a size or share that is not usable.
    """
    from scipy.stats import norm

    sizes = {
        "n_conversations": (n_conversations, 2),
        "n_systems": (n_systems or (components.n_systems,), 2),
        "ratings_per_reply": (ratings_per_reply, 1),
    }
    for what, (values, least) in sizes.items():
        for value in values:
            if isinstance(value, bool) or int(value) != value or value < least:
                raise StatisticsError(
                    f"{what} must be whole numbers of at least {least}; received {value!r}"
                )
    if not 0 <= human_share <= 1:
        raise StatisticsError(f"human_share must lie between 0 and 1; received {human_share!r}")
    if not 0 < confidence_level < 1:
        raise StatisticsError(
            f"confidence_level must lie between 0 and 1 (0.95); received {confidence_level!r}"
        )
    z = float(norm.ppf((1 + confidence_level) / 2))
    rows = []
    for level in levels:
        check_choice(level, LEVELS, "level")
        kind = icc_variant or FITTING[level]
        scale = _scale(components, level, kind)
        for s in sizes["n_systems"][0]:
            for m in ratings_per_reply:
                variances = averaged(components.variances, m, human_share)
                for c in n_conversations:
                    icc = float(
                        icc_of_mean_squares(expectations(c, s) @ variances, c, s, level, kind)
                    )
                    error = scale * icc_standard_error(
                        variances, c, s, level, kind, same_systems=same_systems
                    )
                    reason = no_interval(
                        level=level,
                        n_clusters=c,
                        n_systems=s,
                        resample="conversations" if same_systems else "crossed",
                    )
                    low, high = (np.nan, np.nan) if reason else _interval(icc, z * error)
                    rows.append(
                        PlannedStudy(
                            judge=components.judge,
                            attribute=components.attribute,
                            level=level,
                            icc_variant=kind,
                            n_conversations=int(c),
                            n_systems=int(s),
                            ratings_per_reply=int(m),
                            n_human_ratings=int(c * s * m),
                            same_systems=same_systems,
                            reliability=icc,
                            low=low,
                            high=high,
                            width=high - low,
                            verdict=str(verdict(low, high)),
                            reason=reason,
                        )
                    )
    return rows


def cheapest(
    studies: Iterable[Study],
    *,
    low: float | None = None,
    width: float | None = None,
) -> Study | None:
    """Return the study with the fewest human ratings that meets a goal, None when none does.

    Args:
        studies: rows for one level, of :func:`plan` or of
            :func:`~mentalbench_hf.reliability.panel.plan.d_study`.
        low: wanted lower bound: the interval must not begin below it.
        width: wanted width: the interval must not be wider.

    Raises:
        StatisticsError: no goal, or rows of both levels.
    """
    rows = list(studies)
    if low is None and width is None:
        raise StatisticsError("say what the study is to reach: low=..., width=..., or both")
    if len({r.level for r in rows}) > 1:
        raise StatisticsError("the two levels are never mixed: pass the rows of one level")
    enough = [
        r for r in rows if (low is None or r.low >= low) and (width is None or r.width <= width)
    ]
    return min(enough, key=lambda r: (r.n_human_ratings, r.n_conversations), default=None)


def averaged(variances: Floats, ratings_per_reply: int, human_share: float) -> Floats:
    """Return the components when several human ratings of each reply are averaged, shape (7,).

    Negative estimates count as 0 from here on.
    """
    out = np.maximum(variances, 0.0)
    residual = list(SOURCES).index("residual")
    out[residual] *= 1 - human_share + human_share / ratings_per_reply
    return out


def _scale(components: VarianceComponents, level: Level, kind: Variant) -> float:
    """Return bootstrap over normal-theory standard error at the observed design."""
    observed = components.standard_errors[level].get(kind, float("nan"))
    theory = icc_standard_error(
        averaged(components.variances, 1, 0.0),
        components.n_conversations,
        components.n_systems,
        level,
        kind,
        same_systems=True,
    )
    usable = np.isfinite(observed) and observed > 0 and theory > 0
    return float(observed / theory) if usable else 1.0


def _interval(icc: float, half: float) -> tuple[float, float]:
    """Return an interval symmetric on Fisher's scale, which keeps it below 1."""
    if not -1 < icc < 1 or not np.isfinite(half):
        return float("nan"), float("nan")
    at, reach = np.arctanh(icc), half / (1 - icc**2)
    return float(np.tanh(at - reach)), float(np.tanh(at + reach))
