"""Where a judge is lenient, where severe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mentalbench_hf.report.figures.style import FONT, axes, mark_synthetic, names_of, text_colour

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

#: Differences beyond this many rating points look alike.
_LIMIT = 2.0


def bias_heatmap(
    frame: pd.DataFrame, rows: str = "attribute", columns: str = "human_level",
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Draw judge − human by two columns of a frame, signed numbers in the cells.

    Args:
        frame: cells of one judge; columns `rows`, `columns`, judge, data, bias and n. Cells with
            fewer than 10 replies are shown in brackets.
        rows: column of the vertical axis.
        columns: column of the horizontal axis.
        ax: axes to draw on; new ones by default.
    """
    down, across = names_of(frame, rows), names_of(frame, columns)
    ax = axes(ax, 2.2 + 0.75 * len(across), 1.0 + 0.36 * len(down))
    cells: Any = frame.assign(
        _down=frame[rows].map(str), _across=frame[columns].map(str)
    ).set_index(["_down", "_across"])
    # A bias of exactly 0 is a number; only an empty cell is none.
    grid = cells["bias"].astype(float).unstack().reindex(index=down, columns=across).to_numpy()
    image = ax.imshow(grid, cmap="PuOr_r", vmin=-_LIMIT, vmax=_LIMIT, aspect="auto")
    for i, d in enumerate(down):
        for k, a in enumerate(across):
            value = grid[i, k]
            if not np.isfinite(value):
                ax.text(k, i, "–", ha="center", va="center", fontsize=FONT - 1)
                continue
            text = f"{value:+.2f}".replace("-", "−")
            few = int(cells.loc[(d, a), "n"]) < 10
            colour = text_colour(image.cmap(image.norm(value)))
            ax.text(
                k, i, f"({text})" if few else text,
                ha="center", va="center", color=colour, fontsize=FONT - 1,
            )  # fmt: skip
    labels = [a.removesuffix(".0") for a in across]
    ax.set_xticks(range(len(across)), labels, fontsize=FONT)
    ax.set_yticks(range(len(down)), down, fontsize=FONT)
    ax.set_xlabel(columns.replace("_", " "), fontsize=FONT)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.set_title(f"{frame['judge'].iloc[0]}: judge − human", fontsize=FONT + 1)
    mark_synthetic(ax, frame["data"].iloc[0])
    return ax
