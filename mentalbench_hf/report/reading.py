"""The last lines of a table: how to read it, and what it suggests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from mentalbench_hf.reliability.verdict import (
    BOUND_GOOD,
    BOUND_MODERATE,
    FITTING,
    FITTING_COLUMN,
    MIN_CLUSTERS,
    MIN_SYSTEMS,
)

Records = Sequence[Mapping[str, Any]]
#: A corrected p-value below this is taken for a finding.
SIGNIFICANT: Final = 0.05
_QUESTION: Final = {"system": "rank systems", "response": "score one reply"}


def of_statistics(records: Records, level: str, *, panel: bool) -> tuple[str, ...]:
    """Return the lines below a table of statistics (estimate, low, high)."""
    icc = FITTING[level]  # type: ignore[index]
    lines = [
        f"How to read it: an interval says how far the number could be off. Whether a judge may "
        f"{_QUESTION[level]} is decided by the lower bound of {icc}: from {BOUND_GOOD:.2f} good, "
        f"from {BOUND_MODERATE:.2f} moderate (validate first), below limited."
    ]
    rows = [r for r in records if r["statistic"] == FITTING_COLUMN[level]]
    enough = [r for r in rows if r["low"] is not None and r["low"] >= BOUND_MODERATE]
    if rows and not panel:
        lines.append(
            f"What it suggests: the lower bound of {icc} reaches {BOUND_MODERATE:.2f} for "
            f"{_listed(enough)}, of {len(rows)}."
        )
    return (*lines, *_without(records))


def of_pairs(records: Records) -> tuple[str, ...]:
    """Return the lines below a table of judges compared in pairs."""
    told = [r for r in records if r["p_holm"] is not None and r["p_holm"] < SIGNIFICANT]
    better = [
        f"{r['judge']} over {r['other']} on {r['attribute']}"
        if r["difference"] > 0
        else f"{r['other']} over {r['judge']} on {r['attribute']}"
        for r in told
    ]
    return (
        "How to read it: a positive difference says that the first judge is the more reliable. "
        "Of many tests some have a small p by chance; p holm allows for as many as there are.",
        f"What it suggests: more reliable, with a p holm below {SIGNIFICANT:.2f}: "
        f"{_joined(better)}. That no difference is shown does not show that there is none.",
        *_without(records),
    )


def of_thresholds(records: Records, threshold: float) -> tuple[str, ...]:
    """Return the lines below a table of tests against a threshold."""
    told = [r for r in records if r["p_holm"] is not None and r["p_holm"] < SIGNIFICANT]
    return (
        f"How to read it: p is how often chance alone would show such an ICC if the true one were "
        f"at most {threshold:g}; p holm allows for all tests of the table.",
        f"What it suggests: the ICC lies above {threshold:g} (p holm below {SIGNIFICANT:.2f}) for "
        f"{_listed(told)}.",
        *_without(records),
    )


def of_calibration(records: Records) -> tuple[str, ...]:
    """Return the lines below a table of calibrations."""
    useful = [r for r in records if r["skill_low"] is not None and r["skill_low"] > 0]
    return (
        "How to read it: skill is the share of the experts' variance that the mapped ratings "
        "predict in conversations they were not fitted on; at 0 the experts' mean does as well. "
        "A map takes an offset away, not a judge's blindness to what experts see.",
        f"What it suggests: mapped ratings tell more than the mean (lower bound above 0) for "
        f"{_listed(useful)}, of {len(records)}.",
        *_without(records),
    )


def of_new_system(records: Records) -> tuple[str, ...]:
    """Return the lines below the means of a new system."""
    refused = [str(r["attribute"]) for r in records if r["refused"]]
    told = [str(r["attribute"]) for r in records if not r["refused"]]
    return (
        "How to read it: mean, low and high are the human mean to expect and its interval; judge "
        "mean is the judge's own, unmapped. From other systems' ratings alone the interval "
        "assumes that the judge errs on this system as it does on them.",
        f"What it suggests: usable for {_joined(told)}; not for {_joined(refused)}.",
    )


def of_plan(records: Records, *, human_share: float, same_systems: bool) -> tuple[str, ...]:
    """Return the lines below planned studies: assumptions, reading, suggestion."""
    systems = (
        "these systems, not others"
        if same_systems
        else "other systems drawn like those of the data"
    )
    lines = [
        "Assumed: the study's conversations, systems and raters vary as those of the data do; "
        f"{human_share:.0%} of the residual disagreement is the human rating's own (--human-share; "
        f"the data cannot tell it); the interval is for {systems}; its width follows from normal "
        "theory, scaled to the bootstrap on the data.",
        "How to read it: more conversations narrow the interval; only more human ratings per reply "
        f"raise the reliability. A verdict needs at least {MIN_CLUSTERS} conversations, and at "
        f"least {MIN_SYSTEMS} systems where they are ranked.",
    ]
    ready = [r for r in records if r["low"] is not None and r["low"] >= BOUND_MODERATE]
    if ready:
        least = min(ready, key=lambda r: (r["n_human_ratings"], r["n_conversations"]))
        lines.append(
            f"What it suggests: {least['n_human_ratings']:,} human ratings "
            f"({least['n_conversations']:,} conversations × {least['n_systems']} systems × "
            f"{least['ratings_per_reply']}) are expected to bring the lower bound to "
            f"{least['low']:.2f}, verdict {least['verdict']}."
        )
    else:
        lines.append(
            f"What it suggests: none of these sizes is expected to bring the lower bound to "
            f"{BOUND_MODERATE:.2f}; the judge's disagreement with the experts stands in the way, "
            "not the size of the study."
            if any(r["low"] is not None and r["reliability"] < BOUND_MODERATE for r in records)
            else "What it suggests: these sizes are too small for a verdict of moderate or good; "
            "try more conversations."
        )
    return tuple(lines)


def _without(records: Records) -> tuple[str, ...]:
    reasons = dict.fromkeys(r["reason"] for r in records if r["reason"])
    return (f"No interval where it would mean nothing: {'; '.join(reasons)}.",) if reasons else ()


def _listed(rows: Records) -> str:
    return _joined([f"{r['judge']} on {r['attribute']}" for r in rows])


def _joined(texts: Sequence[str], most: int = 6) -> str:
    if not texts:
        return "none"
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more
