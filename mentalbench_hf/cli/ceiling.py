"""How far the experts agree, on the command line: ceiling."""

from __future__ import annotations

from typing import Annotated

import typer

from mentalbench_hf.choices import Level
from mentalbench_hf.cli.emit import emit
from mentalbench_hf.cli.options import (
    FormatOption,
    JudgeOption,
    NameOption,
    SeedOption,
    SourceOption,
)
from mentalbench_hf.cli.ratings_options import OwnRatings, takes_ratings


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(rich_help_panel="Reliability")(takes_ratings(ceiling))


def ceiling(
    own: OwnRatings,
    source: SourceOption = "upstream",
    level: Annotated[
        Level,
        typer.Option(
            help="system: how alike do the experts rank systems, and is a judge as another expert? "
            "response: bounds on their agreement about one reply, which these data cannot tell."
        ),
    ] = "system",
    judge: JudgeOption = None,
    name: NameOption = None,
    n_resamples: Annotated[int, typer.Option(min=2, help="Bootstrap replicates.")] = 2_000,
    seed: SeedOption = 0,
    output: FormatOption = "table",
) -> None:
    """How far do the experts agree with each other, and is a judge as good as another expert?

    Each expert rated the systems on conversations of their own. Agreement between two experts is
    what a judge can be asked for; where the experts disagree, neither is a ruler.

    Example: mentalbench ceiling --source upstream --format json
    """
    import json

    from mentalbench_hf.front.systems import ceiling as compute

    found = compute(
        own.ratings(source), level=level, judges=judge, names=name, n_resamples=n_resamples,
        seed=seed,
    )  # fmt: skip
    if output == "json":
        typer.echo(json.dumps(found.record(), indent=2, ensure_ascii=False))
        return
    # A table of one kind of row: CSV holds the judges, where the experts' mean stands beside.
    if output != "csv" or not found.judges:
        emit(found.experts, output)
    if found.judges:
        emit(found.judges, output)
    if found.note:
        typer.echo(found.note, err=True)
