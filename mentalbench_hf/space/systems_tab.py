"""The tab Systems: who answers best by the experts' ratings, and which orders the data support."""

from __future__ import annotations

from html import escape
from typing import Any, Final

import gradio as gr

from mentalbench_hf.reliability.trust.leaderboard import Leaderboard, LeaderboardRow
from mentalbench_hf.report.leaderboard import cells, header, sentences
from mentalbench_hf.report.markdown import interval
from mentalbench_hf.schema import ATTRIBUTES, AXES, AXIS_NAMES, SCALE_MAX, SCALE_MIN
from mentalbench_hf.space.components import FAST, html
from mentalbench_hf.space.reliability_html import table
from mentalbench_hf.space.reliability_shown import Results

_CHOICES: Final = [*((f"{AXIS_NAMES[x]} ({x})", x) for x in AXES), *((a, a) for a in ATTRIBUTES)]
_NAMES: Final = [name for _, name in _CHOICES]
_PAIRS: Final = ("Higher mean", "Lower mean", "Difference [95% interval of all pairs]", "Data")


class SystemsTab:
    """The tab's control and what it shows; it is filled when it is first opened.

    Attributes:
        name: the control of the attribute or axis.
        board: where the leaderboard is shown.
    """

    def __init__(self, results: Results) -> None:
        """Create the tab inside the current Blocks."""
        self._results = results
        self.name: Any = gr.Dropdown(
            _CHOICES, value=_NAMES[0], label="Rated on", elem_id="mb-systems-name"
        )
        self.board: Any = html(elem_id="mb-systems-board")
        self.name.input(self.fill, [self.name], [self.board], **FAST)

    def fill(self, name: str) -> list[str]:
        """Return the leaderboard of an attribute or axis."""
        return [board_html(self._results.leaderboard(name if name in _NAMES else _NAMES[0]))]


def board_html(board: Leaderboard) -> str:
    """Return a leaderboard: in words first, then the systems, then every two of them."""
    said, *orders = sentences(board)
    rows = []
    for row, (rank, system, mean, *others) in zip(board.rows, cells(board), strict=True):
        rest = "".join(f"<td>{escape(str(value))}</td>" for value in others)
        rows.append(
            f'<tr><td>{escape(str(rank))}</td><th scope="row">{escape(str(system))}</th>'
            f"<td>{escape(str(mean))} {_drawn(row)}</td>{rest}</tr>"
        )
    pairs = [
        f'<tr><th scope="row">{escape(p.better)}</th><td>{escape(p.worse)}</td>'
        f"<td>{interval(p.difference, p.low, p.high, 2)}</td>"
        f"<td>{'told apart' if p.supported else 'not told apart'}</td></tr>"
        for p in board.pairs
    ]
    items = "".join(f"<li>{escape(order)}</li>" for order in orders)
    return (
        f'<section class="mb-page"><h2>Systems by the experts\' {escape(board.name)}</h2>'
        f'<p class="mb-sentences"><strong>{escape(said)}</strong></p><p class="mb-sentences">From '
        f"{board.n_conversations:,} rated conversations. In brackets after a rank: the ranks that "
        "the data leave open; within them the order may be chance. Behind, the ranks by each "
        "judge's ratings of the same replies; “own” is a judge's view of its own counterpart. "
        f"The lines beside the means run from {SCALE_MIN} to {SCALE_MAX}.</p>"
        f"{table(tuple(header(board)), rows, f'Systems by {board.name}')}"
        f'<h3>Do the judges order them alike?</h3><ul class="mb-sentences">{items}</ul>'
        f"<details><summary>Every two systems compared ({len(pairs)} pairs)</summary>"
        f"{table(_PAIRS, pairs, 'Pairs of systems')}</details></section>"
    )


def _drawn(row: LeaderboardRow) -> str:
    """Return a mean and its interval, if it has one, as a drawing on the scale."""

    def place(value: float) -> float:
        return (value - SCALE_MIN) / (SCALE_MAX - SCALE_MIN)

    drawn = f'<span class="mb-mean" style="left:{place(row.mean):.1%}"></span>'
    if row.low <= row.high:  # not so for NaN
        left, width = place(row.low), place(row.high) - place(row.low)
        drawn += f'<span class="mb-range" style="left:{left:.1%};width:{width:.1%}"></span>'
    return f'<span class="mb-scale" aria-hidden="true">{drawn}</span>'
