"""Several judges on the command line: juries, paired comparisons, corrected tests."""

from __future__ import annotations

from typing import Annotated, cast

import typer

from mentalbench_hf.choices import VOTES, Vote
from mentalbench_hf.cli.emit import emit
from mentalbench_hf.cli.options import (
    FormatOption,
    JudgeOption,
    LevelOption,
    NameOption,
    SeedOption,
    SourceOption,
    each_of,
)
from mentalbench_hf.cli.ratings_options import OwnRatings, takes_ratings


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(rich_help_panel="Reliability")(takes_ratings(compare))


def compare(
    own: OwnRatings,
    source: SourceOption = "upstream",
    level: LevelOption = None,
    judge: JudgeOption = None,
    name: NameOption = None,
    jury: Annotated[
        list[str] | None,
        typer.Option(
            metavar="|".join(VOTES),
            callback=each_of(VOTES),
            help="Add a jury of the judges that votes so; may be repeated.",
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(help="Test each judge against this ICC instead of comparing them in pairs."),
    ] = None,
    n_resamples: Annotated[int, typer.Option(min=100, help="Bootstrap replicates.")] = 10_000,
    seed: SeedOption = 0,
    output: FormatOption = "table",
) -> None:
    """Is one judge more reliable than another, and is a jury better than its members?

    Paired differences of the ICC that fits the level, on common bootstrap replicates and common
    targets. p-values are corrected for all tests of the table (Holm; Benjamini and Hochberg).

    Example: mentalbench compare --source sample --jury mean --name Safety
    """
    from mentalbench_hf.front.questions import compare as test

    ratings = own.ratings(source)
    if threshold is None and len(judge or ratings.judges) + len(jury or ()) < 2:
        raise typer.BadParameter(
            "give two judges or more to compare, or --threshold", param_hint="--judge"
        )
    result = test(
        ratings,
        level=level,
        judges=judge,
        names=name,
        jury=cast("list[Vote]", jury or []),
        threshold=threshold,
        n_resamples=n_resamples,
        seed=seed,
    )
    emit(result, output)
