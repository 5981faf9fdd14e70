"""The questions behind a reliability: unsafe replies, and one judge against another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.front.loading import only
from mentalbench_hf.report.result_table import ResultTable

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from mentalbench_hf.choices import Level, Vote
    from mentalbench_hf.data.targets import RatedTargets
    from mentalbench_hf.reliability.trust.judge_pairs import Difference, ThresholdTest
    from mentalbench_hf.reliability.trust.unsafe import UnsafeCard


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
    level: Level | None = None,
    judges: str | Sequence[str] | None = None,
    names: str | Sequence[str] | None = None,
    jury: Vote | Sequence[Vote] = (),
    threshold: float | None = None,
    n_resamples: int = 10_000,
    seed: int = 0,
) -> ResultTable[Difference] | ResultTable[ThresholdTest]:
    """Is one judge more reliable than another, and is a jury better than its members?

    Args:
        ratings: from :func:`load_ratings` or :func:`read_ratings`.
        level: "system" or "response": what a target is; by default "system" where the ratings
            say who made what.
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
    from mentalbench_hf.reliability.settings import level_of
    from mentalbench_hf.reliability.trust.judge_pairs import compare_judges, threshold_tests
    from mentalbench_hf.reliability.trust.jury import with_jury
    from mentalbench_hf.report.reading import of_pairs, of_thresholds

    level = level_of(ratings, level)
    members = only(judges) or list(ratings.judges)
    compared = list(members)
    for vote in (jury,) if isinstance(jury, str) else jury:
        ratings = with_jury(ratings, members, vote=vote)
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
            title=f"Is the ICC above {threshold:g}? Level {level}",
            columns=("judge", "attribute", "icc", "threshold", "p", "p_holm", "p_bh", "n_tests"),
            reading=of_thresholds([t.record() for t in tests], threshold),
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
        title=f"Judges compared in pairs, level {level}",
        columns=(
            "judge", "other", "attribute", "icc", "other_icc", "difference", "low", "high",
            "p_holm",
        ),
        reading=of_pairs([d.record() for d in found]),
        synthetic=ratings.synthetic,
    )  # fmt: skip
