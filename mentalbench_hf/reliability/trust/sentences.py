"""What a judge may be used for, in sentences a clinician can act on.

Two questions, two verdicts, never one: may the judge rank systems, and may it score one reply? A
judge can do the first well and the second badly, because a mean over hundreds of replies forgives
errors that a single score does not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from mentalbench_hf.choices import Resample, Rule
from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.records import Record
from mentalbench_hf.reliability.protocol import Reliability
from mentalbench_hf.reliability.verdict import BOUND_MODERATE, Verdict

#: A mean difference from so many rating points on is worth a warning (if its interval excludes 0).
NOTABLE_SHIFT: Final = 0.1


@dataclass(frozen=True, slots=True)
class Trust(Record):
    """What one judge may be trusted with on one attribute.

    Attributes:
        judge: the judge.
        attribute: the attribute or axis.
        data: which ratings, such as "audited".
        may_rank: verdict on ranking systems.
        may_score: verdict on scoring one reply.
        ranking: the first verdict as a sentence.
        scoring: the second verdict as a sentence.
        unknown: what these data cannot tell, as a sentence.
    """

    judge: str
    attribute: str
    data: str
    may_rank: str
    may_score: str
    ranking: str
    scoring: str
    unknown: str

    @property
    def text(self) -> str:
        """The three sentences together."""
        return f"{self.ranking} {self.scoring} {self.unknown}"


def trust(
    system: Reliability | None,
    response: Reliability,
    *,
    reference: str = "the human experts",
    rule: Rule = "bound",
    resample: Resample = "conversations",
    confidence_level: float = 0.95,
) -> Trust:
    """Return both verdicts of one judge on one attribute as sentences.

    Args:
        system: the system-level row, None where systems are not distinguished.
        response: the response-level row of the same judge, attribute and data.
        reference: how to call the reference rater, as a plural.
        rule: the rule of the system-level verdict. The published rule says nothing about use, and
            the sentence then says that.
        resample: what the intervals' bootstrap drew at system level.
        confidence_level: of the intervals, for the wording.

    Raises:
        StatisticsError: the rows do not belong together.
    """
    _check(system, response)
    return Trust(
        judge=response.judge,
        attribute=response.attribute,
        data=response.data,
        may_rank=Verdict.UNKNOWN.value if system is None else system.verdict,
        may_score=response.verdict,
        ranking=_ranking(system, response, reference, rule, confidence_level),
        scoring=_scoring(response, reference, confidence_level),
        unknown=_unknown(system, response, reference, resample),
    )


def trust_all(
    system: Iterable[Reliability],
    response: Iterable[Reliability],
    *,
    reference: str = "the human experts",
    rule: Rule = "bound",
    resample: Resample = "conversations",
    confidence_level: float = 0.95,
) -> list[Trust]:
    """Return the sentences of every response-level row, in its order (see :func:`trust`)."""
    ranked = {(r.judge, r.attribute): r for r in system}
    return [
        trust(
            ranked.get((row.judge, row.attribute)),
            row,
            reference=reference,
            rule=rule,
            resample=resample,
            confidence_level=confidence_level,
        )
        for row in response
    ]


def _check(system: Reliability | None, response: Reliability) -> None:
    if response.level != "response" or (system is not None and system.level != "system"):
        raise StatisticsError(
            "the sentences need a system-level row and a response-level row, in this order; "
            f"received levels {system.level if system else None!r} and {response.level!r}"
        )
    if system is None:
        return
    names = [(r.judge, r.attribute, r.data) for r in (system, response)]
    if names[0] != names[1]:
        raise StatisticsError(
            f"the two rows must be of one judge, attribute and data; received {names[0]} "
            f"and {names[1]}"
        )


def _ranking(
    row: Reliability | None, response: Reliability, reference: str, rule: Rule, level: float
) -> str:
    if row is None:
        return (
            f"Whether {response.judge} may rank systems on {response.attribute} cannot be told: "
            "these data do not say which system wrote which reply."
        )
    who, what = row.judge, row.attribute
    figures = _figures("ICC(C,1)", row.icc_c1, row.icc_c1_low, row.icc_c1_high, level)
    found = Verdict(row.verdict)
    if found is Verdict.UNKNOWN:
        return (
            f"Whether {who} may rank systems on {what} cannot be told from its agreement with "
            f"{reference} in these data: {row.reason}."
        )
    if rule == "published":
        return (
            f"The published rule labels {who} on {what} {found.value}, but it asks how narrow the "
            f"interval is, not how high the agreement, so it does not say whether {who} may rank "
            f"systems ({figures})."
        )
    beyond = _beyond(row, "be used to rank systems", reference, figures)
    if beyond:
        return beyond
    if found is Verdict.GOOD:
        return (
            f"{who} may be used to rank systems on {what}: it orders and spaces them much "
            f"as {reference} do ({figures}){_but_shifted(row)}."
        )
    if found is Verdict.MODERATE:
        return (
            f"{who} may be used to rank systems on {what} only together with a check against "
            f"human ratings of your own: it orders and spaces them roughly as {reference} do "
            f"({figures}){_but_shifted(row)}."
        )
    why = (
        f"it orders and spaces them differently from {reference}"
        if row.icc_c1_high < BOUND_MODERATE
        else f"the data do not show that it orders and spaces them as {reference} do"
    )
    return f"{who} must not be used to rank systems on {what}: {why} ({figures})."


def _scoring(row: Reliability, reference: str, level: float) -> str:
    who, what = row.judge, row.attribute
    figures = _figures("ICC(A,1)", row.icc_a1, row.icc_a1_low, row.icc_a1_high, level)
    found = Verdict(row.verdict)
    if found is Verdict.UNKNOWN:
        return (
            f"Whether {who} may score a single reply on {what} cannot be told from its agreement "
            f"with {reference} in these data: {row.reason}."
        )
    beyond = _beyond(row, "score a single reply", reference, figures)
    if beyond:
        return beyond
    if found is Verdict.GOOD:
        return f"{who} may score a single reply on {what} in place of {reference} ({figures})."
    if found is Verdict.MODERATE:
        return (
            f"{who} may score a single reply on {what} only together with a check against human "
            f"ratings of your own ({figures})."
        )
    # With the shift taken out the judge would pass, so the shift is what fails it.
    if row.icc_c1_low >= BOUND_MODERATE:
        return (
            f"{who} must not score a single reply on {what} as it stands: it tells better replies "
            f"from worse ones, but its ratings lie {_points(row.bias)} {_side(row.bias)} those of "
            f"{reference}, so calibrate it first ({figures})."
        )
    return (
        f"{who} must not score a single reply on {what}: its score says too little about the one "
        f"that {reference} would give ({figures})."
    )


def _beyond(row: Reliability, act: str, reference: str, figures: str) -> str:
    """Say where a verdict is weaker than it would be here; empty where it is not."""
    found, here = Verdict(row.verdict), Verdict(row.verdict_here or row.verdict)
    if found is here:
        return ""
    scopes = {
        "other systems": row.verdict_other_systems,
        "another expert": row.verdict_another_expert,
    }
    where = " or ".join(name for name, value in scopes.items() if value == found)
    who, what = row.judge, row.attribute
    agreement = f"its agreement with {reference} ({figures})"
    if found is Verdict.MODERATE:
        return (
            f"{who} may {act} on {what} only together with a check against human ratings of your "
            f"own: {agreement} is good for these systems and experts, and may be less for {where}."
        )
    if found is Verdict.UNKNOWN:
        return (
            f"Whether {who} may {act} on {what} beyond these systems and experts cannot be told: "
            f"{agreement} is not defined for {where}."
        )
    return (
        f"{who} must not {act} on {what} beyond these systems and experts: {agreement} is not "
        f"shown to hold for {where}."
    )


def _unknown(
    system: Reliability | None, response: Reliability, reference: str, resample: Resample
) -> str:
    parts = []
    # Where the headline speaks of other systems already, there is nothing to add.
    if system is not None and not system.verdict_other_systems:
        n = system.n_targets
        if resample == "conversations":
            parts.append(
                f"whether the ranking verdict holds for systems other than these {n} "
                "(its interval allows for other conversations, not for other systems)"
            )
        else:
            parts.append(f"more about other systems than {n} can show")
    parts.append(
        f"how far {reference} would agree on the same reply, since each carries one score of "
        "theirs, so part of the disagreement may not be the judge's"
    )
    if response.n_missing:
        parts.append(f"anything about the {response.n_missing} replies that lack a usable rating")
    listed = parts[0] if len(parts) == 1 else f"{'; '.join(parts[:-1])}; or {parts[-1]}"
    return f"These data cannot tell {listed}."


def _figures(name: str, value: float, low: float, high: float, level: float) -> str:
    return f"{name} {value:.2f}, {100 * level:g}% interval {low:.2f} to {high:.2f}"


def _but_shifted(row: Reliability) -> str:
    excludes_zero = row.bias_low > 0 or row.bias_high < 0
    if abs(row.bias) < NOTABLE_SHIFT or not excludes_zero:
        return ""
    return (
        f", but its ratings lie {_points(row.bias)} {_side(row.bias)} theirs and must not be "
        "read as theirs"
    )


def _points(bias: float) -> str:
    return f"{abs(bias):.2f} points"


def _side(bias: float) -> str:
    return "above" if bias > 0 else "below"
