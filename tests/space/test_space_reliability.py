"""Reliability and Systems: words beside letters, one computation, the report's numbers."""

from __future__ import annotations

import numpy as np
import pytest

from mentalbench_hf.reliability import VERDICT_MEANING, Verdict
from mentalbench_hf.reliability.trust.leaderboard import leaderboard
from mentalbench_hf.space import reliability_html as render
from mentalbench_hf.space import reliability_shown
from mentalbench_hf.space.reliability_shown import Results
from mentalbench_hf.space.store import Store
from mentalbench_hf.space.systems_tab import board_html

pytestmark = pytest.mark.needs("gradio")


@pytest.fixture(scope="module")
def results(sample_store: Store) -> Results:
    return Results(sample_store)


def test_the_legend_says_every_letter_and_its_bound() -> None:
    shown = render.legend()
    for verdict in Verdict:
        assert f"<dt>{verdict}</dt>" in shown
        assert VERDICT_MEANING[verdict] in shown
    assert "0.75 or more" in shown
    assert "0.50 or more" in shown
    assert "below 0.50" in shown


def test_letters_carry_their_meaning_wherever_they_stand(results: Results) -> None:
    rows = results.rows("response")
    for shown, n in (
        (render.full_table(results.table("response")), len(rows)),
        (render.intervals(results.intervals("response", "Safety"), [
            r for r in rows if r.attribute == "Safety"], "response"), 4),
    ):  # fmt: skip
        cells = sum(shown.count(f'<td title="{m}">') for m in VERDICT_MEANING.values())
        assert cells == n
    heat = render.heatmap(results.heatmap("response"), rows, "response")
    assert heat.count("title=") == len(rows)


def test_the_leaderboard_is_that_of_the_statistics_and_made_once(
    results: Results, sample_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def counted(*args: object, **kwargs: object) -> object:
        made.append(kwargs)
        return leaderboard(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(reliability_shown, "leaderboard", counted)
    board = results.leaderboard("Safety")
    assert results.leaderboard("Safety") is board
    assert made == [{"name": "Safety"}]
    shown = board_html(board)
    assert board.text.replace("'", "&#x27;") in shown
    for row in board.rows:
        assert f'<th scope="row">{row.system}</th><td>{row.mean:.2f} [{row.low:.2f}, ' in shown
    assert shown.index(board.rows[0].system) < shown.index("<table")
    assert shown.count("told apart</td>") == len(board.pairs) == 45
    assert shown.count(">not told apart<") == 45 - board.n_supported


def test_no_interval_is_drawn_where_there_is_none(sample_store: Store) -> None:
    targets = sample_store.ratings.targets()
    few = targets.select(targets.clusters < 5)
    board = leaderboard(few, name="Safety")
    shown = board_html(board)
    assert np.isnan(board.rows[0].low)
    assert "mb-range" not in shown
    assert "nan" not in shown
    assert "too few to tell systems apart" in shown


def test_no_legend_covers_a_point(results: Results) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from mentalbench_hf.report.figures import forest, released_against_audited

    both = [*results.rows("system", "released"), *results.rows("system")]
    judge = results.judges[0]
    frame = reliability_shown._frame([r for r in both if r.judge == judge])
    one = reliability_shown._frame([r for r in results.rows("system") if r.attribute == "Safety"])
    for ax in (released_against_audited(frame), forest(one)):
        figure = ax.figure
        FigureCanvasAgg(figure).draw()
        legend = ax.get_legend()
        assert legend is not None
        box = legend.get_window_extent()
        inside = ax.get_window_extent()
        assert figure.bbox.containsx(box.x0)
        assert figure.bbox.containsx(box.x1)
        assert figure.bbox.containsy(box.y0)
        for line in ax.get_lines():
            for x, y in ax.transData.transform(line.get_xydata()):
                assert not box.contains(x, y)
                if line.get_marker() not in ("None", None):
                    assert inside.y0 < y - 3 < y + 3 < inside.y1
