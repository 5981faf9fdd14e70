"""The certified judge expert by expert, and beside another expert."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.reliability.core.records import Record
from mentalbench_hf.reliability.experts import ALL, COMBINED, known_experts
from mentalbench_hf.reliability.verdict import FITTING_COLUMN, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mentalbench_hf.data.targets import RatedTargets
    from mentalbench_hf.reliability.protocol import Reliability

#: Scope -> the field of a row that holds its verdict. Here: these systems and experts.
SCOPES: Final = {
    "here": "verdict_here",
    "other systems": "verdict_other_systems",
    "another expert": "verdict_another_expert",
}


@dataclass(frozen=True, slots=True)
class ExpertFigure:
    """The ICC of a judge with one expert, or with the experts combined.

    Attributes:
        expert: the expert, or "combined".
        n_conversations: conversations that the figure rests on.
        icc: ICC(C,1) at the system level, ICC(A,1) at the response level, with low and high.
        verdict: by its own interval.
    """

    expert: str
    n_conversations: int
    icc: float
    low: float
    high: float
    verdict: str


@dataclass(frozen=True, slots=True)
class ByExpert(Record):
    """One attribute at one level: the verdict in each scope, and the experts behind it.

    Attributes:
        level: "system" or "response".
        attribute: the attribute or axis.
        verdict_here: for these systems and experts.
        verdict_other_systems: for other systems too; empty where that does not apply.
        verdict_another_expert: for another expert too.
        label: how the judge ranks the systems beside another expert (see
            :class:`~mentalbench_hf.reliability.trust.ceiling.Label`); empty at the response level,
            and where fewer than two experts have 10 conversations.
        experts: every expert, and last the experts combined.
    """

    level: str
    attribute: str
    verdict_here: str
    verdict_other_systems: str
    verdict_another_expert: str
    label: str
    experts: tuple[ExpertFigure, ...]


def by_expert(
    targets: RatedTargets, judge: str, rows: Sequence[Reliability], *, n_resamples: int, seed: int
) -> tuple[ByExpert, ...]:
    """Return the judge's rows expert by expert; empty where fewer than two experts are known.

    Args:
        targets: the ratings that `rows` were computed from.
        judge: the judge.
        rows: its reliability, at one level or both.
        n_resamples: bootstrap replicates.
        seed: of the bootstrap.
    """
    from mentalbench_hf.reliability.by_expert import reliability_by_expert
    from mentalbench_hf.reliability.settings import Settings

    if len(known_experts(targets)) < 2:
        return ()
    labels = _labels(targets, judge, n_resamples, seed)
    found = []
    for level in dict.fromkeys(row.level for row in rows):
        settings = Settings(level=level, n_resamples=n_resamples, seed=seed)
        column = FITTING_COLUMN[level]
        apart: dict[str, list[ExpertFigure]] = {}
        # The shuffles are behind a p-value that a certificate does not show.
        for one in reliability_by_expert(targets, settings, judges=[judge], n_shuffles=0):
            if one.expert != ALL:
                icc, low, high = (getattr(one, f"{column}{end}") for end in ("", "_low", "_high"))
                apart.setdefault(one.attribute, []).append(
                    ExpertFigure(one.expert, one.n_clusters, icc, low, high, one.verdict)
                )
        found += [
            ByExpert(
                level=level,
                attribute=row.attribute,
                **{field: getattr(row, field) for field in SCOPES.values()},
                label=labels.get(row.attribute, "") if level == "system" else "",
                experts=tuple(apart[row.attribute]),
            )
            for row in rows
            if row.level == level
        ]
    return tuple(found)


def _labels(targets: RatedTargets, judge: str, n_resamples: int, seed: int) -> dict[str, str]:
    from mentalbench_hf.reliability.trust.ceiling import ceiling

    if n_resamples < 2:
        return {}
    try:
        found = ceiling(targets, judges=[judge], n_resamples=min(n_resamples, 2_000), seed=seed)
    except StatisticsError:
        # One system, or too few conversations of all experts but one.
        return {}
    return {row.attribute: row.label for row in found.judges if row.statistic == "icc_c1"}


def expert_table(found: Sequence[ByExpert]) -> tuple[tuple[str, ...], list[list[str]]]:
    """Return header and rows of one level: the verdict in every scope, every expert's ICC."""
    from mentalbench_hf.report.markdown import number

    names = [e.expert for e in found[0].experts]
    labelled = any(row.label for row in found)
    header = (
        "attribute",
        *(f"verdict: {scope}" for scope in SCOPES),
        *(["it ranks"] if labelled else []),
        *("experts combined" if name == COMBINED else f"expert {name}" for name in names),
    )
    rows = []
    for row in found:
        figures = [
            number(e.icc, 2)
            + (f" [{number(e.low, 2)}, {number(e.high, 2)}]" if e.low == e.low else "")
            for e in row.experts
        ]
        verdicts = [getattr(row, field) or str(Verdict.UNKNOWN) for field in SCOPES.values()]
        rows.append([row.attribute, *verdicts, *([row.label] if labelled else []), *figures])
    return header, rows
