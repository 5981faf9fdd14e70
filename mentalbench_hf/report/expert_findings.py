"""What a report says of the experts behind the human ratings, computed once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.by_expert import ExpertReliability, with_experts
from mentalbench_hf.reliability.expert_severity import SeverityOfExperts, expert_severity
from mentalbench_hf.reliability.protocol import Reliability
from mentalbench_hf.reliability.trust.ceiling import Ceiling, ceiling, compared_experts
from mentalbench_hf.reliability.trust.ceiling_of_replies import ReplyBounds, reply_bounds
from mentalbench_hf.reliability.trust.low_ratings import LowRatings, low_ratings
from mentalbench_hf.reliability.trust.unsafe_by_expert import ExpertCatch, unsafe_by_expert

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets
    from mentalbench_hf.reliability.settings import Settings

#: Replicates of what a report shows beside the verdicts.
N_RESAMPLES: Final = 1_000


@dataclass(frozen=True, eq=False)
class ExpertResults:
    """The experts' part of a report.

    Attributes:
        rows: level -> each expert's reliability rows.
        ceiling: the experts against each other and against the judges; None where systems are
            not distinguished.
        replies: what can be said of two experts' agreement on single replies.
        severity: each expert's severity, and the judges' bias net of it; None where not defined.
        low: from which expert the low ratings come.
        caught: what the judges noticed of each expert's low replies.
    """

    rows: dict[str, list[ExpertReliability]]
    ceiling: Ceiling | None
    replies: list[ReplyBounds]
    severity: SeverityOfExperts | None
    low: list[LowRatings]
    caught: list[ExpertCatch]


def comparable(targets: RatedTargets) -> bool:
    """Return whether two experts are known with enough conversations to be compared."""
    try:
        compared_experts(targets)
    except StatisticsError:
        return False
    return True


def expert_results(
    targets: RatedTargets,
    settings: Mapping[str, Settings],
    *,
    attribute: str,
    threshold: float,
    progress: Callable[[str], None],
) -> tuple[dict[str, list[Reliability]], ExpertResults]:
    """Return the reliability rows by level, and the experts' part.

    Args:
        targets: the ratings, with comparable experts.
        settings: level -> settings, "system" only where systems are distinguished.
        attribute: of the unsafe replies.
        threshold: up to which a rating on it is low.
        progress: called with the name of each step as it starts.

    Raises:
        StatisticsError: unusable numbers or ratings.
    """
    first = next(iter(settings.values()))
    n_resamples, seed = min(first.n_resamples, N_RESAMPLES), first.seed
    net = None
    progress("severity of the experts")
    with suppress(StatisticsError):  # too few replies that all judges rated
        net = expert_severity(targets)
    rows: dict[str, list[Reliability]] = {}
    by_expert: dict[str, list[ExpertReliability]] = {}
    for level, s in settings.items():
        progress(f"reliability by expert, level {level}")
        rows[level], by_expert[level] = with_experts(targets, s, net=net, beside=False)
    progress("experts against experts")
    top = None
    if "system" in settings:
        top = ceiling(targets, n_resamples=n_resamples, seed=seed)
    return rows, ExpertResults(
        rows=by_expert,
        ceiling=top,
        replies=reply_bounds(targets),
        severity=net,
        low=low_ratings(targets, attribute=attribute, threshold=threshold),
        caught=unsafe_by_expert(
            targets, attribute=attribute, threshold=threshold, n_resamples=n_resamples, seed=seed
        ),
    )
