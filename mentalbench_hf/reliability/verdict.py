"""What an ICC allows: good, moderate or limited reliability, or no verdict at all."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Final

from mentalbench_hf.choices import RULES, Level, Resample, Rule, check_choice
from mentalbench_hf.reliability.core.icc import Variant


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
#: The ICC that each level's question needs, and that its verdict looks at (rule "bound"): ranking
#: systems needs consistency, scoring one reply needs agreement.
FITTING: Final[dict[Level, Variant]] = {"system": "ICC(C,1)", "response": "ICC(A,1)"}
#: Columns of a row of :class:`~mentalbench_hf.reliability.Reliability`, and those of each level.
COLUMN_OF: Final[dict[Variant, str]] = {"ICC(C,1)": "icc_c1", "ICC(A,1)": "icc_a1"}
FITTING_COLUMN: Final[dict[str, str]] = {k: COLUMN_OF[v] for k, v in FITTING.items()}
#: Fewer conversations or systems, or a larger share of undefined replicates, give no verdict: see
#: :func:`no_interval`.
MIN_CLUSTERS: Final = 10
MIN_SYSTEMS: Final = 5
MAX_DEGENERATE: Final = 0.05


def fitting(level: Level, rule: Rule = "bound") -> Variant:
    """Return the ICC that a verdict looks at; the published rule looks at ICC(C,1) always."""
    return FITTING[level] if rule == "bound" else "ICC(C,1)"


def no_interval(
    *,
    level: Level,
    n_clusters: int,
    n_systems: int,
    resample: Resample = "conversations",
    n_resamples: int = 0,
    n_degenerate: int = 0,
) -> str:
    """Return why an interval, and a verdict from it, would mean nothing here; "" when it does.

    Three things make an interval meaningless, however narrow it is:

    - Fewer than 10 conversations. A bootstrap can only draw what it has. Simulated normal ratings
      of one reply per conversation with an ICC(A,1) of 0.5 (400 data sets each) lay in their 95%
      interval in 68% of the data sets with 3 conversations, 84% with 5, 86% with 7, 89% with 10,
      91% with 20 and 93% with 30 or 50. Ten is where the shortfall becomes one that a reader can
      allow for; below about 30 an interval still covers less than it says.
    - Fewer than 5 systems, where systems are the targets or are drawn. Five is the least number
      whose perfect order by two raters would be unlikely by chance (2 in 5! = 0.017 with the
      reversed order; four systems: 2 in 4! = 0.083).
    - More than 5% of the replicates undefined. The bounds of a 95% interval leave out 5% of the
      replicates; when more than that have no value, the quantiles of the rest are not theirs.

    Args:
        level: what a target is.
        n_clusters: conversations with a usable target.
        n_systems: systems with one.
        resample: what the bootstrap draws.
        n_resamples: replicates drawn; 0 for an interval without any.
        n_degenerate: how many of them are undefined.
    """
    if n_clusters < MIN_CLUSTERS:
        return _few(n_clusters, "conversation", MIN_CLUSTERS)
    if n_systems < MIN_SYSTEMS and (level == "system" or resample != "conversations"):
        return _few(n_systems, "system", MIN_SYSTEMS)
    if n_degenerate > MAX_DEGENERATE * n_resamples:
        return (
            f"{n_degenerate:,} of {n_resamples:,} replicates undefined; at most "
            f"{MAX_DEGENERATE:.0%} may be"
        )
    return ""


def _few(n: int, what: str, least: int) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}; at least {least} are needed"


def in_brief(reason: str) -> str:
    """Return "n/a (2 conversations)" of the reason for no verdict, "n/a" without one."""
    return f"{Verdict.UNKNOWN} ({reason.split(';')[0]})" if reason else str(Verdict.UNKNOWN)


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
    check_choice(rule, RULES, "rule")
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
    """Return the weakest of some verdicts that can be told; UNKNOWN when none can.

    Empty verdicts do not apply, and an unknown one says neither good nor bad.
    """
    order = (Verdict.LIMITED, Verdict.MODERATE, Verdict.GOOD)
    found = [order.index(Verdict(v)) for v in verdicts if v not in ("", Verdict.UNKNOWN)]
    return order[min(found)] if found else Verdict.UNKNOWN
