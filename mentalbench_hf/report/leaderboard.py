"""The leaderboard for reading, in the terminal and in the report."""

from __future__ import annotations

from typing import Any

from mentalbench_hf.reliability.trust.leaderboard import Leaderboard, LeaderboardRow
from mentalbench_hf.report.markdown import interval


def header(board: Leaderboard) -> list[str]:
    """Return the names of the columns of :func:`cells`."""
    return ["rank", "system", f"mean {board.name}", "n", *(order.judge for order in board.judges)]


def cells(board: Leaderboard) -> list[list[object]]:
    """Return one row per system."""
    return [cells_of(board, row) for row in board.rows]


def cells_of(board: Leaderboard, row: LeaderboardRow) -> list[object]:
    """Return a system's cells: ranks left open, mean with interval, each judge's rank."""
    return [
        _range(row),
        row.system,
        interval(row.mean, row.low, row.high, digits=2),
        row.n,
        *(_judge(row, order.judge) for order in board.judges),
    ]


def flat_row(board: Leaderboard, row: LeaderboardRow) -> dict[str, Any]:
    """Return a system's flat record, the judges' means and ranks in columns of their own."""
    record = row.record()
    means, ranks = record.pop("judge_means"), record.pop("judge_ranks")
    made = {"name": board.name, "data": board.data, **record}
    made["own_judges"] = " ".join(record["own_judges"])
    for judge, rank in ranks.items():
        made |= {f"{judge}_mean": means[judge], f"{judge}_rank": rank}
    return made


def sentences(board: Leaderboard) -> list[str]:
    """Return what the board says, then how far each judge orders the systems alike."""
    return [board.text, *(order.text for order in board.judges)]


def _range(row: LeaderboardRow) -> str:
    open_ranks = f" ({row.rank_low}–{row.rank_high})" if row.rank_low < row.rank_high else ""
    return f"{row.rank}{open_ranks}"


def _judge(row: LeaderboardRow, judge: str) -> str:
    rank = row.judge_ranks[judge]
    return "–" if rank is None else f"{rank}{' own' if judge in row.own_judges else ''}"
