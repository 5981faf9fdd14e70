"""The main job: one row of reliability per judge and attribute, under a named protocol."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from typing import TYPE_CHECKING

from mentalbench_hf.choices import PROTOCOLS, Level, Protocol
from mentalbench_hf.reliability.core.records import VerdictRecord
from mentalbench_hf.reliability.evaluate import Estimate, evaluate
from mentalbench_hf.reliability.experts import ByExpert, grid_of
from mentalbench_hf.reliability.scopes import NO_SCOPES, Scopes, scopes
from mentalbench_hf.reliability.settings import PUBLISHED_RESAMPLES, Settings, settings_of
from mentalbench_hf.reliability.verdict import FITTING_COLUMN, Verdict, fitting, verdict, weakest

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets

__all__ = [
    "PROTOCOLS",
    "PUBLISHED_RESAMPLES",
    "Protocol",
    "Reliability",
    "Settings",
    "grid_of",
    "reliability",
    "settings_of",
]


@dataclass(frozen=True, slots=True)
class Reliability(VerdictRecord):
    """Reliability of one judge on one attribute or axis, at one level.

    Attributes:
        judge: the judge compared with the reference rater.
        attribute: attribute, or axis, rated.
        axis: its axis, empty when it has none.
        level: "system" or "response": what a target is.
        data: which ratings, such as "audited".
        n_targets: targets used.
        n_missing: responses left out because a rating is missing.
        icc_c1: ICC(C,1), with the bounds of its interval in icc_c1_low and icc_c1_high.
        icc_a1: ICC(A,1), likewise.
        bias: judge − reference, in rating points, likewise.
        mse: mean squared difference of the targets, in squared rating points.
        n_degenerate: replicates for which an ICC is not defined (or was discarded, in the
            published protocol); the larger count of the two ICCs.
        verdict: GR, MV, LR, or n/a: the weakest of the three below that can be told. By the
            published rule it is that rule's, and the three are empty.
        reason: why the verdict is n/a, empty when it is not; `verdict_reason` in JSON. The bounds
            that would mean nothing are then NaN.
        verdict_here: for these systems and these experts, other conversations.
        verdict_other_systems: for other systems as well: conversations and systems resampled.
            Empty with fewer than 5 systems, from which nothing can be said of others.
        verdict_another_expert: for each expert by themselves and for the experts combined, the
            weakest. Empty where fewer than two experts are known.
    """

    judge: str
    attribute: str
    axis: str
    level: Level
    data: str
    n_targets: int
    n_missing: int
    icc_c1: float
    icc_c1_low: float
    icc_c1_high: float
    icc_a1: float
    icc_a1_low: float
    icc_a1_high: float
    bias: float
    bias_low: float
    bias_high: float
    mse: float
    n_degenerate: int
    verdict: str
    reason: str = ""
    verdict_here: str = ""
    verdict_other_systems: str = ""
    verdict_another_expert: str = ""

    @property
    def fitting(self) -> tuple[float, float, float]:
        """The ICC that decides at the row's level (:data:`.verdict.FITTING`), with its bounds."""
        name = FITTING_COLUMN[self.level]
        return getattr(self, name), getattr(self, f"{name}_low"), getattr(self, f"{name}_high")

    @classmethod
    def of_record(cls, record: Mapping[str, object]) -> Reliability:
        """Return the row that :meth:`record` was made of.

        Raises:
            KeyError: a field is missing (other than the reason and the scopes of the verdict, which
                older records lack).
        """
        values = {f.name: record[f.name] for f in fields(cls) if f.default is MISSING}
        values |= {f.name: record.get(f.name, "") for f in fields(cls) if f.name not in values}
        values |= {"reason": record.get("verdict_reason", "")}
        return cls(**{k: math.nan if v is None else v for k, v in values.items()})  # type: ignore[arg-type]


def reliability(
    targets: RatedTargets,
    settings: Settings | None = None,
    *,
    judges: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    scoped: bool = True,
    experts: Sequence[ByExpert] | None = None,
) -> list[Reliability]:
    """Return one row per judge and attribute (and axis), on common bootstrap replicates.

    Args:
        targets: the ratings; a response that lacks a rating of either rater on an attribute is
            left out of that row and counted in `n_missing`.
        settings: by default system level, conversations resampled 10,000 times.
        judges: by default every rater but the reference.
        names: attributes and axes, by default all.
        scoped: compute the verdicts for other systems and another expert as well. Without them
            the verdict is that of the row's own interval.
        experts: each expert's estimates of the rows under these settings, where they are known
            already.

    Raises:
        StatisticsError: unusable settings, or the system level with fewer than two systems.
    """
    s = settings or Settings()
    rows = evaluate(
        targets, s, statistics=("icc_c1", "icc_a1", "bias", "mse"), judges=judges, names=names
    )
    cells = list(zip(*[iter(rows)] * 4, strict=True))
    mse = [of_targets for *_, of_targets in cells]
    if s.mse_of_responses:
        of_responses = replace(s, level="response", n_resamples=0)
        mse = evaluate(targets, of_responses, statistics=("mse",), judges=judges, names=names)
    agreement = fitting(s.level, s.rule) == "ICC(A,1)"
    fits = [a1 if agreement else c1 for c1, a1, *_ in cells]
    wanted = scoped and s.rule == "bound"
    reach = scopes(targets, s, fits, experts) if wanted else [NO_SCOPES] * len(cells)
    return [
        _row(row, error.estimate, s, own, which)
        for row, error, own, which in zip(cells, mse, fits, reach, strict=True)
    ]


def _row(
    cell: tuple[Estimate, ...], mse: float, s: Settings, fits: Estimate, reach: Scopes
) -> Reliability:
    c1, a1, bias, _ = cell
    found = verdict(fits.low, fits.high, s.rule)
    reason = fits.reason
    if found is Verdict.UNKNOWN and not reason:
        reason = "ICC not defined" if math.isnan(fits.estimate) else "no interval computed"
    if found is not Verdict.UNKNOWN and any(reach):
        found = weakest(*reach)
    return Reliability(
        judge=c1.judge,
        attribute=c1.attribute,
        axis=c1.axis,
        level=s.level,
        data=c1.data,
        n_targets=c1.n_targets,
        n_missing=c1.n_missing,
        icc_c1=c1.estimate,
        icc_c1_low=c1.low,
        icc_c1_high=c1.high,
        icc_a1=a1.estimate,
        icc_a1_low=a1.low,
        icc_a1_high=a1.high,
        bias=bias.estimate,
        bias_low=bias.low,
        bias_high=bias.high,
        mse=mse,
        n_degenerate=max(c1.n_degenerate, a1.n_degenerate),
        verdict=str(found),
        reason=reason,
        verdict_here=reach.here,
        verdict_other_systems=reach.other_systems,
        verdict_another_expert=reach.another_expert,
    )
