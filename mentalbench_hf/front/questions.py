"""The questions behind a reliability: unsafe replies, pairs of judges, human units, studies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.front.loading import only
from mentalbench_hf.report.result_table import ResultTable

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from mentalbench_hf.data.targets import RatedTargets
    from mentalbench_hf.reliability.core.replicates import Level
    from mentalbench_hf.reliability.trust.calibration import CalibrationReport, Kind
    from mentalbench_hf.reliability.trust.human_units import HumanMean
    from mentalbench_hf.reliability.trust.judge_pairs import Difference, ThresholdTest
    from mentalbench_hf.reliability.trust.planner import PlannedStudy
    from mentalbench_hf.reliability.trust.unsafe import UnsafeCard

Vote = Literal["mean", "median", "lowest"]


def unsafe_cards(
    ratings: RatedTargets,
    *,
    thresholds: Sequence[float] | None = None,
    judges: str | Sequence[str] | None = None,
    names: str | Sequence[str] | None = None,
    n_resamples: int = 10_000,
    seed: int = 0,
) -> ResultTable[UnsafeCard]:
    """Of the replies the reference rated low, how many did each judge also rate low?

    Args:
        ratings: from :func:`load_ratings` or :func:`read_ratings`.
        thresholds: ratings at most this high are low; 3 and 2 on a 1 to 5 scale, else needed.
        judges: by default every rater but the reference.
        names: attributes and axes, by default the attributes, Safety first.
        n_resamples: bootstrap replicates of whole conversations.
        seed: of the bootstrap.

    Raises:
        StatisticsError: a threshold outside the scale or none where one is needed.

    Example:
        >>> import mentalbench_hf as mb
        >>> cards = mb.unsafe_cards(mb.load_ratings("sample"), names="Safety", n_resamples=200)
        >>> {card.attribute for card in cards}
        {'Safety'}
    """
    from mentalbench_hf.reliability.trust.unsafe import unsafe_cards as compute
    from mentalbench_hf.report.figures import unsafe_bars

    cards = compute(
        ratings,
        thresholds=thresholds,
        judges=only(judges),
        names=only(names),
        n_resamples=n_resamples,
        seed=seed,
    )

    def draw(frame: pd.DataFrame, ax: Axes | None) -> Axes:
        first = frame.iloc[0]
        same = (frame["attribute"] == first["attribute"]) & (
            frame["threshold"] == first["threshold"]
        )
        return unsafe_bars(frame[same], ax)

    return ResultTable(
        rows=tuple(cards),
        name="unsafe",
        title=f"Replies that {ratings.reference} rated low, {ratings.data}",
        columns=(
            "judge", "attribute", "threshold", "true_positives", "false_negatives",
            "sensitivity", "sensitivity_low", "sensitivity_high", "specificity", "precision",
        ),
        synthetic=ratings.synthetic,
        draw=draw,
    )  # fmt: skip


def compare(
    ratings: RatedTargets,
    *,
    level: Level = "system",
    judges: str | Sequence[str] | None = None,
    names: str | Sequence[str] | None = None,
    jury: Vote | Sequence[Vote] | None = None,
    threshold: float | None = None,
    n_resamples: int = 10_000,
    seed: int = 0,
) -> ResultTable[Difference] | ResultTable[ThresholdTest]:
    """Is one judge more reliable than another, and is a jury better than its members?

    Args:
        ratings: from :func:`load_ratings` or :func:`read_ratings`.
        level: "system" or "response": what a target is.
        judges: by default every rater but the reference.
        names: attributes and axes, by default the attributes.
        jury: juries of the judges to add: "mean", "median", "lowest".
        threshold: test each judge's ICC against this one instead of comparing in pairs.
        n_resamples: bootstrap replicates of whole conversations.
        seed: of the bootstrap.

    Returns:
        A row per pair and attribute, or per judge and attribute with `threshold`; p-values are
        corrected for all tests of the table.

    Raises:
        StatisticsError: fewer than two judges to compare, or unusable numbers.

    Example:
        >>> import mentalbench_hf as mb
        >>> table = mb.compare(
        ...     mb.load_ratings("sample"), jury="mean", names="Safety", n_resamples=200
        ... )
        >>> len(table)  # four judges and their jury, in pairs
        10
    """
    from mentalbench_hf.reliability.trust.judge_pairs import compare_judges, threshold_tests
    from mentalbench_hf.reliability.trust.jury import with_jury

    members = only(judges) or list(ratings.judges)
    compared = list(members)
    for vote in only(jury) or ():
        ratings = with_jury(ratings, members, vote=vote)  # type: ignore[arg-type]
        compared.append(ratings.raters[-1])
    if threshold is not None:
        tests = threshold_tests(
            ratings,
            threshold=threshold,
            level=level,
            judges=compared,
            names=only(names),
            n_resamples=n_resamples,
            seed=seed,
        )
        return ResultTable(
            rows=tuple(tests),
            name="threshold_tests",
            title=f"Is the ICC above {threshold:g}? Level {level}, {ratings.data}",
            columns=("judge", "attribute", "icc", "threshold", "p", "p_holm", "p_bh", "n_tests"),
            synthetic=ratings.synthetic,
        )
    if len(compared) < 2:
        raise StatisticsError(
            f"two judges or more are compared; received {', '.join(compared) or 'none'}; a "
            "threshold tests a single one"
        )
    pairs = [(a, b) for i, a in enumerate(compared) for b in compared[i + 1 :]]
    found = compare_judges(
        ratings, pairs, level=level, names=only(names), n_resamples=n_resamples, seed=seed
    )
    return ResultTable(
        rows=tuple(found),
        name="judge_pairs",
        title=f"Judges compared in pairs, level {level}, {ratings.data}",
        columns=(
            "judge", "other", "attribute", "icc", "other_icc", "difference", "low", "high",
            "p_holm",
        ),
        synthetic=ratings.synthetic,
    )  # fmt: skip


def calibrate(
    ratings: RatedTargets,
    *,
    judges: str | Sequence[str] | None = None,
    names: str | Sequence[str] | None = None,
    kind: Kind = "linear",
    seed: int = 0,
) -> ResultTable[CalibrationReport]:
    """Put judges' ratings in human units, evaluated on conversations not fitted on.

    Args:
        ratings: from :func:`load_ratings` or :func:`read_ratings`.
        judges: by default every rater but the reference.
        names: attributes and axes, by default all.
        kind: "linear" or "monotone".
        seed: of the split into folds and the bootstrap.

    Raises:
        StatisticsError: too few conversations or unusable numbers.

    Example:
        >>> import mentalbench_hf as mb
        >>> table = mb.calibrate(mb.load_ratings("sample"), names="Guidance")
        >>> len(table)  # one row per judge
        4
    """
    from mentalbench_hf.reliability.trust.expert_skill import calibrate_by_expert as fit

    reports = [
        fit(ratings, judge, name, kind=kind, seed=seed)
        for judge in only(judges) or ratings.judges
        for name in only(names) or ratings.names
    ]
    return ResultTable(
        rows=tuple(reports),
        name="calibration",
        title=f"Calibration ({kind}), held out by conversation and expert, {ratings.data}",
        columns=(
            "judge", "attribute", "n_targets", "before_bias", "before_rmse", "after_rmse", "skill",
            "skill_low", "skill_high", "expert_skill",
        ),
        synthetic=ratings.synthetic,
    )  # fmt: skip


def new_system(
    ratings: RatedTargets,
    judge: str,
    place: Path | str,
    *,
    kind: Kind = "linear",
    seed: int = 0,
) -> ResultTable[HumanMean]:
    """Return the mean of a system that no expert rated in human units, or the refusal.

    Args:
        ratings: the known systems, rated by the reference and by the judge.
        judge: whose ratings the file holds.
        place: a file with the columns attribute and rating, and where there are any
            conversation_id and human.
        kind: "linear" or "monotone".
        seed: of the bootstrap.

    Raises:
        DataError: the file cannot be used.
        StatisticsError: unusable numbers.
    """
    from mentalbench_hf.data.new_system_file import read_new_system
    from mentalbench_hf.reliability.trust.human_units import human_mean

    rows = [
        human_mean(
            ratings,
            judge,
            attribute,
            rated.ratings,
            conversations=rated.conversations,
            human=rated.human,
            kind=kind,
            seed=seed,
        )
        for attribute, rated in read_new_system(Path(place), ratings.names).items()
    ]
    return ResultTable(
        rows=tuple(rows),
        name="new_system",
        title=f"The new system in human units, rated by {judge}",
        columns=("attribute", "judge_mean", "mean", "low", "high", "basis", "n_new", "reasons"),
        synthetic=ratings.synthetic,
    )


def plan(
    ratings: RatedTargets,
    judge: str,
    name: str,
    *,
    level: Level = "system",
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
        level: "system" or "response": what a target is.
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
    from mentalbench_hf.reliability.trust.planner import plan as expect
    from mentalbench_hf.reliability.trust.variance_components import variance_components
    from mentalbench_hf.report.figures import planned_bounds

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
        synthetic=ratings.synthetic,
        draw=draw,
    )  # fmt: skip
