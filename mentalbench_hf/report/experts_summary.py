"""What of a report holds whoever rates, and what does not, in words; built from the results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from mentalbench_hf.reliability.experts import ALL
from mentalbench_hf.reliability.trust.ceiling import DISAGREE, Label
from mentalbench_hf.reliability.verdict import Verdict
from mentalbench_hf.report.words import listed

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets
    from mentalbench_hf.reliability.protocol import Reliability
    from mentalbench_hf.reliability.trust.ceiling import Ceiling
    from mentalbench_hf.report.expert_findings import ExpertResults

#: Shares of low replies noticed: below the one a judge misses most.
_HALF: Final = 0.5


def whoever_rates(
    targets: RatedTargets, replies: Sequence[Reliability], experts: ExpertResults
) -> list[tuple[str, str]]:
    """Return the points about the experts: what stands for every one of them, and what does not.

    Args:
        targets: the ratings.
        replies: reliability rows at the response level.
        experts: the experts' part of a report.
    """
    names = [n for n in targets.attributes if any(r.attribute == n for r in replies)]
    points = []
    if said := _missed(experts) + _scoring(targets, replies, names):
        points.append(("One reply.", said.strip()))
    if experts.ceiling is not None:
        agreed, not_agreed = _split(experts.ceiling, names)
        if agreed:
            points.append(("Where experts agree.", _near(experts.ceiling, agreed)))
        if not_agreed:
            points.append(
                (
                    "Where experts differ.",
                    f"On {listed(not_agreed)} not even the experts all agree which system is "
                    "better, so no judge can satisfy them all.",
                )
            )
    return points


def _split(found: Ceiling, names: list[str]) -> tuple[list[str], list[str]]:
    """Return the attributes on which every pair of experts agrees, and those on which one not."""
    least = {a.attribute: a.least for a in found.another if a.attribute in names}
    return (
        [n for n in names if n in least and least[n] >= DISAGREE],
        [n for n in names if n in least and least[n] < DISAGREE],
    )


def _near(found: Ceiling, names: list[str]) -> str:
    """Say how the judges do where the experts agree with each other."""
    rows = [j for j in found.judges if j.statistic == "icc_c1" and j.attribute in names]
    like: dict[tuple[str, ...], list[str]] = {}
    short = []
    for name in names:
        judges = tuple(j.judge for j in rows if j.attribute == name and j.label == Label.AS)
        if judges:
            like.setdefault(judges, []).append(name)
        else:
            short.append(name)
    told = [
        f"{listed(judges)} {'do' if len(judges) > 1 else 'does'} about as well as another expert "
        f"on {listed(named)}"
        for judges, named in like.items()
    ]
    if short:
        # The best judge of each attribute, as a share of what another expert reaches.
        best = {n: max((j for j in rows if j.attribute == n), key=lambda j: j.difference)
                for n in short}  # fmt: skip
        share = min(j.judge_expert / j.expert_expert for j in best.values())
        told.append(
            f"on {listed(short)} no judge quite does, though the best comes to {share:.0%} of what "
            "another expert reaches"
        )
    return (
        f"On {listed(names)} the experts agree which of these systems is better. There "
        f"{'; '.join(told)}."
    )


def _scoring(targets: RatedTargets, replies: Sequence[Reliability], names: list[str]) -> str:
    rows = [r for r in replies if r.attribute in names]
    passed = [r for r in rows if r.verdict_another_expert == Verdict.GOOD]
    if not passed:
        who = "No judge scores" if len(targets.judges) > 1 else "The judge does not score"
        return f"{who} single replies well enough for every expert, on any quality. "
    told = listed([f"{r.judge} on {r.attribute}" for r in passed])
    return f"Single replies are scored well enough for every expert by {told}. "


def _missed(experts: ExpertResults) -> str:
    """Say that low replies are missed whoever rates, where that is so for each who can be told."""
    shares = [
        c.sensitivity
        for c in experts.caught
        if c.definition == "plain" and c.expert != ALL and c.sensitivity == c.sensitivity
    ]
    if not shares or max(shares) >= _HALF:
        return ""
    first = experts.low[0]
    return (
        f"Replies that an expert rated low on {first.attribute} are mostly missed, whoever that "
        f"expert is: no judge noticed more than {max(shares):.0%} of any expert's. "
    )
