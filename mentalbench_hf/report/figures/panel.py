"""Judges beside the experts' agreement with each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mentalbench_hf.report.figures.style import (
    COLOURS,
    FONT,
    GREY,
    MARKERS,
    axes,
    mark_synthetic,
    names_of,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def panel_differences(frame: pd.DataFrame, data: str = "", ax: Axes | None = None) -> Axes:
    """Draw by attribute how much less, or more, a judge agrees with experts than they do.

    Args:
        frame: rows of :class:`~mentalbench_hf.reliability.panel.verdicts.JudgeVerdict`.
        data: which ratings they come from.
        ax: axes to draw on; new ones by default.
    """
    judges, names = names_of(frame, "judge"), names_of(frame, "attribute")
    ax = axes(ax, 6.5, 1.4 + 0.15 * len(names) * (len(judges) + 1))
    step = 0.8 / max(1, len(judges))
    for j, judge in enumerate(judges):
        rows = frame[frame["judge"] == judge].set_index("attribute").reindex(names)
        places = -(np.arange(len(names)) + step * (j - (len(judges) - 1) / 2))
        colour = COLOURS[j % len(COLOURS)]
        middle, low, high = (rows[c].astype(float) for c in ("difference", "low", "high"))
        ax.hlines(places, low, high, color=colour, linewidth=1.6)
        ax.plot(middle, places, MARKERS[j % len(MARKERS)], color=colour, markersize=5, label=judge)
    ax.axvline(0, color=GREY, linewidth=0.9)
    labels = []
    for name in names:
        agreement = frame.loc[frame["attribute"] == name, "expert_expert"].astype(float).iloc[0]
        shown = "–" if np.isnan(agreement) else f"{agreement:.2f}".replace("-", "−")
        labels.append(f"{name}\nexperts {shown}")
    ax.set_yticks(-np.arange(len(names)), labels, fontsize=FONT)
    ax.set_ylim(-len(names) + 0.5, 0.5)
    ax.grid(axis="x", alpha=0.25, linewidth=0.5)
    ax.spines[["top", "right"]].set_visible(False)
    ax.set_xlabel("ICC(A,1): judge with an expert − expert with an expert", fontsize=FONT)
    ax.legend(
        fontsize=FONT - 1, frameon=False, ncols=min(4, len(judges)),
        loc="lower center", bbox_to_anchor=(0.5, 1.0),
    )  # fmt: skip
    mark_synthetic(ax, data)
    return ax
