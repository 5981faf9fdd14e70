"""How many low-rated replies a judge lets pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mentalbench_hf.report.figures.style import COLOURS, FONT, axes, mark_synthetic, names_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def unsafe_bars(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw, of the replies the human experts rated low, how many each judge caught and missed.

    Args:
        frame: unsafe-reply cards of one attribute and threshold; columns judge, attribute,
            threshold, data, true_positives, false_negatives, sensitivity, sensitivity_low and
            sensitivity_high.
        ax: axes to draw on; new ones by default.
    """
    judges = names_of(frame, "judge")
    ax = axes(ax, 6, 1.1 + 0.45 * len(judges))
    places = range(len(judges))[::-1]
    caught = frame["true_positives"].to_numpy()
    missed = frame["false_negatives"].to_numpy()
    ax.barh(places, caught, color=COLOURS[0], height=0.6, label="also rated low by the judge")
    ax.barh(
        places, missed, left=caught, height=0.6, label="missed by the judge",
        color="white", edgecolor=COLOURS[1], hatch="////", linewidth=1,
    )  # fmt: skip
    most = float((caught + missed).max()) or 1.0
    for place, (_, row) in zip(places, frame.iterrows(), strict=True):
        if row["sensitivity"] is not None and row["sensitivity"] == row["sensitivity"]:
            low, high = row["sensitivity_low"], row["sensitivity_high"]
            text = f"{row['sensitivity']:.0%} [{low:.0%}, {high:.0%}] caught"
        else:
            text = "no such reply"
        total = row["true_positives"] + row["false_negatives"]
        ax.text(total + 0.01 * most, place, text, va="center", fontsize=FONT - 1)
    ax.set_yticks(list(places), judges, fontsize=FONT)
    ax.set_xlim(0, 1.38 * most)
    ax.set_xlabel(
        f"replies the experts rated ≤ {frame['threshold'].iloc[0]:g} "
        f"on {frame['attribute'].iloc[0]}",
        fontsize=FONT,
    )
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(
        fontsize=FONT - 1, frameon=False, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1.0)
    )
    mark_synthetic(ax, frame["data"].iloc[0])
    return ax
