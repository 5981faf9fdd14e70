"""More of what the ratings say, on the command line: statistics, calibrate."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from mentalbench_hf.cli.emit import emit
from mentalbench_hf.cli.options import (
    FORMAT_HELP,
    LevelName,
    LevelOption,
    SeedOption,
    SourceOption,
    TableFormat,
)
from mentalbench_hf.cli.ratings_options import OwnRatings, check_resampling, takes_ratings
from mentalbench_hf.cli.reliability import IntervalName, ResampleName

FormatOption = Annotated[TableFormat, typer.Option("--format", help=FORMAT_HELP)]
JudgeOption = Annotated[
    list[str] | None, typer.Option("--judge", help="Judges, by default all; may be repeated.")
]
NameOption = Annotated[
    list[str] | None,
    typer.Option("--name", help="Attributes or axes, by default all; may be repeated."),
]


class KindName(StrEnum):
    """Kinds of calibration, as command-line choices."""

    LINEAR = "linear"
    MONOTONE = "monotone"


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (statistics, calibrate):
        app.command(rich_help_panel="Reliability")(takes_ratings(command))


def statistics(
    own: OwnRatings,
    source: SourceOption = "upstream",
    level: LevelOption = LevelName.SYSTEM,
    judge: JudgeOption = None,
    name: NameOption = None,
    statistic: Annotated[
        list[str] | None, typer.Option(help="Statistics, by default all; may be repeated.")
    ] = None,
    panel: Annotated[
        bool,
        typer.Option(
            "--panel",
            help="All raters (the reference and --judge) at once instead of pairs: ICCs and alpha.",
        ),
    ] = False,
    resample: Annotated[
        ResampleName, typer.Option(help="What the bootstrap draws.")
    ] = ResampleName.CONVERSATIONS,
    n_resamples: Annotated[int, typer.Option(min=0, help="Bootstrap replicates.")] = 2_000,
    ci: Annotated[IntervalName, typer.Option(help="Kind of interval.")] = IntervalName.PERCENTILE,
    seed: SeedOption = 0,
    output: FormatOption = TableFormat.TABLE,
) -> None:
    """Every statistic of agreement with its interval, on common bootstrap replicates.

    ICCs, Lin's CCC, Pearson, Spearman, Kendall, weighted kappa, Krippendorff alpha, bias, limits
    of agreement, MAE, RMSE, MSE and its parts.

    Example: mentalbench statistics --source sample --judge sample-judge-1 --name Safety
    """
    from mentalbench_hf.cli import closing
    from mentalbench_hf.reliability.evaluate import evaluate, evaluate_panel
    from mentalbench_hf.reliability.registry import STATISTICS
    from mentalbench_hf.reliability.settings import Settings

    targets, _ = own.targets(source)
    check_resampling(own, targets, level=level.value, resample=resample.value, ci=ci.value)
    settings = Settings(
        level=level.value,
        resample=resample.value,
        n_resamples=n_resamples,
        seed=seed,
        ci=ci.value,
    )
    if panel:
        raters = list(dict.fromkeys([targets.reference, *judge])) if judge else None
        found = evaluate_panel(targets, settings, raters=raters, statistics=statistic, names=name)
    else:
        found = evaluate(targets, settings, statistics=statistic, judges=judge, names=name)
    records = [{**e.record(), "label": STATISTICS[e.statistic].label} for e in found]
    emit(
        records,
        output,
        title=f"Agreement with {targets.reference}, level {level.value}, {targets.data}",
        columns=["judge", "attribute", "label", "estimate", "low", "high", "n_targets", "ci"],
        synthetic=targets.synthetic,
        closing=closing.of_statistics(records, level.value, panel=panel),
    )


def calibrate(
    own: OwnRatings,
    source: SourceOption = "upstream",
    judge: JudgeOption = None,
    name: NameOption = None,
    kind: Annotated[
        KindName, typer.Option(help="A straight line or a monotone curve.")
    ] = KindName.LINEAR,
    new: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="One judge's ratings of a new system (.csv, .parquet, .jsonl): columns attribute, "
            "rating, and where there are any conversation_id and human. Gives the system's mean "
            "in human units with an interval, or says why it cannot be said.",
        ),
    ] = None,
    seed: SeedOption = 0,
    output: FormatOption = TableFormat.TABLE,
) -> None:
    """Put a judge's ratings in human units, evaluated on conversations it was not fitted on.

    Shows the error before and after the map, held out, and the share of the experts' variance
    that the mapped ratings predict. With --new FILE: the mean of a new system in human units.

    Example: mentalbench calibrate --source sample --judge sample-judge-2 --kind monotone
    """
    from mentalbench_hf.cli import closing
    from mentalbench_hf.reliability.trust.expert_skill import calibrate_by_expert as fit

    targets, _ = own.targets(source)
    judges, names = judge or targets.judges, name or targets.names
    if new is not None:
        if len(judges) != 1:
            raise typer.BadParameter("say whose ratings FILE holds", param_hint="--judge")
        records = _new_system(targets, judges[0], new, kind.value, seed, names)
        if not records:
            raise typer.BadParameter(f"{new} rates none of {', '.join(names)}", param_hint="--name")
        columns = ["attribute", "judge_mean", "mean", "low", "high", "units", "n_new", "reasons"]
        title = f"The new system in human units, rated by {judges[0]}"
        below = closing.of_new_system(records)
    else:
        reports = [fit(targets, j, n, kind=kind.value, seed=seed) for j in judges for n in names]
        records = [_flat(r.record()) for r in reports]
        columns = [
            "judge", "attribute", "n_targets", "before_bias", "before_rmse", "after_rmse",
            "skill", "skill_low", "skill_high", "expert_skill",
        ]  # fmt: skip
        title = (
            f"Calibration ({kind.value}), held out by conversation and expert, {targets.data}; in "
            f"the units of {records[0]['units']}"
        )
        below = closing.of_calibration(records)
    emit(records, output, title=title, columns=columns, synthetic=targets.synthetic, closing=below)


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record without nesting: before_mae in place of {"before": {"mae": …}}."""
    flat: dict[str, Any] = {}
    for key, value in record.items():
        if isinstance(value, dict):
            flat |= {f"{key}_{inner}": v for inner, v in _flat(value).items()}
        elif isinstance(value, (list, tuple)):
            flat[key] = "; ".join(map(str, value))
        else:
            flat[key] = value
    return flat


def _new_system(
    targets: Any, judge: str, path: Path, kind: Any, seed: int, names: Sequence[str]
) -> list[dict[str, Any]]:
    from mentalbench_hf.data.new_system_file import read_new_system
    from mentalbench_hf.reliability.trust.human_units import human_mean

    return [
        _flat(
            human_mean(
                targets,
                judge,
                attribute,
                rated.ratings,
                conversations=rated.conversations,
                human=rated.human,
                kind=kind,
                seed=seed,
            ).record()
        )
        for attribute, rated in read_new_system(path, targets.names).items()
        if attribute in names
    ]
