"""Systems in order, and how far the experts agree on that order."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from mentalbench_hf.choices import LEVELS, check_choice
from mentalbench_hf.front.loading import only
from mentalbench_hf.report.result_table import ResultTable

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from mentalbench_hf.choices import Level
    from mentalbench_hf.data.targets import RatedTargets
    from mentalbench_hf.reliability.trust.ceiling import ExpertPair, JudgeCeiling
    from mentalbench_hf.reliability.trust.ceiling_of_replies import ReplyBounds
    from mentalbench_hf.reliability.trust.leaderboard import LeaderboardRow, SystemPair


def leaderboard(
    ratings: RatedTargets,
    *,
    name: str | None = None,
    pairs: bool = False,
    n_resamples: int = 2_000,
    seed: int = 0,
) -> ResultTable[LeaderboardRow] | ResultTable[SystemPair]:
    """Which system answers best, by the reference's ratings, and which orders do the data support?

    Args:
        ratings: from :func:`load_ratings` or :func:`read_ratings`.
        name: attribute or axis; CSS by default, else the first attribute.
        pairs: a row for every two systems in place of the order.
        n_resamples: bootstrap replicates of whole conversations.
        seed: of the bootstrap.

    Returns:
        A row per system, best first, with the ranks that the data leave open and those that each
        judge would give; or a row per pair, corrected for their number.

    Raises:
        DataError: an unknown name.
        StatisticsError: fewer than two systems with a rating, or unusable numbers.

    Example:
        >>> import mentalbench_hf as mb
        >>> board = mb.leaderboard(mb.load_ratings("sample"), name="Safety", n_resamples=200)
        >>> board[0].rank
        1
    """
    from mentalbench_hf.reliability.trust.leaderboard import leaderboard as rank
    from mentalbench_hf.report.figures import system_means
    from mentalbench_hf.report.leaderboard import cells_of, flat_row, header, sentences

    chosen = name or ("CSS" if "CSS" in ratings.names else ratings.names[0])
    board = rank(ratings, name=chosen, n_resamples=n_resamples, seed=seed)
    title = f"Systems by {chosen}, rated by {ratings.reference}, {ratings.data}"
    if pairs:
        return ResultTable(
            rows=tuple(board.pairs),
            name="systems_pairs",
            title=title,
            reading=tuple(sentences(board)),
            synthetic=ratings.synthetic,
            digits=2,
        )

    def draw(frame: pd.DataFrame, ax: Axes | None) -> Axes:
        return system_means(board, ax)

    return ResultTable(
        rows=tuple(board.rows),
        name="systems",
        title=title,
        columns=tuple(header(board)),
        reading=tuple(sentences(board)),
        synthetic=ratings.synthetic,
        digits=2,
        draw=draw,
        cells=lambda row: cells_of(board, row),
        to_record=lambda row: flat_row(board, row),
    )


class CeilingTables(NamedTuple):
    """What the experts agree on, and the judges beside them.

    Attributes:
        experts: a row per attribute and two experts.
        judges: a row per judge, attribute and statistic; none at the level of responses.
        note: what the data cannot tell; empty at the level of systems.
    """

    experts: ResultTable[ExpertPair] | ResultTable[ReplyBounds]
    judges: ResultTable[JudgeCeiling]
    note: str = ""

    def record(self) -> dict[str, Any]:
        """Return a dict for JSON; NaN is None."""
        both = {"experts": self.experts.records(), "judges": self.judges.records()}
        return {**both, "note": self.note} if self.note else both

    def _repr_html_(self) -> str:
        tables = [table._repr_html_() for table in (self.experts, self.judges) if table]
        return "".join(tables) + (f"<p>{html.escape(self.note)}</p>" if self.note else "")


def ceiling(
    ratings: RatedTargets,
    *,
    level: Level = "system",
    judges: str | Sequence[str] | None = None,
    names: str | Sequence[str] | None = None,
    n_resamples: int = 2_000,
    seed: int = 0,
) -> CeilingTables:
    """How far do the experts agree with each other, and is a judge as good as another expert?

    Args:
        ratings: from :func:`load_ratings`, with the experts of the reference.
        level: "system" for agreement on the order of systems; "response" for bounds on agreement
            about one reply, which the data cannot tell.
        judges: by default every rater but the reference.
        names: attributes and axes, by default all.
        n_resamples: bootstrap replicates of whole conversations.
        seed: of the bootstrap.

    Raises:
        StatisticsError: fewer than two experts with 10 conversations, or unusable numbers.

    Example:
        >>> from dataclasses import replace
        >>> import mentalbench_hf as mb
        >>> ratings = mb.load_ratings("sample")
        >>> # As if two experts had taken turns; the released ratings know theirs.
        >>> two = replace(ratings, experts=ratings.clusters % 2, expert_names=("A", "B"))
        >>> mb.ceiling(two, names="Safety", n_resamples=50).experts[0].other
        'B'
    """
    from mentalbench_hf.reliability.trust.ceiling import READING
    from mentalbench_hf.reliability.trust.ceiling import ceiling as compute
    from mentalbench_hf.reliability.trust.ceiling_of_replies import UNKNOWN, reply_bounds

    who, what = only(judges), only(names)
    check_choice(level, LEVELS, "level")
    pairs: tuple[ExpertPair, ...] | tuple[ReplyBounds, ...]
    compared: tuple[JudgeCeiling, ...]
    columns: tuple[str, ...]
    if level == "response":
        pairs, compared = tuple(reply_bounds(ratings, judges=who, names=what)), ()
        title, columns = "Bounds on the experts' agreement about one reply", ()
    else:
        found = compute(ratings, judges=who, names=what, n_resamples=n_resamples, seed=seed)
        pairs, compared = found.experts, found.judges
        title = "Expert against expert, level system"
        columns = (
            "attribute", "expert", "other", "icc_c1", "icc_c1_low", "icc_c1_high", "icc_a1",
            "icc_a1_low", "icc_a1_high",
        )  # fmt: skip
    experts = ResultTable[Any](
        rows=tuple(pairs),
        name=f"expert_pairs_{level}",
        title=f"{title}, {ratings.data}",
        columns=columns,
        synthetic=ratings.synthetic,
    )
    beside = ResultTable[Any](
        rows=compared,
        name="judge_ceiling",
        title=f"Judge against another expert, level system, {ratings.data}",
        columns=(
            "judge", "attribute", "statistic", "expert_expert", "judge_expert", "difference", "low",
            "high", "label",
        ),
        reading=(READING,),
        synthetic=ratings.synthetic,
    )  # fmt: skip
    return CeilingTables(experts, beside, UNKNOWN if level == "response" else "")
