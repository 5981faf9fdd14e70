"""What an ICC allows: good, moderate or limited reliability."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Final, Literal, get_args

from mentalbench_hf.errors import StatisticsError

Rule = Literal["bound", "published"]
RULES: Final[tuple[Rule, ...]] = get_args(Rule)


class Verdict(StrEnum):
    """The verdict of one judge on one attribute, at one level."""

    GOOD = "GR"
    MODERATE = "MV"
    LIMITED = "LR"
    UNKNOWN = "n/a"


VERDICT_MEANING: Final[dict[Verdict, str]] = {
    Verdict.GOOD: "good reliability",
    Verdict.MODERATE: "moderate: validate on your own data before use",
    Verdict.LIMITED: "limited: does not stand in for the human experts",
    Verdict.UNKNOWN: "the data do not determine it",
}
#: Lower bounds of the 95% interval (rule "bound").
BOUND_GOOD: Final = 0.75
BOUND_MODERATE: Final = 0.50
#: Widths of the ICC(C,1) interval (rule "published").
WIDTH_GOOD: Final = 0.355
WIDTH_MODERATE: Final = 0.560


def verdict(low: float, high: float, rule: Rule = "bound") -> Verdict:
    """Return the verdict of an ICC's interval.

    Args:
        low: lower bound of the interval of the ICC that fits the use: ICC(C,1) for ranking
            systems, ICC(A,1) for scoring one reply.
        high: upper bound.
        rule: "bound" asks how low the ICC may be: at least 0.75 good, at least 0.50 moderate.
            "published" asks how wide the ICC(C,1) interval is, as in the published tables (which
            write MR or PR for MV and LR): a narrow interval around a low ICC counts as good
            there, so it is kept for reproduction only.

    Returns:
        The verdict; UNKNOWN when a bound is NaN.

    Raises:
        StatisticsError: unknown rule.
    """
    if rule not in RULES:
        raise StatisticsError(f"unknown rule {rule!r}; choose one of {', '.join(RULES)}")
    if math.isnan(low) or math.isnan(high):
        return Verdict.UNKNOWN
    if rule == "bound":
        score, good, moderate = low, BOUND_GOOD, BOUND_MODERATE
    else:
        score, good, moderate = low - high, -WIDTH_GOOD, -WIDTH_MODERATE
    if score >= good:
        return Verdict.GOOD
    return Verdict.MODERATE if score >= moderate else Verdict.LIMITED


def weakest(*verdicts: str) -> Verdict:
    """Return the weakest of some verdicts; empty ones do not apply and do not count.

    Limited is weaker than unknown: what fails for one purpose fails, whatever the others are.
    Unknown is weaker than moderate: what cannot be told is not promised.
    """
    order = (Verdict.LIMITED, Verdict.UNKNOWN, Verdict.MODERATE, Verdict.GOOD)
    found = [order.index(Verdict(v)) for v in verdicts if v]
    return order[min(found)] if found else Verdict.UNKNOWN
