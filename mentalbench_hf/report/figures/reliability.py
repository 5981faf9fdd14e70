"""ICCs by judge and attribute; what the audit moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mentalbench_hf.reliability.verdict import BOUND_GOOD, BOUND_MODERATE
from mentalbench_hf.report.figures.style import (
    COLOURS,
    FONT,
    GREY,
    axes,
    label_of,
    mark_synthetic,
    names_of,
    text_colour,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def icc_heatmap(frame: pd.DataFrame, value: str = "icc_c1", ax: Axes | None = None) -> Axes:
    """Draw an ICC by attribute and judge, with its lower bound and verdict in each cell.

    One column per judge: attributes are many, and a page is higher than it is wide.

    Args:
        frame: rows of :class:`~mentalbench_hf.reliability.Reliability` at one level; columns
            judge, attribute, level, data, verdict, and `value` with `value`_low.
        value: "icc_c1" or "icc_a1".
        ax: axes to draw on; new ones by default.
    """
    judges, names = names_of(frame, "judge"), names_of(frame, "attribute")
    ax = axes(ax, max(5.2, 1.4 + 1.25 * len(judges)), 1.0 + 0.45 * len(names))
    cells: Any = frame.set_index(["judge", "attribute"])
    grid = np.array([[cells.loc[(j, a), value] for j in judges] for a in names], dtype=float)
    image = ax.imshow(grid, cmap="cividis", vmin=0, vmax=1, aspect="auto")
    for row, name in enumerate(names):
        for column, judge in enumerate(judges):
            cell, shown = cells.loc[(judge, name)], grid[row, column]
            colour = text_colour(image.cmap(image.norm(shown))) if np.isfinite(shown) else "black"
            label = "–" if not np.isfinite(shown) else f"{shown:.2f}".replace("-", "−")
            ax.text(
                column, row - 0.14, f"{label} {cell['verdict']}",
                ha="center", va="center", color=colour, fontsize=FONT, weight="bold",
            )  # fmt: skip
            low = cell[f"{value}_low"]
            if low is not None and np.isfinite(float(low)):
                text = f"≥ {float(low):.2f}".replace("-", "−")
                ax.text(
                    column, row + 0.24, text,
                    ha="center", va="center", color=colour, fontsize=FONT - 2,
                )  # fmt: skip
    ax.set_xticks(range(len(judges)), judges, fontsize=FONT)
    ax.set_yticks(range(len(names)), names, fontsize=FONT)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    level = frame["level"].iloc[0]
    ax.set_title(
        f"{label_of(value)}, level {level}; ≥ lower bound of the interval", fontsize=FONT + 1
    )
    mark_synthetic(ax, frame["data"].iloc[0])
    return ax


def released_against_audited(
    frame: pd.DataFrame, value: str = "icc_c1", ax: Axes | None = None
) -> Axes:
    """Draw how the audit moves an ICC: released (open) and audited (filled), a line between.

    Args:
        frame: rows of one judge at one level in both variants; columns attribute, data, `value`.
            The audited rows come last.
        value: the statistic.
        ax: axes to draw on; new ones by default.
    """
    names, variants = names_of(frame, "attribute"), names_of(frame, "data")
    ax = axes(ax, 6, 0.8 + 0.34 * len(names))
    cells: Any = frame.set_index(["data", "attribute"])[value].astype(float)
    places = np.arange(len(names))[::-1]
    before = np.array([cells.loc[(variants[0], n)] for n in names])
    after = np.array([cells.loc[(variants[-1], n)] for n in names])
    for bound in (BOUND_MODERATE, BOUND_GOOD):
        ax.axvline(bound, color=GREY, linewidth=0.7, linestyle=":")
    ax.hlines(places, before, after, color=GREY, linewidth=1.2)
    ax.plot(before, places, "o", color=COLOURS[1], markerfacecolor="white", label=variants[0])
    ax.plot(after, places, "o", color=COLOURS[0], label=variants[-1])
    ax.set_yticks(places, names, fontsize=FONT)
    ax.set_xlim(min(0.0, float(np.nanmin([before, after]))) - 0.02, 1)
    ax.spines[["top", "right"]].set_visible(False)
    # Below the axes: inside them it covers a point wherever ICCs are high.
    ax.legend(
        fontsize=FONT - 1, frameon=False, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.06)
    )
    ax.set_title(
        f"{frame['judge'].iloc[0]}, level {frame['level'].iloc[0]}: {label_of(value)}",
        fontsize=FONT + 1,
    )
    mark_synthetic(ax, frame["data"].iloc[0])
    return ax
