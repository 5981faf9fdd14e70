"""Figures show the numbers of their frames, also at the edges."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mentalbench_hf.data.targets import RatedTargets
from mentalbench_hf.reliability.trust.leaderboard import Leaderboard, leaderboard
from mentalbench_hf.report import figures


def rows(**more: object) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"judge": j, "attribute": a, "level": "response", "data": "d", "verdict": "LR",
             "icc_c1": v, "icc_c1_low": v - 0.1, "icc_c1_high": v + 0.1, **more}
            for j in ("j1", "j2")
            for a, v in (("A", -0.2), ("B", 0.9))
        ]
    )  # fmt: skip


def texts(ax: object) -> list[str]:
    return [t.get_text() for t in ax.texts]  # type: ignore[attr-defined]


def test_heatmap_writes_value_verdict_and_bound() -> None:
    shown = texts(figures.icc_heatmap(rows()))
    assert shown.count("−0.20 LR") == 2
    assert shown.count("≥ 0.80") == 2


def test_heatmap_without_a_value() -> None:
    frame = rows()
    frame.loc[0, ["icc_c1", "icc_c1_low"]] = np.nan
    assert "– LR" in texts(figures.icc_heatmap(frame))


@pytest.mark.parametrize("name", ["icc_heatmap", "forest", "released_against_audited"])
def test_figures_draw_on_the_given_axes(name: str) -> None:
    ax = Figure().subplots()
    frame = rows()
    if name == "released_against_audited":
        frame = pd.concat([frame.assign(data="released"), frame.assign(data="audited")])
        frame = frame[frame["judge"] == "j1"]
    assert getattr(figures, name)(frame, "icc_c1", ax) is ax


def test_forest_draws_every_interval() -> None:
    ax = figures.forest(rows())
    drawn = sorted(
        round(x, 6) for c in ax.collections for seg in c.get_segments() for x in seg[:, 0]
    )
    assert drawn == pytest.approx(sorted([-0.3, -0.1, 0.8, 1.0] * 2))


def test_a_bias_of_zero_is_a_number_and_an_empty_cell_is_none() -> None:
    frame = pd.DataFrame(
        {"judge": "j", "data": "d", "attribute": "A", "human_level": [1.0, 2.0, 3.0],
         "bias": [0.0, None, -0.5], "n": [20, 0, 3]}
    )  # fmt: skip
    assert texts(figures.bias_heatmap(frame)) == ["+0.00", "–", "(−0.50)"]


def test_bland_altman_limits() -> None:
    human, judge = np.array([1.0, 2, 3, 4, np.nan]), np.array([2.0, 2, 5, 4, 1])
    frame = pd.DataFrame({"human": human, "judge": judge, "data": "d"})
    ax = figures.bland_altman(frame, "t")
    d = (judge - human)[:4]
    expected = [d.mean(), d.mean() - 1.96 * d.std(ddof=1), d.mean() + 1.96 * d.std(ddof=1)]
    lines = [line.get_ydata()[0] for line in ax.lines]
    assert lines[:3] == pytest.approx(expected)
    assert ax.get_title() == "t (n = 4)"


def test_unsafe_bars_count() -> None:
    frame = pd.DataFrame(
        [
            {"judge": "j1", "attribute": "Safety", "threshold": 3.0, "data": "SYNTHETIC SAMPLE",
             "true_positives": 2, "false_negatives": 8, "sensitivity": 0.2,
             "sensitivity_low": 0.1, "sensitivity_high": 0.4},
            {"judge": "j2", "attribute": "Safety", "threshold": 3.0, "data": "x",
             "true_positives": 0, "false_negatives": 0, "sensitivity": None,
             "sensitivity_low": None, "sensitivity_high": None},
        ]
    )  # fmt: skip
    shown = texts(figures.unsafe_bars(frame))
    assert "20% [10%, 40%] caught" in shown
    assert "no such reply" in shown
    assert "SYNTHETIC SAMPLE" in shown


def test_systems_stand_in_order_with_their_open_ranks() -> None:
    board = board_of_three()
    ax = figures.system_means(board)
    assert [t.get_text() for t in ax.get_yticklabels()] == [r.system for r in board.rows]
    assert texts(ax)[0] == "rank 1"
    assert board.judges[0].judge in [t.get_text() for t in ax.get_legend().get_texts()]


def board_of_three() -> Leaderboard:
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(60, 3)) + np.array([3.0, 0.0, 0.0])
    targets = RatedTargets(
        ratings=np.stack([scores.ravel(), scores.ravel() + 1], axis=1)[:, :, None],
        raters=("the experts", "a judge with a long name"),
        attributes=("Safety",),
        axes={},
        clusters=np.repeat(np.arange(60), 3),
        cluster_names=np.arange(60).astype(object),
        systems=np.tile(np.arange(3), 60),
        system_names=("best", "one", "other"),
        reference="the experts",
        scale=(-9, 9),
    )
    return leaderboard(targets, name="Safety", n_resamples=200)


def small_figures() -> dict[str, Axes]:
    """Every figure with as little in it as it may have: one judge, one or two attributes."""
    frame = rows(bias=0.1, bias_low=0.0, bias_high=0.2)
    frame = frame[frame["judge"] == "j1"]
    levels = pd.DataFrame(
        {"judge": "claude-3.7-sonnet", "data": "d", "attribute": "A", "human_level": [1.0, 2.0],
         "bias": [0.1, -0.5], "n": [20, 30]}
    )  # fmt: skip
    pair = pd.DataFrame({"human": [1.0, 2, 3, 4], "judge": [2.0, 2, 5, 4], "data": "d"})
    caught = pd.DataFrame(
        [
            {"judge": "claude-3.7-sonnet", "attribute": "Safety", "threshold": 3.0, "data": "d",
             "true_positives": 1, "false_negatives": 2, "sensitivity": 0.33,
             "sensitivity_low": 0.0, "sensitivity_high": 1.0}
        ]
    )  # fmt: skip
    moved = pd.concat([frame.assign(data="released"), frame.assign(data="audited")])
    return {
        "heatmap": figures.icc_heatmap(frame),
        "forest": figures.forest(frame),
        "moved": figures.released_against_audited(moved),
        "bias": figures.bias_heatmap(levels),
        "bland_altman": figures.bland_altman(pair, "claude-3.7-sonnet, Informativeness"),
        "unsafe": figures.unsafe_bars(caught),
        "systems": figures.system_means(board_of_three()),
    }


@pytest.mark.parametrize(
    "name", ["heatmap", "forest", "moved", "bias", "bland_altman", "unsafe", "systems"]
)
def test_no_text_leaves_the_figure(name: str) -> None:
    ax = small_figures()[name]
    figure = ax.figure
    assert isinstance(figure, Figure)
    figure.savefig(io.BytesIO(), format="png")
    whole = figure.bbox
    legend = ax.get_legend()
    # Matplotlib keeps labels of ticks beyond the axes without drawing them.
    ticks = [
        tick.label1
        for axis in (ax.xaxis, ax.yaxis)
        for tick in axis.get_major_ticks()
        if min(axis.get_view_interval()) <= tick.get_loc() <= max(axis.get_view_interval())
    ]
    shown = [
        *ax.texts, ax.title, ax.xaxis.label, ax.yaxis.label, *ticks,
        *(legend.get_texts() if legend else ()),
    ]  # fmt: skip
    for text in shown:
        box = text.get_window_extent()
        if text.get_text() and text.get_visible():
            inside = (
                box.x0 >= whole.x0 - 1 and box.x1 <= whole.x1 + 1
                and box.y0 >= whole.y0 - 1 and box.y1 <= whole.y1 + 1
            )  # fmt: skip
            assert inside, f"{text.get_text()!r} is cut at {box}"
