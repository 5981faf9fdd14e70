"""Colours and small helpers that all figures share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mentalbench_hf.schema import SYNTHETIC

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Okabe & Ito (2008), "Color Universal Design": told apart with any colour vision.
COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS: Final = ("o", "s", "D", "^", "v", "P", "X")
GREY: Final = "#595959"
FONT: Final = 9


def axes(ax: Axes | None, width: float = 7.0, height: float = 4.0) -> Axes:
    """Return `ax`, or the axes of a new figure of that size in inches."""
    if ax is not None:
        return ax
    from matplotlib.figure import Figure

    # Not pyplot: no global state, and no figure outlives its caller.
    return Figure(figsize=(width, height), layout="constrained").subplots()


def mark_synthetic(ax: Axes, data: object) -> None:
    """Say on the figure itself that it shows the sample."""
    if SYNTHETIC in str(data):
        ax.text(
            0.5, 0.5, SYNTHETIC, transform=ax.transAxes, ha="center", va="center",
            rotation=20, fontsize=22, color="#000000", alpha=0.13, zorder=10,
        )  # fmt: skip


#: Statistic -> its name on axes.
_LABELS: Final = {
    "icc_c1": "ICC(C,1)",
    "icc_a1": "ICC(A,1)",
    "bias": "bias: judge − human, rating points",
}


def label_of(statistic: str) -> str:
    """Return the name of a statistic as the field writes it."""
    return _LABELS.get(statistic, statistic)


def text_colour(rgba: Any) -> str:
    """Return black or white, whichever is read better on a colour."""
    red, green, blue = rgba[:3]
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.55 else "white"


def names_of(frame: Any, column: str) -> list[str]:
    """Return the distinct values of a column in order of appearance."""
    return [str(v) for v in dict.fromkeys(frame[column])]
