"""What a study of a given size can expect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mentalbench_hf.reliability.verdict import BOUND_GOOD, BOUND_MODERATE
from mentalbench_hf.report.figures.style import (
    COLOURS,
    FONT,
    GREY,
    MARKERS,
    axes,
    mark_synthetic,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def planned_bounds(frame: pd.DataFrame, data: str = "", ax: Axes | None = None) -> Axes:
    """Draw the expected interval of an ICC against the number of conversations.

    Args:
        frame: rows of :class:`~mentalbench_hf.reliability.trust.planner.PlannedStudy` for one
            judge, attribute, level and number of systems; one curve per number of human ratings.
        data: which ratings the plan comes from.
        ax: axes to draw on; new ones by default.
    """
    ax = axes(ax, 6.5, 3.8)
    for i, (m, rows) in enumerate(frame.groupby("ratings_per_reply")):
        ordered: Any = rows.sort_values("n_conversations")
        colour = COLOURS[i % len(COLOURS)]
        label = f"{m} human rating{'' if m == 1 else 's'} per reply"
        ax.plot(
            ordered["n_conversations"], ordered["low"], MARKERS[i % len(MARKERS)] + "-",
            color=colour, markersize=4, linewidth=1.4, label=label,
        )  # fmt: skip
        ax.fill_between(
            ordered["n_conversations"], ordered["low"], ordered["high"],
            color=colour, alpha=0.1, linewidth=0,
        )  # fmt: skip
    for bound in (BOUND_MODERATE, BOUND_GOOD):
        ax.axhline(bound, color=GREY, linewidth=0.8, linestyle=":")
    first = frame.iloc[0]
    sizes = sorted(frame["n_conversations"].unique())
    ax.set_xscale("log")
    ax.set_xticks(sizes, [str(n) for n in sizes], fontsize=FONT)
    ax.minorticks_off()
    ax.set_xlabel(f"conversations, {first['n_systems']} systems each", fontsize=FONT)
    ax.set_ylabel(f"{first['icc_variant']}: lower bound, and its interval", fontsize=FONT)
    ax.set_title(
        f"{first['judge']}, {first['attribute']}, level {first['level']}", fontsize=FONT + 1
    )
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(fontsize=FONT - 1, frameon=False)
    mark_synthetic(ax, data)
    return ax
