"""Estimates with their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mentalbench_hf.reliability.verdict import BOUND_GOOD, BOUND_MODERATE
from mentalbench_hf.report.figures.style import (
    COLOURS,
    FONT,
    GREY,
    MARKERS,
    axes,
    label_of,
    mark_synthetic,
    names_of,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def forest(frame: pd.DataFrame, value: str = "icc_c1", ax: Axes | None = None) -> Axes:
    """Draw an estimate with its interval by attribute, judges side by side.

    Args:
        frame: rows at one level; columns judge, attribute, level, data, `value`, `value`_low and
            `value`_high.
        value: "icc_c1", "icc_a1" or "bias".
        ax: axes to draw on; new ones by default.
    """
    judges, names = names_of(frame, "judge"), names_of(frame, "attribute")
    ax = axes(ax, 6, 1.2 + 0.15 * len(names) * (len(judges) + 1))
    step = 0.8 / max(1, len(judges))
    cells: Any = frame.set_index(["judge", "attribute"])
    for j, judge in enumerate(judges):
        rows = cells.loc[judge].reindex(names)
        places = -(np.arange(len(names)) + step * (j - (len(judges) - 1) / 2))
        middle, low, high = (rows[f"{value}{end}"].astype(float) for end in ("", "_low", "_high"))
        colour = COLOURS[j % len(COLOURS)]
        ax.hlines(places, low, high, color=colour, linewidth=1.6)
        ax.plot(middle, places, MARKERS[j % len(MARKERS)], color=colour, markersize=5, label=judge)
    marks = (0.0,) if value == "bias" else (BOUND_MODERATE, BOUND_GOOD)
    for mark in marks:
        ax.axvline(mark, color=GREY, linewidth=0.8, linestyle=":")
    ax.set_yticks(-np.arange(len(names)), names, fontsize=FONT)
    # Room beyond the first and the last interval, so that no marker lies on the edge.
    ax.set_ylim(-len(names) + 0.5, 0.5)
    ax.grid(axis="x", alpha=0.25, linewidth=0.5)
    ax.spines[["top", "right"]].set_visible(False)
    ax.set_xlabel(label_of(value), fontsize=FONT)
    ax.legend(
        fontsize=FONT - 1, frameon=False, ncols=min(4, len(judges)),
        loc="lower center", bbox_to_anchor=(0.5, 1.0),
    )  # fmt: skip
    mark_synthetic(ax, frame["data"].iloc[0])
    return ax
