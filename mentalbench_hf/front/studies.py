"""Studies to come: how many conversations, systems and human ratings they need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mentalbench_hf.report.result_table import ResultTable

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from mentalbench_hf.choices import Level
    from mentalbench_hf.data.targets import RatedTargets
    from mentalbench_hf.reliability.panel.plan import PlannedPanel
    from mentalbench_hf.reliability.trust.planner import PlannedStudy, Study


def plan(
    ratings: RatedTargets,
    judge: str,
    name: str,
    *,
    level: Level | None = None,
    conversations: Sequence[int] = (50, 100, 200, 400, 800, 1600),
    systems: Sequence[int] | None = None,
    ratings_per_reply: Sequence[int] = (1, 2, 3),
    other_systems: bool = False,
    human_share: float = 0.5,
) -> ResultTable[PlannedStudy]:
    """How many conversations, systems and human ratings does a study need?

    Args:
        ratings: what the variance components come from.
        judge: the judge the study is about.
        name: attribute or axis.
        level: "system" or "response": what a target is; by default "system" where the ratings
            say who made what.
        conversations: numbers of conversations to try.
        systems: numbers of systems to try, by default as many as there are.
        ratings_per_reply: human ratings averaged per reply.
        other_systems: plan for statements on other systems than those.
        human_share: assumed share of the residual disagreement that is the human rating's own, 0
            to 1; the data cannot tell it.

    Raises:
        StatisticsError: unusable numbers.

    Example:
        >>> import mentalbench_hf as mb
        >>> studies = mb.plan(mb.load_ratings("sample"), "sample-judge-2", "Safety")
        >>> studies[0].n_conversations
        50
    """
    from mentalbench_hf.reliability.settings import level_of
    from mentalbench_hf.reliability.trust.planner import plan as expect
    from mentalbench_hf.reliability.trust.variance_components import variance_components
    from mentalbench_hf.report.figures import planned_bounds
    from mentalbench_hf.report.reading import of_plan

    level = level_of(ratings, level)
    rows = expect(
        variance_components(ratings, judge, name),
        n_conversations=conversations,
        n_systems=systems,
        ratings_per_reply=ratings_per_reply,
        levels=(level,),
        same_systems=not other_systems,
        human_share=human_share,
    )

    def draw(frame: pd.DataFrame, ax: Axes | None) -> Axes:
        widest = frame[frame["n_systems"] == frame["n_systems"].iloc[-1]]
        return planned_bounds(widest, ratings.data, ax)

    return ResultTable(
        rows=tuple(rows),
        name="plan",
        title=f"Studies of {judge} on {name}, level {level}",
        columns=(
            "n_conversations", "n_systems", "ratings_per_reply", "n_human_ratings", "reliability",
            "low", "high", "width", "verdict",
        ),
        reading=of_plan(
            [row.record() for row in rows], human_share=human_share, same_systems=not other_systems
        ),
        synthetic=ratings.synthetic,
        draw=draw,
    )  # fmt: skip


def plan_panel(
    ratings: RatedTargets,
    experts: Sequence[str],
    name: str,
    *,
    level: Level | None = None,
    experts_per_reply: Sequence[int] | None = None,
    replies: Sequence[int] | None = None,
) -> ResultTable[PlannedPanel]:
    """How many experts per reply, and how many replies, does the mean of a panel need?

    Args:
        ratings: from :func:`read_ratings`, rated by two experts or more.
        experts: the raters that are experts.
        name: attribute or axis.
        level: "system" or "response": what a target is; by default "system" where the ratings
            say who made what.
        experts_per_reply: numbers of experts to try.
        replies: numbers of replies to try.

    Raises:
        StatisticsError: fewer than two experts, or unusable numbers.

    Example:
        >>> import pandas as pd
        >>> import mentalbench_hf as mb
        >>> one, two = [1, 2, 3, 4, 5] * 10, [1, 2, 3, 4, 4] * 10
        >>> frame = pd.DataFrame({"target": range(50), "A": one, "B": two})
        >>> own = mb.read_ratings(frame, "A", rater_columns=["B"])
        >>> len(mb.plan_panel(own, ["A", "B"], "rating", level="response", replies=[50])) > 1
        True
    """
    from mentalbench_hf.reliability.panel.components import panel_components
    from mentalbench_hf.reliability.panel.plan import N_ITEMS, N_RATERS, d_study
    from mentalbench_hf.reliability.panel.ratings import panel_ratings
    from mentalbench_hf.reliability.settings import level_of

    level = level_of(ratings, level)
    found = panel_components(panel_ratings(ratings, list(experts), (), name), n_resamples=0)
    rows = d_study(
        {row.source: row.variance for row in found},
        experts_per_reply or N_RATERS,
        replies or N_ITEMS,
        level=level,
        attribute=name,
    )
    return ResultTable(
        rows=tuple(rows),
        name="plan_panel",
        title=f"Panels of experts on {name}, level {level}",
        columns=(
            "n_raters", "n_items", "n_human_ratings", "reliability", "standard_error", "low",
            "high", "width",
        ),
        synthetic=ratings.synthetic,
    )  # fmt: skip


def smallest_study(
    studies: Sequence[Study], *, low: float | None = None, width: float | None = None
) -> Study | None:
    """Return the planned study with the fewest human ratings that reaches a goal, or None.

    Args:
        studies: from :func:`plan` or :func:`plan_panel`.
        low: wanted lower bound of the interval.
        width: wanted width of the interval.

    Raises:
        StatisticsError: no goal.

    Example:
        >>> import mentalbench_hf as mb
        >>> studies = mb.plan(mb.load_ratings("sample"), "sample-judge-2", "Safety")
        >>> mb.smallest_study(studies, width=0.1).n_conversations
        100
    """
    from mentalbench_hf.reliability.trust.planner import cheapest

    return cheapest(studies, low=low, width=width)
