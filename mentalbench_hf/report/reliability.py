"""The reliability table: its columns, its cells and its caption."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from mentalbench_hf.reliability.protocol import Reliability, Settings
from mentalbench_hf.reliability.verdict import (
    COLUMN_OF,
    VERDICT_MEANING,
    Verdict,
    fitting,
    in_brief,
    verdict,
)
from mentalbench_hf.report.markdown import interval
from mentalbench_hf.report.result_table import ResultTable

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from mentalbench_hf.reliability.trust.ceiling import AnotherExpert

HEADER: Final = (
    "judge", "attribute", "axis", "n", "missing", "ICC(C,1)", "ICC(A,1)", "bias", "MSE", "scopes",
    "verdict",
)  # fmt: skip
#: How the row beside the judges is called, and how to read it.
ANOTHER: Final = "another expert"
READING_ANOTHER: Final = (
    "Beside the judges stands another expert: two experts compared, each on conversations of their "
    "own, the mean over all pairs; its verdict is for these systems and experts. Each of them has "
    "fewer conversations than a judge has here; mentalbench ceiling has judges on the same footing."
)
#: What each level asks; printed with every table so that the two are never mixed.
LEVEL_QUESTION: Final = {
    "system": "level system: may this judge rank systems? Targets are the systems' mean ratings.",
    "response": "level response: may this judge score one reply? Targets are single replies.",
}
_POPULATION: Final = {
    "conversations": "other conversations with these same systems",
    "systems": "other systems answering these same conversations",
    "crossed": "other systems answering other conversations",
}


def reliability_table(
    rows: Sequence[Reliability],
    settings: Settings,
    *,
    synthetic: bool,
    another: Sequence[AnotherExpert] = (),
) -> ResultTable[Reliability]:
    """Return rows of reliability, with the settings that made them, as a table.

    Args:
        rows: one per judge and attribute.
        settings: how they were computed.
        synthetic: whether the ratings are the sample.
        another: the experts against each other at the level of systems, to stand beside the judges.
    """
    axes = {row.attribute: row.axis for row in rows}

    def draw(frame: pd.DataFrame, ax: Axes | None) -> Axes:
        from mentalbench_hf.report.figures import icc_heatmap

        return icc_heatmap(frame, COLUMN_OF[fitting(settings.level, settings.rule)], ax)

    return ResultTable(
        rows=tuple(rows),
        name=f"reliability_{settings.level}",
        title="reliability" if synthetic else "Reliability",
        columns=HEADER,
        caption=_caption(rows, settings),
        synthetic=synthetic,
        draw=draw,
        cells=_cells,
        reading=(READING_ANOTHER,) if another else (),
        beside=tuple(_another(a, axes.get(a.attribute, "")) for a in another),
    )


def _another(a: AnotherExpert, axis: str) -> tuple[object, ...]:
    return (
        ANOTHER, a.attribute, axis, a.n_systems, "",
        interval(a.icc_c1, a.icc_c1_low, a.icc_c1_high),
        interval(a.icc_a1, a.icc_a1_low, a.icc_a1_high), "", "", "",
        verdict(a.icc_c1_low, a.icc_c1_high).value,
    )  # fmt: skip


def _cells(r: Reliability) -> tuple[object, ...]:
    return (
        r.judge,
        r.attribute,
        r.axis,
        r.n_targets,
        r.n_missing,
        interval(r.icc_c1, r.icc_c1_low, r.icc_c1_high),
        interval(r.icc_a1, r.icc_a1_low, r.icc_a1_high),
        interval(r.bias, r.bias_low, r.bias_high),
        r.mse,
        _scopes(r),
        in_brief(r.reason) if r.reason else r.verdict,
    )


def _caption(rows: Sequence[Reliability], s: Settings) -> str:
    """Return what the table shows, in a few sentences."""
    fits = fitting(s.level, s.rule)
    rule = f"lower bound of {fits}" if s.rule == "bound" else f"width of the {fits} interval"
    data = rows[0].data if rows else ""
    reasons = dict.fromkeys(r.reason for r in rows if r.reason)
    none = f" n/a, without an interval: {' / '.join(reasons)}." if reasons else ""
    weakest = (
        " It is the weakest of three, in this order under scopes: for these systems and "
        "experts, for other systems, for another expert (– where that does not apply)."
        if any(map(_scopes, rows))
        else ""
    )
    return (
        f"{LEVEL_QUESTION[s.level]} Ratings: {data}. In brackets: {s.confidence_level:.0%} "
        f"{_intervals(s)}. Verdict from the {rule}: "
        f"{', '.join(f'{v} {VERDICT_MEANING[v]}' for v in list(Verdict)[:3])}."
        f"{weakest}{none}"
    )


def _scopes(row: Reliability) -> str:
    three = (row.verdict_here, row.verdict_other_systems, row.verdict_another_expert)
    return " ".join(v or "–" for v in three) if any(three) else ""


def _intervals(s: Settings) -> str:
    if s.ci == "analytic":
        return "analytic F intervals, which take targets as independent"
    return (
        f"{s.ci} bootstrap intervals ({s.n_resamples:,} replicates, seed {s.seed}), speaking "
        f"of {_POPULATION[s.resample]}"
    )
