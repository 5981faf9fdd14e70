"""Figures show the numbers of their frames, also at the edges."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

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
