"""How far do judges agree with the reference: the verdict table, and every statistic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from mentalbench_hf.errors import StatisticsError
from mentalbench_hf.front.loading import only
from mentalbench_hf.report.result_table import ResultTable, stacked

if TYPE_CHECKING:
    from mentalbench_hf.choices import IntervalMethod, Level, Protocol, Resample, Rule
    from mentalbench_hf.data.targets import RatedTargets
    from mentalbench_hf.reliability import Estimate, Reliability, Settings
    from mentalbench_hf.reliability.trust.ceiling import AnotherExpert


def reliability(
    ratings: RatedTargets,
    *,
    level: Level | None = None,
    protocol: Protocol | None = None,
    judges: str | Sequence[str] | None = None,
    names: str | Sequence[str] | None = None,
    resample: Resample | None = None,
    n_resamples: int | None = None,
    seed: int = 0,
    confidence_level: float = 0.95,
    ci: IntervalMethod = "percentile",
    rule: Rule | None = None,
    by: Literal["expert"] | None = None,
    references: Sequence[str] = (),
) -> ResultTable[Reliability]:
    """How far does each judge agree with the reference, attribute by attribute?

    Args:
        ratings: from :func:`load_ratings` or :func:`read_ratings`.
        level: "system" (may the judge rank systems?) or "response" (may it score one reply?); by
            default "system" where the ratings say who made what.
        protocol: "published" for the published analysis, at the level of systems; needs
            ``load_ratings(…, data="published")``. "system" and "response" name a level.
        judges: by default every rater but the reference.
        names: attributes and axes, by default all.
        resample: "conversations", "systems" or "crossed"; the protocol's own by default.
        n_resamples: bootstrap replicates; 10,000, or 1,000 if published.
        seed: of the bootstrap.
        confidence_level: of the intervals, between 0 and 1.
        ci: "percentile", "bca" or "analytic" (needs pingouin).
        rule: of the verdict; the protocol's own by default.
        by: "expert" for a row of each expert behind the reference as well, and one of the experts
            combined, with what another expert may give.
        references: two experts or more among the raters. The judges are then compared with each of
            them, and with the mean of the others beside that expert; the column `reference` says
            with whom.

    Returns:
        One row per judge and attribute or axis (and expert, or reference), with intervals and a
        verdict.

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
    from mentalbench_hf.reliability.settings import level_of
    from mentalbench_hf.report.reliability import reliability_table

    if level and protocol and protocol != ("published" if level == "system" else level):
        raise StatisticsError(f"level {level} and protocol {protocol} contradict each other")
    chosen: Protocol = protocol or level_of(ratings, level)
    if (chosen == "published") != ratings.published:
        raise StatisticsError(
            'the published protocol reads load_ratings(…, data="published") and nothing else; '
            f"received {ratings.data} ratings for the protocol {chosen!r}"
        )
    if references:
        return stacked(
            "reference",
            {
                name: reliability(
                    given, protocol=chosen, names=names,
                    judges=_beside(given, only(judges), references),
                    resample=resample, n_resamples=n_resamples, seed=seed,
                    confidence_level=confidence_level, ci=ci, rule=rule,
                )
                for name, given in _against_each(ratings, references).items()
            },
        )  # fmt: skip
    settings = settings_of(
        chosen,
        resample=resample,
        n_resamples=n_resamples,
        seed=seed,
        confidence_level=confidence_level,
        ci=ci,
    )
    if rule is not None:
        settings = replace(settings, rule=rule)
    if by == "expert":
        return _by_expert(ratings, settings, only(judges), only(names))
    rows = compute(ratings, settings, judges=only(judges), names=only(names))
    return reliability_table(
        rows,
        settings,
        synthetic=ratings.synthetic,
        another=_another(ratings, settings, only(names)) if chosen == "system" else (),
    )


def _another(
    ratings: RatedTargets, s: Settings, names: list[str] | None
) -> tuple[AnotherExpert, ...]:
    """Return the experts against each other, where the ratings tell two or more apart."""
    from mentalbench_hf.reliability.experts import known_experts
    from mentalbench_hf.reliability.trust.ceiling import ceiling

    if s.n_resamples < 2 or len(known_experts(ratings)) < 2:
        return ()
    try:
        found = ceiling(
            ratings,
            judges=[],
            names=names,
            n_resamples=min(s.n_resamples, 2_000),
            seed=s.seed,
            confidence_level=s.confidence_level,
            keep_own=s.keep_own,
        )
    except StatisticsError:  # too few conversations to compare experts, or too few systems
        return ()
    return found.another


def _against_each(ratings: RatedTargets, references: Sequence[str]) -> dict[str, RatedTargets]:
    from mentalbench_hf.reliability.references import against_each

    return against_each(ratings, references)


def _beside(
    ratings: RatedTargets, judges: list[str] | None, references: Sequence[str]
) -> list[str] | None:
    """Return the judges, and the expert who stands among them before the mean of the others."""
    if judges is None:
        return None
    return [*judges, *(rater for rater in ratings.judges if rater in references)]


