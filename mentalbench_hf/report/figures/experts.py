"""The experts behind the human ratings: each by themselves, against each other, and their style."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mentalbench_hf.reliability.experts import ALL, COMBINED
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

#: Statistic -> columns of its prediction interval.
_PREDICTION: Final = {"icc_c1": "prediction", "icc_a1": "icc_a1_prediction"}


def expert_forest(frame: pd.DataFrame, value: str = "icc_c1", ax: Axes | None = None) -> Axes:
    """Draw one judge's ICC by attribute for each expert, the experts combined, and another one.

    Args:
        frame: rows of :class:`~mentalbench_hf.reliability.by_expert.ExpertReliability` of one judge
            at one level; columns judge, attribute, level, data, expert, `value`, `value`_low,
            `value`_high and those of the prediction interval.
        value: "icc_c1" or "icc_a1".
        ax: axes to draw on; new ones by default.
    """
    names = names_of(frame, "attribute")
    experts = [e for e in names_of(frame, "expert") if e not in (ALL, COMBINED)]
    ax = axes(ax, 6, 1.2 + 0.13 * len(names) * (len(experts) + 2.5))
    cells: Any = frame.set_index(["expert", "attribute"])
    step = 0.86 / (len(experts) + 1)
    ends = ("", "_low", "_high")
    for e, expert in enumerate([*experts, COMBINED]):
        rows = cells.loc[expert].reindex(names)
        places = -(np.arange(len(names)) + step * (e - len(experts) / 2))
        middle, low, high = (rows[f"{value}{end}"].astype(float) for end in ends)
        colour, marker = COLOURS[e % len(COLOURS)], MARKERS[e % len(MARKERS)]
        if expert == COMBINED:
            colour, marker = "black", "d"
            least, most = (
                rows[f"{_PREDICTION[value]}_{end}"].astype(float) for end in ("low", "high")
            )
            ax.hlines(
                places, least, most, color=GREY, linewidth=1, linestyle=(0, (2, 2)),
                label="one more expert (prediction)",
            )  # fmt: skip
        ax.hlines(places, low, high, color=colour, linewidth=2.2 if expert == COMBINED else 1.4)
        label = "experts combined" if expert == COMBINED else f"expert {expert}"
        ax.plot(middle, places, marker, color=colour, markersize=4.5, label=label)
    for mark in (BOUND_MODERATE, BOUND_GOOD):
        ax.axvline(mark, color=GREY, linewidth=0.8, linestyle=":")
    for between in range(1, len(names)):
        ax.axhline(0.5 - between, color=GREY, linewidth=0.3, alpha=0.5)
    ax.set_yticks(-np.arange(len(names)), names, fontsize=FONT)
    ax.set_ylim(-len(names) + 0.5, 0.5)
    _finish(ax, f"{label_of(value)}, level {frame['level'].iloc[0]}", 3)
    mark_synthetic(ax, frame["data"].iloc[0])
    return ax


def judges_under_ceiling(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw how far judges agree with an expert beside how far another expert does.

    Args:
        frame: rows of :class:`~mentalbench_hf.reliability.trust.ceiling.JudgeCeiling` of one
            statistic; columns judge, attribute, statistic, data, expert_expert, judge_expert, and
            low and high of their difference.
        ax: axes to draw on; new ones by default.
    """
    judges, names = names_of(frame, "judge"), names_of(frame, "attribute")
    ax = axes(ax, 6, 1.2 + 0.15 * len(names) * (len(judges) + 1))
    cells: Any = frame.set_index(["judge", "attribute"])
    step = 0.8 / max(1, len(judges))
    for j, judge in enumerate(judges):
        rows = cells.loc[judge].reindex(names).astype({"expert_expert": float})
        places = -(np.arange(len(names)) + step * (j - (len(judges) - 1) / 2))
        top, value = rows["expert_expert"], rows["judge_expert"].astype(float)
        low, high = (top + rows[end].astype(float) for end in ("low", "high"))
        colour = COLOURS[j % len(COLOURS)]
        ax.hlines(places, low, high, color=colour, linewidth=1.6)
        ax.plot(value, places, MARKERS[j % len(MARKERS)], color=colour, markersize=5, label=judge)
        ax.vlines(
            top, places - step / 2, places + step / 2, color="black", linewidth=2.2,
            label="another expert" if j == len(judges) - 1 else "",
        )  # fmt: skip
    for between in range(1, len(names)):
        ax.axhline(0.5 - between, color=GREY, linewidth=0.3, alpha=0.5)
    ax.set_yticks(-np.arange(len(names)), names, fontsize=FONT)
    ax.set_ylim(-len(names) + 0.5, 0.5)
    _finish(ax, f"{label_of(str(frame['statistic'].iloc[0]))} with an expert, level system", 3)
    mark_synthetic(ax, frame["data"].iloc[0])
    return ax


def style_over_rows(
    frame: pd.DataFrame, blocks: Sequence[tuple[str, int, int]], ax: Axes | None = None
) -> Axes:
    """Draw one feature of rating by row, the human ratings against the judges', with the blocks.

    Args:
        frame: one row per conversation and rater; columns conversation_id, rater, reference
            (whether it is the human rating), feature, value and data. A running mean of 15 rows
            is drawn.
        blocks: style, first and last conversation of each block.
        ax: axes to draw on; new ones by default.
    """
    ax = axes(ax, 7, 3.2)
    for number, (style, first, last) in enumerate(blocks):
        ax.axvspan(first, last, color=COLOURS[5], alpha=0.16 if number % 2 else 0.05, linewidth=0)
        ax.text(
            (first + last) / 2, 1.02, style, transform=ax.get_xaxis_transform(), ha="center",
            fontsize=FONT, weight="bold",
        )  # fmt: skip
    human = frame["reference"].astype(bool)
    for part, who, colour, width in (
        (frame[~human], "a judge", GREY, 0.8),
        (frame[human], "human rating", COLOURS[1], 1.8),
    ):
        for i, (_, rows) in enumerate(part.groupby("rater", sort=False)):
            shown = rows["value"].astype(float).rolling(15, center=True, min_periods=5).mean()
            ax.plot(
                rows["conversation_id"], shown, color=colour, linewidth=width,
                label=None if i else who,
            )  # fmt: skip
    ax.margins(x=0)
    ax.set_xlabel("ConvID; letters: style of the human rating", fontsize=FONT)
    ax.set_ylabel(str(frame["feature"].iloc[0]), fontsize=FONT)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(fontsize=FONT - 1, frameon=False, ncols=2, loc="upper right")
    mark_synthetic(ax, frame["data"].iloc[0])
    return ax


def _finish(ax: Axes, label: str, columns: int) -> None:
    ax.grid(axis="x", alpha=0.25, linewidth=0.5)
    ax.spines[["top", "right"]].set_visible(False)
    ax.set_xlabel(label, fontsize=FONT)
    ax.legend(
        fontsize=FONT - 1, frameon=False, ncols=columns, loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
    )  # fmt: skip
