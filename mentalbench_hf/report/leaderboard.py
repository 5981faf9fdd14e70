"""The leaderboard for reading, in the terminal and in the report."""

from __future__ import annotations

from typing import Any

from mentalbench_hf.reliability.trust.leaderboard import Leaderboard, LeaderboardRow
from mentalbench_hf.report.markdown import interval


def header(board: Leaderboard) -> list[str]:
    """Return the names of the columns of :func:`cells`."""
    return ["rank", "system", f"mean {board.name}", "n", *(order.judge for order in board.judges)]


def cells(board: Leaderboard) -> list[list[object]]:
    """Return one row per system: ranks left open, mean with interval, each judge's rank."""
    return [
        [
            _range(row),
            row.system,
            interval(row.mean, row.low, row.high, digits=2),
            row.n,
            *(_judge(row, order.judge) for order in board.judges),
        ]
        for row in board.rows
    ]


def flat_rows(board: Leaderboard) -> list[dict[str, Any]]:
    """Return one flat record per system, the judges' means and ranks in columns of their own."""
    rows = []
    for record in board.record()["rows"]:
        means, ranks = record.pop("judge_means"), record.pop("judge_ranks")
        row = {"name": board.name, "data": board.data, **record}
        row["own_judges"] = " ".join(row["own_judges"])
        for judge, rank in ranks.items():
            row |= {f"{judge}_mean": means[judge], f"{judge}_rank": rank}
        rows.append(row)
    return rows


def sentences(board: Leaderboard) -> list[str]:
    """Return what the board says, then how far each judge orders the systems alike."""
    return [board.text, *(order.text for order in board.judges)]


def _range(row: LeaderboardRow) -> str:
    open_ranks = f" ({row.rank_low}–{row.rank_high})" if row.rank_low < row.rank_high else ""
    return f"{row.rank}{open_ranks}"


def _judge(row: LeaderboardRow, judge: str) -> str:
    rank = row.judge_ranks[judge]
    return "–" if rank is None else f"{rank}{' own' if judge in row.own_judges else ''}"
