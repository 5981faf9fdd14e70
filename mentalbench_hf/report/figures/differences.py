"""Differences of two raters against their mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mentalbench_hf.report.figures.style import COLOURS, FONT, GREY, axes, mark_synthetic

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def bland_altman(frame: pd.DataFrame, title: str = "", ax: Axes | None = None) -> Axes:
    """Draw judge − human against their mean, with the limits of agreement.

    Bland & Altman (1986), The Lancet 327: mean difference ± 1.96 standard deviations. Whole
    ratings fall on few points, so the area of a point shows how many replies it stands for.

    Args:
        frame: one row per reply; columns human, judge and data. Rows with a missing rating are
            left out.
        title: title of the axes.
        ax: axes to draw on; new ones by default.
    """
    ax = axes(ax, 5, 3.6)
    known = frame.dropna(subset=["human", "judge"])
    difference = (known["judge"] - known["human"]).to_numpy(dtype=float)
    mean = ((known["judge"] + known["human"]) / 2).to_numpy(dtype=float)
    points, counts = np.unique(np.column_stack([mean, difference]), axis=0, return_counts=True)
    if len(points):
        ax.scatter(
            points[:, 0], points[:, 1], s=np.maximum(6, 400 * counts / counts.max()),
            color=COLOURS[0], alpha=0.55, linewidths=0,
        )  # fmt: skip
        middle, spread = difference.mean(), 1.96 * difference.std(ddof=1)
        for place, style, name in (
            (middle, "-", "mean"),
            (middle - spread, "--", "−1.96 SD"),
            (middle + spread, "--", "+1.96 SD"),
        ):
            ax.axhline(place, color=COLOURS[1], linestyle=style, linewidth=1.2)
            ax.text(
                1.0, place, f" {name} {place:+.2f}".replace("-", "−"),
                transform=ax.get_yaxis_transform(), va="center", fontsize=FONT - 2,
            )  # fmt: skip
        mark_synthetic(ax, known["data"].iloc[0])
    ax.axhline(0, color=GREY, linewidth=0.6)
    ax.set_xlabel("mean of judge and human", fontsize=FONT)
    ax.set_ylabel("judge − human", fontsize=FONT)
    ax.set_title(f"{title} (n = {len(known):,})", fontsize=FONT + 1)
    ax.spines[["top", "right"]].set_visible(False)
    return ax
