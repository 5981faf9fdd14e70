"""Every statistic by expert: each expert's own estimate, and the experts combined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

from mentalbench_hf.reliability.core.random_effects import random_effects
from mentalbench_hf.reliability.evaluate import Estimate, evaluate
from mentalbench_hf.reliability.experts import ALL, COMBINED, expert_seed, named_experts
from mentalbench_hf.reliability.settings import Settings

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets

_NAN: Final = float("nan")
#: How to read the rows; what follows from them is said of those combined.
READING: Final = (
    "A row of one expert speaks of that expert's conversations; the row combined of the experts as "
    "a sample of those who might rate. tau is how far experts differ, and the prediction where one "
    "more expert may lie, if experts are normally distributed."
)


@dataclass(frozen=True, slots=True)
class ExpertEstimate(Estimate):
    """One statistic for one expert, for all ratings as one column, or for the experts combined.

    Attributes:
        expert: "all", an expert, or "combined": the random-effects mean (Paule and Mandel, 1982)
            with the interval of Hartung and Knapp (2001).
        n_experts: experts that the combined row rests on; 1 in an expert's row, 0 in that of all.
        tau: standard deviation between experts, in the statistic's units; as all that follows NaN
            but in the combined row.
        prediction_low: lower bound for one more expert; NaN with fewer than three. Bounds are not
            cut off at what the statistic may be at most.
        prediction_high: upper bound, likewise.
    """

    expert: str = ALL
    n_experts: int = 0
    tau: float = _NAN
    prediction_low: float = _NAN
    prediction_high: float = _NAN


def statistics_by_expert(
    targets: RatedTargets,
    settings: Settings | None = None,
    *,
    statistics: Sequence[str] | None = None,
    judges: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
) -> list[ExpertEstimate]:
    """Return for every judge, attribute and statistic a row of all, one per expert, and combined.

    An expert's interval is over their own conversations. The combined row weighs the experts by
    the width of their intervals, taken as that of a normal distribution; an expert without an
    interval is left out of it.

    Args:
        targets: the ratings, with the experts of the reference column. Targets of unknown experts
            count in the row of all only.
        settings: as for :func:`~mentalbench_hf.reliability.evaluate.evaluate`.
        statistics: likewise.
        judges: likewise.
        names: likewise.

    Raises:
        StatisticsError: no expert is known, or as for `evaluate`.
        MissingExtraError: as for `evaluate`.
    """
    s = settings or Settings()
    groups = [(ALL, targets, s)] + [
        (name, targets.select(mask), replace(s, seed=expert_seed(s.seed, i)))
        for i, (name, mask) in enumerate(named_experts(targets))
    ]
    found = [
        [
            ExpertEstimate(**_values(row), expert=name, n_experts=int(name != ALL))
            for row in evaluate(given, own, statistics=statistics, judges=judges, names=names)
        ]
        for name, given, own in groups
    ]
    whole, *experts = found
    made: list[ExpertEstimate] = []
    for row in whole:
        own = [one for of in experts for one in of if _key(one) == _key(row)]
        made += [row, *own, _combined(row, own, s.confidence_level)]
    return made


def _values(row: Estimate) -> dict[str, Any]:
    return {field.name: getattr(row, field.name) for field in fields(row)}


def _key(row: Estimate) -> tuple[str, str, str]:
    return row.judge, row.attribute, row.statistic


def _combined(
    whole: ExpertEstimate, rows: Sequence[ExpertEstimate], confidence_level: float
) -> ExpertEstimate:
    from scipy.stats import norm

    width = 2 * float(norm.ppf((1 + confidence_level) / 2))
    mean = random_effects(
        [row.estimate for row in rows],
        [(row.high - row.low) / width for row in rows],
        confidence_level=confidence_level,
    )
    return replace(
        whole,
        estimate=mean.mean,
        low=mean.low,
        high=mean.high,
        n_degenerate=sum(row.n_degenerate for row in rows),
        ci="random effects",
        reason=mean.reason,
        expert=COMBINED,
        n_experts=mean.n,
        tau=mean.tau,
        prediction_low=mean.prediction_low,
        prediction_high=mean.prediction_high,
    )
