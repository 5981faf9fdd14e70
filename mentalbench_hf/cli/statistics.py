"""More of what the ratings say, on the command line: statistics, calibrate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mentalbench_hf.choices import IntervalMethod, Kind, Resample
from mentalbench_hf.cli.emit import emit
from mentalbench_hf.cli.options import (
    ByOption,
    FormatOption,
    JudgeOption,
    LevelOption,
    NameOption,
    SeedOption,
    SourceOption,
)
from mentalbench_hf.cli.ratings_options import OwnRatings, check_resampling, takes_ratings


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (statistics, calibrate):
        app.command(rich_help_panel="Reliability")(takes_ratings(command))


def statistics(
    own: OwnRatings,
    source: SourceOption = "upstream",
    level: LevelOption = None,
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
    by: ByOption = None,
    resample: Annotated[Resample, typer.Option(help="What the bootstrap draws.")] = "conversations",
    n_resamples: Annotated[int, typer.Option(min=0, help="Bootstrap replicates.")] = 2_000,
    ci: Annotated[IntervalMethod, typer.Option(help="Kind of interval.")] = "percentile",
    seed: SeedOption = 0,
    output: FormatOption = "table",
) -> None:
    """Every statistic of agreement with its interval, on common bootstrap replicates.

    ICCs, Lin's CCC, Pearson, Spearman, Kendall, weighted kappa, Krippendorff alpha, bias, limits
    of agreement, MAE, RMSE, MSE and its parts.

    Example: mentalbench statistics --source sample --judge sample-judge-1 --name Safety
    """
    from mentalbench_hf.front.agreement import statistics as compute
    from mentalbench_hf.reliability.settings import level_of

    ratings = own.ratings(source, several=True)
    check_resampling(own, ratings, level=level_of(ratings, level), resample=resample, ci=ci)
    result = compute(
        ratings,
        level=level,
        statistic=statistic,
        judges=judge,
        names=name,
        panel=panel,
        by=by,
        references=own.references if len(own.references) > 1 else (),
        resample=resample,
        n_resamples=n_resamples,
        seed=seed,
        ci=ci,
    )
    emit(result, output)


def calibrate(
    own: OwnRatings,
    source: SourceOption = "upstream",
    judge: JudgeOption = None,
    name: NameOption = None,
    kind: Annotated[Kind, typer.Option(help="A straight line or a monotone curve.")] = "linear",
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
    output: FormatOption = "table",
) -> None:
    """Put a judge's ratings in human units, evaluated on conversations it was not fitted on.

    Shows the error before and after the map, held out, and the share of the experts' variance
    that the mapped ratings predict. With --new FILE: the mean of a new system in human units.

    Example: mentalbench calibrate --source sample --judge sample-judge-2 --kind monotone
    """
    from mentalbench_hf.front.human_units import calibrate as fit
    from mentalbench_hf.front.human_units import new_system

    ratings = own.ratings(source)
    if new is None:
        emit(fit(ratings, judges=judge, names=name, kind=kind, seed=seed), output)
        return
    judges = judge or ratings.judges
    if len(judges) != 1:
        raise typer.BadParameter("say whose ratings FILE holds", param_hint="--judge")
    emit(new_system(ratings, judges[0], new, names=name, kind=kind, seed=seed), output)
