"""How far do judges agree with the reference: the verdict table, and every statistic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.front.loading import only
from mentalbench_hf.report.result_table import ResultTable

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from mentalbench_hf.data.targets import RatedTargets
    from mentalbench_hf.reliability import Estimate, Protocol, Reliability
    from mentalbench_hf.reliability.core.intervals import IntervalMethod
    from mentalbench_hf.reliability.core.replicates import Level, Resample
    from mentalbench_hf.reliability.settings import Settings
    from mentalbench_hf.reliability.trust.ceiling import JudgeCeiling
    from mentalbench_hf.reliability.verdict import Rule


def reliability(
    ratings: RatedTargets,
    *,
    protocol: Protocol = "system",
    judges: str | Sequence[str] | None = None,
    names: str | Sequence[str] | None = None,
    resample: Resample | None = None,
    n_resamples: int | None = None,
    seed: int = 0,
    confidence_level: float = 0.95,
    ci: IntervalMethod = "percentile",
    rule: Rule | None = None,
    by: Literal["expert"] | None = None,
) -> ResultTable[Reliability]:
    """How far does each judge agree with the reference, attribute by attribute?

    Args:
        ratings: from :func:`load_ratings` or :func:`read_ratings`.
        protocol: "system" (may the judge rank systems?), "response" (may it score one reply?) or
            "published" (the published analysis; needs ``load_ratings(…, data="published")``).
        judges: by default every rater but the reference.
        names: attributes and axes, by default all.
        resample: "conversations", "systems" or "crossed"; the protocol's own by default.
        n_resamples: bootstrap replicates; 10,000, or 1,000 if published.
        seed: of the bootstrap.
        confidence_level: of the intervals, between 0 and 1.
        ci: "percentile", "bca" or "analytic" (needs pingouin).
        rule: of the verdict; the protocol's own by default.
        by: "expert" gives a row for each expert behind the reference beside that of all, and one
            for the experts combined.

    Returns:
        One row per judge and attribute or axis, with intervals and a verdict.

    Raises:
        StatisticsError: unusable settings, ratings that the protocol is not for, or by="expert"
            with ratings that do not say which expert gave them.

    Example:
        >>> import mentalbench_hf as mb
        >>> table = mb.reliability(mb.load_ratings("sample"), names="Safety", n_resamples=200)
        >>> len(table)  # one row per judge
        4
    """
    from mentalbench_hf.reliability.protocol import reliability as compute
    from mentalbench_hf.reliability.protocol import settings_of
    from mentalbench_hf.report.figures import icc_heatmap
    from mentalbench_hf.report.reliability import ReliabilityTable

    if (protocol == "published") != ratings.published:
        raise StatisticsError(
            'the published protocol reads load_ratings(…, data="published") and nothing else; '
            f"received {ratings.data} ratings for the protocol {protocol!r}"
        )
    settings = settings_of(
        protocol,
        resample=resample,
        n_resamples=n_resamples,
        seed=seed,
        confidence_level=confidence_level,
        ci=ci,
    )
    if rule is not None:
        settings = replace(settings, rule=rule)
    if by is not None:
        return _by_expert(ratings, settings, only(judges), only(names))
    rows = compute(ratings, settings, judges=only(judges), names=only(names))
    value = "icc_a1" if settings.level == "response" else "icc_c1"

    def draw(frame: pd.DataFrame, ax: Axes | None) -> Axes:
        return icc_heatmap(frame, value, ax)

    return ResultTable(
        rows=tuple(rows),
        name=f"reliability_{settings.level}",
        title=f"Reliability, level {settings.level}, {ratings.data}",
        columns=(
            "judge", "attribute", "n_targets", "n_missing", "icc_c1", "icc_c1_low", "icc_c1_high",
            "icc_a1", "icc_a1_low", "icc_a1_high", "bias", "mse", "verdict",
        ),
        reading=ReliabilityTable(rows, settings, ratings.synthetic).caption(),
        synthetic=ratings.synthetic,
        draw=draw,
    )  # fmt: skip


def _by_expert(
    ratings: RatedTargets,
    settings: Settings,
    judges: Sequence[str] | None,
    names: Sequence[str] | None,
) -> ResultTable[Reliability]:
    from mentalbench_hf.reliability.by_expert import reliability_by_expert
    from mentalbench_hf.report.by_expert import READING

    rows = reliability_by_expert(ratings, settings, judges=judges, names=names)
    icc = "icc_a1" if settings.level == "response" else "icc_c1"
    return ResultTable(
        rows=tuple(rows),
        name=f"reliability_by_expert_{settings.level}",
        title=f"Reliability by expert, level {settings.level}, {ratings.data}",
        columns=(
            "judge", "attribute", "expert", "n_clusters", icc, f"{icc}_low", f"{icc}_high",
            "bias", "bias_net", "verdict",
        ),
        reading=READING,
        synthetic=ratings.synthetic,
    )  # fmt: skip


def ceiling(
    ratings: RatedTargets,
    *,
    judges: str | Sequence[str] | None = None,
    names: str | Sequence[str] | None = None,
    n_resamples: int = 2_000,
    seed: int = 0,
) -> ResultTable[JudgeCeiling]:
    """Is a judge as good as another expert at ranking systems, and do the experts agree?

    Args:
        ratings: from :func:`load_ratings`; they must say which expert gave them.
        judges: by default every rater but the reference.
        names: attributes and axes, by default all.
        n_resamples: bootstrap replicates.
        seed: of the bootstrap.

    Returns:
        One row per judge, attribute and statistic: the experts' mean agreement with each other,
        the judge's on the same footing, the difference and a label.

    Raises:
        StatisticsError: fewer than two experts or systems, or unusable numbers.
    """
    from mentalbench_hf.reliability.trust.ceiling import READING
    from mentalbench_hf.reliability.trust.ceiling import ceiling as compute

    found = compute(
        ratings, judges=only(judges), names=only(names), n_resamples=n_resamples, seed=seed
    )
    return ResultTable(
        rows=found.judges,
        name="ceiling",
        title=f"Judges against another expert, level system, {ratings.data}",
        columns=(
            "judge", "attribute", "statistic", "expert_expert", "judge_expert", "difference", "low",
            "high", "label",
        ),
        reading=READING,
        synthetic=ratings.synthetic,
    )  # fmt: skip


def statistics(
    ratings: RatedTargets,
    *,
    level: Level = "system",
    statistic: str | Sequence[str] | None = None,
    judges: str | Sequence[str] | None = None,
    names: str | Sequence[str] | None = None,
    panel: bool = False,
    resample: Resample = "conversations",
    n_resamples: int = 2_000,
    seed: int = 0,
    ci: IntervalMethod = "percentile",
) -> ResultTable[Estimate]:
    """Every statistic of agreement with its interval, on common bootstrap replicates.

    Args:
        ratings: from :func:`load_ratings` or :func:`read_ratings`.
        level: "system" or "response": what a target is.
        statistic: names of statistics, by default all of the level.
        judges: by default every rater but the reference; with `panel` the raters, by default all.
        names: attributes and axes, by default all.
        panel: all raters at once instead of pairs: ICCs and Krippendorff alpha.
        resample: what the bootstrap draws.
        n_resamples: replicates; 0 gives no intervals.
        seed: of the bootstrap.
        ci: kind of interval.

    Raises:
        StatisticsError: unusable settings or an unknown statistic.
        MissingExtraError: ``ci="analytic"`` without pingouin.

    Example:
        >>> import mentalbench_hf as mb
        >>> table = mb.statistics(
        ...     mb.load_ratings("sample"), names="Safety", statistic="bias", n_resamples=200
        ... )
        >>> len(table.to_frame())
        4
    """
    from mentalbench_hf.reliability.evaluate import evaluate, evaluate_panel
    from mentalbench_hf.reliability.settings import Settings

    settings = Settings(level=level, resample=resample, n_resamples=n_resamples, seed=seed, ci=ci)
    chosen, who = only(statistic), only(judges)
    if panel:
        found = evaluate_panel(ratings, settings, raters=who, statistics=chosen, names=only(names))
    else:
        found = evaluate(ratings, settings, statistics=chosen, judges=who, names=only(names))
    return ResultTable(
        rows=tuple(found),
        name="statistics",
        title=f"Agreement with {ratings.reference}, level {level}, {ratings.data}",
        columns=("judge", "attribute", "statistic", "estimate", "low", "high", "n_targets", "ci"),
        synthetic=ratings.synthetic,
    )