def _by_expert(
    ratings: RatedTargets, s: Settings, judges: list[str] | None, names: list[str] | None
) -> ResultTable[Reliability]:
    from mentalbench_hf.reliability.by_expert import ExpertReliability, reliability_by_expert
    from mentalbench_hf.reliability.verdict import in_brief
    from mentalbench_hf.report.by_expert import READING, by_expert_records

    rows = reliability_by_expert(ratings, s, judges=judges, names=names)
    beside = _baselines(ratings, s, judges, names) if s.level == "response" else {}
    known = rows[0].record() if rows else {}
    keys = [key for key in next(iter(beside.values()), {}) if key not in known]

    def record(row: Reliability) -> dict[str, Any]:
        assert isinstance(row, ExpertReliability)
        # The combined row has none: they are of ratings, not of experts' figures.
        found = beside.get((row.judge, row.attribute, row.expert), {})
        return {**row.record(), **{key: found.get(key) for key in keys}}

    shown = by_expert_records(rows)
    columns = tuple(key for key in (shown[0] if shown else ()) if key != "verdict_reason")
    cells = {(r["judge"], r["attribute"], r["expert"]): r for r in shown}

    def read(row: Reliability) -> list[object]:
        assert isinstance(row, ExpertReliability)
        found = cells[row.judge, row.attribute, row.expert]
        why = found["verdict_reason"]
        return [in_brief(why) if c == "verdict" and why else found[c] for c in columns]

    return ResultTable(
        rows=tuple(rows),
        name=f"reliability_by_expert_{s.level}",
        title=f"Reliability by expert, level {s.level}, {ratings.data}",
        columns=columns,
        reading=(READING,),
        synthetic=ratings.synthetic,
        digits=2,
        cells=read,
        to_record=record,
    )


def _baselines(
    ratings: RatedTargets, s: Settings, judges: list[str] | None, names: list[str] | None
) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Return what the system alone gives, and the other baselines, beside each ICC of replies."""
    from mentalbench_hf.reliability.trust.baselines import baselines

    rows = baselines(
        ratings,
        judges=judges,
        names=names,
        n_resamples=min(s.n_resamples, 2_000),
        seed=s.seed,
        confidence_level=s.confidence_level,
        keep_own=s.keep_own,
    )
    return {(row.judge, row.attribute, row.expert): row.record() for row in rows}


def statistics(
    ratings: RatedTargets,
    *,
    level: Level | None = None,
    statistic: str | Sequence[str] | None = None,
    judges: str | Sequence[str] | None = None,
    names: str | Sequence[str] | None = None,
    panel: bool = False,
    by: Literal["expert"] | None = None,
    references: Sequence[str] = (),
    resample: Resample = "conversations",
    n_resamples: int = 2_000,
    seed: int = 0,
    ci: IntervalMethod = "percentile",
) -> ResultTable[Estimate]:
    """Every statistic of agreement with its interval, on common bootstrap replicates.

    Args:
        ratings: from :func:`load_ratings` or :func:`read_ratings`.
        level: "system" or "response": what a target is; by default "system" where the ratings
            say who made what.
        statistic: names of statistics, by default all of the level.
        judges: by default every rater but the reference.
        names: attributes and axes, by default all.
        panel: the reference and the judges at once instead of in pairs: ICCs and Krippendorff
            alpha.
        by: "expert" for a row of each expert behind the reference as well, and one of the experts
            combined, as in :func:`reliability`.
        references: two experts or more, as in :func:`reliability`.
        resample: what the bootstrap draws.
        n_resamples: replicates; 0 gives no intervals.
        seed: of the bootstrap.
        ci: kind of interval.

    Raises:
        StatisticsError: unusable settings or an unknown statistic, or by="expert" with a panel, or
            with ratings that do not say which expert gave them.
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
    from mentalbench_hf.reliability.experts import COMBINED
    from mentalbench_hf.reliability.registry import STATISTICS
    from mentalbench_hf.reliability.settings import Settings, level_of
    from mentalbench_hf.reliability.statistics_by_expert import READING, statistics_by_expert
    from mentalbench_hf.report.reading import of_statistics

    level = level_of(ratings, level)
    if references:
        return stacked(
            "reference",
            {
                name: statistics(
                    given, level=level, statistic=statistic, names=names, panel=panel,
                    judges=_beside(given, only(judges), references),
                    resample=resample, n_resamples=n_resamples, seed=seed, ci=ci,
                )
                for name, given in _against_each(ratings, references).items()
            },
        )  # fmt: skip
    settings = Settings(level=level, resample=resample, n_resamples=n_resamples, seed=seed, ci=ci)
    chosen, who = only(statistic), only(judges)
    found: Sequence[Estimate]
    beside: tuple[str, ...] = ()
    columns = ["judge", "attribute", "label", "estimate", "low", "high", "n_targets", "ci"]
    if by == "expert":
        if panel:
            raise StatisticsError("by expert compares pairs, not a panel; leave out one of the two")
        found = statistics_by_expert(
            ratings, settings, statistics=chosen, judges=who, names=only(names)
        )
        beside = (READING,)
        columns[2:2] = ["expert"]
        columns += ["tau", "prediction_low", "prediction_high"]
    elif panel:
        raters = list(dict.fromkeys([ratings.reference, *who])) if who else None
        found = evaluate_panel(
            ratings, settings, raters=raters, statistics=chosen, names=only(names)
        )
    else:
        found = evaluate(ratings, settings, statistics=chosen, judges=who, names=only(names))

    def record(row: Estimate) -> dict[str, Any]:
        return {**row.record(), "label": STATISTICS[row.statistic].label}

    decisive = [r for r in map(record, found) if r.get("expert", COMBINED) == COMBINED]

    return ResultTable(
        rows=tuple(found),
        name="statistics",
        title=f"Agreement with {ratings.reference}, level {level}, {ratings.data}",
        columns=tuple(columns),
        reading=(*beside, *of_statistics(decisive, level, panel=panel)),
        synthetic=ratings.synthetic,
        to_record=record,
    )
