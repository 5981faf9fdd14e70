"""The systems in order, by the experts and by each judge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from mentalbench_hf.report.figures.style import (
    COLOURS,
    FONT,
    GREY,
    MARKERS,
    axes,
    mark_synthetic,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mentalbench_hf.reliability.trust.leaderboard import Leaderboard


def system_means(
    board: Leaderboard, ax: Axes | None = None, *, names: Mapping[str, str] | None = None
) -> Axes:
    """Draw the systems' means with intervals and open ranks, the judges' means beside them.

    Args:
        board: the systems in order.
        ax: axes to draw on; new ones by default.
        names: what stands in the figure for the name of a system, judge or attribute.
    """
    rows, shown = board.rows, names or {}
    ax = axes(ax, 6, 1.4 + 0.34 * len(rows))
    places = -np.arange(len(rows), dtype=float)
    for j, order in enumerate(board.judges):
        k = (j + 1) % len(COLOURS)
        ax.plot(
            [row.judge_means[order.judge] for row in rows], places, MARKERS[k], color=COLOURS[k],
            markersize=4.5, markerfacecolor="none", linestyle="none",
            label=shown.get(order.judge, order.judge),
        )  # fmt: skip
    ax.hlines(places, [r.low for r in rows], [r.high for r in rows], color=COLOURS[0], linewidth=3)
    ax.plot(
        [r.mean for r in rows], places, MARKERS[0], color=COLOURS[0], markersize=6,
        label=f"{shown.get(board.reference, board.reference)}, with interval",
    )  # fmt: skip
    for row, place in zip(rows, places, strict=True):
        ranks = f"{row.rank_low}" + (f"–{row.rank_high}" if row.rank_high > row.rank_low else "")
        ax.text(
            1.01, place, f"rank {ranks}", transform=ax.get_yaxis_transform(), va="center",
            fontsize=FONT - 1, color=GREY,
        )  # fmt: skip
    ax.set_yticks(places, [shown.get(r.system, r.system) for r in rows], fontsize=FONT)
    ax.set_xlabel(f"mean {shown.get(board.name, board.name)}", fontsize=FONT)
    ax.grid(axis="x", alpha=0.25, linewidth=0.5)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(
        fontsize=FONT - 1, frameon=False, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0)
    )
    mark_synthetic(ax, board.data)
    return ax
