"""What a verdict speaks of: these systems and experts, other systems, or another expert.

An interval over conversations alone says what other conversations would give, with the same
systems and the same experts. Who has another system, or another expert, asks for more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from mentalbench_hf.choices import Resample
from mentalbench_hf.reliability.evaluate import Estimate, evaluate
from mentalbench_hf.reliability.experts import (
    ByExpert,
    combined,
    estimates_by_expert,
    known_experts,
)
from mentalbench_hf.reliability.registry import STATISTICS
from mentalbench_hf.reliability.settings import Settings
from mentalbench_hf.reliability.verdict import (
    FITTING_COLUMN,
    MIN_SYSTEMS,
    Verdict,
    verdict,
    weakest,
)

if TYPE_CHECKING:
    from mentalbench_hf.data.targets import RatedTargets


class Scopes(NamedTuple):
    """The verdict in each scope; empty where it does not apply, n/a where it cannot be told.

    Attributes:
        here: these systems, these experts, other conversations.
        other_systems: other systems and other conversations.
        another_expert: every expert by themselves, and the experts combined.
    """

    here: str
    other_systems: str
    another_expert: str


NO_SCOPES: Final = Scopes("", "", "")


def scopes(
    targets: RatedTargets,
    settings: Settings,
    rows: Sequence[Estimate],
    experts: Sequence[ByExpert] | None = None,
) -> list[Scopes]:
    """Return the three verdicts of each row, by the lower bound of the ICC that fits the level.

    Args:
        targets: the ratings.
        settings: as the rows were computed, with the rule "bound".
        rows: the fitting ICC of each judge and attribute. Their intervals serve where they are of
            what the scope asks for. Analytic intervals come without replicates, so they give the
            verdict here and no other.
        experts: each expert's estimates of the rows, by default computed.
    """
    s = settings
    if s.ci == "analytic":
        return [Scopes(_of(row), "", "") for row in rows]
    here = [_of(row) for row in _resampled(targets, s, rows, "conversations")]
    other = [""] * len(rows)
    # From fewer systems nothing can be said of others.
    if len(targets.system_names) >= MIN_SYSTEMS:
        other = [_of(row) for row in _resampled(targets, s, rows, "crossed")]
    another = _another_expert(targets, s, rows, experts)
    return [Scopes(*three) for three in zip(here, other, another, strict=True)]


def _of(row: Estimate) -> str:
    return verdict(row.low, row.high).value


def _resampled(
    targets: RatedTargets, s: Settings, rows: Sequence[Estimate], resample: Resample
) -> Sequence[Estimate]:
    """Return the rows with intervals from this resampling."""
    if s.resample == resample:
        return rows
    judges = list(dict.fromkeys(row.judge for row in rows))
    names = list(dict.fromkeys(row.attribute for row in rows))
    wanted = replace(s, resample=resample)
    return evaluate(
        targets, wanted, statistics=(FITTING_COLUMN[s.level],), judges=judges, names=names
    )


def _another_expert(
    targets: RatedTargets,
    s: Settings,
    rows: Sequence[Estimate],
    experts: Sequence[ByExpert] | None,
) -> list[str]:
    if len(known_experts(targets)) < 2:
        return [""] * len(rows)
    name = FITTING_COLUMN[s.level]
    if experts is None:
        _, function = STATISTICS[name].of[s.level]
        cells = [(row.judge, row.attribute) for row in rows]
        experts = estimates_by_expert(targets, cells, {name: function}, s)
    found = []
    for i, together in enumerate(combined(experts, name, s.confidence_level)):
        # One expert with an interval, among several, shows nothing about another.
        if together.n < 2:
            found.append(Verdict.UNKNOWN.value)
            continue
        own = [e.found[name][i].interval for e in experts]
        verdicts: list[Verdict] = [verdict(one.low, one.high) for one in own]
        found.append(weakest(*verdicts, verdict(together.low, together.high)).value)
    return found
